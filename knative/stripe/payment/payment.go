// Package payment holds the rules of Stripe's card payments as pure functions: an
// intent and a command go in, a Change comes out. Storing it, answering and telling
// the world are somebody else's.
//
// Besides the objects, every Change lists the money it moved. The moves are kept
// apart from the objects, so that a test can hold one against the other.
package payment

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"usher.example/knative/stripe/apierror"
)

// Types of the events that are told.
const (
	EventCreated       = "payment_intent.created"
	EventCapturable    = "payment_intent.amount_capturable_updated"
	EventSucceeded     = "payment_intent.succeeded"
	EventFailed        = "payment_intent.payment_failed"
	EventCanceled      = "payment_intent.canceled"
	EventAction        = "payment_intent.requires_action"
	EventChargeOK      = "charge.succeeded"
	EventChargeFailed  = "charge.failed"
	EventChargeTaken   = "charge.captured"
	EventChargeExpired = "charge.expired"
	EventRefunded      = "charge.refunded"
	EventDisputed      = "charge.dispute.created"
)

// EventTypes lists them all.
func EventTypes() []string {
	return []string{
		EventCreated, EventCapturable, EventSucceeded, EventFailed, EventCanceled, EventAction,
		EventChargeOK, EventChargeFailed, EventChargeTaken, EventChargeExpired, EventRefunded, EventDisputed,
	}
}

// Kinds of moves.
const (
	MoveAuthorized = "authorized" // the bank holds the money for us
	MoveCaptured   = "captured"   // we took it
	MoveReleased   = "released"   // we, or the bank, let it go without taking it
	MoveRefunded   = "refunded"   // we gave it back
	MoveDisputed   = "disputed"   // the bank took it back
)

// Move is one movement of money. Moves are never changed or deleted.
type Move struct {
	ID            string    `json:"id"`
	At            time.Time `json:"at"`
	Kind          string    `json:"kind"`
	PaymentIntent string    `json:"payment_intent"`
	Charge        string    `json:"charge"`
	Amount        int64     `json:"amount"` // minor units
	Currency      string    `json:"currency"`
}

// Event is one thing that happened, with the object as it was then.
type Event struct {
	Type   string
	Object any
}

// Change is what a rule decided. Objects that are nil did not change.
type Change struct {
	Intent  *Intent
	Charge  *Charge
	Method  *MethodRecord
	Refund  *Refund
	Dispute *Dispute
	Moves   []Move
	Events  []Event
	// Refusal is the answer when the bank, or the intent's status, says no. The
	// change still holds: a declined attempt is remembered.
	Refusal *apierror.Error
}

func (c *Change) tell(eventType string, object any) {
	c.Events = append(c.Events, Event{Type: eventType, Object: object})
}

func (c *Change) move(env Env, kind string, charge *Charge, amount int64) {
	c.Moves = append(c.Moves, Move{
		ID: env.IDs.New("move_"), At: env.Now, Kind: kind, PaymentIntent: charge.PaymentIntent, Charge: charge.ID,
		Amount: amount, Currency: charge.Currency,
	})
}

// refused is a change of nothing.
func refused(err *apierror.Error) Change { return Change{Refusal: err} }

// Env is what a rule may not make up itself.
type Env struct {
	Now time.Time
	IDs IDs
}

// IDs makes identifiers. Those made later sort after those made earlier, which is
// how lists get their order.
type IDs interface {
	New(prefix string) string
}

// alphabet is in the order of bytes, so that ids sort as their times do.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// timeDigits hold microseconds since 1970 until the year 2398; randomDigits are 77
// bits, more than anyone guesses.
const (
	timeDigits   = 9
	randomDigits = 13
)

// RandomIDs makes identifiers as Stripe's look. The zero value is not usable: Now
// must be set.
type RandomIDs struct {
	Now func() time.Time

	mu   sync.Mutex
	last int64
}

// New returns prefix, the time and a random part.
func (r *RandomIDs) New(prefix string) string {
	r.mu.Lock()
	r.last = max(r.last+1, r.Now().UnixMicro())
	micro := r.last
	r.mu.Unlock()

	digits := make([]byte, timeDigits)
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = alphabet[micro%int64(len(alphabet))]
		micro /= int64(len(alphabet))
	}
	return prefix + string(digits) + random(randomDigits)
}

// random returns n characters of the alphabet. Bytes past the last whole multiple
// of its length are thrown away, so that no character is likelier than another.
func random(n int) string {
	const fair = 256 - 256%len(alphabet)
	var b strings.Builder
	buffer := make([]byte, 2*n)
	for b.Len() < n {
		_, _ = rand.Read(buffer) // never fails: crypto/rand ends the process first
		for _, c := range buffer {
			if int(c) < fair && b.Len() < n {
				b.WriteByte(alphabet[int(c)%len(alphabet)])
			}
		}
	}
	return b.String()
}

// secretDigits make a client secret as long as Stripe's.
const secretDigits = 25

// secret is what lets a browser act on one intent and no other.
func secret(id string) string { return id + "_secret_" + random(secretDigits) }
