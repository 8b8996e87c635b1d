package openapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"usher.example/ui/openapi"
)

func TestTheDocumentIsOpenAPI31(t *testing.T) {
	doc, err := libopenapi.NewDocument(openapi.JSON())
	if err != nil {
		t.Fatal(err)
	}
	if doc.GetVersion() != "3.1.0" {
		t.Errorf("version %q", doc.GetVersion())
	}
	if _, err := doc.BuildV3Model(); err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, wrong := v.ValidateDocument(); !ok {
		for _, w := range wrong {
			t.Errorf("%s: %s %v", w.Message, w.Reason, w.SchemaValidationErrors)
		}
	}
}

// tree is the document as plain JSON.
func tree(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(openapi.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// walk calls visit for every object in the document, with its place as a JSON pointer.
func walk(place string, node any, visit func(place string, object map[string]any)) {
	switch n := node.(type) {
	case map[string]any:
		visit(place, n)
		for name, child := range n {
			walk(place+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), child, visit)
		}
	case []any:
		for i, child := range n {
			walk(place+"/"+strconv.Itoa(i), child, visit)
		}
	}
}

func TestEveryReferenceLeadsSomewhereAndNothingIsUnused(t *testing.T) {
	doc := tree(t)
	defined, used := map[string]bool{}, map[string]bool{}
	components := doc["components"].(map[string]any)
	for kind, all := range components {
		for name := range all.(map[string]any) {
			defined["#/components/"+kind+"/"+name] = kind == "securitySchemes"
		}
	}
	walk("#", doc, func(place string, o map[string]any) {
		if ref, ok := o["$ref"].(string); ok {
			used[ref] = true
			if _, ok := defined[ref]; !ok {
				t.Errorf("%s: %s is not defined", place, ref)
			}
		}
	})
	for ref, free := range defined {
		if !free && !used[ref] {
			t.Errorf("%s is not used", ref)
		}
	}
}

// TestExamplesFitTheirSchemas keeps what readers copy right.
func TestExamplesFitTheirSchemas(t *testing.T) {
	doc := tree(t)
	const url = "https://usher.example/openapi.json"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	seen := 0
	check := func(place string, example any) {
		seen++
		schema, err := compiler.Compile(url + place)
		if err != nil {
			t.Fatalf("%s: %v", place, err)
		}
		if err := schema.Validate(example); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
	walk("#", doc, func(place string, o map[string]any) {
		if _, media := o["schema"]; !media {
			return
		}
		if example, ok := o["example"]; ok {
			check(place+"/schema", example)
		}
		examples, _ := o["examples"].(map[string]any)
		for _, example := range examples {
			check(place+"/schema", example.(map[string]any)["value"])
		}
	})
	if seen < 30 {
		t.Errorf("only %d examples were found", seen)
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	ids := map[string]bool{}
	for path, item := range tree(t)["paths"].(map[string]any) {
		for method, o := range operations(item) {
			id, _ := o["operationId"].(string)
			if id == "" || ids[id] || o["summary"] == "" || o["description"] == "" || o["security"] == nil {
				t.Errorf("%s %s: operationId %q must be there once, with summary, description and security", method, path, id)
			}
			ids[id] = true
			responses := o["responses"].(map[string]any)
			if responses["503"] == nil || responses["500"] == nil {
				t.Errorf("%s %s: failures are not told", method, path)
			}
		}
	}
}

func operations(item any) map[string]map[string]any {
	found := map[string]map[string]any{}
	for name, o := range item.(map[string]any) {
		if slices.Contains([]string{"get", "post", "put", "patch", "delete"}, name) {
			found[strings.ToUpper(name)] = o.(map[string]any)
		}
	}
	return found
}

// TestTheDocumentDescribesTheRoutesThatAreServed compares it with the manifests: each says what the other does.
func TestTheDocumentDescribesTheRoutesThatAreServed(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join("..", "..", "knative", "base", "routes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var served, described []string
	for _, m := range regexp.MustCompile(`(?m)^\s+([A-Z]+) (/api/\S+) \S+$`).FindAllStringSubmatch(string(manifest), -1) {
		served = append(served, m[1]+" "+m[2])
	}
	for path, item := range tree(t)["paths"].(map[string]any) {
		for method := range operations(item) {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if len(served) == 0 || !slices.Equal(served, described) {
		t.Errorf("served and described differ:\n%v\n%v", served, described)
	}
}
