package edge

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"index.html":            {Data: []byte("<p>index")},
	"index.html.br":         {Data: []byte("index in brotli")},
	"docs.html":             {Data: []byte("<p>docs")},
	"favicon.svg":           {Data: []byte("<svg/>")},
	"assets/app-1a2b.js":    {Data: []byte("plain")},
	"assets/app-1a2b.js.br": {Data: []byte("brotli")},
	"assets/app-1a2b.js.gz": {Data: []byte("gzip")},
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheClientIsServed(t *testing.T) {
	s, err := newSite(built)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, accept           string
		status                       int
		body, kind, caching, content string
	}{
		{"the index", "/", "", 200, "<p>index", "text/html; charset=utf-8", revalidate, ""},
		{"the index, compressed", "/", "gzip, br", 200, "index in brotli", "text/html; charset=utf-8", revalidate, "br"},
		{"a page of the client", "/orders/0197", "", 200, "<p>index", "text/html; charset=utf-8", revalidate, ""},
		{"an asset", "/assets/app-1a2b.js", "", 200, "plain", "text/javascript; charset=utf-8", forever, ""},
		{"an asset in the best coding", "/assets/app-1a2b.js", "gzip, deflate, br", 200, "brotli", "text/javascript; charset=utf-8", forever, "br"},
		{"an asset for an old browser", "/assets/app-1a2b.js", "gzip", 200, "gzip", "text/javascript; charset=utf-8", forever, "gzip"},
		{"a coding that is refused", "/assets/app-1a2b.js", "br;q=0, gzip;q=0.5", 200, "gzip", "text/javascript; charset=utf-8", forever, "gzip"},
		{"a file without a hash", "/favicon.svg", "br", 200, "<svg/>", "image/svg+xml", revalidate, ""},
		{"an asset of an older build", "/assets/app-0000.js", "", 404, "There is nothing at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
		{"a file that is not there", "/robots.php", "", 404, "There is nothing at this address.\n", "text/plain; charset=utf-8", "no-store", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(t, s, "GET", c.path, "Accept-Encoding", c.accept)
			h := w.Header()
			if w.Code != c.status || w.Body.String() != c.body || h.Get("Content-Type") != c.kind ||
				h.Get("Cache-Control") != c.caching || h.Get("Content-Encoding") != c.content {
				t.Errorf("got %d %q %v", w.Code, w.Body, h)
			}
			if head := get(t, s, "HEAD", c.path, "Accept-Encoding", c.accept); c.status == 200 && head.Body.Len() != 0 {
				t.Errorf("HEAD has a body: %q", head.Body)
			}
		})
	}
}

func TestUnchangedPagesAreNotSentAgain(t *testing.T) {
	s, err := newSite(built)
	if err != nil {
		t.Fatal(err)
	}
	first := get(t, s, "GET", "/", "Accept-Encoding", "br")
	tag := first.Header().Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	if again := get(t, s, "GET", "/", "Accept-Encoding", "br", "If-None-Match", `"x", W/`+tag); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("got %d %q, want 304", again.Code, again.Body)
	}
	if other := get(t, s, "GET", "/", "If-None-Match", tag); other.Code != 200 {
		t.Errorf("another coding's tag fits: %d", other.Code)
	}
}

func TestWithoutABuiltClientThePageSaysHowToBuildIt(t *testing.T) {
	s, err := newSite(fstest.MapFS{"dist-missing.html": {Data: []byte("run make run")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/orders"} {
		if w := get(t, s, "GET", path); w.Code != 200 || !strings.Contains(w.Body.String(), "make run") {
			t.Errorf("%s: got %d %q", path, w.Code, w.Body)
		}
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	g := startGateway(t, http.HandlerFunc(mirror))
	resp, body := send(t, "GET", g.URL+"/api/openapi.json", nil)
	if resp.StatusCode != 200 || !strings.Contains(string(body), `"openapi"`) || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %.200s", resp.StatusCode, body)
	}
	if again, _ := send(t, "GET", g.URL+"/api/openapi.json", nil, "If-None-Match", resp.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("got %d, want 304", again.StatusCode)
	}
	docs, _ := send(t, "GET", g.URL+"/api/docs", nil)
	if docs.StatusCode != 200 || !strings.HasPrefix(docs.Header.Get("Content-Type"), "text/html") ||
		!strings.Contains(docs.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("the reference: %d %v", docs.StatusCode, docs.Header)
	}
}
