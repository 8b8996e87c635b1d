package payments

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// OnOrder keeps what is known of an order, takes the money of a complete one and lets go of that of a cancelled one (P3).
// It answers with the payment when that is settled.
func OnOrder(env *function.Env) (function.EventHandler, error) { return At{}.OnOrder(env) }

// OnOrder is the function OnOrder at another Stripe.
func (a At) OnOrder(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		order, err := events.Parse[events.Order](e, events.OrderAwaitingPayment, events.OrderCompleted, events.OrderCancelled)
		if err != nil {
			return nil, err
		}
		if order.Status == events.OrderIsAwaiting {
			return nil, s.expect(ctx, order)
		}
		p, err := s.conclude(ctx, order)
		if err != nil || p == nil || !p.Tells(order) {
			return nil, err
		}
		return p.Payment, nil
	}, nil
}

// expect writes that an order may be paid now.
func (s *service) expect(ctx context.Context, o events.Order) error {
	_, _, err := store.Insert(ctx, s.table, key(o.ID), func(cur *item) (*item, error) {
		if cur != nil { // it comes again, or after what came later: nothing is newer than what is known, as orders only go on
			return nil, nil
		}
		p, _ := Payment{}.HearOrder(o)
		return newItem(p), nil
	})
	return err
}

// conclude takes or releases the money of an order that is over, and writes both in one write. Somebody may begin to pay
// between the look and the write; then what is owed since is done too.
func (s *service) conclude(ctx context.Context, o events.Order) (*Payment, error) {
	found, err := s.look(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if found == nil { // cancelled before it could be paid; should it still be told that it can, this is newer
		p, _ := Payment{}.HearOrder(o)
		_, _, err := store.Insert(ctx, s.table, key(o.ID), func(cur *item) (*item, error) {
			if cur != nil {
				return nil, problem.New(problem.Conflict, "order %s was just written", o.ID)
			}
			return newItem(p), nil
		})
		return &p, err
	}
	heard, _ := found.HearOrder(o)
	came, err := s.perform(ctx, heard)
	if err != nil {
		return nil, err
	}
	now, err := s.write(ctx, *found, func(p Payment) Payment {
		next, _ := p.HearOrder(o)
		return came(next)
	})
	if err == nil && now.Duty() != NoDuty {
		now, err = s.settle(ctx, *now)
	}
	if err != nil {
		return nil, err
	}
	return &now.Payment, nil
}
