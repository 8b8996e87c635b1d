package orders

import (
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

// Replica is what orders knows of a ticket, and who has it.
type Replica struct {
	Revision  int64            `dynamodbav:"revision"`
	Title     string           `dynamodbav:"title"`
	SellerID  string           `dynamodbav:"seller_id"`
	Price     events.Money     `dynamodbav:"price"`
	Occasion  *events.Occasion `dynamodbav:"event,omitempty"`
	Seat      *events.Seat     `dynamodbav:"seat,omitempty"`
	Withdrawn bool             `dynamodbav:"withdrawn,omitempty"`
	TicketID  string           `dynamodbav:"ticket_id"`
	Holder    *Holder          `dynamodbav:"holder,omitempty"`
	// Reservations counts how often the ticket was reserved: the fencing token of the next holder is one more.
	Reservations int64 `dynamodbav:"reservations"`
}

// Holder is who has a ticket.
type Holder struct {
	OrderID     string    `dynamodbav:"order_id"`
	BuyerID     string    `dynamodbav:"buyer_id"`
	Reservation int64     `dynamodbav:"reservation"`
	Since       time.Time `dynamodbav:"since"`
	// Revision is the ticket's when it was taken.
	Revision int64 `dynamodbav:"revision"`
}

// See takes a ticket's event into account; news is false where it says nothing newer. Only what is sold counts, so that
// holds, which orders themselves cause, write nothing here.
func (r Replica) See(t events.Ticket) (next Replica, news bool) {
	if t.Revision <= r.Revision {
		return r, false
	}
	r.TicketID, r.Revision, r.Title, r.SellerID, r.Price, r.Occasion, r.Seat = t.ID, t.Revision, t.Title, t.SellerID, t.Price, t.Occasion, t.Seat
	r.Withdrawn = t.Status == events.TicketIsWithdrawn
	return r, true
}

// HeldError says that the ticket has a holder already.
type HeldError struct{ Holder Holder }

// Error implements error.
func (e *HeldError) Error() string { return "held by order " + e.Holder.OrderID }

// Take reserves the ticket for an order. dead names an order that is known to be over: its hold is taken over, and only
// its (P1). An order that has the ticket already, and takes it once more after the seller changed it, gets a new
// reservation: what was announced under the old one, the ticket refuses. Forbidden for the seller, Conflict for what is not for sale, *HeldError where another order has it.
func (r Replica) Take(orderID, buyerID, dead string, now time.Time) (Replica, error) {
	switch {
	case r.SellerID == buyerID:
		return r, problem.New(problem.Forbidden, "This is your own ticket.")
	case r.Withdrawn:
		return r, problem.New(problem.Conflict, "This ticket is no longer for sale.")
	case r.Occasion != nil && !now.Before(r.Occasion.StartsAt):
		return r, problem.New(problem.Conflict, "The event has begun; this ticket is no longer for sale.")
	case r.Holder != nil && r.Holder.OrderID == orderID && r.Holder.Revision == r.Revision:
		return r, nil // our own write, whose answer was lost
	case r.Holder != nil && r.Holder.OrderID != orderID && r.Holder.OrderID != dead:
		return r, &HeldError{*r.Holder}
	}
	r.Reservations++
	r.Holder = &Holder{OrderID: orderID, BuyerID: buyerID, Reservation: r.Reservations, Since: now.UTC(), Revision: r.Revision}
	return r, nil
}

// Release ends the hold of an order, if it still has the ticket.
func (r Replica) Release(orderID string) (next Replica, changed bool) {
	if r.Holder == nil || r.Holder.OrderID != orderID {
		return r, false
	}
	r.Holder = nil
	return r, true
}

// ordered is what an order copies, so that later edits do not change it (P2).
func (r Replica) ordered() events.OrderTicket {
	return events.OrderTicket{
		ID: r.TicketID, Revision: r.Revision, Title: r.Title, SellerID: r.SellerID, Price: r.Price, Occasion: r.Occasion, Seat: r.Seat,
	}
}
