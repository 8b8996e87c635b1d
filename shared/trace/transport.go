package trace

import (
	"errors"
	"net/http"
	"strings"
)

// transport records the requests that a function makes.
type transport struct {
	base   http.RoundTripper
	system string
}

// Transport records each request as a call to system, where its context is that of recorded work.
func Transport(system string, base http.RoundTripper) http.RoundTripper {
	return transport{base, system}
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !recorded(r.Context()) {
		return t.base.RoundTrip(r)
	}
	name, what := t.system+" "+r.Method, map[string]any{"peer.service": t.system, "url.path": r.URL.Path}
	if _, action, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		name, what = t.system+" "+action, map[string]any{"db.system.name": "dynamodb", "db.operation.name": action}
	}
	_, end := Call(r.Context(), name, Client, what)
	resp, err := t.base.RoundTrip(r)
	switch {
	case err != nil:
		end(err)
	case resp.StatusCode >= http.StatusInternalServerError:
		end(errors.New(resp.Status))
	default: // a refusal, such as that of a conditional write, is an answer
		end(nil)
	}
	return resp, err
}
