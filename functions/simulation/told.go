package simulation

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"usher.example/events"
)

// listed is told of each ticket that its seller was told of.
func (o *oracle) listed(t events.Ticket) {
	if _, twice := o.promised[t.ID]; !twice {
		o.sale = append(o.sale, t.ID)
	}
	o.promised[t.ID] = t.Version
}

func (o *oracle) onSale(n int) (string, bool) {
	if len(o.sale) == 0 {
		return "", false
	}
	return o.sale[n%len(o.sale)], true
}

func (o *oracle) changeAnswered(id string, s Step, a answer) {
	switch a.status {
	case http.StatusOK:
		var t events.Ticket
		if err := json.Unmarshal(a.body, &t); err != nil || t.Price.Amount != s.Price {
			o.w.fail("P6", "an edit to %d is answered %s", s.Price, a.body)
			return
		}
		o.promised[id] = max(o.promised[id], t.Version)
	case http.StatusNoContent:
		o.withdrawn[id] = true
	}
}

// ordered is told of each order that its buyer was told of, and returns its id.
func (o *oracle) ordered(buyer, ticketID string, a answer) string {
	var x struct {
		ID     string `json:"id"`
		Ticket struct {
			ID    string       `json:"id"`
			Price events.Money `json:"price"`
		} `json:"ticket"`
	}
	if err := json.Unmarshal(a.body, &x); err != nil || x.Ticket.ID != ticketID {
		o.w.fail("P6", "an order of ticket %s is answered %s", short(ticketID), a.body)
		return ""
	}
	if o.bought[x.ID] == nil {
		o.bought[x.ID] = &bought{buyer, ticketID, x.Ticket.Price.Amount}
	}
	if known := o.orders[x.ID]; known == nil {
		o.w.fail("P6", "order %s is acknowledged and does not exist", short(x.ID))
	} else if known.price != x.Ticket.Price.Amount {
		o.w.fail("P2", "order %s is shown for %d and is for %d", short(x.ID), x.Ticket.Price.Amount, known.price)
	}
	return x.ID
}

func (o *oracle) cancelAnswered(id string, a answer) {
	if a.status == http.StatusNoContent {
		o.cancelled[id] = true
	}
}

func (o *oracle) payAnswered(id string, a answer) {
	if a.err != nil && strings.Contains(a.err.Error(), "You were not charged.") && a.status == http.StatusConflict {
		o.uncharged[id] = true
	}
}

// captures is how often money was taken for an order, and whether some is still held.
func (o *oracle) captures(id string) (taken int, amount int64, held bool) {
	for _, in := range o.w.bank.intents {
		if in.order == id {
			taken += in.captured
			if in.captured > 0 {
				amount += in.Amount * int64(in.captured)
			}
			held = held || in.Status == stripe.PaymentIntentStatusRequiresCapture
		}
	}
	return taken, amount, held
}

// refundAnswered takes the answer to an operator: refunded is refunded.
func (o *oracle) refundAnswered(id string, a answer) {
	if a.status == http.StatusOK {
		o.refunded[id] = true
	}
}
