package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestFlaws names each flaw that systems of this kind are known for, and shows that it is not here. The ones that have a
// file of their own are pointed to; the simulation has a mutant for each as well.
func TestFlaws(t *testing.T) {
	for _, flaw := range []struct {
		name string
		test func(*testing.T)
	}{
		{"1 Oversell: asking whether it is reserved, then inserting", flawOversell},
		{"2 A late expiry of one order frees the hold of another", flawLateExpiry},
		{"3 A paid order can be cancelled", flawCancelPaid},
		{"4 A late payment revives an order that is over", flawLatePayment},
		{"5 Two clicks charge twice", flawDoubleCharge},
		{"6 A crash between save and publish loses the event", flawDualWrite},
		{"7 One event out of order stops the consumer for ever", flawOutOfOrder},
		{"8 Broker, queue and store live in memory", flawInMemory},
		{"9 The price of an order changes with its ticket's; money is floating point", flawPrice},
		{"12 Every order was made when the process started", flawCreatedAt},
	} {
		t.Run(flaw.name, func(t *testing.T) {
			t.Parallel()
			flaw.test(t)
		})
	}
}

func flawOversell(t *testing.T) {
	s := running(t)
	ticket := s.person("seller").sells("Front row", "42.00")
	buyers := make([]*person, 10)
	for i := range buyers {
		buyers[i] = s.person("buyer")
	}
	var mu sync.Mutex
	count := map[int]int{}
	var all sync.WaitGroup
	for _, p := range buyers {
		all.Go(func() {
			a := p.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID})
			mu.Lock()
			defer mu.Unlock()
			count[a.status]++
		})
	}
	all.Wait()
	if count[http.StatusCreated] != 1 || count[http.StatusConflict] != len(buyers)-1 {
		t.Errorf("answers %v", count)
	}
}

// The whole of it, with the events of order A sent again, is TestLateEventsOfAnotherOrder.
func flawLateExpiry(t *testing.T) {
	s := running(t)
	seller, a, b := s.person("seller"), s.person("a"), s.person("b")
	ticket := seller.sells("Front row", "42.00")
	first := a.orders(ticket.ID)
	a.must(http.StatusNoContent, a.do("DELETE", "/api/orders/"+first.ID, nil), nil)
	second := b.orders(ticket.ID)
	b.becomes(second.ID, "awaiting_payment")
	err := s.deliver(t.Context(), map[string]string{
		"specversion": "1.0", "type": "usher.order.expired.v1", "source": "/usher/expiration", "id": first.ID + ".expired", "subject": first.ID,
	}, map[string]any{"order_id": first.ID, "buyer_id": a.id, "expires_at": first.ExpiresAt})
	if err != nil {
		t.Fatal(err)
	}
	b.pays(second.ID)
	b.becomes(second.ID, "complete")
	eventually(t, "the ticket is sold to the second", func() bool { return seller.ticket(ticket.ID).Status == "sold" })
}

func flawCancelPaid(t *testing.T) {
	s := running(t)
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	ticket := seller.sells("Front row", "42.00")
	o := buyer.orders(ticket.ID)
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	buyer.refused(http.StatusConflict, buyer.do("DELETE", "/api/orders/"+o.ID, nil))
	other.refused(http.StatusConflict, other.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID}))
	if got := buyer.order(o.ID); got.Status != "complete" {
		t.Errorf("the order is %s", got.Status)
	}
}

