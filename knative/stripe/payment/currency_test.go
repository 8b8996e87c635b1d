package payment_test

import (
	"testing"

	"usher.example/knative/stripe/payment"
)

func TestCheckAmount(t *testing.T) {
	for _, test := range []struct {
		name     string
		amount   int64
		currency string
		code     string // "" with a param means a refusal without a code
		param    string // "" means that the amount can be charged
	}{
		{"Least", 50, "usd", "", ""},
		{"BelowMinimum", 1, "usd", "", ""}, // see TestCheckMinimum
		{"Most", payment.MaxAmount, "usd", "", ""},
		{"TooLarge", payment.MaxAmount + 1, "usd", "amount_too_large", "amount"},
		{"Zero", 0, "usd", "parameter_invalid_integer", "amount"},
		{"ZeroDecimal", 50, "jpy", "", ""},
		{"ThreeDecimal", 5000, "kwd", "", ""},
		{"ThreeDecimalNotRounded", 5001, "kwd", "", "amount"},
		{"NoCents", 500, "isk", "", ""},
		{"Cents", 550, "isk", "", "amount"},
		{"NoMinimum", 1, "zar", "", ""},
		{"Unknown", 100, "xts", "", "currency"},
		{"UpperCase", 100, "USD", "", "currency"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := payment.CheckAmount(test.amount, test.currency)
			if test.param == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || err.Param != test.param || err.Code != test.code {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestCheckMinimum(t *testing.T) {
	for currency, least := range map[string]int64{"usd": 50, "jpy": 50, "huf": 17500} {
		if err := payment.CheckMinimum(least, currency); err != nil {
			t.Errorf("%d %s: %v", least, currency, err)
		}
		if err := payment.CheckMinimum(least-1, currency); err == nil || err.Code != "amount_too_small" {
			t.Errorf("%d %s: %v", least-1, currency, err)
		}
	}
	if err := payment.CheckMinimum(1, "zar"); err != nil {
		t.Errorf("a currency without a minimum: %v", err)
	}
}

func TestFormat(t *testing.T) {
	for want, amount := range map[string]struct {
		minor    int64
		currency string
	}{
		"0.05 usd": {5, "usd"}, "1200.00 eur": {120000, "eur"}, "500 jpy": {500, "jpy"}, "1.050 kwd": {1050, "kwd"}, "0.00 usd": {0, "usd"},
	} {
		if got := payment.Format(amount.minor, amount.currency); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
