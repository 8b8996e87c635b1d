package edge

import (
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"usher.example/shared/problem"
)

const (
	indexPage    = "index.html"
	docsPage     = "docs.html"
	missingPage  = "dist-missing.html" // served while the client is not built
	assetFolder  = "assets/"           // files whose names carry a hash of their content
	documentPath = "/api/openapi.json"
	docsPath     = "/api/docs"
)

// site serves the web client. Its pages are routed in the browser, so every path that is no file is the same document.
type site struct {
	files map[string]file
	index file
}

// file reads a document when it is asked for first: a gateway that starts for one request needs few of them.
type file func() (*document, error)

// newSite looks through the built client. Without one, every page says how to build it.
func newSite(built fs.FS) (*site, error) {
	s := &site{files: map[string]file{}}
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".br") {
			return err
		}
		s.files["/"+name] = sync.OnceValues(func() (*document, error) { return readDocument(built, name) })
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the web client: %w", err)
	}
	s.index = s.files["/"+indexPage]
	if s.index == nil {
		s.index = s.files["/"+missingPage]
	}
	if s.index == nil {
		return nil, fmt.Errorf("the web client has neither %s nor %s", indexPage, missingPage)
	}
	return s, nil
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	name := path.Clean("/" + r.URL.Path)
	if f, ok := s.files[name]; ok && name != "/"+indexPage {
		f.ServeHTTP(w, r)
		return
	}
	if path.Ext(name) != "" || strings.HasPrefix(name, "/"+assetFolder) { // a file that is not there (any more) is not a page
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "There is nothing at this address.", http.StatusNotFound)
		return
	}
	s.index.ServeHTTP(w, r)
}

// docs serves the readable reference of the API, or how to build it.
func (s *site) docs(w http.ResponseWriter, r *http.Request) {
	f := s.files["/"+docsPage]
	if f == nil {
		f = s.index
	}
	f.ServeHTTP(w, r)
}

func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, err := f()
	if err != nil {
		problem.Write(w, err)
		return
	}
	d.ServeHTTP(w, r)
}

// readOnly refuses methods that a file does not have.
func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	problem.Write(w, problem.New(problem.MethodNotAllowed, "This address takes GET, HEAD only."))
	return false
}
