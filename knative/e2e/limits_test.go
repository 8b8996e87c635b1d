package e2e

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
)

// maxHolds and maxReservations are the limits that are set where nobody says otherwise.
const maxHolds, maxReservations = 4, 30

// However many one asks for at once, one holds as many unpaid orders as one may, and no fewer; the others are as free as
// before. Paying or giving up makes room, and a retry of what was reserved is no further reservation.
func TestHoldLimit(t *testing.T) {
	s := running(t)
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	const tabs = 10
	tickets := make([]ticket, tabs)
	for i := range tickets {
		tickets[i] = seller.sells("Row "+strconv.Itoa(i), "42.00")
	}
	answers := make([]answer, tabs)
	var gate, all sync.WaitGroup
	gate.Add(1)
	for i, listed := range tickets {
		all.Go(func() {
			gate.Wait()
			answers[i] = buyer.do("POST", "/api/orders", map[string]string{"ticket_id": listed.ID}, "Idempotency-Key", "tab "+strconv.Itoa(i))
		})
	}
	gate.Done()
	all.Wait()
	for _, a := range answers {
		if a.status == http.StatusCreated {
			continue
		}
		if doc := buyer.refused(http.StatusConflict, a); doc.Errors[0].Code != "hold_limit" {
			t.Errorf("refused with %+v", doc.Errors)
		}
	}
	held := map[string]order{} // by ticket
	for _, o := range buyer.history() {
		if o.Status == "created" || o.Status == "awaiting_payment" {
			held[o.Ticket.ID] = o
		}
	}
	if len(held) != maxHolds {
		t.Fatalf("holds %d, want %d", len(held), maxHolds)
	}
	for i, listed := range tickets {
		o, mine := held[listed.ID]
		if !mine {
			eventually(t, "what was undone can be bought by others", func() bool {
				return other.ticket(listed.ID).Status == "available"
			})
			continue
		}
		buyer.becomes(o.ID, "awaiting_payment")
		var again order
		a := buyer.do("POST", "/api/orders", map[string]string{"ticket_id": listed.ID}, "Idempotency-Key", "tab "+strconv.Itoa(i))
		if buyer.must(http.StatusCreated, a, &again); again.ID != o.ID {
			t.Errorf("a retry of order %s is order %s", o.ID, again.ID)
		}
	}
	free := seller.sells("Last row", "1.00")
	refused := func() {
		t.Helper()
		doc := buyer.refused(http.StatusConflict, buyer.do("POST", "/api/orders", map[string]string{"ticket_id": free.ID}))
		if doc.Errors[0].Code != "hold_limit" {
			t.Errorf("refused with %+v", doc.Errors)
		}
	}
	refused()
	room := 0
	for _, o := range held {
		if room++; room == 1 {
			buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+o.ID, nil), nil)
		} else if room == 2 {
			buyer.pays(o.ID)
			buyer.becomes(o.ID, "complete")
		}
	}
	buyer.orders(seller.sells("Side row", "1.00").ID)
	buyer.orders(free.ID)
	free = seller.sells("Another row", "1.00")
	refused()
}

// Who reserves again and again without buying is asked to wait, and told how long.
func TestReservationsAreThrottled(t *testing.T) {
	s := running(t)
	buyer := s.person("buyer")
	listed := s.person("seller").sells("Front row", "42.00")
	for n := range maxReservations + 1 {
		a := buyer.do("POST", "/api/orders", map[string]string{"ticket_id": listed.ID})
		if a.status == http.StatusTooManyRequests {
			doc := buyer.refused(http.StatusTooManyRequests, a)
			seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
			if n != maxReservations || err != nil || seconds < 1 || seconds > 15*60 || doc.Errors[0].Code != "reservation_throttle" {
				t.Errorf("after %d: Retry-After %q, %+v", n, a.header.Get("Retry-After"), doc.Errors)
			}
			return
		}
		var o order
		buyer.must(http.StatusCreated, a, &o)
		buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+o.ID, nil), nil)
	}
	t.Errorf("reserved %d tickets in a row, and never asked to wait", maxReservations+1)
}
