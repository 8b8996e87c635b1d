package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"usher.example/knative/internal/described"
)

// openapi is the document that describes the HTTP API; every answer that a person gets is held to it.
var openapi = sync.OnceValue(func() *described.Document {
	content, err := os.ReadFile(filepath.Join(root(), "ui", "openapi", "openapi.json"))
	if err != nil {
		panic(err)
	}
	document, err := described.Parse(content)
	if err != nil {
		panic(err)
	}
	return document
})

// transport holds answers to the document, but in benchmarks: it would be measured. 502 is not the API's: what stands before
// the gateway says it when the gateway itself is killed.
func transport(t testing.TB) http.RoundTripper {
	if _, measures := t.(*testing.B); measures {
		return nil
	}
	return described.Transport{Document: openapi(), Wrong: func(err error) { t.Errorf("not as the OpenAPI document says: %v", err) }, Ignore: http.StatusBadGateway}
}

// unseen are the answers that are described and that no test of this suite brings about, with the reason.
var unseen = []struct {
	answer string // or its end: " 500" is of all routes
	reason string
}{
	{" 500", "nothing that can be sent or that goes down brings one about; shared/function shows it with a handler that panics"},
	{"GET /api/tickets/{id}/attachment 409", "it is said for the milliseconds between two writes of who replaces the attachment"},
	{"GET /api/tickets/{id}/attachment/{form} 409", "the same"},
	{"POST /api/operator/dead-letters/{id}/replay 409", "no function goes while the system runs; functions/deadletters shows it"},
	{"POST /api/tickets/verify 404", "only we make a pass that verifies, and only of a ticket that exists; tickets are never deleted"},
}

// missing are the described answers that never came, though somebody should have brought them about; and the exceptions
// that came all the same, or that the document does not have.
func missing() (wrong []string) {
	excused := map[string]bool{}
	for _, a := range openapi().Unseen() {
		known := false
		for _, u := range unseen {
			if strings.HasSuffix(a.String(), u.answer) {
				known, excused[u.answer] = true, true
			}
		}
		if !known {
			wrong = append(wrong, a.String()+" is described, and no test brings it about")
		}
	}
	for _, u := range unseen {
		if !excused[u.answer] {
			wrong = append(wrong, u.answer+" is an exception (unseen in described_test.go), and came or is not described")
		}
	}
	return wrong
}

// whole says whether this run is of all tests, on systems of its own: only then an answer that never came is missed.
func whole() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short() && !onlyURL()
}

// complain ends a whole run that has not met every answer that is described.
func complain(code int) int {
	if code != 0 || !whole() {
		return code
	}
	for _, line := range missing() {
		fmt.Fprintln(os.Stderr, "FAIL", line)
		code = 1
	}
	return code
}
