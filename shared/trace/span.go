package trace

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Kind says which side of a call a span is, as OpenTelemetry numbers it.
type Kind int

// The kinds that are used here.
const (
	Server   Kind = 2
	Client   Kind = 3
	Producer Kind = 4
	Consumer Kind = 5
)

// Span is one piece of work in a trace. A nil *Span is one that nobody records.
type Span struct {
	Context
	Parent     string // span id; empty for the first of a trace
	Link       *Context
	Name       string
	Kind       Kind
	Start, End time.Time
	Attributes map[string]any // string, int, bool
	Error      string         // why it failed; empty for success
}

// maxSpans bounds the spans of one request: what a loop adds beyond tells nothing new.
const maxSpans = 256

// work is what one request or event has to show: its own span, and those of the calls that it made.
type work struct {
	mu       sync.Mutex
	at       Context // of its own span
	recorder *Recorder
	own      *Span
	calls    []*Span
}

type key struct{}

// Start gives ctx a span of its own below the traceparent, or a trace of its own where there is none. The recorder may be
// nil: then ids are passed on, and nothing else. end ends the span, with why it failed.
func Start(ctx context.Context, r *Recorder, traceparent, name string, kind Kind, attributes map[string]any) (_ context.Context, end func(error)) {
	parent, known := Parse(traceparent)
	w := &work{at: parent, recorder: r}
	if !known {
		w.at = Context{TraceID: random(16), Flags: "00"}
		if r != nil {
			w.at.Flags = sampled
		}
	}
	w.at.SpanID = random(8)
	ctx = context.WithValue(ctx, key{}, w)
	if r == nil || w.at.Flags != sampled {
		w.recorder = nil
		return ctx, func(error) {}
	}
	w.own = &Span{Context: w.at, Parent: parent.SpanID, Name: name, Kind: kind, Start: time.Now(), Attributes: attributes}
	return ctx, w.end
}

func (w *work) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.own == nil {
		return // it ended before: the panic came after its answer
	}
	w.own.close(err)
	spans := []Span{*w.own} // copies: a call that nobody waited for may end later
	for _, s := range w.calls {
		if s.End.IsZero() {
			s.End = w.own.End
		}
		spans = append(spans, *s)
	}
	w.recorder.take(spans)
	w.own, w.calls, w.recorder = nil, nil, nil
}

func (s *Span) close(err error) {
	s.End = time.Now()
	if err != nil {
		s.Error = err.Error()
	}
}

// From is the trace context of ctx; ok is false outside of one.
func From(ctx context.Context) (c Context, ok bool) {
	w, ok := ctx.Value(key{}).(*work)
	if !ok {
		return Context{}, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at, true
}

// Join moves what is done in ctx to the trace of an order, whose id is the order's own: so everything that happens to an
// order is found in one trace, by its id, although a buyer comes several times and the payment provider's webhook knows of
// no trace. The trace that the request came in stays as a link.
func Join(ctx context.Context, order string) {
	w, ok := ctx.Value(key{}).(*work)
	id := strings.ReplaceAll(order, "-", "")
	if !ok {
		return
	}
	joined, valid := Parse("00-" + id + "-0000000000000001-00")
	if !valid {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at.TraceID == joined.TraceID {
		return
	}
	if w.own != nil {
		w.own.Link = &Context{w.at.TraceID, w.own.Parent, w.at.Flags}
		if w.own.Parent == "" {
			w.own.Link = nil
		}
		w.own.Parent, w.own.TraceID = "", joined.TraceID
	}
	for _, s := range w.calls {
		s.TraceID = joined.TraceID
	}
	w.at.TraceID = joined.TraceID
}

// Note adds to what the span of ctx says.
func Note(ctx context.Context, name string, value any) {
	w, ok := ctx.Value(key{}).(*work)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.own != nil {
		w.own.Attributes[name] = value
	}
}

// recorded says whether what is done in ctx is recorded.
func recorded(ctx context.Context) bool {
	w, ok := ctx.Value(key{}).(*work)
	if !ok {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recorder != nil
}

// Call begins the span of a call to somebody else. It says which context the call is to carry, and how it ends; where
// nobody records, that is the caller's own.
func Call(ctx context.Context, name string, kind Kind, attributes map[string]any) (carried Context, end func(error)) {
	w, ok := ctx.Value(key{}).(*work)
	if !ok {
		return Context{}, func(error) {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recorder == nil || len(w.calls) >= maxSpans {
		return w.at, func(error) {}
	}
	s := &Span{Context: w.at, Parent: w.at.SpanID, Name: name, Kind: kind, Start: time.Now(), Attributes: attributes}
	s.SpanID = random(8)
	w.calls = append(w.calls, s)
	return s.Context, func(err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		s.close(err)
	}
}
