// Package edge is where requests from outside come in. What is no stated route goes no further: event functions cannot be
// reached from here (P8).
//
// A request goes one way: name it (request id, client address), harden the answer (security headers), refuse what is
// cross-site or too large, then pass it to the function of its route, or serve the web client.
package edge

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"usher.example/shared/problem"
	"usher.example/ui/openapi"
	"usher.example/ui/web"
)

// New makes the http.Handler of the public address.
func New(c Config, log *slog.Logger) (http.Handler, error) {
	site, err := newSite(web.Files())
	if err != nil {
		return nil, err
	}
	crossOrigin := http.NewCrossOriginProtection()
	if c.PublicOrigin != "" {
		if err := crossOrigin.AddTrustedOrigin(c.PublicOrigin); err != nil {
			return nil, err
		}
	}
	api := &api{
		routes: c.Routes, forward: newForwarder(c, log), crossOrigin: crossOrigin,
		own: map[string]http.HandlerFunc{
			documentPath: file(sync.OnceValues(describe)).ServeHTTP,
			docsPath:     pagePolicy(c, site.docs),
		},
	}
	route := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		site.ServeHTTP(w, r)
	})
	return named(c, log, hardened(c, route)), nil
}

// describe makes the document that describes the API, compressed once as it is much text.
func describe() (*document, error) {
	return newDocument(openapi.JSON(), "application/json").compressed()
}

// isAPI says whether a path belongs to functions.
func isAPI(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// api passes requests under /api to functions.
type api struct {
	routes      *Routes
	forward     *forwarder
	crossOrigin *http.CrossOriginProtection
	own         map[string]http.HandlerFunc // what the gateway answers itself, by path
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if answer, ok := a.own[r.URL.Path]; ok {
		answer(w, r)
		return
	}
	function, allow, ok := a.routes.Match(r)
	if !ok {
		refuse(w, allow)
		return
	}
	line(r.Context()).function = function
	if err := a.crossOrigin.Check(r); err != nil {
		problem.Write(w, problem.New(problem.Forbidden, "This request comes from another site; it is refused to protect you."))
		return
	}
	if r.ContentLength > maxBody {
		problem.Write(w, tooLarge())
		return
	}
	a.forward.pass(w, r, function)
}

// refuse answers what no route states: 405 where other methods are, else 404.
func refuse(w http.ResponseWriter, allow string) {
	if allow != "" {
		w.Header().Set("Allow", allow)
		problem.Write(w, problem.New(problem.MethodNotAllowed, "This address takes %s only.", allow))
		return
	}
	problem.Write(w, problem.New(problem.NotFound, "There is nothing at this address."))
}

func tooLarge() error {
	return problem.New(problem.TooLarge, "The request is larger than %d bytes.", maxBody)
}

// retryLater asks who was refused for our reasons to come again.
const retryLater = 2 * time.Second
