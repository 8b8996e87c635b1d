package tickets

import (
	"context"
	"net/http"

	"usher.example/shared/function"
)

// Update replaces what is said of a ticket: PUT /api/tickets/{id} → 200. It honours If-Match.
func Update(env *function.Env) (function.Handler, error) {
	h, err := house(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		if _, err := r.User(); err != nil {
			return nil, err
		}
		id, err := r.ID("id", "ticket")
		if err != nil {
			return nil, err
		}
		seller, terms, err := read(env, r, h)
		if err != nil {
			return nil, err
		}
		t, err := change(ctx, env, r, id, func(t Ticket) (Ticket, error) { return t.Edit(seller.ID, terms, env.Now()) })
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: show(t.Ticket, seller.ID), ETag: function.VersionTag(t.Version)}, nil
	}, nil
}

// Withdraw takes a ticket off the market: DELETE /api/tickets/{id} → 204, also when it was withdrawn before.
func Withdraw(env *function.Env) (function.Handler, error) {
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, err := r.User()
		if err != nil {
			return nil, err
		}
		id, err := r.ID("id", "ticket")
		if err != nil {
			return nil, err
		}
		if _, err := change(ctx, env, r, id, func(t Ticket) (Ticket, error) { return t.Withdraw(seller.ID, env.Now()) }); err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusNoContent}, nil
	}, nil
}

// change applies a seller's rule to the ticket, and tells of it.
func change(ctx context.Context, env *function.Env, r *function.Request, id string, rule func(Ticket) (Ticket, error)) (Ticket, error) {
	changed, err := function.Change(ctx, env, env.Store.Table(Schema.Name), key(id), func(cur *item) (*item, error) {
		if cur == nil {
			return nil, noTicket()
		}
		next, err := rule(cur.ticket())
		if err != nil {
			return nil, err
		}
		if next.Version == cur.Snapshot.Version { // it is so: perhaps by our own write, whose answer was lost, and after which If-Match holds no more
			return nil, nil
		}
		if err := r.IfMatch(function.VersionTag(cur.Snapshot.Version)); err != nil {
			return nil, err
		}
		return newItem(next).marked(env.Now()), nil
	})
	if err != nil {
		return Ticket{}, err
	}
	return changed.ticket(), nil
}
