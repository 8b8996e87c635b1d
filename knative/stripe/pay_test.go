package stripe_test

import (
	"testing"

	stripego "github.com/stripe/stripe-go/v76"

	"usher.example/knative/stripe"
	"usher.example/knative/stripe/webhook"
)

func TestAPIVersionIsTheOneStripeGoWants(t *testing.T) {
	if webhook.APIVersion != stripego.APIVersion {
		t.Fatalf("the double speaks %s; stripe-go wants %s", webhook.APIVersion, stripego.APIVersion)
	}
}

func TestCards(t *testing.T) {
	d := start(t)
	for _, test := range []struct {
		method  string
		status  stripego.PaymentIntentStatus // when not declined
		code    stripego.ErrorCode
		decline stripego.DeclineCode
	}{
		{method: "pm_card_visa", status: "requires_capture"},
		{method: "pm_card_mastercard", status: "requires_capture"},
		{method: "pm_card_amex", status: "requires_capture"},
		{method: "pm_card_chargeDeclined", code: "card_declined", decline: "generic_decline"},
		{method: "pm_card_visa_chargeDeclined", code: "card_declined", decline: "generic_decline"},
		{method: "pm_card_visa_chargeDeclinedInsufficientFunds", code: "card_declined", decline: "insufficient_funds"},
		{method: "pm_card_visa_chargeDeclinedLostCard", code: "card_declined", decline: "lost_card"},
		{method: "pm_card_visa_chargeDeclinedStolenCard", code: "card_declined", decline: "stolen_card"},
		{method: "pm_card_chargeDeclinedExpiredCard", code: "expired_card", decline: "expired_card"},
		{method: "pm_card_chargeDeclinedIncorrectCvc", code: "incorrect_cvc", decline: "incorrect_cvc"},
		{method: "pm_card_chargeDeclinedProcessingError", code: "processing_error", decline: "processing_error"},
		{method: "pm_card_radarBlock", code: "card_declined", decline: "fraudulent"},
		{method: "pm_card_threeDSecure2Required", status: "requires_action"},
		{method: "pm_card_authenticationRequired", status: "requires_action"},
	} {
		t.Run(test.method, func(t *testing.T) {
			in, err := d.authorize(test.method, test.method)
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				if in.Status != test.status || in.ClientSecret == "" {
					t.Fatalf("status %s, client secret %q", in.Status, in.ClientSecret)
				}
				return
			}
			e := refusal(t, err)
			if e.HTTPStatusCode != 402 || e.Type != stripego.ErrorTypeCard || e.Code != test.code || e.DeclineCode != test.decline || e.Msg == "" {
				t.Fatalf("declined with %+v", e)
			}
			if e.PaymentIntent == nil || e.PaymentIntent.Status != "requires_payment_method" || e.PaymentIntent.LastPaymentError == nil || e.ChargeID == "" {
				t.Fatalf("the refusal does not show the intent as it is now: %+v", e.PaymentIntent)
			}
			again, err := d.PaymentIntents.Get(e.PaymentIntent.ID, nil)
			if err != nil || again.LastPaymentError.DeclineCode != test.decline || again.AmountCapturable != 0 {
				t.Fatalf("the declined intent reads %+v, %v", again, err)
			}
			if s := d.sums(test.method); s != (stripe.Sums{}) {
				t.Fatalf("a declined card moved money: %+v", s)
			}
		})
	}
}

func TestDeclinedIntentCanBePaidWithAnotherCard(t *testing.T) {
	d := start(t)
	_, err := d.authorize("o", "pm_card_chargeDeclined")
	id := refusal(t, err).PaymentIntent.ID
	in, err := d.PaymentIntents.Confirm(id, &stripego.PaymentIntentConfirmParams{PaymentMethod: stripego.String("pm_card_visa")})
	if err != nil || in.Status != "requires_capture" || in.LastPaymentError != nil {
		t.Fatalf("second card: %+v, %v", in, err)
	}
}

