package simulation

import (
	"net/http"
	"time"

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

	began time.Time       // when the request began that is alone at work; zero where several are
	known map[string]bool // the orders that there were then
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
	if h.asked++; h.asked > 1 {
		h.began = time.Time{}
		return
	}
	h.began, h.known = o.reserversTime(), map[string]bool{}
	for _, x := range o.orders {
		if x.buyer == buyer {
			h.known[x.id] = true
		}
	}
}

// reserversTime is what orders/create believes the time to be.
func (o *oracle) reserversTime() time.Time {
	return o.w.now.Add(o.w.house.routes["orders-create"].skew)
}

// reserved is told of its end, with what it answers.
func (o *oracle) reserved(buyer string, err error, unsure bool) {
	h := o.hand(buyer)
	h.asked--
	h.unsure = h.unsure || unsure
	if p := problem.From(err); err != nil && p.Code.Status() == http.StatusConflict && p.Items[0].Code == "hold_limit" {
		h.refused = true
	}
	if !h.began.IsZero() {
		o.begun(buyer, h, err)
	}
	if h.asked > 0 || h.unsure {
		return
	}
	most := o.w.plan.Profile.MaxHolds
	if most == 0 {
		most = defaultMaxHolds
	}
	held := 0
	now := o.reserversTime()
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

// begun holds a request that was alone at work to MAX_RESERVATIONS: how many orders its buyer had begun within ORDER_TTL
// decides, whatever became of them.
func (o *oracle) begun(buyer string, h *hand, err error) {
	most, ttl := o.w.plan.Profile.MaxBegun, o.w.plan.Profile.TTL
	if most == 0 {
		return
	}
	surely, perhaps, fresh := 0, 0, false // there is some time between the request's begin and its end
	for _, x := range o.orders {
		switch {
		case x.buyer != buyer:
		case !h.known[x.id]:
			fresh = true
		default:
			if o.reserversTime().Sub(x.made) < ttl {
				surely++
			}
			if h.began.Sub(x.made) < ttl {
				perhaps++
			}
		}
	}
	refused := err != nil && problem.From(err).Code == problem.TooMany
	if fresh && surely >= most || refused && perhaps < most {
		o.w.fail("Limit", "somebody who began %d orders, %d are allowed, began another: %v, was refused: %v", perhaps, most, fresh, refused)
	}
}
