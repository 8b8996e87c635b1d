package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/knative/internal/apifuzz"
)

const (
	// fuzzLength is how long the API is fuzzed where FUZZ_API says nothing.
	fuzzLength = 5 * time.Second
	// fuzzTimeout is when an answer counts as never.
	fuzzTimeout = 45 * time.Second
	// fuzzers send at once.
	fuzzers = 4
	// longestKept bounds the body of a request that is kept in the corpus, in bytes.
	longestKept = 2 << 10
	// apiCorpus are requests that once got an answer of a new kind, one a line.
	apiCorpus = "testdata/api-corpus.jsonl"
)

// Whatever is asked of the API, signed in as anybody, the answer is never a 5xx, nothing panics, and nothing hangs. FUZZ_API=30m
// goes on for longer and keeps what got a new kind of answer; SEED says where to begin.
func TestFuzzAPI(t *testing.T) {
	t.Parallel()
	s := start(t, "MAX_RESERVATIONS=0", "MAX_HOLDS=100") // three people make all of them
	f := newFuzz(t, s)
	for _, r := range readCorpus(t) {
		f.send(rand.New(rand.NewPCG(f.seed, 1)), r)
	}
	length := fuzzLength
	if long := os.Getenv("FUZZ_API"); long != "" {
		var err error
		if length, err = time.ParseDuration(long); err != nil {
			t.Fatalf("FUZZ_API: %v", err)
		}
	}
	t.Logf("seed %d: SEED=%d makes the same requests", f.seed, f.seed)
	end := time.Now().Add(length)
	var wg sync.WaitGroup
	for i := range fuzzers {
		wg.Go(func() {
			seed := f.seed + uint64(i)
			g, r := apifuzz.NewGenerator(f.document, seed), rand.New(rand.NewPCG(seed, 2))
			for time.Now().Before(end) && !f.enough() {
				f.send(r, g.Next())
			}
		})
	}
	wg.Wait()
	if i := strings.Index(strings.ToLower(s.log.String()), "panic"); i >= 0 {
		t.Errorf("something panicked: %.3000s", s.log.String()[i:])
	}
	f.report()
	if os.Getenv("FUZZ_API") != "" || t.Failed() {
		f.keep()
	}
}

// fuzz sends requests, and knows what exists by their answers.
type fuzz struct {
	t        *testing.T
	system   *system
	document *apifuzz.Document
	statuses map[string][]int // by operation
	seed     uint64
	client   *http.Client
	sessions []string // the first is nobody's
	mu       sync.Mutex
	known    map[string][]string // by placeholder
	failures int
	seen     map[string]int    // kinds of answers
	fresh    []apifuzz.Request // what got a new one
}

func newFuzz(t *testing.T, s *system) *fuzz {
	t.Helper()
	p := s.stranger()
	a := p.do("GET", "/api/openapi.json", nil)
	p.must(http.StatusOK, a, nil)
	document, err := apifuzz.Parse(a.body)
	if err != nil {
		t.Fatal(err)
	}
	f := &fuzz{
		t: t, system: s, document: document, statuses: map[string][]int{}, seed: 1, known: map[string][]string{}, seen: map[string]int{},
		client: &http.Client{Timeout: fuzzTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: fuzzers}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	for _, o := range document.Operations {
		f.statuses[o.Name()] = o.Statuses
	}
	if os.Getenv("FUZZ_API") != "" {
		f.seed = uint64(time.Now().UnixNano())
	}
	if seed := os.Getenv("SEED"); seed != "" {
		if f.seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			t.Fatalf("SEED: %v", err)
		}
	}
	f.people()
	return f
}

