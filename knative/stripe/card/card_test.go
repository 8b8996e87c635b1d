package card_test

import (
	"testing"
	"time"

	"usher.example/knative/stripe/card"
)

func TestEveryCardIsFoundByItsNameAndNumber(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range card.All() {
		for _, name := range c.Names {
			if seen[name] {
				t.Errorf("two cards are called %s", name)
			}
			seen[name] = true
			if got, ok := card.ByName(name); !ok || got.Number != c.Number {
				t.Errorf("%s is %+v", name, got)
			}
		}
		got, err := card.Find(card.Details{Number: c.Number, ExpMonth: 12, ExpYear: 2030, CVC: "123"}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		if err != nil || got.Names[0] != c.Names[0] {
			t.Errorf("%s is %+v, %v", c.Number, got, err)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	now := time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)
	good := card.Details{Number: "4242 4242-4242 4242", ExpMonth: 12, ExpYear: 26, CVC: "123"}
	if _, err := card.Find(good, now); err != nil {
		t.Fatalf("a card in its last minute: %v", err)
	}
	for _, test := range []struct {
		name string
		with func(*card.Details)
		code string
	}{
		{"CheckDigit", func(d *card.Details) { d.Number = "4242424242424243" }, "incorrect_number"},
		{"Letters", func(d *card.Details) { d.Number = "4242x24242424242" }, "incorrect_number"},
		{"Short", func(d *card.Details) { d.Number = "42" }, "incorrect_number"},
		{"Empty", func(d *card.Details) { d.Number = "" }, "incorrect_number"},
		{"RealCard", func(d *card.Details) { d.Number = "4539578763621486" }, "card_declined"},
		{"Month", func(d *card.Details) { d.ExpMonth = 13 }, "invalid_expiry_month"},
		{"Expired", func(d *card.Details) { d.ExpMonth = 11 }, "invalid_expiry_year"},
		{"FarAway", func(d *card.Details) { d.ExpYear = 1 << 62 }, "invalid_expiry_year"},
		{"NegativeYear", func(d *card.Details) { d.ExpYear = -1 }, "invalid_expiry_year"},
		{"CVC", func(d *card.Details) { d.CVC = "12" }, "invalid_cvc"},
		{"CVCLetters", func(d *card.Details) { d.CVC = "abc" }, "invalid_cvc"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := good
			test.with(&d)
			if c, err := card.Find(d, now); err == nil || err.Code != test.code || err.Status != 402 {
				t.Fatalf("%+v, %v", c, err)
			}
		})
	}
}
