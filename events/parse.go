package events

import (
	"encoding/json"
	"fmt"
	"slices"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"
)

// BadEventError is an event that no retry will make right: the sender broke the contract.
type BadEventError struct {
	ID, Type, Why string
}

// Error names the event and what is wrong with it.
func (e *BadEventError) Error() string {
	return fmt.Sprintf("event %q of type %q: %s", e.ID, e.Type, e.Why)
}

// Parse reads the data of an event that must be of one of the types. Unknown fields are ignored, as a sender may be newer
// than its reader; what is missing or of the wrong form is a *BadEventError.
func Parse[T Snapshot](e cloudevents.Event, types ...Type) (T, error) {
	var data T
	bad := func(format string, args ...any) (T, error) {
		return data, &BadEventError{e.ID(), e.Type(), fmt.Sprintf(format, args...)}
	}
	if !slices.Contains(types, Type(e.Type())) {
		return bad("not a type this function handles: %v", types)
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return bad("data is not what the type says: %v", err)
	}
	env, err := data.Envelope()
	if err != nil {
		return bad("%v", err)
	}
	if why := check(data); why != "" {
		return bad("%s", why)
	}
	// A ticket's first event may be re-sent as an update and the other way round; what is told must otherwise fit the type.
	if env.Type != Type(e.Type()) && env.Schema != "ticket.v1.json" {
		return bad("data says %s", env.Type)
	}
	if e.Subject() != env.Subject {
		return bad("subject %q is not the data's %q", e.Subject(), env.Subject)
	}
	return data, nil
}

// check says what is wrong with data that decoded, or nothing.
func check(s Snapshot) string {
	switch d := any(s).(type) {
	case Ticket:
		if d.Version < 1 || d.Revision < 1 {
			return "version and revision start at 1"
		}
		if d.Hold != nil && (!isID(d.Hold.OrderID) || !isID(d.Hold.BuyerID) || d.Hold.Reservation < 1) {
			return "hold lacks an order, a buyer or a reservation"
		}
		if !slices.Contains([]TicketStatus{TicketAvailable, TicketHeld, TicketSold, TicketIsWithdrawn}, d.Status) {
			return fmt.Sprintf("unknown status %q", d.Status)
		}
		return checkIDs(d.ID, d.SellerID)
	case Order:
		if d.Version < 1 || d.Reservation < 1 {
			return "version and reservation start at 1"
		}
		if d.ExpiresAt.IsZero() {
			return "expires_at is missing"
		}
		return checkIDs(d.ID, d.BuyerID, d.Ticket.ID)
	case Expiry:
		if d.ExpiresAt.IsZero() {
			return "expires_at is missing"
		}
		return checkIDs(d.OrderID, d.BuyerID)
	case Expiring:
		if d.ExpiresAt.IsZero() || d.RemindAt.IsZero() {
			return "expires_at or remind_at is missing"
		}
		return checkIDs(d.OrderID, d.BuyerID, d.Ticket.ID)
	case Payment:
		if d.Version < 1 {
			return "version starts at 1"
		}
		return checkIDs(d.ID, d.OrderID, d.BuyerID)
	case Clearance:
		if d.Version < 1 || d.Live < 0 || d.By != ByTickets && d.By != ByOrders {
			return "version, live or by is wrong"
		}
		return checkIDs(d.UserID)
	case Recovery:
		switch {
		case d.At.IsZero() || d.Epoch < 0:
			return "at is missing, or epoch is wrong"
		case d.UserID == "": // nobody's
			return checkIDs(d.ID)
		}
		return checkIDs(d.ID, d.UserID)
	case User:
		switch {
		case d.Version < 1:
			return "version starts at 1"
		case d.Status == UserIsActive && d.Email == "":
			return "email is missing"
		}
		return checkIDs(d.ID)
	}
	return ""
}

func checkIDs(ids ...string) string {
	for _, id := range ids {
		if !isID(id) {
			return fmt.Sprintf("%q is not a UUID", id)
		}
	}
	return ""
}

func isID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }

// CheckPing refuses what is not the minute's ping.
func CheckPing(e cloudevents.Event) error {
	if Type(e.Type()) != Ping {
		return &BadEventError{ID: e.ID(), Type: e.Type(), Why: "not a ping"}
	}
	return nil
}
