package trace

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// What follows is the JSON form of OTLP's ExportTraceServiceRequest, as far as it is used here. Ids are hexadecimal, and
// 64-bit numbers are strings.
type (
	export struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope      `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	otlpSpan struct {
		TraceID    string      `json:"traceId"`
		SpanID     string      `json:"spanId"`
		ParentID   string      `json:"parentSpanId,omitempty"`
		Name       string      `json:"name"`
		Kind       Kind        `json:"kind"`
		Start      string      `json:"startTimeUnixNano"`
		End        string      `json:"endTimeUnixNano"`
		Attributes []attribute `json:"attributes,omitempty"`
		Links      []link      `json:"links,omitempty"`
		Status     *status     `json:"status,omitempty"`
	}
	link struct {
		TraceID string `json:"traceId"`
		SpanID  string `json:"spanId"`
	}
	status struct {
		Code    int    `json:"code"`
		Message string `json:"message,omitempty"`
	}
	attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String *string `json:"stringValue,omitempty"`
		Int    *string `json:"intValue,omitempty"`
		Bool   *bool   `json:"boolValue,omitempty"`
	}
)

// statusError is OTLP's code of a span that failed.
const statusError = 2

// encode writes the spans of one service.
func encode(service string, spans []Span) ([]byte, error) {
	out := make([]otlpSpan, 0, len(spans))
	for _, s := range spans {
		o := otlpSpan{
			TraceID: s.TraceID, SpanID: s.SpanID, ParentID: s.Parent, Name: s.Name, Kind: s.Kind,
			Start: nanos(s.Start), End: nanos(s.End), Attributes: attributes(s.Attributes),
		}
		if s.Link != nil {
			o.Links = []link{{s.Link.TraceID, s.Link.SpanID}}
		}
		if s.Error != "" {
			o.Status = &status{statusError, s.Error}
		}
		out = append(out, o)
	}
	return json.Marshal(export{[]resourceSpans{{
		resource{attributes(map[string]any{"service.name": service, "service.namespace": "usher"})},
		[]scopeSpans{{scope{"usher.example/shared/trace"}, out}},
	}}})
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func attributes(m map[string]any) []attribute {
	var out []attribute
	for _, name := range slices.Sorted(maps.Keys(m)) {
		var v value
		switch x := m[name].(type) {
		case string:
			v.String = &x
		case int:
			s := strconv.Itoa(x)
			v.Int = &s
		case bool:
			v.Bool = &x
		}
		out = append(out, attribute{name, v})
	}
	return out
}
