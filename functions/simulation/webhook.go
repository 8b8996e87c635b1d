package simulation

import (
	"encoding/json"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

const (
	// webhookTries is how often Stripe tells of an event that is not answered with 200, and webhookPause how long it waits.
	webhookTries = 6
	webhookPause = time.Minute
)

// tell sends the webhook of a change: early or late, perhaps twice, perhaps never.
func (b *bank) tell(in *intent, kind stripe.EventType) {
	w := b.w
	in.events++
	id := mix(hash(in.ID), in.events, 47)
	if w.choose != nil && !w.choose.webhooks {
		return
	}
	if w.chance(w.plan.Profile.Webhooks, id) {
		w.say("stripe", "** webhook %s is lost", kind)
		return
	}
	copies := 1
	if w.chance(w.plan.Profile.Twice, mix(id, 1)) {
		copies = 2
	}
	body, _ := json.Marshal(map[string]any{ // of strings alone: never fails
		"id": "evt_" + in.ID, "object": "event", "type": kind,
		"data": map[string]any{"object": map[string]any{"id": in.ID, "payment_intent": in.ID, "metadata": in.Metadata}},
	})
	for n := range copies {
		n := mix(id, uint64(n), 53)
		w.after(w.between(0, w.plan.Profile.Latest, n), n, func() { b.send(body, n, 1) })
	}
}

func (b *bank) send(body []byte, id uint64, try int) {
	// The signature's time is checked against the real clock, so it is made with that.
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: webhookSecret})
	q := request{route: "payments-webhook", method: "POST", body: body, header: map[string]string{"Stripe-Signature": signed.Header}}
	b.w.ask(q, mix(id, uint64(try)), func(a answer) {
		if a.status == 200 {
			return
		}
		if b.w.choose != nil || try < webhookTries {
			s := b.w.after(webhookPause, mix(id, uint64(try), 59), func() { b.send(body, id, try+1) })
			s.timed = true
		}
	})
}