// people are nobody, a seller, a buyer and an operator; there is one of everything to begin with.
func (f *fuzz) people() {
	seller, buyer, operator := f.system.person("seller"), f.system.person("buyer"), f.system.person("operator")
	f.system.operator(operator)
	f.sessions = []string{""}
	for _, p := range []*person{seller, buyer, operator} {
		a := p.do("POST", "/api/users/signin", map[string]string{"email": p.email, "password": password})
		p.must(http.StatusOK, a, nil)
		token, _, _ := strings.Cut(strings.TrimPrefix(a.header.Get("Set-Cookie"), "session="), ";")
		f.sessions = append(f.sessions, token)
	}
	sold, listed := seller.sells("Sold", "42.00"), seller.sells("Listed", "42.00")
	seller.attaches(sold.ID, "ROW-A-1")
	paid := buyer.orders(sold.ID)
	buyer.pays(paid.ID)
	buyer.becomes(paid.ID, "complete")
	var ticketPass pass
	eventually(f.t, "the buyer has a pass", func() bool {
		return readJSON(buyer.do("GET", "/api/tickets/"+sold.ID+"/pass", nil), &ticketPass) == nil && ticketPass.Code != ""
	})
	f.known = map[string][]string{"ticket": {sold.ID, listed.ID}, "order": {paid.ID}, "code": {ticketPass.Code}, "token": {f.system.person("forgetful").forgets()}, "cursor": {"x"}, "etag": {`"1"`}}
}

// send sends a request as somebody, and looks at the answer.
func (f *fuzz) send(r *rand.Rand, template apifuzz.Request) {
	filled := template.Fill(func(kind string) string {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.known[kind][r.IntN(len(f.known[kind]))]
	})
	session := f.sessions[r.IntN(len(f.sessions))]
	said := filled.Curl(f.system.url, session)
	if len(said) > 3000 {
		said = said[:3000] + " …"
	}
	a, sent := f.ask(filled, session)
	if !sent {
		return
	}
	if a.status == http.StatusServiceUnavailable || a.status == http.StatusGatewayTimeout { // a busy machine may say so once
		time.Sleep(time.Second)
		a, _ = f.ask(filled, session)
	}
	switch {
	case a.err != nil:
		f.fail("no answer: %v\n%s", a.err, said)
	case a.status >= http.StatusInternalServerError:
		f.fail("answered %d %s\n%s", a.status, a.body, said)
	case a.status >= http.StatusBadRequest && !f.whole(a):
		f.fail("answered %d %s, which is no whole problem document\n%s", a.status, a.body, said)
	case !f.documented(template, a.status):
		f.fail("answered %d %s, which the OpenAPI document does not tell of\n%s", a.status, a.body, said)
	}
	f.learn(template, a)
}

// mostFailures is how many are worth reading.
const mostFailures = 20

func (f *fuzz) enough() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures >= mostFailures
}

