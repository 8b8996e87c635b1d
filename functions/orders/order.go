// Package orders decides who may buy: each ticket has at most one holder, and one conditional write says who (P1).
//
// The rules are in holder.go (the ticket's replica with its holder) and order.go (an order's life); they are pure. The
// functions around them load, decide, write and tell.
package orders

import (
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

// Abandoned is how old a holder without an order must be before another buyer, or the ticket's own event, ends it. Its
// creator is slow or dead; safety does not rest on the time, it only keeps busy buyers from undoing each other.
const Abandoned = 10 * time.Second

// New is an order for a ticket that was just taken for it.
func New(id, buyer string, r Replica, now time.Time, ttl time.Duration) events.Order {
	return events.Order{
		ID: id, Version: 1, Status: events.OrderIsCreated, BuyerID: buyer, Reservation: r.Holder.Reservation,
		Ticket: r.ordered(), CreatedAt: now.UTC(), UpdatedAt: now.UTC(), ExpiresAt: now.UTC().Add(ttl),
	}
}

// Tombstone is the order of a holder whose creator never wrote one: dead, so that the creator's own write fails. Its
// version is above that of the order that may have been announced.
func Tombstone(r Replica, now time.Time) events.Order {
	o := New(r.Holder.OrderID, r.Holder.BuyerID, r, r.Holder.Since, 0)
	o.Version, o.Status, o.Reason, o.UpdatedAt = 2, events.OrderIsCancelled, events.CancelledAbandoned, now.UTC()
	return o
}

// OverAsOf is a cancelled order as a ticket is told of it that is held for it. A slow retry of its creation may have
// reserved the ticket once more when the order was over already; that reservation is the order's too, and over with it.
func OverAsOf(o events.Order, h *events.Hold) events.Order {
	if h != nil && h.OrderID == o.ID {
		o.Reservation = max(o.Reservation, h.Reservation)
	}
	return o
}

func to(o events.Order, s events.OrderStatus, why events.Reason, now time.Time) events.Order {
	o.Status, o.Reason, o.UpdatedAt = s, why, now.UTC()
	o.Version++
	return o
}

// Cancel ends an unpaid order for its buyer. A cancelled one stays as it is; a complete one is Conflict: money was taken,
// so it can be refunded but not cancelled (P3).
func Cancel(o events.Order, now time.Time) (events.Order, error) {
	switch o.Status {
	case events.OrderIsComplete:
		return o, problem.New(problem.Conflict, "This order is paid; it cannot be cancelled any more.")
	case events.OrderIsCancelled:
		return o, nil
	}
	return to(o, events.OrderIsCancelled, events.CancelledByBuyer, now), nil
}

// Expire ends an order that is unpaid when its time is over; any other stays as it is (P4).
func Expire(o events.Order, now time.Time) events.Order {
	if !Expired(o, now) {
		return o
	}
	return to(o, events.OrderIsCancelled, events.CancelledExpired, now)
}

// Expired says whether an order is unpaid although its time is over.
func Expired(o events.Order, now time.Time) bool {
	return o.Status.Unpaid() && !now.Before(o.ExpiresAt)
}

// Pay completes an order that awaits payment. This one write decides the race of payment, expiry and cancellation (P3):
// an order that is over stays so, and whoever authorised the payment learns it from the order's event.
func Pay(o events.Order, now time.Time) (events.Order, error) {
	switch o.Status {
	case events.OrderIsAwaiting:
		return to(o, events.OrderIsComplete, "", now), nil
	case events.OrderIsCreated:
		return o, problem.New(problem.Conflict, "order %s is paid before its ticket is known to be held", o.ID)
	}
	return o, nil
}

// Refunded notes that a complete order's money was given back. The order stays complete and the ticket sold: what happens
// to the seat is between people. Any other order stays as it is, as it was never charged.
func Refunded(o events.Order, at, now time.Time) events.Order {
	if o.Status != events.OrderIsComplete || o.RefundedAt != nil {
		return o
	}
	at = at.UTC()
	o.RefundedAt = &at
	return to(o, events.OrderIsComplete, "", now)
}

// PaymentFailed ends an order whose authorised payment could not be captured: nobody was charged.
func PaymentFailed(o events.Order, now time.Time) events.Order {
	if o.Status == events.OrderIsCancelled {
		return o
	}
	return to(o, events.OrderIsCancelled, events.CancelledPayment, now)
}

// KnowsTicket says that a ticket's state is no news to orders but for the order that it is held for or sold to: the order is
// alive, this is its reservation, and it was made of this revision or a later one. So it is the ticket's holder (P1).
func KnowsTicket(o events.Order, t events.Ticket) bool {
	return t.Hold != nil && t.Hold.OrderID == o.ID && t.Hold.Reservation == o.Reservation &&
		o.Status != events.OrderIsCancelled && t.Revision <= o.Ticket.Revision
}

// SeeTicket is what an order that has the ticket learns from the ticket's state: it can be paid once the ticket is held
// for it, and it is over when what is sold has changed since (P2). replica is the newest revision that orders knows.
func SeeTicket(o events.Order, t events.Ticket, revision int64, now time.Time) (next events.Order, tell bool) {
	held := t.Status == events.TicketHeld && t.Hold != nil && t.Hold.OrderID == o.ID && t.Hold.Reservation == o.Reservation
	switch {
	case o.Status == events.OrderIsCreated && held:
		return to(o, events.OrderIsAwaiting, "", now), true
	case o.Status == events.OrderIsCreated && revision > o.Ticket.Revision:
		return to(o, events.OrderIsCancelled, events.CancelledChanged, now), true
	case o.Status == events.OrderIsAwaiting && held, o.Status == events.OrderIsCancelled:
		return o, true // an earlier answer may have been lost
	}
	return o, false
}
