package payment

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/card"
)

// Method is a PaymentMethod: one use of a test card. How its bank behaves is not
// part of what Stripe shows; it is found again by Behaviour.
type Method struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	BillingDetails Billing           `json:"billing_details"`
	Card           MethodCard        `json:"card"`
	Created        int64             `json:"created"`
	Customer       Absent            `json:"customer"`
	Livemode       bool              `json:"livemode"`
	Metadata       map[string]string `json:"metadata"`
	Type           string            `json:"type"`
}

// MethodRecord is a Method as it is stored.
type MethodRecord struct {
	Method    Method `json:"method"`
	Behaviour string `json:"behaviour"` // first name of the test card
}

// Billing says who pays.
type Billing struct {
	Address Address `json:"address"`
	Email   Text    `json:"email"`
	Name    Text    `json:"name"`
	Phone   Text    `json:"phone"`
}

// Address is where they live.
type Address struct {
	City       Text `json:"city"`
	Country    Text `json:"country"`
	Line1      Text `json:"line1"`
	Line2      Text `json:"line2"`
	PostalCode Text `json:"postal_code"`
	State      Text `json:"state"`
}

// MethodCard shows the card without its number.
type MethodCard struct {
	Brand        string     `json:"brand"`
	Checks       CardChecks `json:"checks"`
	Country      string     `json:"country"`
	DisplayBrand string     `json:"display_brand"`
	ExpMonth     int64      `json:"exp_month"`
	ExpYear      int64      `json:"exp_year"`
	Fingerprint  string     `json:"fingerprint"`
	Funding      string     `json:"funding"`
	Last4        string     `json:"last4"`
	Networks     Networks   `json:"networks"`
	Secure       SecureUse  `json:"three_d_secure_usage"`
	Wallet       Absent     `json:"wallet"`
}

// CardChecks are what the bank compared.
type CardChecks struct {
	AddressLine1Check Text `json:"address_line1_check"`
	PostalCodeCheck   Text `json:"address_postal_code_check"`
	CVCCheck          Text `json:"cvc_check"`
}

// Networks that carry the card.
type Networks struct {
	Available []string `json:"available"`
	Preferred Absent   `json:"preferred"`
}

// SecureUse says that the card can be authenticated.
type SecureUse struct {
	Supported bool `json:"supported"`
}

// testMethod and testToken are how Stripe names its test cards.
const (
	testMethod = "pm_card_"
	testToken  = "tok_"
)

// Behaviour finds the test card that a test payment method (pm_card_visa) or token
// (tok_visa) stands for; false when the id is neither.
func Behaviour(id string) (*card.Card, bool) {
	for _, prefix := range []string{testMethod, testToken} {
		if name, ok := strings.CutPrefix(id, prefix); ok {
			return card.ByName(name)
		}
	}
	return nil, false
}

// NewMethod makes a payment method of a test card.
func NewMethod(c *card.Card, d card.Details, by Billing, now time.Time, ids IDs) MethodRecord {
	if d.ExpMonth == 0 {
		d.ExpMonth, d.ExpYear = int64(now.Month()), int64(now.Year()+1)
	}
	if d.ExpYear < 100 {
		d.ExpYear += 2000
	}
	m := Method{
		ID: ids.New("pm_1"), Object: "payment_method", Created: now.Unix(), Type: "card", BillingDetails: by, Metadata: map[string]string{},
		Card: MethodCard{
			Brand: c.Brand, DisplayBrand: c.Brand, Country: c.Country, Funding: c.Funding, Last4: c.Last4(),
			ExpMonth: d.ExpMonth, ExpYear: d.ExpYear, Fingerprint: fingerprint(c),
			Networks: Networks{Available: []string{c.Brand}}, Secure: SecureUse{Supported: true},
		},
	}
	if d.CVC != "" {
		m.Card.Checks.CVCCheck = "unchecked"
	}
	return MethodRecord{Method: m, Behaviour: c.Names[0]}
}

// Card returns the test card behind the method.
func (r *MethodRecord) Card() (*card.Card, *apierror.Error) {
	c, ok := card.ByName(r.Behaviour)
	if !ok {
		return nil, apierror.NoSuch("PaymentMethod", "payment_method", r.Method.ID)
	}
	return c, nil
}

// fingerprintDigits are as many as Stripe's fingerprints have.
const fingerprintDigits = 16

// fingerprint tells equal numbers apart from different ones without showing them.
func fingerprint(c *card.Card) string {
	sum := sha256.Sum256([]byte(c.Number))
	return hex.EncodeToString(sum[:])[:fingerprintDigits]
}
