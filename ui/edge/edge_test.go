package edge

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"usher.example/shared/id"
	"usher.example/shared/problem"
)

const testRoutes = `
GET /api/tickets tickets-list
GET /api/tickets/mine tickets-mine
GET /api/tickets/{id} tickets-show
PUT /api/tickets/{id} tickets-update
POST /api/orders orders-create
POST /api/payments/webhook payments-webhook
`

// startGateway runs a gateway in front of one server that stands for all functions.
func startGateway(t *testing.T, functions http.Handler, settings ...string) *httptest.Server {
	t.Helper()
	f := httptest.NewServer(functions)
	t.Cleanup(f.Close)
	return gatewayBefore(t, f.URL, io.Discard, settings...)
}

func gatewayBefore(t testing.TB, functionsURL string, log io.Writer, settings ...string) *httptest.Server {
	t.Helper()
	c, err := ConfigFrom(env(append([]string{"PORT", "0", "ROUTES", testRoutes, "FUNCTIONS_URL", functionsURL + "/{name}"}, settings...)...))
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(c, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		found := ""
		for pair := range slices.Chunk(pairs, 2) {
			if pair[0] == name {
				found = pair[1]
			}
		}
		return found
	}
}

// seen is what a function saw of a request.
type seen struct {
	Method, URI, Host, Body string
	Header                  http.Header
}

// mirror is a function that answers what it saw.
func mirror(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(seen{r.Method, r.RequestURI, r.Host, string(body), r.Header})
}

// send sends a request with headers in pairs, and returns the answer with its body.
func send(t *testing.T, method, url string, body io.Reader, header ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, got
}

func reflected(t *testing.T, body []byte) seen {
	t.Helper()
	var s seen
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return s
}

func wantProblem(t *testing.T, resp *http.Response, body []byte, status int) {
	t.Helper()
	var d problem.Document
	if err := json.Unmarshal(body, &d); err != nil || resp.StatusCode != status || d.Status != status ||
		resp.Header.Get("Content-Type") != problem.ContentType || d.Type == "" || d.Title == "" || d.Detail == "" || len(d.Errors) == 0 {
		t.Fatalf("got %d %s %q, want a problem document of status %d", resp.StatusCode, resp.Header.Get("Content-Type"), body, status)
	}
}

func TestRequestsReachTheFunctionOfTheirRoute(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(mirror))
	for _, c := range []struct{ name, method, path, uri string }{
		{"collection with its query as it is", "GET", "/api/tickets?q=a%20b&q=;x&limit=1", "/tickets-list/api/tickets?q=a%20b&q=;x&limit=1"},
		{"the more specific route wins", "GET", "/api/tickets/mine", "/tickets-mine/api/tickets/mine"},
		{"one item", "GET", "/api/tickets/0197", "/tickets-show/api/tickets/0197"},
		{"another method of the same path", "PUT", "/api/tickets/0197", "/tickets-update/api/tickets/0197"},
		{"escapes stay", "GET", "/api/tickets/a%20b", "/tickets-show/api/tickets/a%20b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, body := send(t, c.method, g.URL+c.path, nil)
			if got := reflected(t, body); got.URI != c.uri || got.Method != c.method {
				t.Errorf("the function saw %s %s, want %s %s", got.Method, got.URI, c.method, c.uri)
			}
		})
	}
}

func TestWhatIsNoRouteGoesNoFurther(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a function was called") }))
	for _, c := range []struct {
		name, method, path string
		status             int
		allow              string
	}{
		{"unknown path", "GET", "/api/nothing", 404, ""},
		{"the root of the API", "GET", "/api", 404, ""},
		{"an event function by its name", "POST", "/tickets-on-order", 405, "GET, HEAD"},
		{"an event function below the API", "POST", "/api/tickets-on-order", 404, ""},
		{"encoded slashes", "GET", "/api/tickets/..%2f..%2ftickets-on-order", 404, ""},
		{"encoded backslashes", "GET", "/api/tickets/..%5c..%5ctickets-on-order", 404, ""},
		{"dot segments", "GET", "/api/tickets/../../tickets-on-order", 404, ""},
		{"encoded dot segments", "GET", "/api/tickets/%2e%2e", 404, ""},
		{"doubled slash", "GET", "/api//tickets", 404, ""},
		{"trailing slash", "GET", "/api/tickets/", 404, ""},
		{"wrong method", "DELETE", "/api/orders", 405, "POST"},
		{"wrong method, several others", "PATCH", "/api/tickets/0197", 405, "GET, HEAD, PUT"},
		{"OPTIONS is no route", "OPTIONS", "/api/orders", 405, "POST"},
		{"the document cannot be written", "POST", "/api/openapi.json", 405, "GET, HEAD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://usher.test/", nil)
			r.URL.Opaque = "" // the client must send the path as it is
			resp, body := sendRaw(t, g.URL, c.method, c.path)
			wantProblem(t, resp, body, c.status)
			if got := resp.Header.Get("Allow"); got != c.allow {
				t.Errorf("Allow: %q, want %q", got, c.allow)
			}
		})
	}
}

