package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// SchemaBase and the file name of a schema, which is named by the data it describes, make an event's dataschema.
const SchemaBase = "https://usher.example/schemas/"

// Envelope is what CloudEvents says about a snapshot besides its data.
type Envelope struct {
	Type    Type
	Source  string
	Subject string // the aggregate's id
	Version int64  // of the aggregate; 0 where the data has none
	Schema  string // file name below SchemaBase
	Time    time.Time
}

// Snapshot is an aggregate's public state that can be sent: Ticket, Order, Payment, User, Recovery,
// Clearance, Expiring, Expiry.
type Snapshot interface {
	// Envelope fails where this state is not one that others are told of.
	Envelope() (Envelope, error)
}

// ErrNotSent is returned for a state that no event tells of, such as a payment that is still being authorised.
var ErrNotSent = errors.New("no event tells of this state")

// Envelope implements Snapshot.
func (t Ticket) Envelope() (Envelope, error) {
	e := Envelope{TicketUpdated, SourceTickets, t.ID, t.Version, "ticket.v1.json", t.UpdatedAt}
	switch {
	case t.Status == TicketIsWithdrawn:
		e.Type = TicketWithdrawn
	case t.Version == 1:
		e.Type = TicketCreated
	}
	return e, nil
}

// Envelope implements Snapshot.
func (o Order) Envelope() (Envelope, error) {
	e := Envelope{"", SourceOrders, o.ID, o.Version, "order.v1.json", o.UpdatedAt}
	switch o.Status {
	case OrderIsCreated:
		e.Type = OrderCreated
	case OrderIsAwaiting:
		e.Type = OrderAwaitingPayment
	case OrderIsComplete:
		e.Type = OrderCompleted
	case OrderIsCancelled:
		e.Type = OrderCancelled
	default:
		return e, fmt.Errorf("order status %q: %w", o.Status, ErrNotSent)
	}
	return e, nil
}

// Envelope implements Snapshot.
func (x Expiry) Envelope() (Envelope, error) {
	return Envelope{OrderExpired, SourceExpiration, x.OrderID, 0, "expiry.v1.json", x.ExpiresAt}, nil
}

// Envelope implements Snapshot.
func (x Expiring) Envelope() (Envelope, error) {
	return Envelope{OrderExpiring, SourceExpiration, x.OrderID, 0, "expiring.v1.json", x.RemindAt}, nil
}

// Envelope implements Snapshot. What is not yet authorised concerns nobody else.
func (p Payment) Envelope() (Envelope, error) {
	e := Envelope{"", SourcePayments, p.ID, p.Version, "payment.v1.json", p.UpdatedAt}
	switch p.Status {
	case PaymentIsAuthorized:
		e.Type = PaymentCreated
	case PaymentIsCaptured:
		e.Type = PaymentCaptured
	case PaymentIsVoided:
		e.Type = PaymentVoided
	case PaymentIsFailed:
		e.Type = PaymentFailed
	case PaymentIsRefunded:
		e.Type = PaymentRefunded
	default:
		return e, fmt.Errorf("payment status %q: %w", p.Status, ErrNotSent)
	}
	return e, nil
}

// Envelope implements Snapshot.
func (u User) Envelope() (Envelope, error) {
	e := Envelope{UserUpdated, SourceUsers, u.ID, u.Version, "user.v1.json", u.UpdatedAt}
	switch {
	case u.Status == UserIsDeleted:
		e.Type = UserDeleted
	case u.Status == UserIsClosing:
		e.Type = UserClosing
	case u.Status != UserIsActive:
		return e, fmt.Errorf("user status %q: %w", u.Status, ErrNotSent)
	case u.Version == 1:
		e.Type = UserCreated
	}
	return e, nil
}

// Envelope implements Snapshot.
func (r Recovery) Envelope() (Envelope, error) {
	return Envelope{RecoveryAsked, SourceUsers, r.ID, 0, "recovery.v1.json", r.At}, nil
}

// Envelope implements Snapshot.
func (c Clearance) Envelope() (Envelope, error) {
	e := Envelope{ClearanceGiven, SourceTickets, c.UserID, c.Version, "clearance.v1.json", c.At}
	if c.By == ByOrders {
		e.Source = SourceOrders
	}
	if c.Live > 0 {
		e.Type = ClearanceRefused
	}
	return e, nil
}

// New makes the CloudEvent that tells of s, with every attribute set. It fails with ErrNotSent where no event does.
func New(s Snapshot) (cloudevents.Event, error) {
	env, err := s.Envelope()
	if err != nil {
		return cloudevents.Event{}, err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("encode %s: %w", env.Type, err)
	}
	return env.Event(data)
}

// Event makes the CloudEvent of an envelope around data, which is JSON.
func (env Envelope) Event(data []byte) (cloudevents.Event, error) {
	e := cloudevents.NewEvent()
	e.SetType(string(env.Type))
	e.SetSource(env.Source)
	e.SetSubject(env.Subject)
	e.SetTime(env.Time.UTC())
	e.SetDataSchema(SchemaBase + env.Schema)
	e.SetExtension("partitionkey", env.Subject)
	if env.Version > 0 {
		e.SetID(fmt.Sprintf("%s.%d", env.Subject, env.Version))
		e.SetExtension("sequence", fmt.Sprintf("%020d", env.Version)) // fixed width: sorts as text, as the sequence extension asks
	} else {
		e.SetID(env.Subject + "." + happened(env.Type))
	}
	if err := e.SetData(cloudevents.ApplicationJSON, data); err != nil {
		return e, fmt.Errorf("set data of %s: %w", env.Type, err)
	}
	return e, e.Validate()
}

// happened is what a type says that happened: expired of usher.order.expired.v1.
func happened(t Type) string {
	parts := strings.Split(string(t), ".")
	return parts[len(parts)-2]
}
