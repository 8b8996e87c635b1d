package e2e

import (
	"net/http"
	"testing"
	"time"
)

// An unpaid order is cancelled, and its ticket listed again, within two seconds of its time (P4).
func TestExpiry(t *testing.T) {
	s := start(t, "ORDER_TTL=5s")
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	for _, name := range []string{"First", "Warm"} {
		t.Run(name, func(t *testing.T) {
			seller.t, buyer.t, other.t = t, t, t
			ticket := seller.sells("Front row", "42.00")
			order := buyer.orders(ticket.ID)
			if ttl := order.ExpiresAt.Sub(order.CreatedAt); ttl != 5*time.Second {
				t.Fatalf("expires after %s", ttl)
			}
			if since := time.Since(order.CreatedAt); since < 0 || since > 10*time.Second {
				t.Errorf("created %s ago", since)
			}
			time.Sleep(time.Until(order.ExpiresAt) - 500*time.Millisecond)
			if got := buyer.order(order.ID); got.Status != "awaiting_payment" {
				t.Errorf("half a second before its time the order is %s", got.Status)
			}
			time.Sleep(time.Until(order.ExpiresAt))
			within(t, 2*time.Second, "cancelled and listed again", func() bool {
				return buyer.order(order.ID).Status == "cancelled" && other.listed(ticket.ID)
			})
			if got := buyer.order(order.ID); got.Reason != "expired" {
				t.Errorf("cancelled because of %q", got.Reason)
			}
			buyer.refused(http.StatusConflict, buyer.do("POST", "/api/payments", map[string]string{"order_id": order.ID, "payment_method": "pm_card_visa"}))
			again := other.orders(ticket.ID)
			other.becomes(again.ID, "awaiting_payment")
		})
	}
}

// Whoever orders after the time is over, but before anything said so, gets the ticket at once (P4).
func TestTakeOverBeforeExpiryIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, "ORDER_TTL=3s")
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	ticket := seller.sells("Front row", "42.00")
	order := buyer.orders(ticket.ID)
	broker := s.stopped("broker") // nothing is said any more
	time.Sleep(time.Until(order.ExpiresAt) + 50*time.Millisecond)
	began := time.Now()
	taken := other.orders(ticket.ID)
	t.Logf("taken over after %s, with the Broker stopped", time.Since(began))
	if got := buyer.order(order.ID); got.Status != "cancelled" || got.Reason != "expired" {
		t.Errorf("the order before is %s, %q", got.Status, got.Reason)
	}
	broker.goOn()
	if taken.ID == order.ID {
		t.Error("the same order")
	}
}
