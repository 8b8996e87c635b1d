package mailbox

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	ours = "20261101T120000.000000000-bought-01990000-0000-7000-8000-000000000003.eml"
	evil = "20261101T120001.000000000-sold-01990000-0000-7000-8000-000000000003.eml"
)

func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mail")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		filepath.Join(dir, ours): "From: Usher <usher@localhost>\r\nTo: <ann@example.com>\r\nSubject: =?UTF-8?q?You_bought:_Zauberfl=C3=B6te?=\r\n" +
			"Date: Sun, 01 Nov 2026 12:00:00 +0000\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nIt is =E2=82=AC 42\r\n" +
			"--b\r\nContent-Type: text/html\r\n\r\n<p>hidden</p>\r\n--b--\r\n",
		filepath.Join(dir, evil): "To: <b>@example.com\r\nSubject: =?UTF-8?q?<script>alert(1)</script>?=\r\nDate: \"onmouseover=x\r\n\r\n" +
			"</pre><img src=x onerror=alert(1)>\r\n",
		filepath.Join(dir, "notes.txt"):                "not a mail",
		filepath.Join(dir, ".mail-half"):               "half",
		filepath.Join(filepath.Dir(dir), "secret.eml"): "Subject: secret\r\n\r\nsecret",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.eml", filepath.Join(dir, "link.eml")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func get(h http.Handler, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL.Path, r.Host, r.RemoteAddr = target, "127.0.0.1:8080", "127.0.0.1:40000"
	if change != nil {
		change(r)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

var elsewhere = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func TestPages(t *testing.T) {
	h := Handler(folder(t), elsewhere)
	for name, c := range map[string]struct {
		path   string
		status int
		has    []string
		hasNot []string
	}{
		"List":           {Path, 200, []string{"You bought: Zauberflöte", "ann@example.com", Path + "/" + ours, "&lt;script&gt;"}, []string{"<script", "secret", "notes"}},
		"ListSlash":      {Path + "/", 200, []string{"You bought"}, nil},
		"Mail":           {Path + "/" + ours, 200, []string{"It is € 42", "Sun, 01 Nov 2026"}, []string{"hidden"}},
		"MailEscaped":    {Path + "/" + evil, 200, []string{"&lt;/pre&gt;&lt;img", "&lt;script&gt;"}, []string{"<img", "<script", "</pre><img"}},
		"ErrNone":        {Path + "/none.eml", 404, nil, nil},
		"ErrOtherFile":   {Path + "/notes.txt", 404, nil, nil},
		"ErrHalf":        {Path + "/.mail-half", 404, nil, nil},
		"ErrAbove":       {Path + "/../secret.eml", 404, nil, nil},
		"ErrAboveHidden": {Path + "/..\\secret.eml", 404, nil, nil},
		"ErrLink":        {Path + "/link.eml", 404, nil, []string{"secret"}},
		"Other":          {"/", http.StatusTeapot, nil, nil},
		"OtherAlike":     {Path + "box", http.StatusTeapot, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := get(h, c.path, nil)
			body := got.Body.String()
			if got.Code != c.status {
				t.Fatalf("%d: %s", got.Code, body)
			}
			for _, s := range c.has {
				if !strings.Contains(body, s) {
					t.Errorf("%q is not in %s", s, body)
				}
			}
			for _, s := range c.hasNot {
				if strings.Contains(body, s) {
					t.Errorf("%q is in %s", s, body)
				}
			}
			if c.status != http.StatusTeapot && !strings.HasPrefix(got.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("policy %q", got.Header().Get("Content-Security-Policy"))
			}
		})
	}
	t.Run("NoFolderYet", func(t *testing.T) {
		if got := get(Handler(filepath.Join(t.TempDir(), "none"), elsewhere), Path, nil); got.Code != 200 || !strings.Contains(got.Body.String(), "none yet") {
			t.Errorf("%d: %s", got.Code, got.Body)
		}
	})
	t.Run("ErrMethod", func(t *testing.T) {
		if got := get(h, Path, func(r *http.Request) { r.Method = http.MethodPost }); got.Code != http.StatusMethodNotAllowed {
			t.Errorf("%d", got.Code)
		}
	})
}

// Nobody but this machine sees mails: what is asked from elsewhere, through a proxy or by a foreign name goes on as if there
// were no such page.
func TestOnlyThisMachine(t *testing.T) {
	h := Handler(folder(t), elsewhere)
	for name, c := range map[string]struct {
		change func(*http.Request)
		in     bool
	}{
		"OK/localhost": {func(r *http.Request) { r.Host = "localhost:8080" }, true},
		"OK/IPv6":      {func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]:8080", "[::1]:40000" }, true},
		"OK/NoPort":    {func(r *http.Request) { r.Host = "[::1]" }, true},
		"OtherMachine": {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:40000" }, false},
		"ForeignName":  {func(r *http.Request) { r.Host = "rebound.example:8080" }, false},
		"NoName":       {func(r *http.Request) { r.Host = "" }, false},
		"Proxy":        {func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, false},
		"ProxyNew":     {func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := get(h, Path, c.change).Code; (got == http.StatusOK) != c.in {
				t.Errorf("got %d", got)
			}
		})
	}
}
