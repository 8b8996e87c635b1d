package activator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"usher.example/knative/local/scale"
)

// retryAfter is what a client is told to wait when there is no room or no process, in seconds.
const retryAfter = "1"

// failed answers a request that got no answer from its process.
func failed(w http.ResponseWriter, r *http.Request, err error) {
	if cause := context.Cause(r.Context()); cause != nil && errors.Is(cause, errTimeout) {
		err = cause
	}
	var start *scale.StartError
	switch {
	case errors.Is(err, errTimeout):
		refuse(w, http.StatusGatewayTimeout, "The function did not answer in time.")
	case errors.Is(err, scale.ErrHeldTooMany), errors.Is(err, scale.ErrHeldTooLong), errors.Is(err, scale.ErrStopping):
		unavailable(w, "There is no room for the request now: "+err.Error()+".")
	case errors.As(err, &start):
		unavailable(w, "The function does not start; its log says why.")
	case callOf(r) != nil && callOf(r).broken.Load() != nil: // its process is well, and has been told nothing whole
		refuse(w, http.StatusBadRequest, brokenBody)
	case r.Context().Err() != nil:
		refuse(w, http.StatusBadGateway, "Nobody waits for the answer.") // the client has left
	default:
		if c := callOf(r); c != nil {
			c.lease.Lost()
		}
		// Its process died, or closed the connection: what it has done of the request is not known.
		refuse(w, http.StatusBadGateway, "The function ended before it answered.")
	}
}

// Starting answers everything until the system is ready.
func Starting(w http.ResponseWriter, _ *http.Request) { unavailable(w, "The system is starting.") }

// Stopping answers everything once the system is being stopped.
func Stopping(w http.ResponseWriter, _ *http.Request) { unavailable(w, "The system is stopping.") }

func unavailable(w http.ResponseWriter, detail string) {
	w.Header().Set("Retry-After", retryAfter)
	refuse(w, http.StatusServiceUnavailable, detail)
}

// refuse answers as functions do: a problem (RFC 9457) with an array of errors.
func refuse(w http.ResponseWriter, status int, detail string) {
	body, _ := json.Marshal(map[string]any{ // strings and a number: never fails
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
		"errors": []map[string]string{{"message": detail}},
	})
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may have gone
}

// quote shows a name from outside; a long one is cut.
func quote(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most] + "…"
	}
	return strconv.Quote(name)
}
