package delivery

import (
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Limits on what travels beside an event: it is stored with each of them, and it
// comes from outside.
const (
	maxPassedHeaders = 32
	maxPassedBytes   = 8 << 10
)

// PassThrough picks the headers that travel with an event through the Broker:
// trace context, request id, Knative's own, Zipkin's. Headers beyond 32 values or
// 8 KiB are left behind. An event that carries its trace only as an attribute
// gets the headers from there, so that a receiver finds it either way.
func PassThrough(in http.Header, e *event.Event) http.Header {
	var out http.Header
	count, size := 0, 0
	for name, values := range in {
		lower := strings.ToLower(name)
		if !passes(lower) {
			continue
		}
		for _, value := range values {
			if count++; count > maxPassedHeaders {
				break
			}
			if size += len(name) + len(value); size > maxPassedBytes {
				break
			}
			if out == nil {
				out = http.Header{}
			}
			out.Add(name, value)
		}
	}
	for _, name := range []string{"traceparent", "tracestate"} {
		value, ok := e.Extensions()[name].(string)
		if !ok || len(value) > maxPassedBytes || in.Get(name) != "" || (name == "tracestate" && in.Get("traceparent") != "") {
			continue
		}
		if out == nil {
			out = http.Header{}
		}
		out.Set(name, value)
	}
	return out
}

func passes(lower string) bool {
	switch lower {
	case "traceparent", "tracestate", "x-request-id", "b3":
		return true
	}
	return strings.HasPrefix(lower, "knative-") || strings.HasPrefix(lower, "x-b3-")
}
