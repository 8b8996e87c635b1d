package activator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher.example/knative/local/scale"
)

// instance is a process as the activator sees it: a server that can be made to die.
type instance struct {
	server *httptest.Server
	done   chan struct{}
	once   sync.Once
}

func (i *instance) Address() string       { return strings.TrimPrefix(i.server.URL, "http://") }
func (i *instance) Done() <-chan struct{} { return i.done }
func (i *instance) Stop(time.Duration) {
	i.once.Do(func() { i.server.CloseClientConnections(); i.server.Close(); close(i.done) })
}

// vanish closes the port without telling anybody: what a request meets that comes just after a kill.
func (i *instance) vanish() { _ = i.server.Listener.Close() }

// house is an activator with one function behind it.
type house struct {
	public, internal *httptest.Server
	mu               sync.Mutex
	instances        []*instance
	service          *scale.Service
	launchErr        error
}

type quiet struct{}

func (quiet) Up(string, time.Duration, int)  {}
func (quiet) Down(string, int)               {}
func (quiet) Died(string, scale.Worker, int) {}
func (quiet) Failed(string, error)           {}

// readLimit is short, for the test of slow clients.
const readLimit = 500 * time.Millisecond

// newHouse serves function under the name fn; change may change what its manifest says.
func newHouse(t *testing.T, timeout time.Duration, function http.Handler, change func(*scale.Config)) *house {
	t.Helper()
	h := &house{}
	c := scale.Config{Name: "fn", MaxScale: 1, Window: time.Minute, Observe: quiet{}, Launch: func(context.Context) (scale.Worker, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.launchErr != nil {
			return nil, h.launchErr
		}
		i := &instance{server: httptest.NewServer(function), done: make(chan struct{})}
		h.instances = append(h.instances, i)
		return i, nil
	}}
	if change != nil {
		change(&c)
	}
	h.service = scale.New(c)
	a := New(map[string]*Target{"fn": {Service: h.service, Timeout: timeout, ReadLimit: readLimit}}, log.New(io.Discard, "", 0))
	h.public, h.internal = httptest.NewServer(a.Public("fn")), httptest.NewServer(a.Internal())
	t.Cleanup(func() {
		h.service.Close(0)
		h.public.Close()
		h.internal.Close()
		a.Close()
	})
	return h
}

func (h *house) instance(i int) *instance {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.instances[i]
}

func (h *house) started() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.instances)
}

// echo answers what it was asked.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, "%s %s host=%s for=%q proto=%q xhost=%q real=%q trace=%q id=%q body=%s", r.Method, r.URL.RequestURI(), r.Host,
		r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"], r.Header["X-Forwarded-Host"], r.Header["X-Real-Ip"],
		r.Header["Traceparent"], r.Header["X-Request-Id"], body)
})

func send(t *testing.T, method, url, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(answer)
}

