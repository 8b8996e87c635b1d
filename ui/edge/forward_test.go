package edge

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// unsized hides a reader's length, so that the client sends it in chunks.
type unsized struct{ io.Reader }

func TestBodiesAreBounded(t *testing.T) {
	var whole atomic.Int64
	g := startGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return
		}
		whole.Store(n)
		fmt.Fprintf(w, "%d", n)
	}))
	for _, c := range []struct {
		name    string
		size    int
		chunked bool
		status  int
	}{
		{"small", 10, false, 200},
		{"small, in chunks", 10, true, 200},
		{"more than is kept", keptBody + 1, false, 200},
		{"the most", maxBody, false, 200},
		{"the most, in chunks", maxBody, true, 200},
		{"too large", maxBody + 1, false, 413},
		{"too large, in chunks", maxBody + 1, true, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole.Store(-1)
			var body io.Reader = bytes.NewReader(make([]byte, c.size))
			if c.chunked {
				body = unsized{body}
			}
			resp, got := send(t, "POST", g.URL+"/api/orders", body)
			if c.status == 413 {
				wantProblem(t, resp, got, 413)
				if whole.Load() >= 0 {
					t.Error("the function took the body for complete")
				}
				return
			}
			if resp.StatusCode != 200 || whole.Load() != int64(c.size) {
				t.Errorf("got %d %s; the function read %d bytes of %d", resp.StatusCode, got, whole.Load(), c.size)
			}
		})
	}
}

func TestABodyThatEndsEarlyIsTheClientsFault(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(mirror))
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot-a-chunk\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, _ := io.ReadAll(conn)
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) || !bytes.Contains(answer, []byte("problem+json")) {
		t.Errorf("got %q", answer)
	}
}

func TestAFunctionThatDoesNotAnswer(t *testing.T) {
	refused := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return "http://" + l.Addr().String()
	}
	t.Run("503 where nobody listens", func(t *testing.T) {
		g := gatewayBefore(t, refused(t), io.Discard)
		resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader("{}"))
		wantProblem(t, resp, body, 503)
		if resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	t.Run("503 where the connection breaks, without a second call", func(t *testing.T) {
		var calls atomic.Int64
		g := startGateway(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			calls.Add(1)
			panic(http.ErrAbortHandler)
		}))
		resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader("{}"))
		wantProblem(t, resp, body, 503)
		if calls.Load() != 1 {
			t.Errorf("the function was called %d times", calls.Load())
		}
	})
	for _, c := range []struct{ status, told int }{{500, 500}, {502, 503}, {503, 503}, {504, 504}, {404, 503}, {429, 429}, {413, 413}, {400, 400}, {414, 400}, {431, 400}} {
		t.Run(fmt.Sprintf("a bare %d from a proxy is told as %d", c.status, c.told), func(t *testing.T) {
			g := startGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "upstream secret", c.status) }))
			resp, body := send(t, "GET", g.URL+"/api/tickets", nil)
			wantProblem(t, resp, body, c.told)
			if bytes.Contains(body, []byte("secret")) {
				t.Errorf("the proxy's text is told: %s", body)
			}
		})
	}
	t.Run("a problem that says that the function ended is told as 503", func(t *testing.T) {
		g := startGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`{"type":"about:blank","title":"Bad Gateway","status":502,"detail":"ended","errors":[{"message":"ended"}]}`))
		}))
		resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader("{}"))
		wantProblem(t, resp, body, 503)
	})
	t.Run("400 where the body breaks off, whatever the function makes of its half", func(t *testing.T) {
		g := startGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusOK)
		}))
		conn, err := net.Dial("tcp", strings.TrimPrefix(g.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = io.WriteString(conn, "POST /api/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nno chunk\r\n")
		if err != nil {
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
		wantProblem(t, resp, body, 400)
	})
	t.Run("504 where it takes too long", func(t *testing.T) {
		g := startGateway(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the caller is gone
			<-r.Context().Done()
		}), "ANSWER_TIMEOUT", "30ms")
		resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader("{}"))
		wantProblem(t, resp, body, 504)
		if resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	t.Run("a function's own problem passes as it is", func(t *testing.T) {
		g := startGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(409)
			_, _ = w.Write([]byte(`{"type":"x","title":"t","status":409,"detail":"taken","errors":[{"message":"taken"}]}`))
		}))
		resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader("{}"))
		wantProblem(t, resp, body, 409)
		if !bytes.Contains(body, []byte("taken")) {
			t.Errorf("got %s", body)
		}
	})
}

