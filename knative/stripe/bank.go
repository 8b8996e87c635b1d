package stripe

import (
	"net/http"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

// answerBank is the buyer's answer to a 3-D Secure challenge. That it is the
// buyer's has been checked, or it comes from a test.
func (c *call) answerBank(approved bool) (any, error) {
	var in payment.Intent
	if err := c.load(store.Intents, "payment_intent", apierror.ParamIntent, c.id, &in); err != nil {
		return nil, err
	}
	var method payment.MethodRecord
	if in.Status == payment.RequiresAction {
		if err := c.load(store.Methods, "PaymentMethod", "payment_method", string(in.PaymentMethod), &method); err != nil {
			return nil, err
		}
	}
	change := payment.Authenticate(in, &method, approved, c.env)
	err := c.apply(change)
	return change.Intent, err
}

// Outcomes of a challenge.
const (
	outcomeApprove = "approve"
	outcomeRefuse  = "refuse"
)

func (d *Double) authenticatePayment(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Outcome string `json:"outcome"`
	}
	err := read(w, r, &body)
	if err == nil && body.Outcome != outcomeApprove && body.Outcome != outcomeRefuse {
		err = apierror.Invalid("", "outcome", "outcome must be %s or %s.", outcomeApprove, outcomeRefuse)
	}
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.control(w, r, func(c *call) (any, error) {
		return c.answerBank(body.Outcome == outcomeApprove)
	})
}

// latestCharge loads an intent and its charge.
func (c *call) latestCharge() (payment.Intent, payment.Charge, error) {
	var (
		in     payment.Intent
		charge payment.Charge
	)
	if err := c.load(store.Intents, "payment_intent", apierror.ParamIntent, c.id, &in); err != nil {
		return in, charge, err
	}
	if in.LatestCharge == "" {
		return in, charge, apierror.Invalid(apierror.CodeUnexpectedState, "", "The payment has no charge: it has a status of %s.", in.Status)
	}
	return in, charge, c.load(store.Charges, "charge", "charge", string(in.LatestCharge), &charge)
}

func (d *Double) disputePayment(w http.ResponseWriter, r *http.Request) {
	body := struct {
		Reason string `json:"reason"`
	}{Reason: "fraudulent"}
	if err := read(w, r, &body); err != nil {
		d.refuse(w, r, err)
		return
	}
	d.control(w, r, func(c *call) (any, error) {
		_, charge, err := c.latestCharge()
		if err != nil {
			return nil, err
		}
		change := payment.Complain(charge, body.Reason, c.env)
		err = c.apply(change)
		return change.Dispute, err
	})
}

// lapsePayment lets an authorisation expire before its time.
func (d *Double) lapsePayment(w http.ResponseWriter, r *http.Request) {
	if err := read(w, r, &struct{}{}); err != nil {
		d.refuse(w, r, err)
		return
	}
	d.control(w, r, func(c *call) (any, error) {
		in, charge, err := c.latestCharge()
		if err != nil {
			return nil, err
		}
		if in.Status != payment.RequiresCapture {
			return nil, apierror.Invalid(apierror.CodeUnexpectedState, "", "Only an authorization can lapse; the payment has a status of %s.", in.Status)
		}
		change := payment.Lapse(in, charge, c.env)
		change.Refusal = nil // nobody tried to capture
		err = c.apply(change)
		return change.Intent, err
	})
}
