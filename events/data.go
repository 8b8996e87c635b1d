package events

import "time"

// Money is an amount in the minor unit of a currency: {4200, "USD"} is 42 dollars, {4200, "JPY"} 4200 yen.
// Never a floating-point number: most decimal prices have none that is equal.
type Money struct {
	Amount   int64  `json:"amount" jsonschema:"minimum=0" jsonschema_description:"Minor units of the currency (cents for USD)."`
	Currency string `json:"currency" jsonschema:"pattern=^[A-Z]{3}$" jsonschema_description:"ISO 4217 code."`
}

// Occasion is what a ticket admits to: the concert, match or play. (JSON calls it event; Go leaves that word to CloudEvents.)
type Occasion struct {
	Name     string    `json:"name" jsonschema:"minLength=1"`
	Venue    string    `json:"venue,omitempty"`
	City     string    `json:"city,omitempty"`
	StartsAt time.Time `json:"starts_at" jsonschema_description:"RFC 3339, UTC."`
	TimeZone string    `json:"time_zone,omitempty" jsonschema_description:"IANA name of the zone the venue is in, for display."`
}

// Seat is where the ticket lets one sit; all parts are free text as printed on the ticket.
type Seat struct {
	Section string `json:"section,omitempty"`
	Row     string `json:"row,omitempty"`
	Number  string `json:"number,omitempty"`
}

// TicketStatus says whether a ticket can be bought.
type TicketStatus string

// A ticket is available until an order holds it; then it is sold, or available again. A withdrawn one stays so.
const (
	TicketAvailable   TicketStatus = "available"
	TicketHeld        TicketStatus = "held"
	TicketSold        TicketStatus = "sold"
	TicketIsWithdrawn TicketStatus = "withdrawn"
)

// Hold is the order that has a ticket, as the ticket knows it.
type Hold struct {
	OrderID string `json:"order_id" jsonschema:"format=uuid"`
	BuyerID string `json:"buyer_id" jsonschema:"format=uuid"`
	// Reservation is the fencing token the hold was given: a later reservation of the ticket has a greater one.
	Reservation int64     `json:"reservation" jsonschema:"minimum=1"`
	Until       time.Time `json:"until" jsonschema_description:"When the order expires if unpaid. RFC 3339, UTC."`
	// RefundedAt is when the money of a sold ticket was given back; the ticket stays sold.
	RefundedAt *time.Time `json:"refunded_at,omitempty"`
}

