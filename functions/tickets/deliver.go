package tickets

import (
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

// Pointer says which attachment is the ticket's. It lies on the ticket, so that the one write which decides whether a
// ticket is held also decides whether its attachment may still be changed; the attachment itself, which is large and
// secret, is an item of its own.
type Pointer struct {
	// Serial grows with every attachment and removal; a greater one wins. It is the key of the attachment's item.
	Serial  int64 `dynamodbav:"serial,omitempty"`
	Present bool  `dynamodbav:"present,omitempty"`
}

// Admission is that a ticket was used at the door.
type Admission struct {
	ID      string    `dynamodbav:"id"` // of the request that admitted, so that it knows its own write again
	OrderID string    `dynamodbav:"order_id"`
	At      time.Time `dynamodbav:"at"`
}

// Attach makes the attachment with this serial the ticket's. Forbidden to all but the seller. Conflict once it is
// withdrawn; while somebody is buying it or once it is sold, unless it has none yet: what a buyer was promised stays as it
// is, and what is still owed may be brought. Conflict, too, where a newer one came first.
func (t Ticket) Attach(by string, serial int64, now time.Time) (Ticket, error) {
	if err := t.mayDeliver(by); err != nil {
		return t, err
	}
	if t.Status == events.TicketIsWithdrawn {
		return t, problem.New(problem.Conflict, "This ticket was withdrawn; nothing can be attached to it any more.")
	}
	if serial <= t.Delivery.Serial {
		return t, problem.New(problem.Conflict, "The attachment was changed by another request meanwhile. Load it again and repeat your change.")
	}
	t.Delivery = Pointer{Serial: serial, Present: true}
	t.Attached = true
	return t.changed(now), nil
}

// Detach takes the attachment away; refusals as for Attach. A ticket without one stays as it is. It counts as a change of
// what is sold (P2): who orders a ticket because it is delivered at once gets it so, or their order is undone.
func (t Ticket) Detach(by string, now time.Time) (Ticket, error) {
	if err := t.mayDeliver(by); err != nil {
		return t, err
	}
	if !t.Delivery.Present {
		return t, nil
	}
	t.Delivery = Pointer{Serial: t.Delivery.Serial + 1}
	t.Attached = false
	return t.revised(now), nil
}

func (t Ticket) mayDeliver(by string) error {
	switch {
	case t.SellerID != by:
		return problem.New(problem.Forbidden, "Only its seller can attach anything to a ticket.")
	case t.Delivery.Present && t.Status == events.TicketHeld:
		return problem.New(problem.Conflict, "Somebody is buying this ticket right now; its attachment cannot be changed unless they give it up.")
	case t.Delivery.Present && t.Status == events.TicketSold:
		return problem.New(problem.Conflict, "This ticket is sold; its attachment cannot be changed any more.")
	}
	return nil
}

// MayRead says whether somebody may read what is attached: the seller at any time, the buyer once they have paid and while
// they were not refunded (P8). Forbidden to all others.
func (t Ticket) MayRead(by string) error {
	if t.SellerID == by || t.boughtBy(by) {
		return nil
	}
	return problem.New(problem.Forbidden, "Only its seller, and its buyer once it is paid, can read what is attached to a ticket.")
}

func (t Ticket) boughtBy(by string) bool {
	return t.Status == events.TicketSold && t.Hold != nil && t.Hold.RefundedAt == nil && t.Hold.BuyerID == by
}

// Pass is what a buyer shows at the door: proof that this order bought this ticket. Forbidden to all but the paying buyer;
// the seller, who checks passes, has no use for one.
func (t Ticket) Pass(by string) (Pass, error) {
	if !t.boughtBy(by) {
		return Pass{}, problem.New(problem.Forbidden, "Only the buyer of a ticket has a pass for it, once it is paid.")
	}
	return Pass{TicketID: t.ID, OrderID: t.Hold.OrderID}, nil
}

// Admit lets the holder of a pass in, once. Forbidden to all but the seller of the ticket and operators; Conflict where
// the pass was used, or its order has the ticket no more (refunded, or its payment failed).
func (t Ticket) Admit(p Pass, by string, operator bool, admission string, now time.Time) (Ticket, error) {
	switch {
	case t.SellerID != by && !operator:
		return t, problem.New(problem.Forbidden, "Only its seller can check the pass of a ticket.")
	case t.Status != events.TicketSold || t.Hold == nil || t.Hold.OrderID != p.OrderID || t.Hold.RefundedAt != nil:
		return t, problem.New(problem.Conflict, "This pass is not valid any more: its order was refunded or undone.")
	case t.Admission != nil && t.Admission.OrderID == p.OrderID && t.Admission.ID == admission:
		return t, nil // our own write, whose answer was lost
	case t.Admission != nil && t.Admission.OrderID == p.OrderID:
		return t, problem.New(problem.Conflict, "This pass was used already, at %s.", t.Admission.At.Format(time.RFC3339))
	}
	t.Admission = &Admission{ID: admission, OrderID: p.OrderID, At: now.UTC()}
	return t, nil
}

// usedAt is when the pass of the ticket's order was used; nil where it was not.
func (t Ticket) usedAt() *time.Time {
	if t.Admission == nil || t.Hold == nil || t.Admission.OrderID != t.Hold.OrderID {
		return nil
	}
	return &t.Admission.At
}
