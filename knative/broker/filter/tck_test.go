package filter

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
	"sigs.k8s.io/yaml"
)

// table is a file of the CESQL specification's own cases, as the CloudEvents SDK's module carries them.
type table struct {
	Name  string `json:"name"`
	Tests []struct {
		Name       string         `json:"name"`
		Expression string         `json:"expression"`
		Result     any            `json:"result"`
		Error      string         `json:"error"`
		Event      *event.Event   `json:"event"`
		Overrides  map[string]any `json:"eventOverrides"`
	} `json:"tests"`
}

// TestSpecificationTables holds the cesql dialect to the specification's tables: what does not parse is refused when it is
// compiled, what is true matches, and nothing else does. What failed matches not even when it is negated.
func TestSpecificationTables(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cloudevents/sdk-go/sql/v2").Output()
	if err != nil {
		t.Fatalf("find the module that has the tables: %v", err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "test", "tck", "*.yaml"))
	if err != nil || len(paths) < 18 {
		t.Fatalf("%d tables, at least 18 are known: %v", len(paths), err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var tb table
		if err := yaml.Unmarshal(raw, &tb); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, tc := range tb.Tests {
			t.Run(tb.Name+"/"+tc.Name, func(t *testing.T) {
				c, err := Compile(nil, []f{sqlFilter(tc.Expression)})
				if (err != nil) != (tc.Error == "parse") {
					t.Fatalf("compiling %s: %v; the table says error %q", tc.Expression, err, tc.Error)
				}
				if err != nil {
					return
				}
				e := sample()
				if tc.Event != nil {
					e = tc.Event
				}
				for name, value := range tc.Overrides {
					if err := spec.V1.SetAttribute(e.Context, name, value); err != nil {
						t.Fatal(err)
					}
				}
				if got, want := c.Match(e), tc.Result == true && tc.Error == ""; got != want {
					t.Errorf("%s matched is %t; the table says %v, error %q", tc.Expression, got, tc.Result, tc.Error)
				}
				inner := sqlFilter(tc.Expression)
				negated, err := Compile(nil, []f{{Not: &inner}})
				if err != nil {
					t.Fatal(err)
				}
				if got, want := negated.Match(e), tc.Result == false && tc.Error == ""; got != want {
					t.Errorf("not %s matched is %t; the table says %v, error %q", tc.Expression, got, tc.Result, tc.Error)
				}
			})
		}
	}
}

func sqlFilter(text string) f { return f{CESQL: text} }
