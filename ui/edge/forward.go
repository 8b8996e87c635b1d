package edge

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"usher.example/shared/metrics"
	"usher.example/shared/problem"
)

const (
	// maxBody bounds a request's body, in bytes; functions have the same bound.
	maxBody = 1 << 20
	// bodyTimeout bounds the time a client may take to send its body.
	bodyTimeout = 30 * time.Second
	// keptBody is up to which size a body is kept, so that it can be sent again on another connection when the kept-alive
	// one turned out to be closed. Every command is smaller.
	keptBody = 64 << 10
	// dialTries and dialPause are how often and at what first distance a function is called whose address refuses
	// connections: it may just be restarting.
	dialTries = 4
	dialPause = 25 * time.Millisecond
	// clientClosedRequest is what proxies log where the client did not wait for its answer; HTTP has no status for it.
	clientClosedRequest = 499
	// idlePerFunction is how many connections to one address are kept: as many as are busy at once in a rush.
	idlePerFunction = 256
)

// forwarder passes requests to functions, and turns what goes wrong on the way into problems.
type forwarder struct {
	template  string
	trusted   clients
	timeout   time.Duration // of a function's answer
	transport http.RoundTripper
	counts    *metrics.Set
	log       *slog.Logger
}

func newForwarder(c Config, log *slog.Logger) *forwarder {
	return &forwarder{c.FunctionsURL, clients{c.Trusted}, c.AnswerTimeout, redialing{&http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: idlePerFunction,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true, // what the function answers is passed on as it is
	}}, c.Counts, log}
}

// pass sends the request to the function, at its full original path, and copies the answer.
func (f *forwarder) pass(w http.ResponseWriter, r *http.Request, function string) {
	base, err := functionURL(f.template, function)
	if err != nil { // cannot be: the template was checked with another name
		problem.Write(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), f.timeout)
	defer cancel()
	r = r.WithContext(ctx)
	if err := f.takeBody(w, r); err != nil {
		f.fail(w, r, err)
		return
	}
	body := r.Body
	proxy := httputil.ReverseProxy{
		Transport: f.transport,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			f.fail(w, r, cmp.Or(broken(body), err))
		},
		ModifyResponse: func(resp *http.Response) error { return cmp.Or(broken(body), translate(resp)) },
		Rewrite:        func(p *httputil.ProxyRequest) { f.rewrite(p, base) },
		ErrorLog:       slog.NewLogLogger(f.log.Handler(), slog.LevelWarn),
	}
	proxy.ServeHTTP(w, r)
}

// takeBody bounds the request's body in size and time, and keeps a small one.
func (f *forwarder) takeBody(w http.ResponseWriter, r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout)) // not supported only by the recorders of tests
	bounded := http.MaxBytesReader(w, r.Body, maxBody)
	if r.ContentLength < 0 || r.ContentLength > keptBody {
		r.Body = &untimed{ReadCloser: bounded, control: control}
		return nil
	}
	body, err := io.ReadAll(bounded)
	if err != nil {
		return badBodyError{err}
	}
	_ = control.SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return nil
}

// badBodyError is a request whose body cannot be read.
type badBodyError struct{ error }

func (e badBodyError) Unwrap() error { return e.error }

// untimed lifts the time limit once the body is read: the answer may take longer.
type untimed struct {
	io.ReadCloser
	control *http.ResponseController
	broken  atomic.Pointer[badBodyError]
}

func (u *untimed) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err == io.EOF {
		_ = u.control.SetReadDeadline(time.Time{})
	} else if err != nil {
		bad := badBodyError{err}
		u.broken.Store(&bad)
		err = bad
	}
	return n, err
}

// broken is why a body could not be passed on to its end; nil where it could. Whoever was sent half of it may have answered
// before that was noticed here: its answer is about something that nobody asked.
func broken(body io.ReadCloser) error {
	if u, ok := body.(*untimed); ok {
		if err := u.broken.Load(); err != nil {
			return *err
		}
	}
	return nil
}

// rewrite makes the request that a function gets. What people say about themselves in headers that only proxies may set
// is replaced by what we know.
func (f *forwarder) rewrite(p *httputil.ProxyRequest, base *url.URL) {
	p.SetURL(base)
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	p.Out.GetBody = p.In.GetBody // a kept body can be sent again; httputil does not pass this on
	p.Out.Header.Del("Upgrade")  // no function speaks anything but HTTP
	p.Out.Header.Del("Connection")
	for name := range p.Out.Header {
		if strings.HasPrefix(name, "Usher-") || name == "X-Real-Ip" || name == "Forwarded" {
			p.Out.Header.Del(name)
		}
	}
	address := f.trusted.address(p.In)
	p.Out.Header.Set("Usher-Client-Address", address)
	p.Out.Header.Set("X-Forwarded-For", address)
	p.Out.Header.Set("X-Forwarded-Host", p.In.Host)
	p.Out.Header.Set("X-Forwarded-Proto", f.trusted.scheme(p.In))
	p.Out.Header.Set(requestIDHeader, line(p.In.Context()).id)
}

