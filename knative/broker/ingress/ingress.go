// Package ingress accepts events: one CloudEvent per POST to a Broker's path, one
// durable append, one 202. What was answered with 202 survives any crash (P6).
package ingress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"golang.org/x/sync/semaphore"
	"knative.dev/eventing/pkg/broker"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/store"
)

const (
	// maxAppending bounds requests at work at once; beyond it the answer is 429
	// instead of a queue that only grows.
	maxAppending = 2048
	// maxBytesAppending bounds the bodies held in memory for them.
	maxBytesAppending = 64 << 20
	// retryAfterSeconds is when a refused sender had better come back.
	retryAfterSeconds = 1
	// appendTimeout bounds one durable append. It does not end with the request: a
	// sender that hung up may have been heard, and storing half is no option.
	appendTimeout = 10 * time.Second
)

// Observer is told what was answered, for metrics.
type Observer interface {
	Accepted(broker string, status int, took time.Duration)
}

// Handler accepts events for all Brokers of a contract. Make one with New.
type Handler struct {
	store    store.Store
	observer Observer
	log      *slog.Logger
	now      func() time.Time
	brokers  atomic.Pointer[map[string]*contract.Broker]
	requests *semaphore.Weighted
	bytes    *semaphore.Weighted
}

// New makes a Handler that knows no Broker yet: it answers 503 until the first
// Apply. All arguments are required.
func New(s store.Store, o Observer, log *slog.Logger, now func() time.Time) (*Handler, error) {
	if s == nil || o == nil || log == nil || now == nil {
		return nil, errors.New("ingress: an argument is missing")
	}
	return &Handler{
		store: s, observer: o, log: log, now: now,
		requests: semaphore.NewWeighted(maxAppending), bytes: semaphore.NewWeighted(maxBytesAppending),
	}, nil
}

// Apply makes the Handler accept for the contract's Brokers and no others.
func (h *Handler) Apply(c *contract.Contract) {
	brokers := make(map[string]*contract.Broker, len(c.Brokers))
	for i := range c.Brokers {
		b := c.Brokers[i]
		brokers[b.Path] = &b
	}
	h.brokers.Store(&brokers)
}

// refusal is an answer other than 202.
type refusal struct {
	status int
	reason string
}

func (r *refusal) Error() string { return r.reason }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := h.now()
	name, err := h.serve(w, r)
	status := http.StatusAccepted
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		status = refused.status
	case err != nil:
		status = http.StatusInternalServerError
	case r.Method == http.MethodOptions:
		status = http.StatusOK
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	}
	if err != nil {
		http.Error(w, err.Error(), status)
	} else {
		w.WriteHeader(status)
	}
	if name != "" {
		h.observer.Accepted(name, status, h.now().Sub(start))
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (brokerName string, err error) {
	brokers := h.brokers.Load()
	if brokers == nil {
		return "", &refusal{http.StatusServiceUnavailable, "the Broker is starting"}
	}
	b := (*brokers)[r.URL.Path]
	if b == nil {
		return "", &refusal{http.StatusNotFound, fmt.Sprintf("no Broker at %q; the path is /<namespace>/<name>", r.URL.Path)}
	}
	name := b.Namespace + "/" + b.Name
	switch r.Method {
	case http.MethodPost:
	case http.MethodOptions:
		w.Header().Set("Allow", "POST, OPTIONS")
		return "", nil
	default:
		w.Header().Set("Allow", "POST, OPTIONS")
		return name, &refusal{http.StatusMethodNotAllowed, "events are sent with POST"}
	}
	if !h.requests.TryAcquire(1) {
		return name, &refusal{http.StatusTooManyRequests, "too many events at once; try again later"}
	}
	defer h.requests.Release(1)
	body, release, err := h.readBody(w, r)
	if err != nil {
		return name, err
	}
	defer release()
	record, err := h.record(r, body)
	if err != nil {
		return name, err
	}
	return name, h.append(r, b, record)
}

// readBody reads the body into memory that was reserved for it before.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	size := r.ContentLength
	if size > store.MaxRecordBytes {
		return nil, nil, tooLarge()
	}
	if size < 0 {
		size = store.MaxRecordBytes
	}
	if !h.bytes.TryAcquire(size) {
		return nil, nil, &refusal{http.StatusTooManyRequests, "too many bytes at once; try again later"}
	}
	release = func() { h.bytes.Release(size) }
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, store.MaxRecordBytes))
	if err != nil {
		release()
		if over := new(http.MaxBytesError); errors.As(err, &over) {
			return nil, nil, tooLarge()
		}
		return nil, nil, &refusal{http.StatusBadRequest, "the body broke off: " + err.Error()}
	}
	return body, release, nil
}

func tooLarge() error {
	return &refusal{http.StatusRequestEntityTooLarge,
		fmt.Sprintf("%v: at most %d bytes with its attributes", store.ErrTooLarge, store.MaxRecordBytes)}
}

// record understands the request as one event and counts its way through Brokers.
func (h *Handler) record(r *http.Request, body []byte) (*store.Record, error) {
	e, err := delivery.ReadEvent(r.Context(), r.Header, io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	if err := spendTTL(e); err != nil {
		return nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	return &store.Record{Event: *e, Headers: delivery.PassThrough(r.Header, e)}, nil
}

// spendTTL protects from loops: a fresh event may go through the Broker 255 times,
// and each time takes one off.
func spendTTL(e *event.Event) error {
	if _, set := e.Extensions()[broker.TTLAttribute]; !set {
		return broker.SetTTL(e.Context, store.InitialTTL)
	}
	ttl, err := broker.GetTTL(e.Context)
	if err != nil {
		return fmt.Errorf("%s must be an integer: %w", broker.TTLAttribute, err)
	}
	if ttl <= 1 {
		return fmt.Errorf("%s is used up: the event has been through Brokers too often", broker.TTLAttribute)
	}
	return broker.SetTTL(e.Context, min(ttl-1, store.InitialTTL))
}

func (h *Handler) append(r *http.Request, b *contract.Broker, record *store.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), appendTimeout)
	defer cancel()
	err := h.store.Append(ctx, b.Channel, record)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrTooLarge):
		return &refusal{http.StatusRequestEntityTooLarge, err.Error()}
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return &refusal{http.StatusServiceUnavailable, store.ErrUnavailable.Error() + "; try again"}
	default:
		h.log.Error("event not stored", "broker", b.Path, "event", record.Event.ID(), "error", err)
		return &refusal{http.StatusInternalServerError, "the event could not be stored"}
	}
}
