package simulation

import (
	"net/http"

	"usher.example/events"
	"usher.example/shared/problem"
)

// defaultMaxHolds is what orders/create takes where MAX_HOLDS says nothing.
const defaultMaxHolds = 4

// hand is what the oracle knows of a person's reservations: however many they ask for at once, they hold no more than
// MAX_HOLDS unpaid orders when all are answered, and no fewer if one was refused for holding as many.
type hand struct {
	asked   int  // requests to reserve that are at work
	refused bool // one of these was told that they hold as much as they may
	ended   bool // meanwhile an order of theirs was paid, expired or was undone for another reason
	unsure  bool // a request died, or a call of one went wrong: what it did not undo is left to its expiry
}

func (o *oracle) hand(buyer string) *hand {
	if o.hands[buyer] == nil {
		o.hands[buyer] = &hand{}
	}
	return o.hands[buyer]
}

func (h *hand) changed(was, now *order) {
	if (was == nil || was.status.Unpaid()) && !now.status.Unpaid() && now.reason != events.CancelledByBuyer { // nil: it was buried before it was written
		h.ended = true
	}
}

// reserving is told of each request to reserve when it begins.
func (o *oracle) reserving(buyer string) {
	h := o.hand(buyer)
	if h.asked == 0 {
		h.refused, h.ended = false, false
	}
	h.asked++
}

// reserved is told of its end, with what it answers.
func (o *oracle) reserved(buyer string, err error, unsure bool) {
	h := o.hand(buyer)
	h.asked--
	h.unsure = h.unsure || unsure
	if p := problem.From(err); err != nil && p.Code.Status() == http.StatusConflict && p.Items[0].Code == "hold_limit" {
		h.refused = true
	}
	if h.asked > 0 || h.unsure {
		return
	}
	most := o.w.plan.Profile.MaxHolds
	if most == 0 {
		most = defaultMaxHolds
	}
	held := 0
	now := o.w.now.Add(o.w.house.routes["orders-create"].skew)
	for _, x := range o.orders {
		switch {
		case x.buyer != buyer || !x.status.Unpaid():
		case now.Before(x.expires):
			held++
		default:
			h.ended = true
		}
	}
	switch {
	case held > most:
		o.w.fail("Limit", "somebody holds %d unpaid orders, %d are allowed", held, most)
	case h.refused && !h.ended && held < most:
		o.w.fail("Limit", "somebody is refused for holding too many, and holds %d of %d", held, most)
	}
}
