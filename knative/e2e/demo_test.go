package e2e

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// What fills a new system with something to look at is taken whole, and only once.
func TestDemo(t *testing.T) {
	s := start(t)
	for _, want := range []string{"30 listings added", "0 listings added"} {
		cmd := exec.Command("go", "run", "./knative/cmd/demo", "-url", s.url, "-listings", "30")
		cmd.Dir = root()
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	eventually(t, "all are found", func() bool { return len(s.stranger().finds(url.Values{"sort": {"soonest"}})) == 30 })
}
