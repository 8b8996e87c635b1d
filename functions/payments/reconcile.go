package payments

import (
	"context"
	"errors"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/stripe/stripe-go/v76"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
)

// underWay is how long after its last change a payment is most likely still on its usual way.
const underWay = 5 * time.Second

// Reconcile asks Stripe each minute for what it holds and has not taken, and does with each what is due: where a process
// died between Stripe and our store and the webhook was lost too, its order is completed, captured or voided then (P3, P6).
// What goes its usual way is let be: it is younger than its own request may take.
func Reconcile(env *function.Env) (function.EventHandler, error) { return At{}.Reconcile(env) }

// Reconcile is the function Reconcile at another Stripe.
func (a At) Reconcile(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		if err := events.CheckPing(e); err != nil {
			return nil, err
		}
		held, err := s.provider.Authorised(ctx)
		if err != nil {
			return nil, err
		}
		var failed error
		for _, in := range held { // one that fails does not stop the others
			failed = errors.Join(failed, s.reconcile(ctx, in))
		}
		return nil, failed
	}, nil
}

func (s *service) reconcile(ctx context.Context, in Intent) error {
	if !id.Valid(in.OrderID) {
		return nil
	}
	found, err := s.look(ctx, in.OrderID)
	if err != nil || found == nil || !found.Begun() || s.env.Now().Sub(found.UpdatedAt) < underWay {
		return err
	}
	return s.hear(ctx, in.ID, in.OrderID, stripe.Event{Type: stripe.EventTypePaymentIntentAmountCapturableUpdated})
}
