package stripe

import (
	"strings"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/card"
	"usher.example/knative/stripe/form"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

// methodAsked finds the payment method a request names or describes; nil when it
// does neither. What is wrong with the parameters is left to Finish.
func (c *call) methodAsked() (*payment.MethodRecord, error) {
	id := c.in.Text("payment_method", maxID)
	if c.in.Has("payment_method_data") {
		if id != "" {
			c.in.Refuse(apierror.Invalid("parameters_exclusive", "payment_method_data", "You may only specify one of these parameters: payment_method, payment_method_data."))
		}
		return c.describedMethod(c.in.Nested("payment_method_data"))
	}
	if id == "" {
		return nil, nil
	}
	if bank, ok := payment.Behaviour(id); ok && strings.HasPrefix(id, "pm_") {
		m := payment.NewMethod(bank, card.Details{}, payment.Billing{}, c.env.Now, c.env.IDs)
		return &m, nil
	}
	var m payment.MethodRecord
	if err := c.load(store.Methods, "PaymentMethod", "payment_method", id, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// describedMethod reads a card's details, or the token that stands for them.
func (c *call) describedMethod(in *form.Reader) (*payment.MethodRecord, error) {
	in.Require("type")
	in.Word("type", "", "card")
	by := billing(in.Nested("billing_details"))
	in.Map("metadata")
	cards := in.Nested("card")
	if cards.Has("token") {
		token := cards.Text("token", maxID)
		bank, ok := payment.Behaviour(token)
		if !ok || !strings.HasPrefix(token, "tok_") {
			return nil, apierror.NoSuch("token", "card[token]", token)
		}
		m := payment.NewMethod(bank, card.Details{}, by, c.env.Now, c.env.IDs)
		return &m, nil
	}
	for _, key := range []string{"number", "exp_month", "exp_year"} {
		cards.Require(key)
	}
	details := card.Details{
		Number: cards.Text("number", 64), CVC: cards.Text("cvc", 16),
		ExpMonth: cards.Int("exp_month", 0), ExpYear: cards.Int("exp_year", 0),
	}
	bank, refusal := card.Find(details, c.env.Now)
	if refusal != nil {
		// A misspelt or missing parameter explains it better than a wrong number does.
		c.in.Refuse(refusal)
		return nil, nil
	}
	m := payment.NewMethod(bank, details, by, c.env.Now, c.env.IDs)
	return &m, nil
}

func billing(in *form.Reader) payment.Billing {
	at := in.Nested("address")
	text := func(r *form.Reader, key string) payment.Text { return payment.Text(r.Text(key, maxDescription)) }
	return payment.Billing{
		Email: text(in, "email"), Name: text(in, "name"), Phone: text(in, "phone"),
		Address: payment.Address{
			City: text(at, "city"), Country: text(at, "country"), Line1: text(at, "line1"), Line2: text(at, "line2"),
			PostalCode: text(at, "postal_code"), State: text(at, "state"),
		},
	}
}

func createMethod(c *call) (any, error) {
	m, err := c.describedMethod(c.in)
	if err != nil {
		return nil, err
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	return m.Method, c.apply(payment.Change{Method: m})
}

func getMethod(c *call) (any, error) {
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	if bank, ok := payment.Behaviour(c.id); ok {
		m := payment.NewMethod(bank, card.Details{}, payment.Billing{}, c.env.Now, c.env.IDs)
		m.Method.ID = c.id
		return m.Method, nil
	}
	var m payment.MethodRecord
	err := c.load(store.Methods, "PaymentMethod", apierror.ParamID, c.id, &m)
	return m.Method, err
}
