// Package trace follows a piece of work by the W3C trace context: from a request or an event, through a function, to what
// it sends. Where OTEL_EXPORTER_OTLP_ENDPOINT says so, what was done is told to a collector (recorder.go); else ids are
// passed on, and that is all.
//
// OpenTelemetry's own SDK is not used: a function is a small binary that starts in milliseconds, and of the SDK and its
// exporter it would need a few hundred lines.
package trace

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"

	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// Header is the name of the trace context, as an HTTP header and as a CloudEvents extension.
const Header = "traceparent"

// sampled is the flag of a trace that is recorded.
const sampled = "01"

// Context is one trace context: version 00, a trace id, a span id, flags.
type Context struct {
	TraceID, SpanID, Flags string
}

var form = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$`)

// Parse reads a traceparent; ok is false where it is not one.
func Parse(s string) (c Context, ok bool) {
	m := form.FindStringSubmatch(s)
	if m == nil || m[1] == "00000000000000000000000000000000" || m[2] == "0000000000000000" {
		return Context{}, false
	}
	return Context{m[1], m[2], m[3]}, true
}

// String writes the traceparent.
func (c Context) String() string { return "00-" + c.TraceID + "-" + c.SpanID + "-" + c.Flags }

// Publish begins the span of an event's publication, and sets the event's traceparent to it.
func Publish(ctx context.Context, e *cloudevents.Event) (end func(error)) {
	var what map[string]any
	if recorded(ctx) {
		what = About(e)
	}
	c, end := Call(ctx, "publish "+e.Type(), Producer, what)
	if c != (Context{}) {
		e.SetExtension(Header, c.String())
	}
	return end
}

// About is what a span says of an event.
func About(e *cloudevents.Event) map[string]any {
	return map[string]any{
		"messaging.system": "knative", "messaging.message.id": e.ID(), "cloudevents.event_type": e.Type(), "cloudevents.event_subject": e.Subject(),
	}
}

// Inject sets the traceparent of an event that is sent within ctx.
func Inject(ctx context.Context, e *cloudevents.Event) {
	if c, ok := From(ctx); ok {
		e.SetExtension(Header, c.String())
	}
}

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
