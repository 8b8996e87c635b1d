// Package trace passes the W3C trace context on: from a request or an event, through a function, to what it sends.
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

type key struct{}

// Start gives ctx a span of its own below the traceparent, or a trace of its own where there is none.
func Start(ctx context.Context, traceparent string) context.Context {
	c, ok := Parse(traceparent)
	if !ok {
		c = Context{TraceID: random(16), Flags: "00"}
	}
	c.SpanID = random(8)
	return context.WithValue(ctx, key{}, c)
}

// From is the trace context of ctx; ok is false outside of one.
func From(ctx context.Context) (c Context, ok bool) {
	c, ok = ctx.Value(key{}).(Context)
	return c, ok
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
