package store

import (
	"io"
	"net/http"
)

// plainBody sends requests whose bodies can only be read. The SDK closes a request's body as soon as the answer begins, and
// its WriteTo then returns io.EOF as an error (smithy-go v1.28, safeWriteToReadCloser). net/http may be about to look
// whether the body is longer than it said, takes that for a failed request, and cuts the connection while the answer is
// being read: "use of closed network connection", for large answers on a busy machine.
type plainBody struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p plainBody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context()) // a RoundTripper leaves the caller's request as it is
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.base.RoundTrip(r)
}
