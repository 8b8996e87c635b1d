package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// operation is something that can be asked, with a body that the OpenAPI document gives as an example.
type operation struct {
	method, path string
	body         any
}

// describedOperations are all that the OpenAPI document describes, about things that do not exist.
func describedOperations(t testing.TB) (all []operation) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(), "ui", "openapi", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths {
		for method, raw := range item {
			if !slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
				continue
			}
			var o struct {
				RequestBody struct {
					Content map[string]struct {
						Example  any                            `json:"example"`
						Examples map[string]struct{ Value any } `json:"examples"`
					} `json:"content"`
				} `json:"requestBody"`
			}
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			asked := operation{method: strings.ToUpper(method), path: strings.NewReplacer("{id}", unknownID, "{order_id}", unknownID, "{form}", "png").Replace(path)}
			if media, ok := o.RequestBody.Content["application/json"]; ok {
				asked.body = media.Example
				for _, example := range media.Examples {
					asked.body = example.Value
				}
			}
			all = append(all, asked)
		}
	}
	return all
}

// all asks for everything at once, and tells each answer to got.
func (p *person) all(got func(operation, answer)) {
	p.t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, o := range describedOperations(p.t) {
		group.Go(func() {
			a := p.do(o.method, o.path, o.body)
			mu.Lock()
			defer mu.Unlock()
			got(o, a)
		})
	}
	group.Wait()
}

// manifests is a folder of manifests like those of the local system, with a patch, for MANIFESTS.
func manifests(t testing.TB, patch string) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	local, err := filepath.Rel(folder, filepath.Join(root(), "knative", "overlays", "local"))
	if err != nil {
		t.Fatal(err)
	}
	content := "resources:\n  - " + local + "\npatches:\n" + patch
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return "MANIFESTS=" + folder
}

// Whatever is asked of a function that does not answer ends in time: 504, and what to do then.
func TestFunctionsHang(t *testing.T) {
	t.Parallel()
	s := start(t, "IDLE=1h", manifests(t, `  - target: {kind: Service, name: gateway}
    patch: |
      - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: ANSWER_TIMEOUT, value: 20s}}
`))
	p := s.person("person")
	p.all(func(operation, answer) {}) // now all run
	for _, f := range s.processes() {
		if f.Kind == "function" && f.Name != "gateway" {
			if err := syscall.Kill(f.PID, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(f.PID, syscall.SIGCONT) })
		}
	}
	p.all(func(o operation, a answer) {
		if doc := p.refused(http.StatusGatewayTimeout, a); a.header.Get("Retry-After") == "" || doc.Type == "" {
			t.Errorf("%s %s: no Retry-After", o.method, o.path)
		}
	})
}

// Whatever is asked of a function that cannot start is answered: 503, and when to try again.
func TestFunctionsDoNotStart(t *testing.T) {
	t.Parallel()
	s := start(t, manifests(t, `  - target: {kind: Service, labelSelector: usher.example/called-by=gateway}
    patch: |
      - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: LOG_LEVEL, value: unheard-of}}
`))
	p := s.stranger()
	p.all(func(o operation, a answer) {
		if p.refused(http.StatusServiceUnavailable, a); a.header.Get("Retry-After") == "" {
			t.Errorf("%s %s: no Retry-After", o.method, o.path)
		}
	})
}

// Whatever is asked while the store does not answer is no fault of whoever asks, nor one of the function's: what needs the
// store says that it cannot be reached, and works again when it can.
func TestStoreHangs(t *testing.T) {
	t.Parallel()
	s := start(t, "IDLE=1h")
	p := s.person("person")
	p.all(func(operation, answer) {})
	p = s.person("another") // the first was signed out, or worse
	store := s.stopped("store")
	unavailable := 0
	p.all(func(o operation, a answer) {
		switch {
		case a.err != nil || a.status == http.StatusInternalServerError:
			t.Errorf("%s %s: %d %s %v", o.method, o.path, a.status, a.body, a.err)
		case a.status == http.StatusServiceUnavailable:
			unavailable++
		}
	})
	if least := len(describedOperations(t)) / 3; unavailable < least {
		t.Errorf("%d operations say that something cannot be reached, expected at least %d", unavailable, least)
	}
	store.goOn()
	eventually(t, "it works again", func() bool { return p.do("GET", "/api/tickets", nil).status == http.StatusOK })
}
