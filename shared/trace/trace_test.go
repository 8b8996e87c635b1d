package trace_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/shared/trace"
)

const (
	remote  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	silent  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	order   = "019ca945-4c68-7c54-8540-df18ce076dca"
	ofOrder = "019ca9454c687c548540df18ce076dca"
)

// span is a span as a collector is told of it.
type span struct {
	TraceID, SpanID, ParentSpanID, Name, StartTimeUnixNano, EndTimeUnixNano string
	Kind                                                                    int
	Links                                                                   []struct{ TraceID, SpanID string }
	Attributes                                                              []struct {
		Key   string
		Value struct{ StringValue string }
	}
	Status struct {
		Code    int
		Message string
	}
}

func (s span) text(key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.StringValue
		}
	}
	return ""
}

// collector is one that keeps what it is told, by the names of spans.
func collector(t *testing.T, status int) (address string, told func() map[string]span) {
	t.Helper()
	var mu sync.Mutex
	spans := map[string]span{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			ResourceSpans []struct {
				ScopeSpans []struct{ Spans []span }
			}
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Api-Key") != "a b" {
			t.Errorf("%s %v: %v %s", r.URL, r.Header, err, body)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range in.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, s := range scope.Spans {
					spans[s.Name] = s
				}
			}
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() map[string]span { mu.Lock(); defer mu.Unlock(); return spans }
}

func recorder(t *testing.T, address string, log *slog.Logger) *trace.Recorder {
	t.Helper()
	r, err := trace.FromEnv(func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b", "K_SERVICE": "orders-create"}[name]
	}, log)
	if err != nil || r == nil {
		t.Fatal(r, err)
	}
	return r
}

func TestSpansAreTold(t *testing.T) {
	address, told := collector(t, http.StatusOK)
	r := recorder(t, address, slog.New(slog.DiscardHandler))
	ctx, end := trace.Start(t.Context(), r, remote, "POST /api/orders", trace.Server, map[string]any{"n": 1, "b": true})
	_, read := trace.Call(ctx, "read", trace.Client, nil)
	read(errors.New("away"))
	trace.Join(ctx, order)
	e := cloudevents.NewEvent()
	e.SetType("created")
	trace.Publish(ctx, &e)(nil)
	end(nil)
	end(nil) // again: nothing
	r.Flush()
	spans := told()
	own, before, after := spans["POST /api/orders"], spans["read"], spans["publish created"]
	if len(spans) != 3 || own.TraceID != ofOrder || own.ParentSpanID != "" || own.Kind != 2 || len(own.Links) != 1 || own.Links[0].SpanID != remote[36:52] {
		t.Errorf("the request: %+v", own)
	}
	if before.TraceID != ofOrder || before.ParentSpanID != own.SpanID || before.Status.Code != 2 || before.Status.Message != "away" || before.Kind != 3 {
		t.Errorf("a call made before its order was known: %+v", before)
	}
	if after.ParentSpanID != own.SpanID || after.EndTimeUnixNano < after.StartTimeUnixNano {
		t.Errorf("a publication: %+v", after)
	}
	if got := e.Extensions()["traceparent"]; got != "00-"+ofOrder+"-"+after.SpanID+"-01" {
		t.Errorf("the event carries %v", got)
	}
}

func TestTraceIsKept(t *testing.T) {
	address, told := collector(t, http.StatusOK)
	r := recorder(t, address, slog.New(slog.DiscardHandler))
	for name, c := range map[string]struct {
		recorder    *trace.Recorder
		traceparent string
		flags       string
		same        bool
		spans       int
	}{
		"of the caller":             {r, remote, "01", true, 1},
		"of a caller who says no":   {r, silent, "00", true, 0},
		"of nobody":                 {r, "", "01", false, 1},
		"of nobody, and not told":   {nil, "", "00", false, 0},
		"not told, but passed on":   {nil, remote, "01", true, 0},
		"of a caller with nonsense": {r, "00-xyz", "01", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, end := trace.Start(t.Context(), c.recorder, c.traceparent, name, trace.Server, map[string]any{})
			at, ok := trace.From(ctx)
			if !ok || at.Flags != c.flags || (at.TraceID == remote[3:35]) != c.same || at.SpanID == remote[36:52] {
				t.Errorf("%v", at)
			}
			trace.Note(ctx, "a", 1)
			end(nil)
			r.Flush()
			if _, is := told()[name]; is != (c.spans == 1) {
				t.Errorf("told: %v", is)
			}
		})
	}
}

