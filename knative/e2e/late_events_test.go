package e2e

import (
	"testing"
	"time"
)

// Order A is cancelled and order B has the ticket; then A's events come late, and twice. B keeps its hold and pays (P1, P5).
func TestLateEventsOfAnotherOrder(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, a, b := s.person("seller"), s.person("a"), s.person("b")
	ticket := seller.sells("Front row", "42.00")
	orderA := a.orders(ticket.ID)
	a.becomes(orderA.ID, "awaiting_payment")
	a.must(204, a.do("DELETE", "/api/orders/"+orderA.ID, nil), nil)
	eventually(t, "the ticket is free", func() bool { return seller.ticket(ticket.ID).Status == "available" })
	orderB := b.orders(ticket.ID)
	b.becomes(orderB.ID, "awaiting_payment")

	created := map[string]any{
		"id": orderA.ID, "version": 1, "status": "created", "buyer_id": a.id, "reservation": 1,
		"created_at": orderA.CreatedAt, "updated_at": orderA.CreatedAt, "expires_at": orderA.ExpiresAt,
		"ticket": map[string]any{"id": ticket.ID, "revision": 1, "title": ticket.Title, "seller_id": seller.id, "price": ticket.Price},
	}
	cancelled := map[string]any{}
	for k, v := range created {
		cancelled[k] = v
	}
	cancelled["version"], cancelled["status"], cancelled["reason"] = 3, "cancelled", "cancelled_by_buyer"
	late := []struct {
		typ, source, id string
		data            map[string]any
	}{
		{"usher.order.expired.v1", "/usher/expiration", orderA.ID + ".expired", map[string]any{"order_id": orderA.ID, "buyer_id": a.id, "expires_at": orderA.ExpiresAt}},
		{"usher.order.created.v1", "/usher/orders", orderA.ID + ".1", created},
		{"usher.order.cancelled.v1", "/usher/orders", orderA.ID + ".3", cancelled},
	}
	for range 2 {
		for _, e := range late {
			attributes := map[string]string{"specversion": "1.0", "type": e.typ, "source": e.source, "id": e.id, "subject": orderA.ID}
			if err := s.deliver(t.Context(), attributes, e.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	// An event of the test's own, sent after them, shows when they were handled: another ticket's life.
	other := seller.sells("Back row", "1.00")
	orderC := a.orders(other.ID)
	a.becomes(orderC.ID, "awaiting_payment")
	deadline := time.Now().Add(2 * time.Second)
	for time.Now().Before(deadline) {
		if got := seller.ticket(ticket.ID); got.Status != "held" {
			t.Fatalf("the ticket of order B became %s", got.Status)
		}
		if got := b.order(orderB.ID); got.Status != "awaiting_payment" {
			t.Fatalf("order B became %s", got.Status)
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.pays(orderB.ID)
	b.becomes(orderB.ID, "complete")
	eventually(t, "the ticket is sold", func() bool { return seller.ticket(ticket.ID).Status == "sold" })
	if got := a.order(orderA.ID); got.Status != "cancelled" {
		t.Errorf("order A became %s", got.Status)
	}
}
