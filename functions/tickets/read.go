package tickets

import (
	"context"
	"net/http"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// Show is one ticket: GET /api/tickets/{id} → 200.
func Show(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		ticketID, err := r.ID("id", "ticket")
		if err != nil {
			return nil, err
		}
		found, err := store.Get[item](ctx, table, key(ticketID))
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, noTicket()
		}
		viewer, _ := r.Viewer()
		return &function.Response{
			Status: http.StatusOK, Body: show(found.Snapshot, viewer.ID), ETag: function.VersionTag(found.Snapshot.Version),
			Private: viewer.ID != "",
		}, nil
	}, nil
}

// maxOwn bounds how many of their own tickets one request reads for a seller who asks for some of them only, ownStep at a
// time.
const (
	maxOwn  = 1000
	ownStep = 100
)

// Mine is what the caller ever put up for sale, newest first: GET /api/tickets/mine?status= → 200. 400 names the parameter
// that is wrong.
func Mine(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, err := r.User()
		if err != nil {
			return nil, err
		}
		status, err := wantedStatus(r.URL.Query().Get("status"))
		if err != nil {
			return nil, err
		}
		scope := "mine " + seller.ID + " " + string(status)
		page, err := r.PageOf(scope, id.Valid)
		if err != nil {
			return nil, err
		}
		list, err := own(ctx, table, seller.ID, status, scope, page)
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: list, Private: true}, nil
	}, nil
}

func wantedStatus(s string) (events.TicketStatus, error) {
	switch status := events.TicketStatus(s); status {
	case "", events.TicketAvailable, events.TicketHeld, events.TicketSold, events.TicketIsWithdrawn:
		return status, nil
	}
	return "", problem.Field("status", "status can be available, held, sold or withdrawn.")
}

// own reads the seller's tickets until a page is full, nothing is left, or enough was read.
func own(ctx context.Context, table *store.Table, seller string, status events.TicketStatus, scope string, page function.Page) (function.List[view], error) {
	list := function.List[view]{Items: []view{}}
	step := page.Limit + 1
	if status != "" {
		step = ownStep
	}
	for read := 0; read < maxOwn; read += step {
		items, err := ownAfter(ctx, table, seller, page.After, step)
		if err != nil {
			return list, err
		}
		for _, i := range items {
			page.After = i.ID
			if status != "" && i.Snapshot.Status != status {
				continue
			}
			if n := len(list.Items); n == page.Limit {
				list.NextCursor = function.CursorOf(scope, list.Items[n-1].ID)
				return list, nil
			}
			list.Items = append(list.Items, show(i.Snapshot, seller))
		}
		if len(items) < step {
			return list, nil
		}
	}
	list.NextCursor = function.CursorOf(scope, page.After)
	return list, nil
}

// ownAfter are the seller's next tickets. Their index has only keys: it costs a sale nothing.
func ownAfter(ctx context.Context, table *store.Table, seller, after string, limit int) ([]item, error) {
	keys, err := store.Find[struct {
		ID string `dynamodbav:"pk"`
	}](ctx, table, store.Query{Index: "seller", Hash: "seller", Range: "pk", Value: seller, After: after, Descending: true, Limit: limit})
	if err != nil {
		return nil, err
	}
	wanted := make([]store.Key, len(keys))
	for i, k := range keys {
		wanted[i] = key(k.ID)
	}
	return store.GetAll[item](ctx, table, wanted)
}
