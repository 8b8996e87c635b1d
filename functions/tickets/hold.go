package tickets

import (
	"time"

	"usher.example/events"
)

// Answer says what a ticket has to say to an order's event.
type Answer int

// Silent: nothing. Again: the ticket as it is, for an earlier answer may have been lost. Changed: the ticket, which must
// be written first.
const (
	Silent Answer = iota
	Again
	Changed
	Noted // the register grew, the ticket did not change: to be written, not to be told
)

// Hear takes an order's state into account. Orders' events come late, twice and out of order: what is not newer than the
// register changes nothing, so that a late cancellation of one order cannot free the hold of another (P1).
func (t Ticket) Hear(o events.Order, now time.Time) (Ticket, Answer) {
	at := Register{o.Reservation, o.Version}
	switch {
	case at == t.Register:
		return t, Again
	case !at.after(t.Register):
		return t, Silent
	}
	t.Register = at
	switch o.Status {
	case events.OrderIsCreated, events.OrderIsAwaiting:
		if o.Ticket.Revision != t.Revision {
			return t.refuse(now), Changed // the seller's edit came first (P2): the order must learn of it
		}
		return t.hold(o, events.TicketHeld, now), Changed
	case events.OrderIsComplete:
		return t.hold(o, events.TicketSold, now), Changed
	default: // cancelled
		if t.Hold == nil {
			return t, Noted
		}
		return t.free(now), Changed
	}
}

func (r Register) after(other Register) bool {
	if r.Reservation != other.Reservation {
		return r.Reservation > other.Reservation
	}
	return r.OrderVersion > other.OrderVersion
}

func (t Ticket) hold(o events.Order, status events.TicketStatus, now time.Time) Ticket {
	t.Status = status
	t.Hold = &events.Hold{OrderID: o.ID, BuyerID: o.BuyerID, Reservation: o.Reservation, Until: o.ExpiresAt, RefundedAt: o.RefundedAt}
	return t.changed(now)
}

// refuse leaves the ticket to nobody: a newer reservation means that the one before it is over.
func (t Ticket) refuse(now time.Time) Ticket { return t.free(now) }

func (t Ticket) free(now time.Time) Ticket {
	t.Hold = nil
	if t.Status != events.TicketIsWithdrawn {
		t.Status = events.TicketAvailable
	}
	return t.changed(now)
}
