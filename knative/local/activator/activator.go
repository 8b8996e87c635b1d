// Package activator passes requests on to the processes of Services, which it has started and stopped by package scale.
//
// It has two doors. The internal one is for functions and the Broker: /<service>/<path>. The public one leads to one
// Service only, and trusts nothing a client says about where it comes from (P8).
package activator

import (
	"errors"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"time"

	"usher.example/knative/local/scale"
)

const (
	// idleConnections are kept to each process; more requests than this at once open connections of their own.
	idleConnections = 128
	// idleConnection is how long one is kept: no longer than functions keep them, lest one is used while it is closed.
	idleConnection = 60 * time.Second
	// dialTimeout is for connecting to a process of this machine that was ready a moment ago.
	dialTimeout = 2 * time.Second
	// bufferSize is for copying answers, in bytes.
	bufferSize = 32 << 10
)

// Target is a Service that requests can be passed on to.
type Target struct {
	Service *scale.Service
	// Timeout bounds a request once a process has it.
	Timeout time.Duration
	// ReadLimit bounds the reading of a small body before that.
	ReadLimit time.Duration
}

// Activator passes requests on. Make it with New.
type Activator struct {
	targets   map[string]*Target
	transport *http.Transport
	proxy     *httputil.ReverseProxy
}

// New makes an Activator of the Services by name. warn is told what goes wrong on the way.
func New(targets map[string]*Target, warn *log.Logger) *Activator {
	a := &Activator{targets: targets, transport: NewTransport()}
	a.proxy = &httputil.ReverseProxy{
		Rewrite:      rewrite,
		Transport:    roundTripper{a.transport},
		BufferPool:   &buffers{},
		ErrorHandler: failed,
		ErrorLog:     warn,
	}
	return a
}

// NewTransport makes what requests to processes go through.
func NewTransport() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		MaxIdleConnsPerHost:   idleConnections,
		IdleConnTimeout:       idleConnection,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // answers pass as they are
	}
}

// Client asks processes whether they are ready, on connections that the first request then uses.
func (a *Activator) Client() *http.Client {
	return &http.Client{
		Transport:     a.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Internal is the door for functions and the Broker: the first element of the path names the Service.
func (a *Activator) Internal() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		target, ok := a.targets[name]
		if !ok {
			refuse(w, http.StatusNotFound, "There is no function of the name "+quote(name)+".")
			return
		}
		prefix := "/" + name
		r.URL.Path = rooted(strings.TrimPrefix(r.URL.Path, prefix))
		if r.URL.RawPath != "" {
			r.URL.RawPath = rooted(strings.TrimPrefix(r.URL.RawPath, prefix))
		}
		a.pass(w, r, &call{target: target, inside: true})
	})
}

// Public is the door for people: everything goes to the named Service.
func (a *Activator) Public(name string) http.Handler {
	target := a.targets[name]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.pass(w, r, &call{target: target})
	})
}

func rooted(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "/" + path
	}
	return path
}

// rewrite prepares the request as it goes to the process: Host and query stay as the client sent them.
func rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme = "http"
	p.Out.URL.RawQuery = p.In.URL.RawQuery // ReverseProxy drops what it cannot read; functions read it themselves
	c := callOf(p.Out)
	if c.inside {
		for _, name := range forwarded {
			if v, ok := p.In.Header[name]; ok {
				p.Out.Header[name] = v
			}
		}
		return
	}
	p.Out.Header.Del("X-Real-Ip")
	p.SetXForwarded() // ReverseProxy has dropped what the client sent
}

// forwarded say where a request first came from: the gateway states them, and functions may believe it.
var forwarded = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// buffers lends buffers to the proxy.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if v, ok := b.pool.Get().(*[]byte); ok {
		return *v
	}
	return make([]byte, bufferSize)
}

func (b *buffers) Put(v []byte) { b.pool.Put(&v) }

// Close closes the connections that nobody uses.
func (a *Activator) Close() { a.transport.CloseIdleConnections() }

// isDial says whether a request failed before a byte of it was sent: nothing listens at the address any more.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
