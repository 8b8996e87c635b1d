package orders

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// sweepPage is how many of a buyer's orders are looked at together.
const sweepPage = 100

// OnUser says whether an account that is to be deleted has unpaid orders. Of one that is deleted it cancels those that there
// still are: a session that was open elsewhere may have made them meanwhile.
func OnUser(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		user, err := events.Parse[events.User](e, events.UserClosing, events.UserDeleted)
		if err != nil {
			return nil, err
		}
		answer := events.Clearance{UserID: user.ID, Version: user.Version, By: events.ByOrders, At: user.UpdatedAt}
		gone := user.Status == events.UserIsDeleted
		err = eachOf(ctx, table, user.ID, func(o events.Order) error {
			switch {
			case !o.Status.Unpaid():
				return nil
			case gone:
				return sweep(ctx, env, table, o)
			}
			answer.Live++
			return nil
		})
		if err != nil || gone {
			return nil, err
		}
		return answer, nil
	}, nil
}

// eachOf calls f with each order of a buyer, the newest first.
func eachOf(ctx context.Context, table *store.Table, buyer string, f func(events.Order) error) error {
	for after := ""; ; {
		found, err := store.Find[item](ctx, table, store.Query{Value: buyer, After: after, Descending: true, Limit: sweepPage, Consistent: true})
		if err != nil {
			return err
		}
		for _, i := range found {
			if err := f(i.Snapshot); err != nil {
				return err
			}
			after = i.Snapshot.ID
		}
		if len(found) < sweepPage {
			return nil
		}
	}
}

// sweep cancels an order for its buyer, who is gone, unless it is paid by now.
func sweep(ctx context.Context, env *function.Env, table *store.Table, o events.Order) error {
	swept, err := function.Change(ctx, env, table, orderKey(o.BuyerID, o.ID), func(cur *item) (*item, error) {
		if cur == nil {
			return nil, noOrder()
		}
		next, err := Cancel(cur.Snapshot, env.Now())
		if problem.Is(err, problem.Conflict) || err == nil && next.Version == cur.Snapshot.Version {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return cur.became(next).mark(env.Now()), nil
	})
	if err != nil || !isCancelled(swept.Snapshot) {
		return err
	}
	return release(ctx, table, swept.Snapshot)
}