func flawLatePayment(t *testing.T) {
	s := start(t, "ORDER_TTL=2s")
	seller, buyer := s.person("seller"), s.person("buyer")
	o := buyer.orders(seller.sells("Front row", "42.00").ID)
	time.Sleep(time.Until(o.ExpiresAt))
	buyer.refused(http.StatusConflict, buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"}))
	buyer.becomes(o.ID, "cancelled")
	buyer.refused(http.StatusConflict, buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"}))
	books, err := s.charges()
	if err != nil {
		t.Fatal(err)
	}
	if err := books[o.ID].right(buyer.order(o.ID)); err != nil {
		t.Error(err)
	}
}

func flawDoubleCharge(t *testing.T) {
	s := start(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	o := buyer.orders(seller.sells("Front row", "42.00").ID)
	var clicks sync.WaitGroup
	for range 5 {
		clicks.Go(func() {
			a := buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"})
			if a.status != http.StatusCreated && a.status != http.StatusConflict {
				t.Errorf("answered %d %s", a.status, a.body)
			}
		})
	}
	clicks.Wait()
	buyer.becomes(o.ID, "complete")
	eventually(t, "it is captured once", func() bool {
		books, err := s.charges()
		return err == nil && books[o.ID].Authorizations == 1 && books[o.ID].right(buyer.order(o.ID)) == nil
	})
}

// The Broker cannot be reached when the seller edits: the change stands, and its event comes when the Broker is back.
func flawDualWrite(t *testing.T) {
	s := start(t, "MAX_RESERVATIONS=0")
	seller, buyer := s.person("seller"), s.person("buyer")
	ticket := seller.sells("Front row", "42.00")
	buyer.becomes(buyer.orders(seller.sells("Warm up", "1.00").ID).ID, "awaiting_payment")
	broker := s.stopped("broker")
	seller.must(http.StatusOK, seller.do("PUT", "/api/tickets/"+ticket.ID, map[string]any{"title": "Front row", "price": "50.00"}), nil)
	s.kill() // between the write and its publishing, as far as anybody can tell
	broker.goOn()
	s.again()
	within(t, 150*time.Second, "orders knows the new price", func() bool {
		a := buyer.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID})
		var o order
		if a.status != http.StatusCreated || readJSON(a, &o) != nil {
			return false
		}
		if o.Ticket.Price.Amount == 5000 {
			return true
		}
		buyer.do("DELETE", "/api/orders/"+o.ID, nil)
		return false
	})
}

func flawOutOfOrder(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	ticket := seller.sells("Front row", "42.00")
	o := buyer.orders(ticket.ID)
	buyer.becomes(o.ID, "awaiting_payment")
	// The end of an order nobody has heard of, then an event from a version that is not there yet: neither stops anybody.
	unknown := "0199c0de-0000-7000-8000-000000000001"
	for _, version := range []int{9, 3} {
		err := s.deliver(t.Context(), map[string]string{
			"specversion": "1.0", "type": "usher.order.cancelled.v1", "source": "/usher/orders", "id": unknown + "." + string(rune('0'+version)), "subject": unknown,
		}, map[string]any{
			"id": unknown, "version": version, "status": "cancelled", "reason": "expired", "buyer_id": buyer.id, "reservation": 1,
			"created_at": o.CreatedAt, "updated_at": o.CreatedAt, "expires_at": o.ExpiresAt,
			"ticket": map[string]any{"id": ticket.ID, "revision": 1, "title": ticket.Title, "seller_id": seller.id, "price": ticket.Price},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
}

func flawInMemory(t *testing.T) {
	s := start(t, "ORDER_TTL=6s")
	seller, buyer := s.person("seller"), s.person("buyer")
	ticket := seller.sells("Front row", "42.00")
	o := buyer.orders(ticket.ID)
	s.kill() // everything ends at once
	s.again()
	if got := buyer.order(o.ID); got.Ticket.ID != ticket.ID {
		t.Errorf("the order is for %s", got.Ticket.ID)
	}
	buyer.becomes(o.ID, "cancelled") // its timer was kept as well
	eventually(t, "the ticket is free", func() bool { return seller.ticket(ticket.ID).Status == "available" })
}

func flawPrice(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	for _, text := range []string{"0.29", "1.15", "19.99", "1000.01"} { // none is a whole number of cents in binary
		if got := seller.sells("Front row", text).Price; got.Amount%100 != map[string]int64{"0.29": 29, "1.15": 15, "19.99": 99, "1000.01": 1}[text] {
			t.Errorf("%s became %+v", text, got)
		}
	}
	ticket := seller.sells("Front row", "42.00")
	o := buyer.orders(ticket.ID)
	buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+o.ID, nil), nil)
	within(t, patience, "the seller can edit again", func() bool {
		return seller.do("PUT", "/api/tickets/"+ticket.ID, map[string]any{"title": "Front row", "price": "50.00"}).status == http.StatusOK
	})
	if got := buyer.order(o.ID); got.Ticket.Price.Amount != 4200 {
		t.Errorf("the old order now shows %+v", got.Ticket.Price)
	}
}

func flawCreatedAt(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	var made []order
	for range 2 {
		ticket := seller.sells("Front row", "42.00")
		before := time.Now()
		o := buyer.orders(ticket.ID)
		if o.CreatedAt.Before(before.Add(-time.Second)) || o.CreatedAt.After(time.Now().Add(time.Second)) {
			t.Errorf("made at %s, asked for at %s", o.CreatedAt, before)
		}
		made = append(made, o)
	}
	if !made[1].CreatedAt.After(made[0].CreatedAt) {
		t.Errorf("the first was made at %s, the second at %s", made[0].CreatedAt, made[1].CreatedAt)
	}
}
