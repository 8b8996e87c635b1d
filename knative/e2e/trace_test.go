package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorded is a span as a collector is told of it.
type recorded struct {
	Service                             string
	TraceID, SpanID, ParentSpanID, Name string
}

// collector keeps the spans that it is told of.
type collector struct {
	mu    sync.Mutex
	spans []recorded
}

// ServeHTTP implements http.Handler: it takes OTLP as JSON.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ResourceSpans []struct {
			Resource struct {
				Attributes []struct {
					Key   string
					Value struct{ StringValue string }
				}
			}
			ScopeSpans []struct{ Spans []recorded }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range in.ResourceSpans {
		service := ""
		for _, a := range resource.Resource.Attributes {
			if a.Key == "service.name" {
				service = a.Value.StringValue
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				s.Service = service
				c.spans = append(c.spans, s)
			}
		}
	}
}

// of is the trace of an order.
func (c *collector) of(order string) (spans []recorded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.TraceID == strings.ReplaceAll(order, "-", "") {
			spans = append(spans, s)
		}
	}
	return spans
}

// One purchase is one trace, across every function that has a part in it, with what they asked of the store, the Broker
// and the payment provider. Its id is the order's.
func TestPurchaseIsOneTrace(t *testing.T) {
	c := &collector{}
	server := httptest.NewServer(c)
	defer server.Close()
	s := start(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL)
	seller, buyer := s.person("seller"), s.person("buyer")
	o := buyer.orders(seller.sells("Front row", "42.00").ID)
	buyer.becomes(o.ID, "awaiting_payment")
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	missing := []string{}
	defer func() {
		if len(missing) > 0 {
			t.Logf("missing: %v", missing)
		}
	}()
	within(t, patience, "the trace is whole", func() bool {
		seen := map[string]bool{}
		for _, span := range c.of(o.ID) {
			seen[span.Service+": "+span.Name] = true
		}
		missing = slices.DeleteFunc([]string{
			"orders-create: POST /api/orders", "orders-create: store GetItem", "orders-create: publish usher.order.created.v1",
			"tickets-on-order: handle usher.order.created.v1", "expiration-on-order: handle usher.order.created.v1",
			"orders-on-ticket: handle usher.ticket.updated.v1", "payments-on-order: handle usher.order.awaiting-payment.v1",
			"payments-create: POST /api/payments", "payments-create: stripe POST", "payments-webhook: POST /api/payments/webhook",
			"orders-on-payment: handle usher.payment.created.v1", "tickets-on-order: handle usher.order.completed.v1",
			"payments-on-order: handle usher.order.completed.v1",
		}, func(name string) bool { return seen[name] })
		return len(missing) == 0
	})
	within(t, patience, "each span's parent is there", func() bool {
		known := map[string]bool{"": true}
		for _, span := range c.of(o.ID) {
			known[span.SpanID] = true
		}
		for _, span := range c.of(o.ID) {
			if !known[span.ParentSpanID] {
				return false
			}
		}
		return true
	})
	t.Logf("%d spans", len(c.of(o.ID)))
}
