// Package card is the catalogue of test cards: which payment methods, tokens and
// numbers the test double knows, and how the bank behind each one behaves.
//
// Names and numbers are those of Stripe's test mode, except the two that fail when
// an authorisation is captured: Stripe has no card for that.
package card

import "usher.example/knative/stripe/apierror"

// Challenge says when the bank wants to see the cardholder (3-D Secure).
type Challenge string

// Kinds of challenges.
const (
	ChallengeNever  Challenge = ""
	ChallengeAlways Challenge = "always"
)

// CaptureFault says what happens when an authorisation is captured.
type CaptureFault string

// Kinds of capture faults.
const (
	CaptureWorks    CaptureFault = ""
	CaptureDeclined CaptureFault = "declined" // the bank takes its word back
	CaptureExpired  CaptureFault = "expired"  // the authorisation has lapsed
)

// Card is one test card.
type Card struct {
	// Names are what follows pm_card_ and tok_.
	Names   []string
	Number  string
	Brand   string
	Funding string
	Country string

	Challenge Challenge
	Decline   *Decline // nil when the bank says yes
	Capture   CaptureFault
	Disputed  bool // the cardholder disputes the charge as soon as it is captured
}

// Decline is the bank's reason to say no.
type Decline struct {
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Message     string `json:"message"`
}

// Error is the answer to whoever asked for the money.
func (d *Decline) Error() *apierror.Error {
	return apierror.Card(d.Code, d.DeclineCode, d.Message)
}

var (
	generic      = &Decline{apierror.CodeCardDeclined, "generic_decline", "Your card was declined."}
	insufficient = &Decline{apierror.CodeCardDeclined, "insufficient_funds", "Your card has insufficient funds."}
	lost         = &Decline{apierror.CodeCardDeclined, "lost_card", "Your card was declined."}
	stolen       = &Decline{apierror.CodeCardDeclined, "stolen_card", "Your card was declined."}
	velocity     = &Decline{apierror.CodeCardDeclined, "card_velocity_exceeded", "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."}
	fraudulent   = &Decline{apierror.CodeCardDeclined, "fraudulent", "Your card was declined."}
	expired      = &Decline{"expired_card", "expired_card", "Your card has expired."}
	incorrectCVC = &Decline{"incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."}
	processing   = &Decline{"processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."}
)

// catalogue: https://stripe.com/docs/testing lists all but the last two.
var catalogue = []Card{
	{Names: []string{"visa"}, Number: "4242424242424242"},
	{Names: []string{"visa_debit"}, Number: "4000056655665556", Funding: "debit"},
	{Names: []string{"mastercard"}, Number: "5555555555554444", Brand: "mastercard"},
	{Names: []string{"mastercard_debit"}, Number: "5200828282828210", Brand: "mastercard", Funding: "debit"},
	{Names: []string{"mastercard_prepaid"}, Number: "5105105105105100", Brand: "mastercard", Funding: "prepaid"},
	{Names: []string{"amex"}, Number: "378282246310005", Brand: "amex"},
	{Names: []string{"discover"}, Number: "6011111111111117", Brand: "discover"},
	{Names: []string{"diners"}, Number: "3056930009020004", Brand: "diners"},
	{Names: []string{"jcb"}, Number: "3566002020360505", Brand: "jcb"},
	{Names: []string{"unionpay"}, Number: "6200000000000005", Brand: "unionpay"},
	{Names: []string{"de"}, Number: "4000002760000016", Country: "DE"},
	{Names: []string{"gb"}, Number: "4000008260000000", Country: "GB"},
	{Names: []string{"fr"}, Number: "4000002500000003", Country: "FR"},
	{Names: []string{"be"}, Number: "4000000560000004", Country: "BE"},

	{Names: []string{"chargeDeclined", "visa_chargeDeclined", "chargeCustomerFail"}, Number: "4000000000000002", Decline: generic},
	{Names: []string{"chargeDeclinedInsufficientFunds", "visa_chargeDeclinedInsufficientFunds"}, Number: "4000000000009995", Decline: insufficient},
	{Names: []string{"chargeDeclinedLostCard", "visa_chargeDeclinedLostCard"}, Number: "4000000000009987", Decline: lost},
	{Names: []string{"chargeDeclinedStolenCard", "visa_chargeDeclinedStolenCard"}, Number: "4000000000009979", Decline: stolen},
	{Names: []string{"chargeDeclinedVelocityLimitExceeded", "visa_chargeDeclinedVelocityLimitExceeded"}, Number: "4000000000006975", Decline: velocity},
	{Names: []string{"chargeDeclinedFraudulent", "chargeDeclinedFraudulentCard", "radarBlock"}, Number: "4100000000000019", Decline: fraudulent},
	{Names: []string{"chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"}, Number: "4000000000000069", Decline: expired},
	{Names: []string{"chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"}, Number: "4000000000000127", Decline: incorrectCVC},
	{Names: []string{"chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"}, Number: "4000000000000119", Decline: processing},

	{Names: []string{"threeDSecure2Required", "threeDSecureRequired"}, Number: "4000000000003220", Challenge: ChallengeAlways},
	{Names: []string{"authenticationRequired"}, Number: "4000002760003184", Challenge: ChallengeAlways, Country: "DE"},
	{Names: []string{"authenticationRequiredOnSetup"}, Number: "4000002500003155", Challenge: ChallengeAlways, Country: "FR"},
	{Names: []string{"authenticationRequiredChargeDeclinedInsufficientFunds"}, Number: "4000008260003178", Challenge: ChallengeAlways, Decline: insufficient, Country: "GB"},
	{Names: []string{"threeDSecureRequiredChargeDeclined"}, Number: "4000008400001629", Challenge: ChallengeAlways, Decline: generic},
	{Names: []string{"threeDSecureOptional"}, Number: "4000000000003055"},

	{Names: []string{"createDispute"}, Number: "4000000000000259", Disputed: true},

	{Names: []string{"captureDeclined"}, Number: "4000000000990012", Capture: CaptureDeclined},
	{Names: []string{"captureExpired"}, Number: "4000000000990020", Capture: CaptureExpired},
}

var (
	byName   = map[string]*Card{}
	byNumber = map[string]*Card{}
)

func init() {
	for i := range catalogue {
		c := &catalogue[i]
		if c.Brand == "" {
			c.Brand = "visa"
		}
		if c.Funding == "" {
			c.Funding = "credit"
		}
		if c.Country == "" {
			c.Country = "US"
		}
		byNumber[c.Number] = c
		for _, name := range c.Names {
			byName[name] = c
		}
	}
}

// All lists the catalogue.
func All() []Card { return append([]Card(nil), catalogue...) }

// ByName finds a card by what follows pm_card_ or tok_.
func ByName(name string) (*Card, bool) {
	c, ok := byName[name]
	return c, ok
}

// Last4 is all of a number that is ever kept.
func (c *Card) Last4() string { return c.Number[len(c.Number)-4:] }
