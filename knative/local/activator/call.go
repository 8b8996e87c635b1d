package activator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"usher.example/knative/local/scale"
)

const (
	// readAhead bounds what is read of a request before it waits for a process, in bytes: an event or a form fits. Such a
	// request can be sent again when its process turns out to be gone, and its client's leaving is noticed.
	readAhead = 64 << 10
	// ReadLimit is how long that may take: who sends 64 KB more slowly sends nothing.
	ReadLimit = 30 * time.Second
	// redials is how many processes that accept no connection a request may meet before it is given up.
	redials = 3
)

// brokenBody is told to who sent half a body.
const brokenBody = "The request's body could not be read to its end."

// errTimeout is the end of a request that took longer than its Service's timeoutSeconds.
var errTimeout = errors.New("the function did not answer in time")

// call is one request on its way.
type call struct {
	target *Target
	// inside: it comes from a function or the Broker.
	inside bool
	lease  *scale.Lease
	body   []byte // read ahead; nil when the body is passed on as it comes
	cancel context.CancelCauseFunc
	timer  *time.Timer
	// broken is why the body could not be passed on to its end.
	broken atomic.Pointer[error]
}

// passing is a body that is passed on as it comes.
type passing struct {
	io.ReadCloser
	call *call
}

// Read implements io.Reader.
func (p passing) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		p.call.broken.Store(&err)
	}
	return n, err
}

type callKey struct{}

func callOf(r *http.Request) *call {
	c, _ := r.Context().Value(callKey{}).(*call)
	return c
}

// pass finds the request a process, and passes it on.
func (a *Activator) pass(w http.ResponseWriter, r *http.Request, c *call) {
	if err := c.read(w, r); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			refuse(w, http.StatusRequestTimeout, "The request's body came too slowly.")
			return
		}
		refuse(w, http.StatusBadRequest, brokenBody)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	c.cancel = cancel
	if err := c.acquire(ctx); err != nil {
		failed(w, r, err)
		return
	}
	defer c.end()
	a.proxy.ServeHTTP(w, r.WithContext(context.WithValue(ctx, callKey{}, c)))
}

// acquire gets the call a place in a process; from then on its time runs.
func (c *call) acquire(ctx context.Context) error {
	lease, err := c.target.Service.Acquire(ctx)
	if err != nil {
		return err
	}
	c.lease = lease
	if c.timer == nil {
		c.timer = time.AfterFunc(c.target.Timeout, func() { c.cancel(errTimeout) })
	}
	return nil
}

func (c *call) end() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.lease.Release()
}

// read takes a small body in.
func (c *call) read(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength <= 0 || r.ContentLength > readAhead {
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = passing{r.Body, c}
		}
		return nil
	}
	conn := http.NewResponseController(w)
	if err := conn.SetReadDeadline(time.Now().Add(c.target.ReadLimit)); err != nil {
		return err
	}
	c.body = make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, c.body); err != nil {
		return err
	}
	return conn.SetReadDeadline(time.Time{})
}

// roundTripper sends a request to the process that its call holds. One that accepts no connection is replaced by another:
// it was killed, and the request has not begun.
type roundTripper struct{ transport *http.Transport }

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	c := callOf(r)
	for try := 1; ; try++ {
		r.URL.Host = c.lease.Address()
		c.rewind(r)
		resp, err := t.transport.RoundTrip(r)
		if err == nil || !isDial(err) || r.Context().Err() != nil || try > redials {
			return resp, err
		}
		if c.body == nil && r.Body != nil && r.Body != http.NoBody {
			return nil, err // the transport has closed the body
		}
		c.lease.Broken()
		if err := c.acquire(r.Context()); err != nil {
			return nil, err
		}
	}
}

// rewind gives the request its body from the start, as often as it is sent.
func (c *call) rewind(r *http.Request) {
	if c.body == nil {
		return
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	r.Body, _ = r.GetBody() // never fails
}
