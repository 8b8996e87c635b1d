package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"usher.example/events"
)

const schemas = "../../schemas"

// The checked-in documents are what the types say: make generate.
func TestDocumentsAreUpToDate(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join(schemas, name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what the Go types say; run make generate and look at the difference", name)
			}
		})
	}
}

func TestReferenceIsUpToDate(t *testing.T) {
	got, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := Reference(); !bytes.Equal(got, want) {
		t.Error("events/README.md is not what the Go types say; run make generate")
	}
	for _, m := range Messages {
		if !bytes.Contains(got, []byte(m.Type)) {
			t.Errorf("%s is not described", m.Type)
		}
	}
}

// What was released stays readable: a field that is gone, of another type, no longer required of its sender, or with other
// values needs a new major version of the event beside the old one.
func TestNoIncompatibleChange(t *testing.T) {
	released, err := filepath.Glob(filepath.Join(schemas, "released", "*.json"))
	if err != nil || len(released) != len(data) {
		t.Fatalf("released schemas: %v, %v", released, err)
	}
	for _, path := range released {
		t.Run(filepath.Base(path), func(t *testing.T) {
			for _, broken := range incompatible(read(t, path), read(t, filepath.Join(schemas, filepath.Base(path)))) {
				t.Error(broken)
			}
		})
	}
}

func TestIncompatible(t *testing.T) {
	base := `{"required":["id"],"properties":{"id":{"type":"string","format":"uuid"},"status":{"enum":["a","b"]}}}`
	for name, c := range map[string]struct {
		now  string
		want int
	}{
		"OK/Same":     {base, 0},
		"OK/NewField": {`{"required":["id"],"properties":{"id":{"type":"string","format":"uuid"},"status":{"enum":["a","b"]},"x":{"type":"string"}}}`, 0},
		"FieldGone":   {`{"required":["id"],"properties":{"id":{"type":"string","format":"uuid"}}}`, 1},
		"OtherType":   {`{"required":["id"],"properties":{"id":{"type":"integer","format":"uuid"},"status":{"enum":["a","b"]}}}`, 1},
		"NotRequired": {`{"properties":{"id":{"type":"string","format":"uuid"},"status":{"enum":["a","b"]}}}`, 1},
		"OtherValues": {`{"required":["id"],"properties":{"id":{"type":"string","format":"uuid"},"status":{"enum":["a","b","c"]}}}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var was, now object
			if json.Unmarshal([]byte(base), &was) != nil || json.Unmarshal([]byte(c.now), &now) != nil {
				t.Fatal("bad case")
			}
			if got := incompatible(was, now); len(got) != c.want {
				t.Errorf("got %v, want %d", got, c.want)
			}
		})
	}
}

func TestEveryTypeIsListedOnce(t *testing.T) {
	seen := map[events.Type]bool{}
	for _, m := range Messages {
		if seen[m.Type] {
			t.Errorf("%s is listed twice", m.Type)
		}
		seen[m.Type] = true
		if _, ok := data[m.Schema]; !ok {
			t.Errorf("%s has no schema %s", m.Type, m.Schema)
		}
	}
}

func read(t *testing.T, path string) object {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(content, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// incompatible lists what a reader of the schema as it was would stumble over in data of the schema as it is.
func incompatible(was, now object) (broken []string) {
	compare("", was, now, &broken)
	return broken
}

func compare(path string, was, now any, broken *[]string) {
	w, ok := was.(object)
	if !ok {
		return
	}
	n, ok := now.(object)
	if !ok {
		*broken = append(*broken, path+" is gone")
		return
	}
	for _, key := range []string{"type", "format", "pattern", "$ref", "enum", "const"} {
		if w[key] != nil && fmt.Sprint(w[key]) != fmt.Sprint(n[key]) {
			*broken = append(*broken, fmt.Sprintf("%s: %s was %v, is %v", path, key, w[key], n[key]))
		}
	}
	required, _ := w["required"].([]any)
	still, _ := n["required"].([]any)
	for _, field := range required {
		if !slices.Contains(still, field) {
			*broken = append(*broken, fmt.Sprintf("%s/%v is no longer sure to be there", path, field))
		}
	}
	for _, key := range []string{"properties", "$defs"} {
		children, _ := w[key].(object)
		theirs, _ := n[key].(object)
		for name, child := range children {
			compare(path+"/"+name, child, theirs[name], broken)
		}
	}
}
