package payment

import (
	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/card"
)

// Capture takes the money that was authorised: amount minor units of it, or all
// when amount is 0. What is not taken is released.
func Capture(in Intent, charge Charge, bank *card.Card, amount int64, env Env) Change {
	if in.Status != RequiresCapture {
		e := apierror.State(apierror.CodeUnexpectedState, "This PaymentIntent could not be captured because it has a status of %s. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.", in.Status)
		e.PaymentIntent = in
		return refused(e)
	}
	if amount == 0 {
		amount = in.AmountCapturable
	}
	if amount > in.AmountCapturable {
		return refused(apierror.Invalid("amount_too_large", "amount_to_capture", "The requested capture amount is greater than the amount you can capture for this charge: at most %s.", Format(in.AmountCapturable, in.Currency)))
	}
	if bank.Capture == card.CaptureExpired || lapsed(&charge, env) {
		return Lapse(in, charge, env)
	}
	if bank.Capture == card.CaptureDeclined {
		return loseCapture(in, charge, env)
	}
	released := in.AmountCapturable - amount
	in.Status, in.AmountCapturable, in.AmountReceived = Succeeded, 0, amount
	charge.Captured, charge.AmountCaptured = true, amount
	c := Change{Intent: &in, Charge: &charge}
	c.move(env, MoveCaptured, &charge, amount)
	if released > 0 {
		c.move(env, MoveReleased, &charge, released)
	}
	c.tell(EventChargeTaken, charge)
	c.tell(EventSucceeded, in)
	c.disputeAs(bank, env)
	return c
}

func lapsed(charge *Charge, env Env) bool {
	before := int64(charge.PaymentMethodDetails.Card.CaptureBefore)
	return before != 0 && env.Now.Unix() > before
}

// Lapse is the end of an authorisation that was not captured in time: the money is
// released and the intent canceled. Refusal is what the one who wanted to capture
// is told.
func Lapse(in Intent, charge Charge, env Env) Change {
	c := Change{Intent: &in, Charge: &charge}
	c.move(env, MoveReleased, &charge, in.AmountCapturable)
	in.Status, in.AmountCapturable = Canceled, 0
	in.CanceledAt, in.CancellationReason = Stamp(env.Now.Unix()), "automatic"
	charge.Refunded, charge.AmountRefunded = true, charge.Amount
	c.tell(EventChargeExpired, charge)
	c.tell(EventCanceled, in)
	c.Refusal = apierror.State("charge_expired_for_capture", "The charge could not be captured because the authorization has expired.")
	c.Refusal.Charge = charge.ID
	c.Refusal.PaymentIntent = in
	return c
}

// loseCapture is a bank that takes its word back. The intent can be paid again
// with another card, and the charge has failed.
func loseCapture(in Intent, charge Charge, env Env) Change {
	refusal := apierror.Card(apierror.CodeCardDeclined, "generic_decline", "Your card was declined: the bank withdrew its authorization.")
	refusal.Charge = charge.ID
	c := Change{Intent: &in, Charge: &charge, Refusal: refusal}
	c.move(env, MoveReleased, &charge, in.AmountCapturable)
	charge.Status, charge.Paid = "failed", false
	charge.FailureCode, charge.FailureMessage = Text(refusal.Code), Text(refusal.Message)
	last := *refusal
	in.LastPaymentError = &last
	in.Status, in.AmountCapturable, in.PaymentMethod = RequiresMethod, 0, ""
	refusal.PaymentIntent = in
	c.tell(EventChargeFailed, charge)
	c.tell(EventFailed, in)
	return c
}

// Cancel ends an intent that has not been paid. An authorisation is released: charge
// is its charge, and nil when there is none.
func Cancel(in Intent, charge *Charge, reason string, env Env) Change {
	switch in.Status {
	case Succeeded, Canceled:
		e := apierror.State(apierror.CodeUnexpectedState, "You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.", in.Status)
		e.PaymentIntent = in
		return refused(e)
	}
	c := Change{Intent: &in}
	if in.Status == RequiresCapture && charge != nil {
		freed := *charge
		freed.Refunded, freed.AmountRefunded = true, freed.Amount
		c.Charge = &freed
		c.move(env, MoveReleased, &freed, in.AmountCapturable)
		c.tell(EventRefunded, freed)
	}
	in.Status, in.AmountCapturable, in.NextAction = Canceled, 0, nil
	in.CanceledAt, in.CancellationReason = Stamp(env.Now.Unix()), Text(reason)
	c.tell(EventCanceled, in)
	return c
}

// Giving is a wish to refund.
type Giving struct {
	Amount   int64 // minor units; 0 means all that is left
	Reason   string
	Metadata map[string]string
}

// Return refunds a captured charge, in part or in whole.
func Return(charge Charge, g Giving, env Env) Change {
	left := charge.AmountCaptured - charge.AmountRefunded
	switch {
	case !charge.Captured:
		return refused(apierror.State("charge_not_refundable", "Charge %s has not been captured: cancel its PaymentIntent instead of refunding it.", charge.ID))
	case charge.Disputed:
		return refused(apierror.State("charge_disputed", "Charge %s has been charged back; cannot issue a refund.", charge.ID))
	case left == 0:
		return refused(apierror.State("charge_already_refunded", "Charge %s has already been refunded.", charge.ID))
	}
	if g.Amount == 0 {
		g.Amount = left
	}
	if g.Amount > left {
		return refused(apierror.Invalid("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", Format(g.Amount, charge.Currency), Format(left, charge.Currency)))
	}
	charge.AmountRefunded += g.Amount
	charge.Refunded = charge.AmountRefunded == charge.AmountCaptured
	refund := Refund{
		ID: env.IDs.New("re_3"), Object: "refund", Amount: g.Amount, Charge: charge.ID, Created: env.Now.Unix(), Currency: charge.Currency,
		Metadata: g.Metadata, PaymentIntent: Text(charge.PaymentIntent), Reason: Text(g.Reason), Status: "succeeded",
	}
	c := Change{Charge: &charge, Refund: &refund}
	c.move(env, MoveRefunded, &charge, g.Amount)
	c.tell(EventRefunded, charge)
	return c
}

// Complain is a cardholder disputing a captured charge: their bank takes what was
// not refunded back at once.
func Complain(charge Charge, reason string, env Env) Change {
	left := charge.AmountCaptured - charge.AmountRefunded
	if !charge.Captured || charge.Disputed || left == 0 {
		return refused(apierror.State("charge_invalid_parameter", "Charge %s cannot be disputed: only a captured charge that was neither refunded nor disputed can.", charge.ID))
	}
	dispute := Dispute{
		ID: env.IDs.New("dp_1"), Object: "dispute", Amount: left, Charge: charge.ID, Created: env.Now.Unix(), Currency: charge.Currency,
		Metadata: map[string]string{}, PaymentIntent: charge.PaymentIntent, Reason: reason, Status: "needs_response",
	}
	charge.Disputed, charge.Dispute = true, Text(dispute.ID)
	c := Change{Charge: &charge, Dispute: &dispute}
	c.move(env, MoveDisputed, &charge, left)
	c.tell(EventDisputed, dispute)
	return c
}

// disputeAs lets the holder of a card that is made for it complain about the charge
// just captured.
func (c *Change) disputeAs(bank *card.Card, env Env) {
	if !bank.Disputed {
		return
	}
	complaint := Complain(*c.Charge, "fraudulent", env)
	c.Charge, c.Dispute = complaint.Charge, complaint.Dispute
	c.Moves = append(c.Moves, complaint.Moves...)
	c.Events = append(c.Events, complaint.Events...)
}
