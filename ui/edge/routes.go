package edge

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// Routes says which function answers which request.
type Routes struct{ mux *http.ServeMux }

// target is the function of a route. It is a handler only so that http.ServeMux can find it.
type target string

func (target) ServeHTTP(http.ResponseWriter, *http.Request) {}

// functionName and longestName are what Kubernetes allows as the name of a Service.
var functionName = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

const longestName = 63

// ParseRoutes reads one route a line: "METHOD /api/path/{param} function". Empty lines and those that begin with # say nothing.
// The error names the line.
func ParseRoutes(text string) (*Routes, error) {
	r := &Routes{mux: http.NewServeMux()}
	stated := 0
	n := 0
	for l := range strings.Lines(text) {
		n++
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		fields := strings.Fields(l)
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d: %q must be: METHOD /api/path function", n, l)
		}
		if !isAPI(fields[1]) {
			return nil, fmt.Errorf("line %d: the path %q must begin with /api/", n, fields[1])
		}
		if len(fields[2]) > longestName || !functionName.MatchString(fields[2]) {
			return nil, fmt.Errorf("line %d: %q is not the name of a function", n, fields[2])
		}
		if err := r.add(fields[0]+" "+fields[1], target(fields[2])); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		stated++
	}
	if stated == 0 {
		return nil, errors.New("at least one route must be stated, such as: POST /api/orders orders-create")
	}
	return r, nil
}

// add turns the panic of http.ServeMux about a wrong or contradictory pattern into an error.
func (r *Routes) add(pattern string, t target) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	r.mux.Handle(pattern, t)
	return nil
}

// Match finds the function of a request. Where there is none, allow lists the methods that the path has, if it has any.
//
// A path that a proxy further on could read in another way (dot segments, doubled or encoded slashes) fits no route: else
// it might reach a function that states none (P8).
func (r *Routes) Match(req *http.Request) (function, allow string, ok bool) {
	if ambiguous(req) {
		return "", "", false
	}
	h, pattern := r.mux.Handler(req)
	if t, found := h.(target); found && pattern != "" {
		return string(t), "", true
	}
	refusal := headers{}
	h.ServeHTTP(refusal, req)
	return "", http.Header(refusal).Get("Allow"), false
}

func ambiguous(req *http.Request) bool {
	raw := strings.ToLower(req.URL.EscapedPath())
	return path.Clean(req.URL.Path) != req.URL.Path || strings.Contains(raw, "%2f") || strings.Contains(raw, "%5c") ||
		strings.ContainsAny(req.URL.Path, "\\\x00")
}

// headers is an http.ResponseWriter that keeps the headers and drops the rest.
type headers http.Header

func (h headers) Header() http.Header       { return http.Header(h) }
func (headers) Write(b []byte) (int, error) { return len(b), nil }
func (headers) WriteHeader(int)             {}
