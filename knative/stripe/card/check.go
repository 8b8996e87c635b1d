package card

import (
	"net/http"
	"strings"
	"time"

	"usher.example/knative/stripe/apierror"
)

// Details are what a person types into a card form.
type Details struct {
	Number   string
	ExpMonth int64
	ExpYear  int64
	CVC      string // may be empty: then it is not checked
}

// Limits of a card number, by ISO/IEC 7812.
const (
	minDigits = 12
	maxDigits = 19
)

// Find returns the test card with these details, or the card error Stripe gives in
// test mode: a real card never gets through.
func Find(d Details, now time.Time) (*Card, *apierror.Error) {
	number := strings.NewReplacer(" ", "", "-", "").Replace(d.Number)
	if !plausible(number) {
		return nil, wrong("incorrect_number", "number", "Your card number is incorrect.")
	}
	year := d.ExpYear
	if year >= 0 && year < 100 {
		year += 2000
	}
	if d.ExpMonth < 1 || d.ExpMonth > 12 {
		return nil, wrong("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid.")
	}
	// A card is good to the end of its month.
	if year > int64(now.Year()+50) || time.Date(int(year), time.Month(d.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC).Before(now) {
		return nil, wrong("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.")
	}
	if d.CVC != "" && (len(d.CVC) < 3 || len(d.CVC) > 4 || !digits(d.CVC)) {
		return nil, wrong("invalid_cvc", "cvc", "Your card's security code is invalid.")
	}
	c, ok := byNumber[number]
	if !ok {
		return nil, apierror.Card(apierror.CodeCardDeclined, "test_mode_live_card",
			"Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.")
	}
	return c, nil
}

// wrong refuses details before anything was done with them.
func wrong(code, param, message string) *apierror.Error {
	e := apierror.Card(code, "", message)
	e.Param = param
	e.Settled = false
	e.Status = http.StatusPaymentRequired
	return e
}

func plausible(number string) bool {
	return len(number) >= minDigits && len(number) <= maxDigits && digits(number) && luhn(number)
}

func digits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// luhn is the check digit of card numbers.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
