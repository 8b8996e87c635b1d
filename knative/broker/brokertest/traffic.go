package brokertest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// NewEvent is a complete event with JSON data.
func NewEvent(id, eventType string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetType(eventType)
	e.SetSource("/test")
	e.SetDataContentType("application/json")
	e.DataEncoded = []byte(`{"id":"` + id + `"}`)
	return e
}

// Send posts an event in binary mode and gives back the status.
func (b *Broker) Send(t testing.TB, e event.Event) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cehttp.WriteRequest(context.Background(), binding.ToMessage(&e), req); err != nil {
		t.Fatalf("write the event: %v", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("send the event: %v", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// MustSend posts events that have to be accepted.
func (b *Broker) MustSend(t testing.TB, events ...event.Event) {
	t.Helper()
	for _, e := range events {
		if status := b.Send(t, e); status != http.StatusAccepted {
			t.Fatalf("event %s was answered %d", e.ID(), status)
		}
	}
}

// Received is one request a Subscriber got.
type Received struct {
	Event  event.Event
	Header http.Header
	Body   []byte
	At     time.Time
}

// Subscriber records events and answers as it is told.
type Subscriber struct {
	URL    string
	server *httptest.Server
	mu     sync.Mutex
	got    []Received
}

// NewSubscriber answers each request, n counting from 1, by answer; nil answers
// 202. It fails the test on anything that is no CloudEvent.
func NewSubscriber(t testing.TB, answer func(n int, r Received, w http.ResponseWriter)) *Subscriber {
	t.Helper()
	s := &Subscriber{}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender gave up
		}
		e, err := binding.ToEvent(r.Context(), cehttp.NewMessage(r.Header, io.NopCloser(bytes.NewReader(body))))
		if err != nil {
			t.Errorf("a subscriber got what is no event: %v\n%v\n%s", err, r.Header, body)
			return
		}
		got := Received{Event: *e, Header: r.Header.Clone(), Body: body, At: time.Now()}
		s.mu.Lock()
		s.got = append(s.got, got)
		n := len(s.got)
		s.mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		answer(n, got, w)
	}))
	s.URL = s.server.URL
	t.Cleanup(s.server.Close)
	return s
}

// Got is what has come so far.
func (s *Subscriber) Got() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.got...)
}

// Wait waits for n requests and gives them back.
func (s *Subscriber) Wait(t testing.TB, n int) []Received {
	t.Helper()
	Until(t, "the subscriber has its events", func() bool { return len(s.Got()) >= n })
	return s.Got()
}

// Reply answers 200 with the event in binary mode.
func Reply(t testing.TB, w http.ResponseWriter, e event.Event) {
	if err := cehttp.WriteResponseWriter(context.Background(), binding.ToMessage(&e), http.StatusOK, w); err != nil {
		t.Errorf("write the reply: %v", err)
	}
}

// Answer answers with a fixed status.
func Answer(status int) func(int, Received, http.ResponseWriter) {
	return func(_ int, _ Received, w http.ResponseWriter) { w.WriteHeader(status) }
}