// translate makes a problem of an error that did not come from a function but from what is in front of it: such a text
// is not for people. No function answers 502: that is said of one which ended.
func translate(resp *http.Response) error {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode < 400 || kind == problem.ContentType && resp.StatusCode != http.StatusBadGateway {
		return nil
	}
	return foreignError(resp.StatusCode)
}

// foreignError is the status of an answer that no function gave.
type foreignError int

func (e foreignError) Error() string {
	return "answered " + http.StatusText(int(e)) + " without a problem document"
}

// fail answers for a function that did not.
func (f *forwarder) fail(w http.ResponseWriter, r *http.Request, err error) {
	line(r.Context()).err = err
	if errors.Is(r.Context().Err(), context.Canceled) { // who asked went away: only the log is told
		w.WriteHeader(clientClosedRequest)
		return
	}
	if reason := failure(r, err); reason != "" {
		f.counts.Add(metrics.GatewayFailures, 1, line(r.Context()).function, reason)
	}
	problem.Write(w, explain(r, err))
}

// failure names what kept a function from answering: "slow", "refused" by what is in front of it, or "unreachable". It is empty where the
// request's own body was at fault.
func failure(r *http.Request, err error) string {
	var body badBodyError
	var foreign foreignError
	switch {
	case errors.As(err, &body):
		return ""
	case errors.As(err, &foreign):
		return "refused"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(r.Context().Err(), context.DeadlineExceeded):
		return "slow"
	}
	return "unreachable"
}

func explain(r *http.Request, err error) error {
	var large *http.MaxBytesError
	var body badBodyError
	var foreign foreignError
	var timeout net.Error
	switch {
	case errors.As(err, &large):
		return tooLarge()
	case errors.As(err, &body) && errors.As(err, &timeout) && timeout.Timeout():
		return problem.New(problem.Invalid, "The request's body took too long to arrive.")
	case errors.As(err, &body):
		return problem.New(problem.Invalid, "The request's body could not be read.")
	case errors.As(err, &foreign):
		return explainForeign(int(foreign))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(r.Context().Err(), context.DeadlineExceeded):
		return slow()
	}
	return unavailable()
}

// explainForeign tells what a proxy in front of the function meant. A function that is not there is our fault, not the caller's.
func explainForeign(status int) error {
	switch status {
	case http.StatusBadRequest, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return problem.New(problem.Invalid, "The request's address or its headers hold something that cannot be passed on, or too much of it.")
	case http.StatusRequestEntityTooLarge:
		return tooLarge()
	case http.StatusTooManyRequests:
		return problem.New(problem.TooMany, "There are too many requests right now. Please try again in a moment.").After(retryLater)
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return slow()
	case http.StatusInternalServerError:
		return problem.New(problem.Internal, "Something went wrong on our side. Please try again.")
	}
	return unavailable()
}

func slow() error {
	return problem.New(problem.Timeout, "This took too long. Please look whether it was done before you try again.").After(retryLater)
}

func unavailable() error {
	return problem.New(problem.Unavailable, "This part of the service cannot be reached right now. Please try again in a moment.").After(retryLater)
}

// redialing tries again where no connection came to be: no byte has reached the function then.
type redialing struct{ next http.RoundTripper }

func (t redialing) RoundTrip(req *http.Request) (*http.Response, error) {
	pause := dialPause
	for try := 1; ; try++ {
		again, err := unread(req)
		if err != nil {
			return nil, err
		}
		resp, err := t.next.RoundTrip(again)
		var op *net.OpError
		if err == nil || try == dialTries || !errors.As(err, &op) || op.Op != "dial" {
			return resp, err
		}
		select {
		case <-req.Context().Done():
			return nil, err
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// unread is the request with a body that nobody has read or closed.
func unread(req *http.Request) (*http.Request, error) {
	fresh := *req
	switch {
	case req.Body == nil || req.Body == http.NoBody:
	case req.GetBody != nil:
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		fresh.Body = body
	default:
		fresh.Body = io.NopCloser(req.Body) // the server closes it when the request is answered
	}
	return &fresh, nil
}
