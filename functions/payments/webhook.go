package payments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/trace"
)

// calm is how long after the last change of a payment its own request is most likely still busy with it: the webhook lets
// it go first, so that two do not race to write the same. Nothing but cost rests on it.
const calm = time.Second

// decisive are the types of events that can change anything here; all others are acknowledged.
var decisive = map[stripe.EventType]bool{
	stripe.EventTypePaymentIntentAmountCapturableUpdated: true,
	stripe.EventTypePaymentIntentSucceeded:               true,
	stripe.EventTypePaymentIntentPaymentFailed:           true,
	stripe.EventTypePaymentIntentCanceled:                true,
	stripe.EventTypeChargeRefunded:                       true,
	stripe.EventTypeChargeRefundUpdated:                  true,
	stripe.EventTypeChargeDisputeCreated:                 true,
}

// Webhook hears from Stripe: POST /api/payments/webhook. A closed browser or a process that died between Stripe and our
// store loses nothing: Stripe tells it again until we answer 200. The order of its events does not matter, as what counts
// is how the intent is now, which is asked of Stripe.
func Webhook(env *function.Env) (function.Handler, error) { return At{}.Webhook(env) }

// Webhook is the function Webhook at another Stripe.
func (a At) Webhook(env *function.Env) (function.Handler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	secret := env.Getenv("STRIPE_WEBHOOK_SECRET")
	if secret == "" {
		return nil, errors.New("STRIPE_WEBHOOK_SECRET must be set")
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		e, err := webhook.ConstructEventWithOptions(r.Raw(), r.Header.Get("Stripe-Signature"), secret,
			webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true, Tolerance: webhook.DefaultTolerance})
		if err != nil {
			return nil, problem.New(problem.Invalid, "The signature does not fit: this was not sent by our payment provider, or too long ago.").Because(err)
		}
		if decisive[e.Type] {
			if err := s.heed(ctx, e); err != nil {
				return nil, err
			}
		}
		return &function.Response{Status: http.StatusOK, Body: struct{}{}}, nil
	}, nil
}

// heed finds which intent an event is about: it is the event's object itself, or the object names it.
func (s *service) heed(ctx context.Context, e stripe.Event) error {
	var object struct {
		Object   string            `json:"object"`
		ID       string            `json:"id"`
		Intent   string            `json:"payment_intent"`
		Status   string            `json:"status"`
		Metadata map[string]string `json:"metadata"`
	}
	if e.Data == nil || json.Unmarshal(e.Data.Raw, &object) != nil || object.ID == "" {
		return problem.New(problem.Invalid, "The event's object is not a payment intent, a charge or a dispute.")
	}
	switch e.Type {
	case stripe.EventTypeChargeRefundUpdated:
		if object.Status == string(stripe.RefundStatusFailed) { // the buyer's bank sent it back, days later: people must act
			s.env.Log.Error("a refund failed after it was made; give the buyer the money by other means", "intent", object.Intent, "refund", object.ID)
		}
		return nil
	case stripe.EventTypeChargeRefunded, stripe.EventTypeChargeDisputeCreated:
		if object.Intent == "" {
			return nil // a charge that was made without an intent is not ours
		}
		in, err := s.provider.Get(ctx, object.Intent)
		if problem.Is(err, problem.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.hearOfCharge(ctx, in, e.Type)
	}
	return s.hear(ctx, object.ID, object.Metadata["order_id"], e)
}

// hearOfCharge takes a refund or a dispute into account that was made at Stripe, by whom ever.
func (s *service) hearOfCharge(ctx context.Context, in Intent, kind stripe.EventType) error {
	if !id.Valid(in.OrderID) {
		return nil
	}
	trace.Join(ctx, in.OrderID)
	found, err := s.look(ctx, in.OrderID)
	if err != nil || found == nil {
		return err
	}
	now, err := s.write(ctx, *found, func(p Payment) Payment {
		if kind == stripe.EventTypeChargeDisputeCreated {
			return p.Dispute(s.env.Now())
		}
		return p.Record(in, s.env.Now())
	})
	if err != nil {
		return err
	}
	if kind == stripe.EventTypeChargeDisputeCreated {
		s.env.Log.Warn("a buyer's bank disputes a payment; answer it at Stripe", "order", in.OrderID, "intent", in.ID)
	}
	if now.Status == events.PaymentIsRefunded && !now.Order.Refunded {
		return s.tell(ctx, now.Payment)
	}
	return nil
}

// hear takes into account how an intent is now. Intents that are not ours are not our business.
func (s *service) hear(ctx context.Context, intentID, orderID string, e stripe.Event) error {
	if !id.Valid(orderID) {
		return nil
	}
	trace.Join(ctx, orderID)
	age := s.env.Now().Sub(time.Unix(e.Created, 0))
	if e.Type == stripe.EventTypePaymentIntentSucceeded && age < calm { // our own capture, which is about to be written
		if err := s.pause(ctx, calm); err != nil {
			return err
		}
	}
	found, err := s.look(ctx, orderID)
	if err != nil || found == nil || !found.Begun() {
		return err
	}
	if age := s.env.Now().Sub(found.UpdatedAt); age < calm && !found.Settled() && found.Status != events.PaymentRequiresAction {
		if err := s.pause(ctx, calm-max(0, age)); err != nil {
			return err
		}
		if found, err = s.look(ctx, orderID); err != nil || found == nil {
			return err
		}
	}
	if found.Settled() { // the usual case: our own request has come to its end; a failure may not have been told
		return s.tell(ctx, found.Payment)
	}
	in, err := s.provider.Get(ctx, intentID)
	if err != nil {
		return err
	}
	if in.Status == IntentCanceled && found.Order.Status.Unpaid() { // most likely our own doing, about to be written
		if err := s.pause(ctx, calm); err != nil {
			return err
		}
	}
	p, err := s.record(ctx, *found, in)
	if err != nil {
		return err
	}
	if p.Order.Status.Unpaid() || p.Status == events.PaymentIsFailed {
		return s.tell(ctx, p.Payment)
	}
	_, err = s.settle(ctx, *p)
	return err
}

func (s *service) pause(ctx context.Context, d time.Duration) error {
	if err := s.env.Sleep(ctx, d); err != nil {
		return problem.New(problem.Unavailable, "interrupted").Because(err)
	}
	return nil
}
