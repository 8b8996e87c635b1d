package stripe_test

import (
	"encoding/json"
	"net/http"
	"testing"

	stripego "github.com/stripe/stripe-go/v76"

	"usher.example/knative/stripe"
	"usher.example/knative/stripe/webhook"
)

func (d *double) pending() []webhook.Delivery {
	d.t.Helper()
	var shown struct{ Pending []webhook.Delivery }
	d.control(http.MethodGet, "/_double/webhooks", nil, &shown)
	return shown.Pending
}

func TestWebhooksTellWhatHappened(t *testing.T) {
	d := start(t)
	paid := d.mustAuthorize("paid", "pm_card_visa")
	if _, err := d.PaymentIntents.Capture(paid.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Refunds.New(&stripego.RefundParams{PaymentIntent: &paid.ID, Amount: stripego.Int64(100)}); err != nil {
		t.Fatal(err)
	}
	d.control(http.MethodPost, "/_double/payments/"+paid.ID+"/dispute", map[string]string{"reason": "product_not_received"}, nil)
	if _, err := d.authorize("declined", "pm_card_chargeDeclined"); err == nil {
		t.Fatal("the card was not declined")
	}
	d.mustAuthorize("asked", "pm_card_threeDSecure2Required")
	void := d.mustAuthorize("void", "pm_card_visa")
	if _, err := d.PaymentIntents.Cancel(void.ID, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all webhooks arrive", func() bool { return len(d.pending()) == 0 })
	for eventType, want := range map[string]int{
		"payment_intent.created": 4, "payment_intent.amount_capturable_updated": 2, "payment_intent.succeeded": 1, "payment_intent.payment_failed": 1,
		"payment_intent.requires_action": 1, "payment_intent.canceled": 1, "charge.succeeded": 2, "charge.captured": 1, "charge.failed": 1,
		"charge.refunded":        2, // the refund, and the release of what was held
		"charge.dispute.created": 1,
	} {
		if got := d.heard.count(eventType); got != want {
			t.Errorf("%s arrived %d times; want %d", eventType, got, want)
		}
	}
	event, ok := d.heard.last("payment_intent.succeeded")
	if !ok {
		t.Fatal("nobody was told of the payment")
	}
	var in stripego.PaymentIntent
	if err := json.Unmarshal(event.Data.Raw, &in); err != nil || in.ID != paid.ID || in.Metadata["order_id"] != "paid" || in.AmountReceived != 4200 {
		t.Fatalf("the event holds %+v, %v", in, err)
	}
	read, err := d.Events.Get(event.ID, nil)
	if err != nil || read.Type != event.Type || read.PendingWebhooks != 0 {
		t.Fatalf("the event reads %+v, %v", read, err)
	}
	if s := d.sums("paid"); s.Disputed != 4100 {
		t.Fatalf("%+v", s)
	}
}

func TestWebhooksAreRetriedUntilTheyArrive(t *testing.T) {
	d := start(t)
	d.heard.mu.Lock()
	d.heard.refuse = 5
	d.heard.mu.Unlock()
	d.mustAuthorize("o", "pm_card_visa")
	eventually(t, "all webhooks arrive", func() bool { return len(d.pending()) == 0 })
	for _, eventType := range []string{"payment_intent.created", "payment_intent.amount_capturable_updated", "charge.succeeded"} {
		if got := d.heard.count(eventType); got != 1 {
			t.Errorf("%s arrived %d times", eventType, got)
		}
	}
}

func TestWebhooksCanBeHeldLostAndRepeated(t *testing.T) {
	d := start(t, func(c *stripe.Config) { c.WebhookEvents = []string{"payment_intent.amount_capturable_updated"} })
	const told = "payment_intent.amount_capturable_updated"
	arrived := func(want int) {
		t.Helper()
		eventually(t, "webhooks arrive", func() bool { return len(d.pending()) == 0 })
		if got := d.heard.count(told); got != want {
			t.Fatalf("%d arrived; want %d", got, want)
		}
	}
	d.control(http.MethodPut, "/_double/webhooks", webhook.Mode{Held: true}, nil)
	d.mustAuthorize("held", "pm_card_visa")
	if p := d.pending(); len(p) != 1 || d.heard.count(told) != 0 {
		t.Fatalf("held: %+v", p)
	}
	d.control(http.MethodPut, "/_double/webhooks", webhook.Mode{}, nil)
	arrived(1)

	d.control(http.MethodPut, "/_double/webhooks", webhook.Mode{Lose: 1}, nil)
	d.mustAuthorize("lost", "pm_card_visa")
	arrived(1)

	d.control(http.MethodPut, "/_double/webhooks", webhook.Mode{Repeat: 1}, nil)
	d.mustAuthorize("twice", "pm_card_visa")
	arrived(3)

	event, _ := d.heard.last(told)
	d.control(http.MethodPost, "/_double/events/"+event.ID+"/send", nil, nil)
	arrived(4)
	if d.heard.count("charge.succeeded")+d.heard.count("payment_intent.created") != 0 {
		t.Error("events arrived that nobody asked for")
	}
}