// sendRaw sends a path without cleaning it.
func sendRaw(t *testing.T, base, method, path string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, base, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = strings.TrimPrefix(base, "http:") + path
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func TestAFunctionLearnsWhoAsks(t *testing.T) {
	const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, c := range []struct {
		name     string
		settings []string
		send     []string
		want     map[string]string
	}{
		{"directly", nil, nil, map[string]string{"Usher-Client-Address": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-For": "127.0.0.1"}},
		{"what people claim of themselves is dropped", nil,
			[]string{"Usher-Client-Address", "6.6.6.6", "Usher-Role", "operator", "X-Real-Ip", "6.6.6.6", "Forwarded", "for=6.6.6.6"},
			map[string]string{"Usher-Client-Address": "127.0.0.1", "Usher-Role": "", "X-Real-Ip": "", "Forwarded": ""}},
		{"the last entry that no trusted proxy wrote", nil,
			[]string{"X-Forwarded-For", "6.6.6.6, 198.51.100.7", "X-Forwarded-For", "10.0.3.4", "X-Forwarded-Proto", "https"},
			map[string]string{"Usher-Client-Address": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}},
		{"a proxy that is not trusted is the client", []string{"TRUSTED_PROXIES", "none"},
			[]string{"X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https"},
			map[string]string{"Usher-Client-Address": "127.0.0.1", "X-Forwarded-Proto": "http"}},
		{"IPv6", nil, []string{"X-Forwarded-For", "2001:db8::1"}, map[string]string{"Usher-Client-Address": "2001:db8::1"}},
		{"an entry that is no address ends the walk", nil, []string{"X-Forwarded-For", "nonsense, 10.1.1.1"}, map[string]string{"Usher-Client-Address": "10.1.1.1"}},
		{"trace and request id pass", nil, []string{"Traceparent", traceparent, "X-Request-Id", "shop-42.a_b"},
			map[string]string{"Traceparent": traceparent, "X-Request-Id": "shop-42.a_b"}},
		{"hop-by-hop headers do not", nil, []string{"Connection", "X-Hop", "X-Hop", "1", "Te", "gzip", "Upgrade", "websocket"},
			map[string]string{"X-Hop": "", "Te": "", "Upgrade": "", "Connection": ""}},
		{"cookies and conditions pass", nil, []string{"Cookie", "session=x", "If-None-Match", `"3"`, "Idempotency-Key", "k"},
			map[string]string{"Cookie": "session=x", "If-None-Match": `"3"`, "Idempotency-Key": "k"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := startGateway(t, http.HandlerFunc(mirror), c.settings...)
			_, body := send(t, "GET", g.URL+"/api/tickets", nil, c.send...)
			got := reflected(t, body)
			for name, want := range c.want {
				if v := strings.Join(got.Header.Values(name), "|"); v != want {
					t.Errorf("%s: %q, want %q", name, v, want)
				}
			}
		})
	}
}

func TestEveryAnswerHasARequestID(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(mirror))
	for _, sent := range []string{"", "short", "bad id with spaces", strings.Repeat("x", 129), "quote\"dquote"} {
		resp, body := send(t, "GET", g.URL+"/api/tickets", nil, "X-Request-Id", sent)
		got := resp.Header.Get("X-Request-Id")
		if !id.Valid(got) || reflected(t, body).Header.Get("X-Request-Id") != got {
			t.Errorf("sent %q, got %q, the function saw %q", sent, got, reflected(t, body).Header.Get("X-Request-Id"))
		}
	}
}

func TestCrossSiteCommandsAreRefused(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(mirror), "PUBLIC_URL", "https://usher.test/")
	for _, c := range []struct {
		name   string
		header []string
		status int
	}{
		{"another site's form", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another origin, old browser", []string{"Origin", "https://evil.test"}, 403},
		{"our page", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"our page behind a proxy that changes Host", []string{"Origin", "https://usher.test", "Sec-Fetch-Site", "cross-site"}, 200},
		{"a program, such as a webhook's sender", nil, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := send(t, "POST", g.URL+"/api/orders", strings.NewReader("{}"), c.header...)
			if resp.StatusCode != c.status {
				t.Fatalf("got %d %s, want %d", resp.StatusCode, body, c.status)
			}
			if c.status == 403 {
				wantProblem(t, resp, body, 403)
			}
		})
	}
}

func TestAccessLogNamesTheFunction(t *testing.T) {
	f := httptest.NewServer(http.HandlerFunc(mirror))
	defer f.Close()
	var log bytes.Buffer
	g := gatewayBefore(t, f.URL, &log)
	send(t, "GET", g.URL+"/api/tickets/1", nil, "X-Request-Id", "known-request")
	g.Close() // waits for the handler, so that the line is written
	var line struct {
		Method, Path, Function string
		Status                 int
		RequestID              string `json:"request_id"`
		Ms                     float64
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, log.String())
	}
	if line.Method != "GET" || line.Path != "/api/tickets/1" || line.Status != 200 || line.Function != "tickets-show" ||
		line.RequestID != "known-request" || line.Ms <= 0 {
		t.Errorf("logged %s", log.String())
	}
}

func TestAnswersAreHardened(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(mirror))
	for _, path := range []string{"/", "/api/tickets", "/api/nothing", "/orders/1"} {
		resp, _ := send(t, "GET", g.URL+path, nil, "X-Forwarded-Proto", "https")
		h := resp.Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy: %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no Strict-Transport-Security though the person came by HTTPS", path)
		}
	}
	if resp, _ := send(t, "GET", g.URL+"/", nil); resp.Header.Get("Strict-Transport-Security") != "" {
		t.Error("Strict-Transport-Security without HTTPS")
	}
}
