package reference_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"usher.example/ui/openapi"
	"usher.example/ui/openapi/internal/reference"
)

// The page says what the document says, whole: make generate.
func TestPageIsUpToDate(t *testing.T) {
	want, err := reference.Page(openapi.JSON())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("ui/openapi/README.md is not what openapi.json says; run make generate")
	}
	operations := regexp.MustCompile(`"operationId"`).FindAll(openapi.JSON(), -1)
	if described := strings.Count(string(want), "| status | answer |"); described != len(operations) {
		t.Errorf("%d operations are described, of %d: does one have a tag that is not listed?", described, len(operations))
	}
	for _, anchor := range regexp.MustCompile(`\]\(#([a-z]+)\)`).FindAllStringSubmatch(string(want), -1) {
		if !regexp.MustCompile(`(?im)^### ` + anchor[1] + `$`).Match(want) {
			t.Errorf("a link leads to #%s, which is not there", anchor[1])
		}
	}
}

func TestPageOfNonsense(t *testing.T) {
	for _, s := range []string{"", "[]", `{"paths":{"/x":{"get":1}}}`, `{"paths":{"/x":{"parameters":1}}}`} {
		if page, err := reference.Page([]byte(s)); err == nil {
			t.Errorf("%q makes %q", s, page)
		}
	}
}
