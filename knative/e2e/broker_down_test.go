package e2e

import (
	"net/http"
	"testing"
	"time"
)

// A ticket that is created while the Broker is stopped is created all the same, and can be ordered once it is back (P6).
func TestBrokerDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	seller.sells("Warm up", "1.00")
	broker := s.stopped("broker")
	ticket := seller.sells("Front row", "42.00")
	if !buyer.listed(ticket.ID) {
		t.Error("not listed")
	}
	broker.goOn()
	// The relay is woken each minute, and leaves what is younger than a few seconds to the next.
	within(t, 150*time.Second, "the ticket can be ordered", func() bool {
		a := buyer.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID})
		if a.status != http.StatusCreated && a.status != http.StatusNotFound {
			t.Fatalf("got %d: %s", a.status, a.body)
		}
		return a.status == http.StatusCreated
	})
	order := buyer.history()[0]
	buyer.becomes(order.ID, "awaiting_payment")
	buyer.pays(order.ID)
	buyer.becomes(order.ID, "complete")
}
