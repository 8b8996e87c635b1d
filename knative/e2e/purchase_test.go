package e2e

import (
	"net/http"
	"testing"
)

// The main job: somebody sells, somebody else reserves, pays and gets it.
func TestPurchase(t *testing.T) {
	s := running(t)
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	for _, c := range []struct {
		name  string
		price any
		want  money
	}{
		{"29Cents", "0.29", money{29, "USD"}},
		{"PlainNumber", 42, money{4200, "USD"}},
		{"MinorUnits", money{1999, "EUR"}, money{1999, "EUR"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seller.t, buyer.t, other.t = t, t, t
			ticket := seller.sells("Front row", c.price)
			if ticket.Status != "available" || ticket.Price != c.want || ticket.SellerID != seller.id || ticket.Version != 1 {
				t.Fatalf("listed as %+v", ticket)
			}
			if !other.listed(ticket.ID) {
				t.Fatal("not listed")
			}
			order := buyer.orders(ticket.ID)
			buyer.becomes(order.ID, "awaiting_payment")
			if buyer.listed(ticket.ID) {
				t.Error("a reserved ticket is listed")
			}
			edit := map[string]any{"title": "Dearer", "price": "99.00"}
			seller.refused(http.StatusConflict, seller.do("PUT", "/api/tickets/"+ticket.ID, edit))
			seller.refused(http.StatusConflict, seller.do("DELETE", "/api/tickets/"+ticket.ID, nil))
			other.refused(http.StatusConflict, other.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID}))

			paid := buyer.pays(order.ID)
			if paid.Amount != c.want || paid.OrderID != order.ID {
				t.Errorf("paid %+v", paid)
			}
			buyer.becomes(order.ID, "complete")
			history := buyer.history()
			if len(history) == 0 || history[0].ID != order.ID || history[0].Ticket.Title != "Front row" || history[0].Ticket.Price != c.want {
				t.Errorf("history %+v", history)
			}
			eventually(t, "the ticket is sold for its seller", func() bool { return seller.ticket(ticket.ID).Status == "sold" })
			eventually(t, "the payment is captured", func() bool {
				var got payment
				buyer.must(http.StatusOK, buyer.do("GET", "/api/payments/"+order.ID, nil), &got)
				return got.Status == "captured"
			})
			seller.refused(http.StatusConflict, seller.do("PUT", "/api/tickets/"+ticket.ID, edit))
			other.refused(http.StatusConflict, other.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID}))
			buyer.refused(http.StatusConflict, buyer.do("DELETE", "/api/orders/"+order.ID, nil))
		})
	}
}

// A second click, a second tab or a retry gets the first one's answer, and charges nothing (P3).
func TestPayTwice(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	order := buyer.orders(seller.sells("Front row", "42.00").ID)
	answers := make(chan answer, 2)
	for range 2 {
		go func() {
			answers <- buyer.do("POST", "/api/payments", map[string]string{"order_id": order.ID, "payment_method": "pm_card_visa"})
		}()
	}
	var first, second payment
	buyer.must(http.StatusCreated, <-answers, &first)
	buyer.must(http.StatusCreated, <-answers, &second)
	buyer.becomes(order.ID, "complete")
	third := buyer.pays(order.ID)
	if first.ID != second.ID || first.ID != third.ID {
		t.Errorf("payments %s, %s and %s for one order", first.ID, second.ID, third.ID)
	}
}

// A declined card leaves the order payable with another one.
func TestDeclinedThenPaid(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	order := buyer.orders(seller.sells("Front row", "42.00").ID)
	doc := buyer.refused(http.StatusPaymentRequired, buyer.do("POST", "/api/payments", map[string]string{"order_id": order.ID, "payment_method": "pm_card_chargeDeclined"}))
	if doc.Errors[0].Field != "payment_method" {
		t.Errorf("declined with %+v", doc)
	}
	if got := buyer.order(order.ID); got.Status != "awaiting_payment" {
		t.Fatalf("after a decline the order is %s", got.Status)
	}
	buyer.pays(order.ID)
	buyer.becomes(order.ID, "complete")
}