// Ticket is the public state of a ticket.
type Ticket struct {
	ID string `json:"id" jsonschema:"format=uuid"`
	// Version grows by one with every change; Revision only with changes of what is sold: title, price, event, seat, or its withdrawal.
	Version   int64        `json:"version" jsonschema:"minimum=1"`
	Revision  int64        `json:"revision" jsonschema:"minimum=1"`
	Status    TicketStatus `json:"status" jsonschema:"enum=available,enum=held,enum=sold,enum=withdrawn"`
	SellerID  string       `json:"seller_id" jsonschema:"format=uuid"`
	Title     string       `json:"title" jsonschema:"minLength=1"`
	Price     Money        `json:"price"`
	FaceValue *Money       `json:"face_value,omitempty" jsonschema_description:"What is printed on the ticket."`
	Occasion  *Occasion    `json:"event,omitempty"`
	Seat      *Seat        `json:"seat,omitempty"`
	Hold      *Hold        `json:"hold,omitempty"`
	Attached  bool         `json:"attached,omitempty" jsonschema_description:"Whether the ticket itself is kept for its buyer."`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

// OrderStatus says how far an order is.
type OrderStatus string

// An order is created, then awaits payment once its ticket is held for it, then is complete or cancelled.
const (
	OrderIsCreated   OrderStatus = "created"
	OrderIsAwaiting  OrderStatus = "awaiting_payment"
	OrderIsComplete  OrderStatus = "complete"
	OrderIsCancelled OrderStatus = "cancelled"
)

// Live says whether an order of this status has the ticket to itself (P1).
func (s OrderStatus) Live() bool {
	return s == OrderIsCreated || s == OrderIsAwaiting || s == OrderIsComplete
}

// Unpaid says whether an order of this status may still be cancelled or expire.
func (s OrderStatus) Unpaid() bool { return s == OrderIsCreated || s == OrderIsAwaiting }

// Reason says why an order is cancelled.
type Reason string

// Why an order is cancelled.
const (
	CancelledByBuyer   Reason = "cancelled_by_buyer"
	CancelledExpired   Reason = "expired"
	CancelledChanged   Reason = "ticket_changed"
	CancelledPayment   Reason = "payment_failed"
	CancelledAbandoned Reason = "abandoned" // its creation was never finished
)

// OrderTicket is what was ordered, copied when it was: later edits of the ticket do not change it (P2).
type OrderTicket struct {
	ID       string    `json:"id" jsonschema:"format=uuid"`
	Revision int64     `json:"revision" jsonschema:"minimum=0"`
	Title    string    `json:"title"`
	SellerID string    `json:"seller_id"`
	Price    Money     `json:"price"`
	Occasion *Occasion `json:"event,omitempty"`
	Seat     *Seat     `json:"seat,omitempty"`
}

// Order is the public state of an order.
type Order struct {
	ID      string      `json:"id" jsonschema:"format=uuid"`
	Version int64       `json:"version" jsonschema:"minimum=1"`
	Status  OrderStatus `json:"status" jsonschema:"enum=created,enum=awaiting_payment,enum=complete,enum=cancelled"`
	Reason  Reason      `json:"reason,omitempty" jsonschema:"enum=cancelled_by_buyer,enum=expired,enum=ticket_changed,enum=payment_failed,enum=abandoned"`
	BuyerID string      `json:"buyer_id" jsonschema:"format=uuid"`
	// Reservation is the fencing token the order got with the ticket.
	Reservation int64       `json:"reservation" jsonschema:"minimum=1"`
	Ticket      OrderTicket `json:"ticket"`
	CreatedAt   time.Time   `json:"created_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	ExpiresAt   time.Time   `json:"expires_at"`
	// RefundedAt is when the money of a complete order was given back; the order stays complete (P3: what was charged once is
	// on its record for good).
	RefundedAt *time.Time `json:"refunded_at,omitempty"`
}

// Expiry says that an order's time is over; whether it still matters, orders decides.
type Expiry struct {
	OrderID   string    `json:"order_id" jsonschema:"format=uuid"`
	BuyerID   string    `json:"buyer_id" jsonschema:"format=uuid"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Expiring says that an order's time will soon be over; whether it still matters, its receivers decide. It holds what one
// must know to remind the buyer.
type Expiring struct {
	OrderID   string      `json:"order_id" jsonschema:"format=uuid"`
	BuyerID   string      `json:"buyer_id" jsonschema:"format=uuid"`
	RemindAt  time.Time   `json:"remind_at" jsonschema_description:"When the buyer is to be reminded. RFC 3339, UTC."`
	ExpiresAt time.Time   `json:"expires_at"`
	Ticket    OrderTicket `json:"ticket"`
}

// PaymentStatus says how far a payment is.
type PaymentStatus string

// A payment is authorised first (perhaps after 3-D Secure), then captured when its order completes or voided when it
// does not. It is failed when an authorisation could not be captured.
const (
	PaymentAuthorizing    PaymentStatus = "authorizing"
	PaymentRequiresAction PaymentStatus = "requires_action"
	PaymentIsAuthorized   PaymentStatus = "authorized"
	PaymentIsCaptured     PaymentStatus = "captured"
	PaymentIsVoided       PaymentStatus = "voided"
	PaymentIsFailed       PaymentStatus = "failed"
	PaymentIsRefunded     PaymentStatus = "refunded"
)

// Payment is the public state of a payment.
type Payment struct {
	ID      string        `json:"id" jsonschema:"format=uuid"`
	Version int64         `json:"version" jsonschema:"minimum=1"`
	OrderID string        `json:"order_id" jsonschema:"format=uuid"`
	BuyerID string        `json:"buyer_id" jsonschema:"format=uuid"`
	Amount  Money         `json:"amount"`
	Status  PaymentStatus `json:"status" jsonschema:"enum=authorizing,enum=requires_action,enum=authorized,enum=captured,enum=voided,enum=failed,enum=refunded"`
	// PaymentIntentID is Stripe's id of it, pi_…; empty until Stripe has answered.
	PaymentIntentID string `json:"payment_intent_id,omitempty"`
	// Disputed says that the buyer's bank has asked the money back; whoever operates the place has to answer it.
	Disputed  bool      `json:"disputed,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// UserStatus says whether there is still somebody behind an id.
type UserStatus string

// An account is active until its owner wants it deleted: then it is closing while the others say whether anything of it is
// live, and deleted or active again. A deleted one stays so.
const (
	UserIsActive  UserStatus = "active"
	UserIsClosing UserStatus = "closing"
	UserIsDeleted UserStatus = "deleted"
)

// User is what others may know of a person's account. Of a deleted one nothing personal is left.
type User struct {
	ID      string     `json:"id" jsonschema:"format=uuid"`
	Version int64      `json:"version" jsonschema:"minimum=1"`
	Status  UserStatus `json:"status" jsonschema:"enum=active,enum=closing,enum=deleted"`
	Email   string     `json:"email,omitempty" jsonschema_description:"Where mail reaches them; absent once the account is deleted."`
	// Epoch counts what ends sessions: one that was begun in an earlier epoch is over.
	Epoch     int64     `json:"epoch,omitempty" jsonschema:"minimum=0"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Recovery says that somebody who forgot the password of an account asked for a mail to set a new one. It is told whether or not there
// is such an account, so that asking takes as long; and it holds nothing by which the account could be had.
type Recovery struct {
	ID string `json:"id" jsonschema:"format=uuid"`
	// UserID is whose account it is; empty where the address has none. Epoch is that of the account then: what is mailed ends with it.
	UserID string    `json:"user_id,omitempty" jsonschema:"format=uuid"`
	Epoch  int64     `json:"epoch,omitempty" jsonschema:"minimum=0"`
	At     time.Time `json:"at" jsonschema_description:"When it was asked for. RFC 3339, UTC."`
}

// Clearance says whether a service minds that an account is deleted: what of it is live there.
type Clearance struct {
	UserID string `json:"user_id" jsonschema:"format=uuid"`
	// Version is that of the user whose deletion is asked about.
	Version int64     `json:"version" jsonschema:"minimum=1"`
	By      string    `json:"by" jsonschema:"enum=tickets,enum=orders"`
	Live    int       `json:"live" jsonschema:"minimum=0" jsonschema_description:"Tickets for sale or held, or orders that are not paid."`
	At      time.Time `json:"at"`
}

// Who gives clearance.
const (
	ByTickets = "tickets"
	ByOrders  = "orders"
)
