package events

// Type is a CloudEvent type of this system: usher.<aggregate>.<what happened>.v<major>.
// An incompatible change of the data needs a new major version beside the old one.
type Type string

// The types, by who sends them.
const (
	// Sent by tickets; the data is a Ticket.
	TicketCreated   Type = "usher.ticket.created.v1"
	TicketUpdated   Type = "usher.ticket.updated.v1"
	TicketWithdrawn Type = "usher.ticket.withdrawn.v1"

	// Sent by orders; the data is an Order.
	OrderCreated         Type = "usher.order.created.v1"
	OrderAwaitingPayment Type = "usher.order.awaiting-payment.v1"
	OrderCompleted       Type = "usher.order.completed.v1"
	OrderCancelled       Type = "usher.order.cancelled.v1"

	// Sent by expiration; the data is an Expiring, then an Expiry.
	OrderExpiring Type = "usher.order.expiring.v1"
	OrderExpired  Type = "usher.order.expired.v1"

	// Sent by payments; the data is a Payment.
	PaymentCreated  Type = "usher.payment.created.v1"
	PaymentCaptured Type = "usher.payment.captured.v1"
	PaymentVoided   Type = "usher.payment.voided.v1"
	PaymentFailed   Type = "usher.payment.failed.v1"
	PaymentRefunded Type = "usher.payment.refunded.v1"

	// Sent by users; the data is a User.
	UserCreated Type = "usher.user.created.v1"
	UserUpdated Type = "usher.user.updated.v1"
	UserClosing Type = "usher.user.closing.v1"
	UserDeleted Type = "usher.user.deleted.v1"

	// Sent by users; the data is a Recovery.
	RecoveryAsked Type = "usher.recovery.asked.v1"

	// Sent by tickets and by orders; the data is a Clearance.
	ClearanceGiven   Type = "usher.clearance.given.v1"
	ClearanceRefused Type = "usher.clearance.refused.v1"

	// Ping is Knative's own: what a PingSource sends each time its schedule is due.
	Ping Type = "dev.knative.sources.ping"
)

// Sources, as CloudEvents name them: who sent the event.
const (
	SourceTickets    = "/usher/tickets"
	SourceOrders     = "/usher/orders"
	SourceExpiration = "/usher/expiration"
	SourcePayments   = "/usher/payments"
	SourceUsers      = "/usher/users"
)
