package tickets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/currency"

	"usher.example/events"
)

// maxAmount is the greatest price in minor units: Stripe takes amounts of up to eight digits.
const maxAmount = 99_999_999

// money reads an amount: {"amount": minor units, "currency": "USD"}, or a decimal such as "0.29" or 0.29 in the default
// currency. It never goes through floating point.
func (r *reader) money(field string, raw json.RawMessage) events.Money {
	m, err := parseMoney(raw, r.currency)
	if err != nil {
		r.say(field, err.Error())
		return events.Money{}
	}
	if m.Amount < 1 || m.Amount > maxAmount {
		r.say(field, fmt.Sprintf("The amount must be more than zero and at most %s.", decimal(maxAmount, digits(m.Currency))))
	}
	return m
}

func parseMoney(raw json.RawMessage, fallback string) (events.Money, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return events.Money{}, fmt.Errorf("Please give an amount.")
	case raw[0] == '{':
		return parseMinor(raw)
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return events.Money{}, errNotAnAmount
		}
		return parseDecimal(strings.TrimSpace(s), fallback)
	default:
		return parseDecimal(string(raw), fallback)
	}
}

// The messages are whole sentences: they are shown to people as they are.
var (
	errNotAnAmount   = fmt.Errorf("Please give an amount such as \"42.00\", or {\"amount\": 4200, \"currency\": \"USD\"} in minor units.")
	errNotWholeUnits = fmt.Errorf("The amount must be a whole number of minor units (cents for USD).")
	errNoCurrency    = fmt.Errorf("Please give the currency as its three-letter ISO 4217 code.")
)

func parseMinor(raw json.RawMessage) (events.Money, error) {
	var in struct {
		Amount   json.Number `json:"amount"`
		Currency string      `json:"currency"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return events.Money{}, errNotAnAmount
	}
	n, err := strconv.ParseInt(string(in.Amount), 10, 64)
	if err != nil {
		return events.Money{}, errNotWholeUnits
	}
	if !legalTender(in.Currency) {
		return events.Money{}, errNoCurrency
	}
	return events.Money{Amount: n, Currency: in.Currency}, nil
}

// tender are the currencies that somewhere are money today: gold, test codes and the German mark have ISO 4217 codes too.
var tender = sync.OnceValue(func() map[string]bool {
	codes := map[string]bool{}
	for all := currency.Query(); all.Next(); {
		codes[all.Unit().String()] = true
	}
	return codes
})

func legalTender(code string) bool { return tender()[code] }

// parseDecimal reads digits with at most one point; more decimals than the currency has are refused unless they are zero.
func parseDecimal(s, code string) (events.Money, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 12 || !isDigits(whole) || !isDigits(fraction) || strings.HasSuffix(s, ".") {
		return events.Money{}, errNotAnAmount
	}
	n := digits(code)
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > n {
		return events.Money{}, fmt.Errorf("%s has at most %d decimal places.", code, n)
	}
	amount, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", n-len(fraction)), 10, 64)
	if err != nil {
		return events.Money{}, errNotAnAmount
	}
	return events.Money{Amount: amount, Currency: code}, nil
}

func isDigits(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
}

// digits is how many decimal places a currency has.
func digits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

func decimal(amount int64, places int) string {
	s := fmt.Sprintf("%0*d", places+1, amount)
	if places == 0 {
		return s
	}
	return s[:len(s)-places] + "." + s[len(s)-places:]
}
