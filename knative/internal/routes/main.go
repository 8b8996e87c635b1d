// Command routes writes the gateway's table of routes from the ROUTE that each Service in the manifests states.
// Run by make generate; its argument is the folder of the manifests.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// file is what is written, beside the manifests it is made of.
const file = "routes.yaml"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: routes FOLDER")
		os.Exit(2)
	}
	content, err := render(os.Args[1])
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Args[1], file), content, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// render makes the ConfigMap of all routes in the folder, in the order of the files and of the Services in them.
func render(folder string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(`# Code generated from the ROUTE of each Service by make generate; DO NOT EDIT.
apiVersion: v1
kind: ConfigMap
metadata:
  name: routes
data:
  ROUTES: |
`)
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list manifests: %w", err)
	}
	for _, path := range paths {
		if err := routes(&out, path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return out.Bytes(), nil
}

func routes(out io.Writer, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		var s servingv1.Service
		if err := documents.Decode(&s); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if s.Kind != "Service" || len(s.Spec.Template.Spec.Containers) == 0 {
			continue
		}
		for _, env := range s.Spec.Template.Spec.Containers[0].Env {
			if env.Name != "ROUTE" {
				continue
			}
			for route := range strings.SplitSeq(env.Value, ",") {
				fmt.Fprintf(out, "    %s %s\n", strings.TrimSpace(route), s.Name)
			}
		}
	}
}
