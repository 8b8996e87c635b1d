package orders

import (
	"context"
	"net/http"
	"strings"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// Show is one of the caller's orders: GET /api/orders/{id} → 200. Another person's is 404: that it exists is their
// business (P8).
func Show(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		_, found, err := asked(ctx, table, r)
		if err != nil {
			return nil, err
		}
		return &function.Response{
			Status: http.StatusOK, Body: detail{show(found.Snapshot), timeline(found.Snapshot, found.Moments)}, ETag: function.VersionTag(found.Snapshot.Version), Private: true,
		}, nil
	}, nil
}

// asked is who asks, and the order of theirs that the path names. NotFound where they have none of that id.
func asked(ctx context.Context, table *store.Table, r *function.Request) (buyer session.User, found *item, err error) {
	if buyer, err = r.User(); err != nil {
		return buyer, nil, err
	}
	orderID, err := r.ID("id", "order")
	if err != nil {
		return buyer, nil, err
	}
	found, err = store.Get[item](ctx, table, orderKey(buyer.ID, orderID))
	if err == nil && found == nil {
		err = noOrder()
	}
	return buyer, found, err
}

// detail is an order with what happened to it.
type detail struct {
	view
	Timeline []Happening `json:"timeline"`
}

const (
	// historyStep is how many orders one step of a filtered history reads, and maxHistory how many one request does: a
	// status that is rare answers a short page with a cursor instead of reading everything.
	historyStep = 50
	maxHistory  = 500
)

// History is the caller's orders, newest first: GET /api/orders?status=&limit=&cursor= → 200. status is one or several,
// separated by commas.
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
		wanted, err := statuses(r.URL.Query().Get("status"))
		if err != nil {
			return nil, err
		}
		list, err := history(ctx, table, buyer.ID, wanted, page)
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Private: true, Body: list}, nil
	}, nil
}

// statuses reads a filter; nil is all.
func statuses(filter string) (map[events.OrderStatus]bool, error) {
	if filter == "" {
		return nil, nil
	}
	wanted := map[events.OrderStatus]bool{}
	for name := range strings.SplitSeq(filter, ",") {
		switch s := events.OrderStatus(name); s {
		case events.OrderIsCreated, events.OrderIsAwaiting, events.OrderIsComplete, events.OrderIsCancelled:
			wanted[s] = true
		default:
			return nil, problem.Field("status", "status can be created, awaiting_payment, complete or cancelled, or several of them with commas between.")
		}
	}
	return wanted, nil
}

// history reads orders until a page is full, nothing is left, or enough was read.
func history(ctx context.Context, table *store.Table, buyer string, wanted map[events.OrderStatus]bool, page function.Page) (function.List[view], error) {
	list := function.List[view]{Items: []view{}}
	step := page.Limit + 1
	if wanted != nil {
		step = max(step, historyStep)
	}
	after := page.After
	for read := 0; read < maxHistory; read += step {
		found, err := store.Find[item](ctx, table, store.Query{Value: buyer, After: after, Descending: true, Limit: step, Consistent: true})
		if err != nil {
			return list, err
		}
		for _, o := range found {
			if wanted != nil && !wanted[o.Snapshot.Status] {
				after = o.Snapshot.ID
				continue
			}
			if len(list.Items) == page.Limit { // there is more
				list.NextCursor = function.Cursor(after)
				return list, nil
			}
			list.Items, after = append(list.Items, show(o.Snapshot)), o.Snapshot.ID
		}
		if len(found) < step {
			return list, nil
		}
	}
	list.NextCursor = function.Cursor(after)
	return list, nil
}
