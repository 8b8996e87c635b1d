// Package stripe is a test double of Stripe for the local runtime and for tests:
// it speaks enough of Stripe's HTTP API for stripe-go to take card payments through
// PaymentIntents, and sends signed webhooks. No money moves, and no real card gets
// through.
//
// Below /v1/ it answers as Stripe does. What was answered is on the disk before it
// is answered: the objects, the money moved, the answer kept under the idempotency
// key and the webhooks to send are written in one transaction.
//
// # Cards
//
// Package card lists them: Stripe's own test cards, by payment method
// (pm_card_visa), token (tok_visa) and number, and two that Stripe lacks:
// pm_card_captureDeclined and pm_card_captureExpired, which are authorised and fail
// when they are captured.
//
// # Controls
//
// Below /_double/ is what only a test double has. Controls read and write JSON and
// need no key: the double listens on this machine only.
//
//	GET    /_double/ledger?order_id=ID       the money moved, by order, payment and currency; see Ledger
//	GET    /_double/ledger?by=KEY&value=V    the same, by another key of the metadata
//	POST   /_double/faults                   make the next calls go wrong; see Fault
//	GET    /_double/faults                   those still to come
//	DELETE /_double/faults
//	GET    /_double/webhooks                 those under way, and how they travel
//	PUT    /_double/webhooks                 {"held":bool,"lose":n,"repeat":n}
//	POST   /_double/events/{id}/send         send an event again
//	POST   /_double/payments/{id}/authenticate  {"outcome":"approve"|"refuse"}: 3-D Secure without its page
//	POST   /_double/payments/{id}/dispute    {"reason":"fraudulent"}
//	POST   /_double/payments/{id}/lapse      let an authorisation expire now
//	DELETE /_double/state                    forget everything
//
// Faults and the mode of webhooks are kept in memory: a restart ends them.
package stripe