func TestAFunctionThatIsJustStartingIsCalledAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	g := gatewayBefore(t, "http://"+address, io.Discard)
	started := make(chan *http.Server, 1)
	time.AfterFunc(2*dialPause, func() { // the start of a process is what is waited for, not an outcome of this test
		s := &http.Server{Handler: http.HandlerFunc(mirror)}
		started <- s
		if l, err := net.Listen("tcp", address); err == nil {
			_ = s.Serve(l)
		}
	})
	resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader(`{"a":1}`))
	defer func() { _ = (<-started).Close() }()
	if resp.StatusCode != 200 || reflected(t, body).Body != `{"a":1}` {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
}

func TestAReadSurvivesAClosedKeptConnection(t *testing.T) {
	f := httptest.NewServer(http.HandlerFunc(mirror))
	defer f.Close()
	g := gatewayBefore(t, f.URL, io.Discard)
	for i := range 20 {
		resp, body := send(t, "GET", g.URL+"/api/tickets", nil)
		if resp.StatusCode != 200 {
			t.Fatalf("call %d: got %d %s", i, resp.StatusCode, body)
		}
		f.CloseClientConnections()
	}
}

func TestAFunctionStopsWhenTheCallerGoesAway(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	f := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(left)
	}))
	defer f.Close()
	var log bytes.Buffer
	g := gatewayBefore(t, f.URL, &log)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", g.URL+"/api/tickets", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-entered
		leave()
	}()
	if _, err := http.DefaultTransport.RoundTrip(r); err == nil {
		t.Error("there was an answer")
	}
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Fatal("the function still works for somebody who went away")
	}
	g.Close() // waits for the handler, so that the line is written
	if !bytes.Contains(log.Bytes(), []byte(`"status":499`)) || bytes.Contains(log.Bytes(), []byte(`"level":"WARN"`)) {
		t.Errorf("logged %s", log.String())
	}
}

func TestAnswersStream(t *testing.T) {
	more := make(chan struct{})
	g := startGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("first"))
		_ = http.NewResponseController(w).Flush()
		select {
		case <-more:
		case <-r.Context().Done():
		}
		_, _ = w.Write([]byte("second"))
	}))
	resp, err := http.Get(g.URL + "/api/tickets")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Fatalf("got %q, %v", first, err)
	}
	close(more)
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "second" {
		t.Fatalf("got %q, %v", rest, err)
	}
}

func FuzzParseRoutes(f *testing.F) {
	for _, s := range []string{testRoutes, "GET /api/{x...} a", "GET /api/{x}/{x} a", "GET /api/a b\nGET /api/a c", "\x00", "GET  /api/%zz f"} {
		f.Add(s, "/api/tickets/1")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		routes, err := ParseRoutes(text)
		if err != nil {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		if function, _, ok := routes.Match(r); ok && (!strings.Contains(text, function) || !functionName.MatchString(function)) {
			t.Errorf("%q is not in %q", function, text)
		}
	})
}

func TestConfigurationSaysWhatIsWrong(t *testing.T) {
	right := []string{"PORT", "8080", "ROUTES", testRoutes, "FUNCTIONS_URL", "http://{name}.usher.svc.cluster.local"}
	if _, err := ConfigFrom(env(right...)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, says string }{
		{"PORT", "x", "PORT"},
		{"ROUTES", "", "at least one route"},
		{"ROUTES", "GET /api/a", "line 1"},
		{"ROUTES", "\nGET /elsewhere f", "line 2"},
		{"ROUTES", "GET /api/a Bad_Name", "not the name of a function"},
		{"ROUTES", "GET /api/a one\nGET /api/a two", "line 2"},
		{"ROUTES", "GET /api/{ one", "line 1"},
		{"FUNCTIONS_URL", "", "{name}"},
		{"FUNCTIONS_URL", "ftp://{name}", "http://"},
		{"PUBLIC_URL", "usher.example", "PUBLIC_URL"},
		{"TRUSTED_PROXIES", "10.0.0.1", "TRUSTED_PROXIES"},
		{"ANSWER_TIMEOUT", "-1s", "ANSWER_TIMEOUT"},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			_, err := ConfigFrom(env(append(right, c.name, c.value)...))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
		})
	}
}

// Where the provider is a test double, no page needs anything of Stripe's.
func TestStripeIsAllowedWhereItTakesTheCards(t *testing.T) {
	for _, c := range []struct {
		name   string
		double string
	}{{"a test double", "http://127.0.0.1:1"}, {"Stripe", ""}} {
		t.Run(c.name, func(t *testing.T) {
			g := startGateway(t, http.HandlerFunc(mirror), "STRIPE_API_URL", c.double)
			resp, _ := send(t, "GET", g.URL+"/", nil)
			policy := resp.Header.Get("Content-Security-Policy")
			if strings.Contains(policy, "js.stripe.com") != (c.double == "") {
				t.Errorf("Content-Security-Policy: %s", policy)
			}
		})
	}
}
