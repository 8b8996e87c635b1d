package orders

import (
	"context"
	"net/http"

	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/store"
)

// Show is one of the caller's orders: GET /api/orders/{id} → 200. Another person's is 404: that it exists is their
// business (P8).
func Show(env *function.Env) (function.Handler, error) {
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
		found, err := store.Get[item](ctx, table, orderKey(buyer.ID, orderID))
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, noOrder()
		}
		return &function.Response{
			Status: http.StatusOK, Body: show(found.Snapshot), ETag: function.VersionTag(found.Snapshot.Version), Private: true,
		}, nil
	}, nil
}

// History is the caller's orders, newest first: GET /api/orders?limit=&cursor= → 200.
func History(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		buyer, err := r.User()
		if err != nil {
			return nil, err
		}
		page, err := r.Page(id.Valid)
		if err != nil {
			return nil, err
		}
		found, err := store.Find[item](ctx, table, store.Query{
			Value: buyer.ID, After: page.After, Descending: true, Limit: page.Limit + 1, Consistent: true,
		})
		if err != nil {
			return nil, err
		}
		views := make([]view, len(found))
		for i, o := range found {
			views[i] = show(o.Snapshot)
		}
		return &function.Response{
			Status: http.StatusOK, Private: true,
			Body: function.NewList(views, page.Limit, func(v view) string { return v.ID }),
		}, nil
	}, nil
}
