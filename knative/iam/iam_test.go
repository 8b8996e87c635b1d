// Package iam_test holds the service accounts to the policies.
package iam_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// With the component, each function that has a policy runs as the account of its name, and the account is there.
func TestEachFunctionHasItsOwnAccount(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rel := func(to string) string {
		path, err := filepath.Rel(dir, filepath.Join(here, to))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := fmt.Sprintf("resources: [%q]\ncomponents: [%q]\n", rel("../overlays/production"), rel("."))
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	accounts, runsAs := map[string]bool{}, map[string]string{}
	for _, r := range result.Resources() {
		var object struct {
			Spec struct {
				Template struct {
					Spec struct {
						ServiceAccountName string `json:"serviceAccountName"`
					} `json:"spec"`
				} `json:"template"`
			} `json:"spec"`
		}
		if err := yaml.Unmarshal([]byte(r.MustYaml()), &object); err != nil {
			t.Fatal(err)
		}
		switch r.GetKind() {
		case "ServiceAccount":
			accounts[r.GetName()] = r.GetNamespace() == "usher"
		case "Service", "Job":
			if as := object.Spec.Template.Spec.ServiceAccountName; as != "" {
				runsAs[r.GetName()] = as
			}
		}
	}
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".json")
		if runsAs[name] != name || !accounts[name] {
			t.Errorf("%s runs as %q, whose account is there: %v", name, runsAs[name], accounts[name])
		}
	}
}
