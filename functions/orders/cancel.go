package orders

import (
	"context"
	"net/http"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/store"
	"usher.example/shared/trace"
)

// CancelOrder gives an unpaid order up: DELETE /api/orders/{id} → 204, also when it was cancelled before. 409 once it is
// complete.
func CancelOrder(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		buyer, err := r.User()
		if err != nil {
			return nil, err
		}
		orderID, err := r.ID("id", "order")
		if err != nil {
			return nil, err
		}
		trace.Join(ctx, orderID)
		if err := cancel(ctx, env, table, buyer.ID, orderID); err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusNoContent}, nil
	}, nil
}

// cancel ends an unpaid order and frees its ticket.
func cancel(ctx context.Context, env *function.Env, table *store.Table, buyer, orderID string) error {
	cancelled, err := function.Change(ctx, env, table, orderKey(buyer, orderID), func(cur *item) (*item, error) {
		if cur == nil {
			return nil, noOrder()
		}
		next, err := Cancel(cur.Snapshot, env.Now())
		if err != nil || next.Version == cur.Snapshot.Version {
			return nil, err
		}
		return cur.became(next).mark(env.Now()), nil
	})
	if err != nil {
		return err
	}
	if err := release(ctx, table, cancelled.Snapshot); err != nil {
		env.Log.Warn("cancelled, hold not released; the order's event will", "order", orderID, "error", err)
	}
	return nil
}

func isCancelled(o events.Order) bool { return o.Status == events.OrderIsCancelled }
