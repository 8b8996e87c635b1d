package deadletter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"usher.example/knative/broker/store"
)

// Page sizes of a listing.
const (
	defaultPage = 100
	maxPage     = 1000
)

// Register adds the routes:
//
//	GET    /dead-letters                          list: ?broker=ns/name &trigger= &after= &limit=
//	GET    /dead-letters/{ns}/{name}/{seq}        show, with the event
//	POST   /dead-letters/{ns}/{name}/{seq}/replay send again
//	DELETE /dead-letters/{ns}/{name}/{seq}        drop
//	POST   /dead-letters/replay                   send all selected again: ?broker= &trigger=
//	DELETE /dead-letters                          drop all selected: ?broker= &trigger=, one required
func (q *Queues) Register(mux *http.ServeMux) {
	guard := http.NewCrossOriginProtection() // a web page must not replay by a form
	handle := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, guard.Handler(h)) }
	handle("GET /dead-letters", q.list)
	handle("GET /dead-letters/{ns}/{name}/{seq}", q.show)
	handle("POST /dead-letters/{ns}/{name}/{seq}/replay", q.replayOne)
	handle("DELETE /dead-letters/{ns}/{name}/{seq}", q.dropOne)
	handle("POST /dead-letters/replay", q.replayAll)
	handle("DELETE /dead-letters", q.dropAll)
}

// Listing is the answer to a list.
type Listing struct {
	Items []Entry `json:"items"`
	// Next, if there is more, is the "after" of the next page.
	Next string `json:"next,omitempty"`
}

// Shown is the answer to a show: the entry and its event as a structured CloudEvent.
type Shown struct {
	Entry
	Event   json.RawMessage `json:"event"`
	Headers http.Header     `json:"headers,omitempty"`
}

// Count is the answer to a replay or a drop.
type Count struct {
	Count int    `json:"count"`
	Error string `json:"error,omitempty"`
}

func (q *Queues) list(w http.ResponseWriter, r *http.Request) {
	s := selection(r)
	limit := defaultPage
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			answer(w, http.StatusBadRequest, Count{Error: "limit must be a number from 1 on"})
			return
		}
		limit = min(n, maxPage)
	}
	if text := r.URL.Query().Get("after"); text != "" {
		after, err := parsePosition(text)
		if err != nil {
			answer(w, http.StatusBadRequest, Count{Error: err.Error()})
			return
		}
		s.After = after
	}
	s.Limit = limit + 1
	l := Listing{Items: q.List(s)}
	if len(l.Items) > limit {
		l.Items = l.Items[:limit]
		last := l.Items[limit-1]
		l.Next = last.Broker + "/" + strconv.FormatUint(last.Sequence, 10)
	}
	if l.Items == nil {
		l.Items = []Entry{}
	}
	answer(w, http.StatusOK, l)
}

func (q *Queues) show(w http.ResponseWriter, r *http.Request) {
	s, ok := one(w, r)
	if !ok {
		return
	}
	entries := q.List(s)
	if len(entries) == 0 {
		fail(w, 0, ErrNotFound)
		return
	}
	record, err := q.Show(r.Context(), s.Broker, s.Sequence)
	if err != nil {
		fail(w, 0, err)
		return
	}
	e := record.Event
	if !json.Valid(e.Data()) {
		e.DataBase64 = true
	}
	raw, err := json.Marshal(e)
	if err != nil {
		fail(w, 0, err)
		return
	}
	answer(w, http.StatusOK, Shown{Entry: entries[0], Event: raw, Headers: record.Headers})
}

func (q *Queues) replayOne(w http.ResponseWriter, r *http.Request) {
	if s, ok := one(w, r); ok {
		n, err := q.Replay(r.Context(), s)
		fail(w, n, err)
	}
}

func (q *Queues) dropOne(w http.ResponseWriter, r *http.Request) {
	if s, ok := one(w, r); ok {
		n, err := q.Drop(r.Context(), s)
		fail(w, n, err)
	}
}

func (q *Queues) replayAll(w http.ResponseWriter, r *http.Request) {
	n, err := q.Replay(r.Context(), selection(r))
	fail(w, n, err)
}

func (q *Queues) dropAll(w http.ResponseWriter, r *http.Request) {
	s := selection(r)
	if s.Broker == "" && s.Trigger == "" {
		answer(w, http.StatusBadRequest, Count{Error: "say which: ?broker=namespace/name or ?trigger=name"})
		return
	}
	n, err := q.Drop(r.Context(), s)
	fail(w, n, err)
}

// parsePosition reads namespace/broker/number.
func parsePosition(text string) (Position, error) {
	i := strings.LastIndexByte(text, '/')
	if i > 0 {
		if n, err := strconv.ParseUint(text[i+1:], 10, 64); err == nil {
			return Position{text[:i], n}, nil
		}
	}
	return Position{}, fmt.Errorf("%q must look like namespace/broker/number", text)
}

func selection(r *http.Request) Selection {
	return Selection{Broker: r.URL.Query().Get("broker"), Trigger: r.URL.Query().Get("trigger")}
}

func one(w http.ResponseWriter, r *http.Request) (Selection, bool) {
	n, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil || n == 0 {
		fail(w, 0, ErrNotFound)
		return Selection{}, false
	}
	return Selection{Broker: r.PathValue("ns") + "/" + r.PathValue("name"), Sequence: n}, true
}

// fail answers with the count, and with the error if there is one.
func fail(w http.ResponseWriter, n int, err error) {
	status, c := http.StatusOK, Count{Count: n}
	switch {
	case err == nil:
	case errors.Is(err, ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, ErrNoTrigger):
		status = http.StatusConflict
	case errors.Is(err, store.ErrUnavailable):
		status = http.StatusServiceUnavailable
	default:
		status = http.StatusInternalServerError
	}
	if err != nil {
		c.Error = err.Error()
	}
	answer(w, status, c)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the peer may be gone; nothing to tell it
}