func TestNothingOutsideOfWork(t *testing.T) {
	trace.Join(t.Context(), order)
	trace.Note(t.Context(), "a", 1)
	c, end := trace.Call(t.Context(), "x", trace.Client, nil)
	end(nil)
	if _, ok := trace.From(t.Context()); ok || c != (trace.Context{}) {
		t.Error("there is a trace")
	}
	ctx, _ := trace.Start(t.Context(), nil, remote, "", trace.Server, nil)
	trace.Join(ctx, "not an order")
	if at, _ := trace.From(ctx); at.TraceID != remote[3:35] {
		t.Errorf("joined %v", at)
	}
}

// A collector that is away costs the spans, a line, and nothing else.
func TestCollectorAway(t *testing.T) {
	address, _ := collector(t, http.StatusTeapot)
	var said strings.Builder
	r := recorder(t, address, slog.New(slog.NewTextHandler(&said, nil)))
	for range 5000 { // more than are kept
		_, end := trace.Start(t.Context(), r, "", "x", trace.Server, nil)
		end(nil)
	}
	r.Flush()
	if !strings.Contains(said.String(), "418") {
		t.Errorf("said: %s", said.String())
	}
}

// A call may end after the request that made it.
func TestLateCall(t *testing.T) {
	address, told := collector(t, http.StatusOK)
	r := recorder(t, address, slog.New(slog.DiscardHandler))
	ctx, end := trace.Start(context.Background(), r, "", "request", trace.Server, nil)
	_, late := trace.Call(ctx, "late", trace.Client, nil)
	done := make(chan struct{})
	go func() { late(nil); close(done) }()
	end(nil)
	r.Flush()
	<-done
	if s, ok := told()["late"]; !ok || s.EndTimeUnixNano < s.StartTimeUnixNano {
		t.Errorf("%+v", s)
	}
}

func TestTransport(t *testing.T) {
	const query = `{"TableName":"orders","IndexName":"unpublished"}`
	address, told := collector(t, http.StatusOK)
	r := recorder(t, address, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err != nil || r.Method == http.MethodGet && string(body) != query || r.ContentLength != int64(len(body)) {
			t.Errorf("the store gets %q of %d bytes, %v", body, r.ContentLength, err)
		}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	client := &http.Client{Transport: trace.Transport("store", http.DefaultTransport)}
	ctx, end := trace.Start(t.Context(), r, "", "work", trace.Server, nil)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		body := ""
		if method == http.MethodGet {
			body = query
		}
		req, err := http.NewRequestWithContext(ctx, method, server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodGet {
			req.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	end(nil)
	r.Flush()
	spans := told()
	if s := spans["store GetItem"]; s.Status.Code != 0 || s.text("db.collection.name") != "orders" || s.text("aws.dynamodb.index_name") != "unpublished" || s.ParentSpanID != spans["work"].SpanID || s.SpanID == "" {
		t.Errorf("%+v", s)
	}
	if s := spans["store DELETE"]; s.Status.Code != 2 {
		t.Errorf("%+v", s)
	}
}

func TestFromEnv(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		on    bool
		wrong string
	}{
		"nothing said":  {},
		"disabled":      {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4318", "OTEL_SDK_DISABLED": "TRUE"}},
		"base":          {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4318/"}, on: true},
		"traces alone":  {env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://x/t"}, on: true},
		"no address":    {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "x:4318"}, wrong: "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"wrong headers": {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_HEADERS": "secret"}, wrong: "OTEL_EXPORTER_OTLP_HEADERS"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := trace.FromEnv(func(name string) string { return c.env[name] }, slog.New(slog.DiscardHandler))
			if (r != nil) != c.on || (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%v, %v", r, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Error("the error tells what may be a secret")
			}
			r.Flush() // no recorder has nothing to send
		})
	}
}
