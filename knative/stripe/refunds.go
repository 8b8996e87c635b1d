package stripe

import (
	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

func createRefund(c *call) (any, error) {
	intentID, chargeID := c.in.Text("payment_intent", maxID), c.in.Text("charge", maxID)
	g := payment.Giving{
		Amount:   c.in.Int("amount", 0),
		Reason:   c.in.Word("reason", "", "duplicate", "fraudulent", "requested_by_customer"),
		Metadata: payment.Merge(nil, metadata(c.in)),
	}
	if c.in.Has("amount") && g.Amount < 1 {
		c.in.Refuse(apierror.Invalid(apierror.CodeParameterInvalidInteger, "amount", "This value must be greater than or equal to 1."))
	}
	if intentID == "" && chargeID == "" {
		c.in.Refuse(apierror.Invalid(apierror.CodeParameterMissing, "payment_intent", "One of the following params should be provided for this request: payment_intent or charge."))
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	if intentID != "" {
		var in payment.Intent
		if err := c.load(store.Intents, "payment_intent", "payment_intent", intentID, &in); err != nil {
			return nil, err
		}
		if in.Status != payment.Succeeded {
			return nil, apierror.State("charge_not_refundable", "This PaymentIntent (%s) does not have a successful charge to refund: it has a status of %s.", in.ID, in.Status)
		}
		if chargeID != "" && chargeID != string(in.LatestCharge) {
			return nil, apierror.Invalid("", "charge", "The charge %s does not belong to the PaymentIntent %s.", chargeID, in.ID)
		}
		chargeID = string(in.LatestCharge)
	}
	var charge payment.Charge
	if err := c.load(store.Charges, "charge", "charge", chargeID, &charge); err != nil {
		return nil, err
	}
	change := payment.Return(charge, g, c.env)
	err := c.apply(change)
	return change.Refund, err
}

func getRefund(c *call) (any, error) {
	return found[payment.Refund](c, store.Refunds, "refund")
}

func getCharge(c *call) (any, error) {
	return found[payment.Charge](c, store.Charges, "charge")
}

func getDispute(c *call) (any, error) {
	return found[payment.Dispute](c, store.Disputes, "dispute")
}

// found reads the object in the path.
func found[T any](c *call, b store.Bucket, kind string) (any, error) {
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	var v T
	if err := c.load(b, kind, apierror.ParamID, c.id, &v); err != nil {
		return nil, err
	}
	return v, nil
}
