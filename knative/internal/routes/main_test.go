package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const base = "../../base"

func TestRoutesAreUpToDate(t *testing.T) {
	want, err := render(base)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(base, file))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("routes.yaml is not what the Services state; run make generate")
	}
	if n := strings.Count(string(want), "/api/"); n < 18 {
		t.Errorf("only %d routes", n)
	}
}

func TestRender(t *testing.T) {
	folder := t.TempDir()
	manifest := `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: a}
spec: {template: {spec: {containers: [{image: x, env: [{name: ROUTE, value: "GET /a, GET /b"}]}]}}}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: silent}
spec: {template: {spec: {containers: [{image: x}]}}}
`
	if err := os.WriteFile(filepath.Join(folder, "a.yaml"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := render(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, routes, _ := strings.Cut(string(got), "ROUTES: |\n"); routes != "    GET /a a\n    GET /b a\n" {
		t.Errorf("got %q", routes)
	}
}
