// Package mailbox shows the mails that functions wrote to a folder instead of sending them. It is for whoever develops on
// this machine: nobody else is let in, and nothing that a mail holds is more than text on the page.
package mailbox

import (
	"embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Path is where the mails are listed; each is below it by the name of its file.
const Path = "/_mail"

const (
	// newest is how many mails are listed.
	newest = 200
	// maxMail bounds how much of a mail is read, in bytes.
	maxMail = 1 << 20
)

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// policy lets the page be what it is: text. Whatever a mail smuggled in would not run, load or be sent anywhere.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// fileName is what the names of mails look like.
var fileName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]*\.eml$`)

// Handler shows the mails in dir at Path, and leaves everything else to next, also Path when another machine asks.
func Handler(dir string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, below := strings.CutPrefix(r.URL.Path, Path+"/")
		if r.URL.Path != Path && !below || !local(r) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "Mails can only be read.", http.StatusMethodNotAllowed)
			return
		}
		if !below || name == "" {
			list(w, dir)
			return
		}
		show(w, dir, name)
	})
}

// local says whether this machine asks, for itself, and by a name that is its own: a page of another site cannot make a name
// of its own lead here (DNS rebinding), and what a proxy passes on comes from elsewhere.
func local(r *http.Request) bool {
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	return loopback(r.RemoteAddr) && loopback(r.Host)
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// letter is a mail as it is shown.
type letter struct{ Name, Date, From, To, Subject, Text string }

func list(w http.ResponseWriter, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // there is no folder before there is a mail
		http.Error(w, "The folder of mails cannot be read.", http.StatusInternalServerError)
		return
	}
	var names []string
	for _, e := range entries {
		if fileName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names) // they begin with their time
	slices.Reverse(names)
	var letters []letter
	for _, name := range names[:min(len(names), newest)] {
		if l, err := open(dir, name); err == nil {
			letters = append(letters, l)
		}
	}
	render(w, map[string]any{"Path": Path, "Letters": letters, "All": len(names)})
}

func show(w http.ResponseWriter, dir, name string) {
	l, err := letter{}, fs.ErrNotExist
	if fileName.MatchString(name) {
		l, err = open(dir, name)
	}
	if err != nil {
		http.Error(w, "There is no such mail.", http.StatusNotFound)
		return
	}
	render(w, map[string]any{"Path": Path, "Letter": l})
}

func render(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, data) // the browser went away: nobody to tell
}

// open reads a mail of the folder, and of nowhere else.
func open(dir, name string) (letter, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return letter{}, err
	}
	defer func() { _ = root.Close() }()
	f, err := root.Open(name)
	if err != nil {
		return letter{}, err
	}
	defer func() { _ = f.Close() }() // read only
	m, err := mail.ReadMessage(io.LimitReader(f, maxMail))
	if err != nil {
		return letter{}, err
	}
	l := letter{Name: name}
	for header, to := range map[string]*string{"Date": &l.Date, "From": &l.From, "To": &l.To, "Subject": &l.Subject} {
		*to = decoded(m.Header.Get(header))
	}
	l.Text, err = text(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	return l, err
}

// decoded is a header as people read it, or as it stands where it cannot be decoded.
func decoded(header string) string {
	if s, err := (&mime.WordDecoder{}).DecodeHeader(header); err == nil {
		return s
	}
	return header
}

// text is the plain text of a body: itself, or the first part that is.
func text(contentType, encoding string, body io.Reader) (string, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return "", err
			}
			if strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
				return text("text/plain", p.Header.Get("Content-Transfer-Encoding"), p)
			}
		}
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(io.LimitReader(body, maxMail))
	return strings.ToValidUTF8(string(content), "�"), err
}
