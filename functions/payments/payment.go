// Package payments is money: an order's price is authorised first, captured once the order is complete, and released if
// it never is (P3). Nobody is charged for nothing.
//
// The rules are in payment.go and pure; stripe.go is the port to Stripe. Each order has one PaymentIntent, made with the
// order's id as its idempotency key, so that no click, tab, retry or crash can make a second one.
package payments

import (
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

// Order is what payments knows of an order.
type Order struct {
	ID        string             `dynamodbav:"id"`
	Version   int64              `dynamodbav:"version"`
	Status    events.OrderStatus `dynamodbav:"status"`
	BuyerID   string             `dynamodbav:"buyer_id"`
	TicketID  string             `dynamodbav:"ticket_id"`
	Title     string             `dynamodbav:"title"`
	Price     events.Money       `dynamodbav:"price"`
	ExpiresAt time.Time          `dynamodbav:"expires_at"`
	Refunded  bool               `dynamodbav:"refunded,omitempty"` // the order knows that it was
}

// Payment is an order with its payment. "May this be paid" is one question to one item, so that the answer cannot be
// outdated by the time it is used.
type Payment struct {
	events.Payment // its ID is empty until somebody begins to pay
	Order          Order
	Attempt        int      // counts the cards tried: each confirmation has its own idempotency key
	Decline        *Decline // of the last card, until another is tried
}

// Decline is why a card was refused, in Stripe's words.
type Decline struct {
	Code        string `dynamodbav:"code" json:"code"`                           // such as card_declined
	DeclineCode string `dynamodbav:"decline_code,omitempty" json:"decline_code"` // such as insufficient_funds
	Message     string `dynamodbav:"message" json:"message"`
}

// HearOrder takes an order's state into account; news is false where it is not newer than what is known.
func (p Payment) HearOrder(o events.Order) (next Payment, news bool) {
	if o.Version <= p.Order.Version {
		return p, false
	}
	p.Order = Order{o.ID, o.Version, o.Status, o.BuyerID, o.Ticket.ID, o.Ticket.Title, o.Ticket.Price, o.ExpiresAt, o.RefundedAt != nil}
	return p, true
}

// Begun says whether somebody has begun to pay.
func (p Payment) Begun() bool { return p.ID != "" }

// Settled says whether the money is where it ends: taken, released, or not to be had.
func (p Payment) Settled() bool {
	switch p.Status {
	case events.PaymentIsCaptured, events.PaymentIsVoided, events.PaymentIsFailed, events.PaymentIsRefunded:
		return true
	}
	return false
}

// Begin allows a payment to be authorised, under the id if it is the first. Conflict unless the order awaits payment and
// its time is not over. A payment that is authorised or captured already stays as it is: a second click gets the first's answer.
func (p Payment) Begin(id string, now time.Time) (Payment, error) {
	if p.Begun() && (p.Status == events.PaymentIsAuthorized || p.Status == events.PaymentIsCaptured) {
		return p, nil
	}
	switch {
	case p.Order.Status == events.OrderIsCancelled:
		return p, problem.New(problem.Conflict, "This order was cancelled; it cannot be paid any more.")
	case p.Order.Status == events.OrderIsComplete:
		return p, problem.New(problem.Conflict, "This order is paid already.")
	case p.Order.Status != events.OrderIsAwaiting:
		return p, problem.New(problem.Conflict, "The ticket is not yet held for this order. Please try again in a moment.")
	case !now.Before(p.Order.ExpiresAt):
		return p, problem.New(problem.Conflict, "The time to pay this order is over.")
	case p.Settled():
		return p, problem.New(problem.Conflict, "This payment is over; it cannot be tried again.")
	case !p.Begun():
		p.Payment = events.Payment{
			ID: id, OrderID: p.Order.ID, BuyerID: p.Order.BuyerID, Amount: p.Order.Price,
			Status: events.PaymentAuthorizing, CreatedAt: now.UTC(),
		}
		p.Attempt = 1
		return p.changed(now), nil
	case p.Decline != nil: // another card
		p.Decline = nil
		p.Attempt++
		return p.changed(now), nil
	}
	return p, nil // under way: the second click joins the first
}

// Record takes into account what Stripe says of the payment's intent. What is settled stays so, but that captured money can
// be given back.
func (p Payment) Record(in Intent, now time.Time) Payment {
	switch {
	case p.Status == events.PaymentIsCaptured && in.Status == IntentRefunded:
		return p.Refund(now)
	case !p.Begun() || p.Settled():
		return p
	}
	before := p.Payment
	hadDecline := p.Decline != nil
	p.PaymentIntentID = in.ID
	switch in.Status {
	case IntentAuthorized:
		p.Status, p.Decline = events.PaymentIsAuthorized, nil
	case IntentRequiresAction:
		p.Status, p.Decline = events.PaymentRequiresAction, nil
	case IntentCaptured:
		p.Status, p.Decline = events.PaymentIsCaptured, nil
	case IntentRefunded:
		p.Status, p.Decline = events.PaymentIsRefunded, nil
	case IntentCanceled:
		p.Status = events.PaymentIsVoided
		if p.Order.Status != events.OrderIsCancelled { // not our doing: the money cannot be had, and the order must end (P3)
			p.Status = events.PaymentIsFailed
		}
	case IntentOpen:
		if p.Status != events.PaymentIsAuthorized { // an old answer that comes late
			p.Status = events.PaymentAuthorizing
			if in.Decline != nil {
				p.Decline = in.Decline
			}
		}
	}
	if p.Payment == before && hadDecline == (p.Decline != nil) {
		return p
	}
	return p.changed(now)
}

// Refundable says whether captured money can be given back; a refund that was made already may be asked for again. Conflict
// where nothing was taken.
func (p Payment) Refundable() error {
	switch p.Status {
	case events.PaymentIsCaptured, events.PaymentIsRefunded:
		return nil
	case events.PaymentIsAuthorized:
		return problem.New(problem.Conflict, "This payment is just being captured. Please try again in a moment.")
	}
	return problem.New(problem.Conflict, "Nothing was charged for this order, so there is nothing to refund.")
}

// Refund notes that captured money was given back.
func (p Payment) Refund(now time.Time) Payment {
	if p.Status != events.PaymentIsCaptured {
		return p
	}
	p.Status = events.PaymentIsRefunded
	return p.changed(now)
}

// Dispute notes that the buyer's bank asks the money back. What becomes of it is decided there.
func (p Payment) Dispute(now time.Time) Payment {
	if !p.Begun() || p.Disputed {
		return p
	}
	p.Disputed = true
	return p.changed(now)
}

// Fail ends an authorised payment that cannot be captured: its order is cancelled then.
func (p Payment) Fail(now time.Time) Payment {
	p.Status = events.PaymentIsFailed
	return p.changed(now)
}

func (p Payment) changed(now time.Time) Payment {
	p.Version++
	p.UpdatedAt = now.UTC()
	return p
}

// Tells says whether the payment answers the event of its order: with how it was settled. A failed payment is told to the
// order that is complete, and ends it; what its cancellation then says is no news, and answering it would never end (P9).
func (p Payment) Tells(o events.Order) bool {
	if !p.Begun() || !p.Settled() || p.Order.Version != o.Version {
		return false
	}
	switch p.Status {
	case events.PaymentIsFailed:
		return o.Status == events.OrderIsComplete
	case events.PaymentIsRefunded:
		return o.RefundedAt == nil // the order that knows it has just said so
	}
	return true
}

// Duty is what must be done at Stripe, given an order's status and the payment's.
type Duty int

// Nothing to do; take the authorised money; let go of it.
const (
	NoDuty Duty = iota
	Capture
	Void
)

// Duty says what is owed: a complete order's money is taken, a cancelled one's is let go (P3).
func (p Payment) Duty() Duty {
	switch {
	case !p.Begun() || p.Settled():
		return NoDuty
	case p.Order.Status == events.OrderIsComplete:
		return Capture
	case p.Order.Status == events.OrderIsCancelled:
		return Void
	}
	return NoDuty
}