func TestPublic(t *testing.T) {
	h := newHouse(t, time.Minute, echo, nil)
	t.Run("SaysItselfWhereARequestComesFrom", func(t *testing.T) {
		_, _, got := send(t, "GET", h.public.URL+"/a", "", "Host", "usher.example", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https",
			"X-Forwarded-Host", "evil.example", "X-Real-Ip", "6.6.6.6", "Forwarded", "for=6.6.6.6")
		want := `GET /a host=usher.example for=["127.0.0.1"] proto=["http"] xhost=["usher.example"] real=[] trace=[] id=[] body=`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("PassesPathQueryAndBody", func(t *testing.T) {
		_, _, got := send(t, "POST", h.public.URL+"/a//b%2Fc?x=1;y&z", "hello")
		if !strings.HasPrefix(got, "POST /a//b%2Fc?x=1;y&z ") || !strings.HasSuffix(got, "body=hello") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("PassesALongBodyOfUnknownLength", func(t *testing.T) {
		long := strings.Repeat("x", 3*readAhead)
		resp, err := http.Post(h.public.URL, "text/plain", io.MultiReader(strings.NewReader(long)))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if got, _ := io.ReadAll(resp.Body); !bytes.HasSuffix(got, []byte("body="+long)) {
			t.Errorf("%d bytes came back", len(got))
		}
	})
}

func TestInternal(t *testing.T) {
	h := newHouse(t, time.Minute, echo, nil)
	for _, tt := range []struct{ name, path, want string }{
		{"StripsTheName", "/fn/api/orders?x=1", "/api/orders?x=1"},
		{"RootWithSlash", "/fn/", "/"},
		{"RootWithout", "/fn", "/"},
		{"KeepsEscapes", "/fn/a%2Fb/c", "/a%2Fb/c"},
		{"OnlyTheFirstElement", "/fn/fn/x", "/fn/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, got := send(t, "GET", h.internal.URL+tt.path, ""); !strings.HasPrefix(got, "GET "+tt.want+" ") {
				t.Errorf("got %s, want path %s", got, tt.want)
			}
		})
	}
	t.Run("BelievesTheGateway", func(t *testing.T) {
		_, _, got := send(t, "GET", h.internal.URL+"/fn/", "", "Host", "usher.example", "X-Forwarded-For", "9.9.9.9",
			"X-Forwarded-Proto", "https", "X-Forwarded-Host", "usher.example", "Traceparent", "00-a-b-01", "X-Request-Id", "r1")
		want := `GET / host=usher.example for=["9.9.9.9"] proto=["https"] xhost=["usher.example"] real=[] trace=["00-a-b-01"] id=["r1"] body=`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("UnknownNameIs404", func(t *testing.T) {
		status, _, got := send(t, "GET", h.internal.URL+"/nobody/x", "")
		if status != http.StatusNotFound || !strings.Contains(got, `nobody`) {
			t.Errorf("%d %s", status, got)
		}
	})
}

func TestGoneProcess(t *testing.T) {
	t.Run("RefusedConnectionIsTriedOnANewOne", func(t *testing.T) {
		h := newHouse(t, time.Minute, echo, nil)
		lease, err := h.service.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		lease.Release()
		h.instance(0).vanish()
		status, _, got := send(t, "POST", h.public.URL+"/pay", "once")
		if status != http.StatusOK || !strings.HasSuffix(got, "body=once") {
			t.Errorf("%d %s", status, got)
		}
		if h.started() != 2 {
			t.Errorf("%d processes were started, want 2", h.started())
		}
	})
	t.Run("DeathInMidRequestIs502AndTheNextWorks", func(t *testing.T) {
		var h *house
		var calls atomic.Int32
		h = newHouse(t, time.Minute, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if calls.Add(1) == 1 {
				_, _ = io.ReadAll(r.Body)
				panic(http.ErrAbortHandler) // the connection ends without an answer
			}
		}), nil)
		status, header, body := send(t, "POST", h.public.URL, "x")
		if status != http.StatusBadGateway {
			t.Errorf("status %d, want 502", status)
		}
		checkProblem(t, header, body, 502)
		if status, _, _ := send(t, "POST", h.public.URL, "x"); status != http.StatusOK {
			t.Errorf("the next: status %d, want 200", status)
		}
		if calls.Load() != 2 {
			t.Errorf("%d calls: a request that was under way must not be sent again", calls.Load())
		}
	})
	t.Run("NothingStartsIs503", func(t *testing.T) {
		h := newHouse(t, time.Minute, echo, nil)
		h.launchErr = errors.New("no")
		status, header, body := send(t, "GET", h.public.URL, "")
		if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
			t.Errorf("status %d, Retry-After %q", status, header.Get("Retry-After"))
		}
		checkProblem(t, header, body, 503)
	})
}

func checkProblem(t *testing.T, header http.Header, body string, status int) {
	t.Helper()
	var p struct {
		Status int
		Title  string
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil || p.Status != status || p.Title == "" || len(p.Errors) != 1 || p.Errors[0].Message == "" {
		t.Errorf("not a problem of status %d: %s", status, body)
	}
	if got := header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestTimeout(t *testing.T) {
	const timeout = 50 * time.Millisecond
	t.Run("IsA504", func(t *testing.T) {
		left := make(chan struct{})
		h := newHouse(t, timeout, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(left)
		}), nil)
		status, header, body := send(t, "GET", h.public.URL, "")
		if status != http.StatusGatewayTimeout {
			t.Errorf("status %d, want 504", status)
		}
		checkProblem(t, header, body, 504)
		select {
		case <-left:
		case <-time.After(10 * time.Second):
			t.Error("the function was not told that nobody waits any more")
		}
	})
	t.Run("DoesNotCountTheWaitForAPlace", func(t *testing.T) {
		h := newHouse(t, 4*timeout, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(3 * timeout) }),
			func(c *scale.Config) { c.Concurrency = 1 })
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if status, _, _ := send(t, "GET", h.public.URL, ""); status != http.StatusOK {
					t.Errorf("status %d, want 200", status)
				}
			})
		}
		group.Wait()
	})
}

func TestAnswersAreNotHeldBack(t *testing.T) {
	next := make(chan struct{})
	h := newHouse(t, time.Minute, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "first\n")
		_ = http.NewResponseController(w).Flush()
		<-next
		_, _ = io.WriteString(w, "second\n")
	}), nil)
	resp, err := http.Get(h.public.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != "first" {
		t.Fatalf("read %q", lines.Text())
	}
	close(next)
	if !lines.Scan() || lines.Text() != "second" {
		t.Fatalf("read %q", lines.Text())
	}
}

// A client that leaves while its request is held must free its place: the process it would have had is another's.
func TestClientLeavesWhileHeld(t *testing.T) {
	release := make(chan struct{})
	h := newHouse(t, time.Minute, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			<-release
		}
	}), func(c *scale.Config) { c.Concurrency = 1 })
	busy := make(chan int, 1)
	go func() {
		status, _, _ := send(t, "GET", h.public.URL+"/busy", "")
		busy <- status
	}()
	until(t, func() bool { return h.started() == 1 })
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.public.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "POST /left HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
	_ = conn.Close()
	next := make(chan int, 1)
	go func() {
		status, _, _ := send(t, "GET", h.public.URL+"/next", "")
		next <- status
	}()
	close(release)
	for _, c := range []chan int{busy, next} {
		select {
		case status := <-c:
			if status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no answer")
		}
	}
}

func TestSlowBodyIsRefused(t *testing.T) {
	h := newHouse(t, time.Minute, echo, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.public.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nslow")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d, want 408", resp.StatusCode)
	}
	if h.started() != 0 {
		t.Error("a process was started for it")
	}
}

// A body that breaks off is its sender's fault, not that of a process which ended.
func TestBrokenBodyIsRefused(t *testing.T) {
	h := newHouse(t, time.Minute, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler) // as a server does whose caller broke off
	}), nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.public.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nno chunk\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d", resp.StatusCode)
	}
	checkProblem(t, resp.Header, string(body), http.StatusBadRequest)
}

// until waits for a condition.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass")
		}
	}
}
