package edge

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"usher.example/shared/metrics"
	"usher.example/shared/problem"
)

func TestRouteClass(t *testing.T) {
	for _, c := range []struct{ function, path, want string }{
		{"tickets-list", "/api/tickets", "tickets"},
		{"payments-webhook", "/api/payments/webhook", "payments"},
		{"", "/api/openapi.json", "docs"},
		{"", "/api/docs", "docs"},
		{"", "/api/nothing", "none"},
		{"", "/api", "none"},
		{"", "/tickets/1", "site"},
		{"", "/", "site"},
	} {
		if got := routeClass(c.function, c.path); got != c.want {
			t.Errorf("%q at %s: got %s, want %s", c.function, c.path, got, c.want)
		}
	}
}

// counted runs requests through a gateway that counts, and returns what it has counted once it shows all of want.
func counted(t *testing.T, functionsURL string, want []string, settings []string, requests func(gateway string)) {
	t.Helper()
	all := append([]string{"PORT", "0", "ROUTES", testRoutes, "FUNCTIONS_URL", functionsURL + "/{name}", "METRICS_PORT", "9464"}, settings...)
	c, err := ConfigFrom(env(all...))
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	g := httptest.NewServer(h)
	requests(g.URL)
	g.Close() // a request is counted after its answer has gone: this waits for that
	var got strings.Builder
	_, _ = c.Counts.WriteTo(&got)
	for _, w := range want {
		if !strings.Contains(got.String(), w) {
			t.Errorf("no %s in\n%s", w, got.String())
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/tickets-show") {
			problem.Write(w, problem.New(problem.NotFound, "No such ticket."))
		}
	}))
	defer f.Close()
	counted(t, f.URL, []string{
		`usher_gateway_requests_total{function="gateway",route="tickets",code="200"} 2`,
		`usher_gateway_requests_total{function="gateway",route="tickets",code="404"} 1`,
		`usher_gateway_requests_total{function="gateway",route="none",code="404"} 1`,
		`usher_gateway_request_duration_seconds_count{function="gateway",route="tickets"} 3`,
	}, nil, func(g string) {
		for _, path := range []string{"/api/tickets", "/api/tickets/mine", "/api/tickets/1", "/api/nothing"} {
			send(t, "GET", g+path, nil)
		}
	})
}

func TestFailuresAreCountedByReason(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else a caller who goes away is not noticed
		<-r.Context().Done()
	}))
	defer hangs.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer proxy.Close()
	for _, c := range []struct{ name, functions, reason string }{
		{"NobodyListens", gone.URL, "unreachable"}, {"NoAnswer", hangs.URL, "slow"}, {"AProxyAnswers", proxy.URL, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := `usher_gateway_failures_total{function="gateway",target="orders-create",reason="` + c.reason + `"} 1`
			counted(t, c.functions, []string{want}, []string{"ANSWER_TIMEOUT", "500ms"}, func(g string) {
				send(t, "POST", g+"/api/orders", strings.NewReader("{}"))
			})
		})
	}
}

// Metrics are on a port of their own: the public one does not know them.
func TestMetricsAreNotPublic(t *testing.T) {
	public, private := freePort(t), freePort(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, env("HOST", "127.0.0.1", "PORT", public, "METRICS_PORT", private, "ROUTES", testRoutes,
			"FUNCTIONS_URL", "http://127.0.0.1:1/{name}"), io.Discard)
	}()
	get := func(port, path string) (status int, kind string) {
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if resp, err := http.Get("http://127.0.0.1:" + port + path); err == nil {
				resp.Body.Close()
				return resp.StatusCode, resp.Header.Get("Content-Type")
			}
		}
		return 0, ""
	}
	if status, kind := get(private, "/metrics"); status != 200 || kind != metrics.ContentType {
		t.Errorf("on its own port: %d %s", status, kind)
	}
	if _, kind := get(public, "/metrics"); kind == metrics.ContentType {
		t.Error("the public port shows metrics")
	}
	if status, _ := get(private, "/api/tickets"); status != 404 {
		t.Errorf("the port of metrics answers the API: %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestMetricsPort(t *testing.T) {
	for setting, ok := range map[string]bool{"": true, "9464": true, "8080": false, "x": false, "70000": false} {
		_, err := ConfigFrom(env(slices.Concat([]string{"PORT", "8080", "ROUTES", testRoutes, "FUNCTIONS_URL", "http://{name}"}, []string{"METRICS_PORT", setting})...))
		if (err == nil) != ok {
			t.Errorf("%q: %v", setting, err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
