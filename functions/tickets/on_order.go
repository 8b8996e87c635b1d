package tickets

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// OnOrder keeps the ticket's hold as orders say, and answers with the ticket.
func OnOrder(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		order, err := events.Parse[events.Order](e, events.OrderCreated, events.OrderCompleted, events.OrderCancelled)
		if err != nil {
			return nil, err
		}
		var answer Answer
		held, _, err := store.Update(ctx, table, key(order.Ticket.ID), func(cur *item) (*item, error) {
			answer = Silent
			if cur == nil {
				// Orders knows a ticket before it is written; its creator is about to, or died.
				return nil, problem.New(problem.Conflict, "ticket %s is not there yet", order.Ticket.ID)
			}
			var next Ticket
			next, answer = cur.ticket().Hear(order, env.Now())
			if answer == Silent || answer == Again {
				return nil, nil
			}
			changed := newItem(next)
			changed.Outbox = cur.Outbox // the reply tells of it all, but what comes before it is sent again may have no reply
			return changed, nil
		})
		if err != nil || answer == Silent || answer == Noted {
			return nil, err
		}
		return held.Snapshot, nil
	}, nil
}
