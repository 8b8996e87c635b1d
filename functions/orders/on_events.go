package orders

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// OnExpiry cancels an order that is unpaid when its time is over (P4).
func OnExpiry(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		x, err := events.Parse[events.Expiry](e, events.OrderExpired)
		if err != nil {
			return nil, err
		}
		o, err := decide(ctx, table, orderKey(x.BuyerID, x.OrderID), func(o events.Order) (events.Order, error) {
			now := env.Now()
			if o.Status.Unpaid() && now.Before(o.ExpiresAt) { // our clock is behind that of who said so
				return o, problem.New(problem.Unavailable, "order %s is not due yet", o.ID)
			}
			return Expire(o, now), nil
		})
		if err != nil || !isCancelled(*o) {
			return nil, err
		}
		return *o, nil
	}, nil
}

// OnPayment completes an order whose payment is authorised, cancels one whose payment could not be captured, and notes that
// one was refunded (P3).
func OnPayment(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		p, err := events.Parse[events.Payment](e, events.PaymentCreated, events.PaymentFailed, events.PaymentRefunded)
		if err != nil {
			return nil, err
		}
		o, err := decide(ctx, table, orderKey(p.BuyerID, p.OrderID), func(o events.Order) (events.Order, error) {
			switch p.Status {
			case events.PaymentIsFailed:
				return PaymentFailed(o, env.Now()), nil
			case events.PaymentIsRefunded:
				return Refunded(o, p.UpdatedAt, env.Now()), nil
			}
			return Pay(o, env.Now())
		})
		if err != nil || o.Status.Unpaid() {
			return nil, err
		}
		return *o, nil
	}, nil
}

// OnOrder mends what a cancellation that died half-way left: the ticket's holder.
func OnOrder(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		o, err := events.Parse[events.Order](e, events.OrderCancelled)
		if err != nil {
			return nil, err
		}
		return nil, release(ctx, table, o)
	}, nil
}

// decide applies a rule to an order, for an event function: its reply tells of the change.
func decide(ctx context.Context, t *store.Table, key store.Key, rule func(events.Order) (events.Order, error)) (*events.Order, error) {
	o, _, err := store.Update(ctx, t, key, func(cur *item) (*item, error) {
		if cur == nil { // announced, not written yet
			return nil, problem.New(problem.Conflict, "order %s is not written yet", key.SK)
		}
		next, err := rule(cur.Snapshot)
		if err != nil || next.Version == cur.Snapshot.Version {
			return nil, err
		}
		return cur.became(next), nil
	})
	if err != nil {
		return nil, err
	}
	return &o.Snapshot, nil
}
