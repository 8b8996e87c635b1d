// Package tickets is what is for sale, and whether somebody holds it.
//
// The rules are in ticket.go (what a seller may do) and hold.go (what an order does to a ticket); they are pure. The
// functions around them load, decide, write and tell.
package tickets

import (
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

// Terms is what a seller says about a ticket.
type Terms struct {
	Title     string
	Price     events.Money
	FaceValue *events.Money
	Occasion  *events.Occasion
	Seat      *events.Seat
}

// Ticket is a ticket with what only this service knows of it.
type Ticket struct {
	events.Ticket
	// Register orders what orders say about the ticket: the newest reservation wins, and within it the newest version of
	// its order (P1). It is kept when the hold is gone.
	Register Register
	// Delivery points at what the seller attached; Admission is that the buyer used it.
	Delivery  Pointer
	Admission *Admission
}

// Register is a last-writer-wins clock. It grows, first by Reservation, then by OrderVersion.
type Register struct {
	Reservation  int64 `dynamodbav:"reservation"`
	OrderVersion int64 `dynamodbav:"order_version"`
}

// List puts a new ticket up for sale.
func List(id, seller string, t Terms, now time.Time) Ticket {
	ticket := Ticket{Ticket: events.Ticket{
		ID: id, Version: 1, Revision: 1, Status: events.TicketAvailable, SellerID: seller,
		CreatedAt: now.UTC(), UpdatedAt: now.UTC(),
	}}
	return ticket.with(t)
}

func (t Ticket) with(terms Terms) Ticket {
	t.Title, t.Price, t.FaceValue, t.Occasion, t.Seat = terms.Title, terms.Price, terms.FaceValue, terms.Occasion, terms.Seat
	return t
}

// Edit changes what is sold. Forbidden to all but the seller; Conflict while an order has the ticket (P2) or once it is gone.
func (t Ticket) Edit(by string, terms Terms, now time.Time) (Ticket, error) {
	if err := t.mayChange(by); err != nil {
		return t, err
	}
	if t.Status == events.TicketIsWithdrawn {
		return t, problem.New(problem.Conflict, "This ticket was withdrawn; it cannot be edited any more.")
	}
	t = t.with(terms)
	return t.revised(now), nil
}

// Withdraw takes a ticket off the market. Refusals as for Edit; a withdrawn ticket stays so, without a change.
func (t Ticket) Withdraw(by string, now time.Time) (Ticket, error) {
	if err := t.mayChange(by); err != nil {
		return t, err
	}
	if t.Status == events.TicketIsWithdrawn {
		return t, nil
	}
	t.Status = events.TicketIsWithdrawn
	return t.revised(now), nil
}

// revised counts a change of what is sold: an order made before it is refused its hold.
func (t Ticket) revised(now time.Time) Ticket {
	t.Revision++
	return t.changed(now)
}

func (t Ticket) changed(now time.Time) Ticket {
	t.Version++
	t.UpdatedAt = now.UTC()
	return t
}

func (t Ticket) mayChange(by string) error {
	switch {
	case t.SellerID != by:
		return problem.New(problem.Forbidden, "Only its seller can change a ticket.")
	case t.Status == events.TicketHeld:
		return problem.New(problem.Conflict, "Somebody is buying this ticket right now; it cannot be changed unless they give it up.")
	case t.Status == events.TicketSold:
		return problem.New(problem.Conflict, "This ticket is sold; it cannot be changed any more.")
	}
	return nil
}

// ForSale says whether a ticket can be bought at this time: nobody has it, and its event has not begun.
func ForSale(t events.Ticket, now time.Time) bool {
	return t.Status == events.TicketAvailable && !hasBegun(t, now)
}

func hasBegun(t events.Ticket, now time.Time) bool {
	return t.Occasion != nil && !now.Before(t.Occasion.StartsAt)
}