func (f *fuzz) fail(format string, args ...any) {
	f.t.Errorf(format, args...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures++
}

// ask sends the request as it is; sent is false where the client itself refuses to.
func (f *fuzz) ask(r apifuzz.Request, session string) (a answer, sent bool) {
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(f.t.Context(), r.Method(), f.system.url+r.Path, body)
	if err != nil {
		return answer{}, false
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	if session != "" && req.Header.Get("Cookie") == "" {
		req.Header.Set("Cookie", "session="+session)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		var network *net.OpError
		if errors.As(err, &network) || os.IsTimeout(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return answer{err: err}, true
		}
		return answer{}, false
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, content, err}, true
}

// whole says whether a refusal tells what is wrong. What is no HTTP at all is refused by the HTTP server itself, as text.
func (*fuzz) whole(a answer) bool {
	if a.status == http.StatusBadRequest && strings.HasPrefix(string(a.body), "400 Bad Request") || a.status == http.StatusRequestHeaderFieldsTooLarge || a.status == http.StatusExpectationFailed {
		return true
	}
	var doc problem
	return json.Unmarshal(a.body, &doc) == nil && doc.Status == a.status && doc.Title != "" && doc.Type != "" && doc.Detail != "" &&
		len(doc.Errors) > 0 && doc.Errors[0].Message != ""
}

// documented says whether the status may be. A path that was changed leads elsewhere, and the id "mine" to an operation of that name.
func (f *fuzz) documented(r apifuzz.Request, status int) bool {
	always := []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusForbidden, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusRequestHeaderFieldsTooLarge, http.StatusExpectationFailed, http.StatusRequestEntityTooLarge}
	path, _, _ := strings.Cut(r.Path, "?")
	return slices.Contains(always, status) || slices.Contains(f.statuses[r.Operation], status) ||
		slices.Contains(f.statuses[r.Method()+" "+path], status) || !ordinary.MatchString(r.Path)
}

// ordinary are paths that lead to the operation that they were made for.
var ordinary = regexp.MustCompile(`^(/[a-z0-9_.{}-]+)+(\?.*)?$`)

var idOf = regexp.MustCompile(`"(id|order_id|ticket_id|next_cursor|code)":"([^"\\]{8,200})"`)

// mostKnown bounds what is remembered of a kind: things of long ago are as good as any.
const mostKnown = 200

func (f *fuzz) learn(r apifuzz.Request, a answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	remember := func(kind, value string) {
		if all := f.known[kind]; len(all) < mostKnown {
			f.known[kind] = append(all, value)
		} else {
			all[f.seen["answers"]%mostKnown] = value
		}
	}
	if a.status < 300 {
		if m := idOf.FindSubmatch(a.body); m != nil { // the first is the thing's own
			switch field, value := string(m[1]), string(m[2]); {
			case field == "next_cursor":
				remember("cursor", value)
			case field == "code" && strings.Contains(r.Operation, "/pass"):
				remember("code", value)
			case field == "order_id", field == "id" && strings.Contains(r.Operation, "/api/orders"):
				remember("order", value)
			case field == "ticket_id", field == "id" && strings.Contains(r.Operation, "/api/tickets"):
				remember("ticket", value)
			}
		}
		if tag := a.header.Get("ETag"); tag != "" {
			remember("etag", tag)
		}
	}
	f.seen["answers"]++
	kind := fmt.Sprintf("%s %d %s", r.Operation, a.status, likeness(a))
	if f.seen[kind]++; f.seen[kind] == 1 && len(r.Body) <= longestKept && len(r.Path) <= longestKept {
		f.fresh = append(f.fresh, r)
	}
}

var variable = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+|"[^"]*"`)

// likeness is what answers of one kind have in common: the sentence, without what it quotes.
func likeness(a answer) string {
	var doc problem
	if a.status < 400 || json.Unmarshal(a.body, &doc) != nil || len(doc.Errors) == 0 {
		return ""
	}
	var said []string
	for _, e := range doc.Errors[:1] {
		said = append(said, fmt.Sprintf("%.40s", variable.ReplaceAllString(e.Message, "…")))
	}
	return strings.Join(said, "; ")
}

// report says how often each operation answered what.
func (f *fuzz) report() {
	counts := map[string]map[int]int{}
	for kind, n := range f.seen {
		var method, path string
		var status int
		if _, err := fmt.Sscan(kind, &method, &path, &status); err == nil {
			if counts[method+" "+path] == nil {
				counts[method+" "+path] = map[int]int{}
			}
			counts[method+" "+path][status] += n
		}
	}
	f.t.Logf("%d requests, %d kinds of answers", f.seen["answers"], len(f.seen)-1)
	for _, o := range f.document.Operations {
		f.t.Logf("%-45s %v", o.Name(), counts[o.Name()])
		if len(counts[o.Name()]) == 0 && os.Getenv("FUZZ_API") != "" {
			f.t.Errorf("%s was never asked", o.Name())
		}
	}
}

// keep adds what got a new kind of answer to the corpus.
func (f *fuzz) keep() {
	have := map[string]bool{}
	var lines bytes.Buffer
	for _, r := range slices.Concat(readCorpus(f.t), f.fresh) {
		line, err := json.Marshal(r)
		if err != nil {
			f.t.Fatal(err)
		}
		if !have[string(line)] {
			lines.Write(append(line, '\n'))
		}
		have[string(line)] = true
	}
	if err := os.MkdirAll(filepath.Dir(apiCorpus), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(apiCorpus, lines.Bytes(), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func readCorpus(t *testing.T) (all []apifuzz.Request) {
	t.Helper()
	content, err := os.ReadFile(apiCorpus)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r apifuzz.Request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v: %s", apiCorpus, err, lines.Bytes())
		}
		all = append(all, r)
	}
	return all
}