func TestCapture(t *testing.T) {
	d := start(t)
	t.Run("TakesAll", func(t *testing.T) {
		in := d.mustAuthorize("all", "pm_card_visa")
		p := &stripego.PaymentIntentCaptureParams{}
		p.AddExpand("latest_charge")
		in, err := d.PaymentIntents.Capture(in.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		if in.Status != "succeeded" || in.AmountReceived != 4200 || in.AmountCapturable != 0 || !in.LatestCharge.Captured || in.LatestCharge.AmountCaptured != 4200 {
			t.Fatalf("captured intent: %+v, charge %+v", in, in.LatestCharge)
		}
		want := stripe.Sums{Authorized: 4200, Captured: 4200, Authorizations: 1, Captures: 1}
		if s := d.sums("all"); s != want {
			t.Fatalf("ledger %+v; want %+v", s, want)
		}
	})
	t.Run("TakesAPartAndReleasesTheRest", func(t *testing.T) {
		in := d.mustAuthorize("part", "pm_card_visa")
		in, err := d.PaymentIntents.Capture(in.ID, &stripego.PaymentIntentCaptureParams{AmountToCapture: stripego.Int64(1000)})
		if err != nil || in.AmountReceived != 1000 {
			t.Fatalf("%+v, %v", in, err)
		}
		want := stripe.Sums{Authorized: 4200, Captured: 1000, Released: 3200, Authorizations: 1, Captures: 1}
		if s := d.sums("part"); s != want {
			t.Fatalf("ledger %+v; want %+v", s, want)
		}
	})
	t.Run("RefusesTooMuch", func(t *testing.T) {
		in := d.mustAuthorize("much", "pm_card_visa")
		_, err := d.PaymentIntents.Capture(in.ID, &stripego.PaymentIntentCaptureParams{AmountToCapture: stripego.Int64(4201)})
		if e := refusal(t, err); e.Code != "amount_too_large" || e.Param != "amount_to_capture" {
			t.Fatalf("%+v", e)
		}
	})
	t.Run("RefusesTwice", func(t *testing.T) {
		in := d.mustAuthorize("twice", "pm_card_visa")
		if _, err := d.PaymentIntents.Capture(in.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err := d.PaymentIntents.Capture(in.ID, nil)
		if e := refusal(t, err); e.Code != "payment_intent_unexpected_state" || e.HTTPStatusCode != 400 || e.PaymentIntent == nil {
			t.Fatalf("%+v", e)
		}
		if s := d.sums("twice"); s.Captures != 1 {
			t.Fatalf("captured %d times", s.Captures)
		}
	})
	t.Run("DeclinedByTheBank", func(t *testing.T) {
		in := d.mustAuthorize("lost", "pm_card_captureDeclined")
		_, err := d.PaymentIntents.Capture(in.ID, nil)
		if e := refusal(t, err); e.Code != "card_declined" || e.HTTPStatusCode != 402 || e.PaymentIntent.Status != "requires_payment_method" {
			t.Fatalf("%+v", e)
		}
		if s := d.sums("lost"); s.Held != 0 || s.Captured != 0 || s.Released != 4200 {
			t.Fatalf("%+v", s)
		}
	})
	t.Run("TooLate", func(t *testing.T) {
		in := d.mustAuthorize("late", "pm_card_captureExpired")
		_, err := d.PaymentIntents.Capture(in.ID, nil)
		if e := refusal(t, err); e.Code != "charge_expired_for_capture" || e.HTTPStatusCode != 400 || e.PaymentIntent.Status != "canceled" {
			t.Fatalf("%+v", e)
		}
		if s := d.sums("late"); s.Held != 0 || s.Captured != 0 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestCancel(t *testing.T) {
	d := start(t)
	t.Run("ReleasesTheAuthorization", func(t *testing.T) {
		in := d.mustAuthorize("void", "pm_card_visa")
		in, err := d.PaymentIntents.Cancel(in.ID, &stripego.PaymentIntentCancelParams{CancellationReason: stripego.String("abandoned")})
		if err != nil || in.Status != "canceled" || in.CancellationReason != "abandoned" || in.CanceledAt == 0 {
			t.Fatalf("%+v, %v", in, err)
		}
		want := stripe.Sums{Authorized: 4200, Released: 4200, Authorizations: 1}
		if s := d.sums("void"); s != want {
			t.Fatalf("ledger %+v; want %+v", s, want)
		}
		_, err = d.PaymentIntents.Cancel(in.ID, nil)
		if e := refusal(t, err); e.Code != "payment_intent_unexpected_state" {
			t.Fatalf("second cancel: %+v", e)
		}
		_, err = d.PaymentIntents.Capture(in.ID, nil)
		if e := refusal(t, err); e.Code != "payment_intent_unexpected_state" {
			t.Fatalf("capture after cancel: %+v", e)
		}
	})
	t.Run("RefusesAfterCapture", func(t *testing.T) {
		in := d.mustAuthorize("paid", "pm_card_visa")
		if _, err := d.PaymentIntents.Capture(in.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err := d.PaymentIntents.Cancel(in.ID, nil)
		if e := refusal(t, err); e.Code != "payment_intent_unexpected_state" {
			t.Fatalf("%+v", e)
		}
	})
}

func TestAutomaticCaptureTakesAtOnce(t *testing.T) {
	d := start(t)
	p := &stripego.PaymentIntentParams{
		Amount: stripego.Int64(500), Currency: stripego.String("JPY"), PaymentMethod: stripego.String("pm_card_visa"), Confirm: stripego.Bool(true),
		AutomaticPaymentMethods: &stripego.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripego.Bool(true), AllowRedirects: stripego.String("never")},
	}
	p.AddMetadata("order_id", "now")
	in, err := d.PaymentIntents.New(p)
	if err != nil || in.Status != "succeeded" || in.Currency != "jpy" || in.AmountReceived != 500 {
		t.Fatalf("%+v, %v", in, err)
	}
	if s := d.sums("now"); s.Captured != 500 || s.Held != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestRefund(t *testing.T) {
	d := start(t)
	in := d.mustAuthorize("o", "pm_card_visa")
	refund := func(amount int64) (*stripego.Refund, error) {
		p := &stripego.RefundParams{PaymentIntent: stripego.String(in.ID), Reason: stripego.String("requested_by_customer")}
		if amount > 0 {
			p.Amount = stripego.Int64(amount)
		}
		return d.Refunds.New(p)
	}
	_, err := refund(0)
	if e := refusal(t, err); e.Code != "charge_not_refundable" {
		t.Fatalf("refund before capture: %+v", e)
	}
	if _, err := d.PaymentIntents.Capture(in.ID, nil); err != nil {
		t.Fatal(err)
	}
	first, err := refund(1200)
	if err != nil || first.Amount != 1200 || first.Status != "succeeded" || first.PaymentIntent.ID != in.ID {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err = refund(3001); refusal(t, err).Param != "amount" {
		t.Fatalf("refund of more than is left: %v", err)
	}
	if rest, err := refund(0); err != nil || rest.Amount != 3000 {
		t.Fatalf("%+v, %v", rest, err)
	}
	_, err = refund(0)
	if e := refusal(t, err); e.Code != "charge_already_refunded" {
		t.Fatalf("%+v", e)
	}
	want := stripe.Sums{Authorized: 4200, Captured: 4200, Refunded: 4200, Authorizations: 1, Captures: 1, Refunds: 2}
	if s := d.sums("o"); s != want {
		t.Fatalf("ledger %+v; want %+v", s, want)
	}
	got, err := d.Refunds.Get(first.ID, nil)
	if err != nil || got.Amount != 1200 {
		t.Fatalf("%+v, %v", got, err)
	}
	charge, err := d.Charges.Get(first.Charge.ID, nil)
	if err != nil || !charge.Refunded || charge.AmountRefunded != 4200 {
		t.Fatalf("%+v, %v", charge, err)
	}
}
