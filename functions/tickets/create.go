package tickets

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/text/currency"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// defaultCurrency is the currency of plain prices where CURRENCY does not name another.
const defaultCurrency = "USD"

func plainCurrency(env *function.Env) (string, error) {
	code := env.Getenv("CURRENCY")
	if code == "" {
		return defaultCurrency, nil
	}
	if _, err := currency.ParseISO(code); err != nil {
		return "", fmt.Errorf("CURRENCY: %q is not an ISO 4217 code", code)
	}
	return code, nil
}

// Create puts a ticket up for sale: POST /api/tickets → 201.
//
// The event is announced before the item is written. If the process dies in between, orders has a replica of a ticket
// that nobody can see or order: its id was never told.
func Create(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	code, err := plainCurrency(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, terms, err := read(env, r, code)
		if err != nil {
			return nil, err
		}
		ticket := List(env.NewID(), seller.ID, terms, env.Now())
		fresh := newItem(ticket)
		if !function.Announce(ctx, env, ticket.Ticket) {
			fresh.marked(env.Now())
		}
		_, _, err = store.Insert(ctx, table, key(ticket.ID), func(cur *item) (*item, error) {
			if cur != nil { // our own write, whose answer was lost; or it is held already
				return nil, nil
			}
			return fresh, nil
		})
		if err != nil {
			return nil, err
		}
		return &function.Response{
			Status: http.StatusCreated, Body: show(ticket.Ticket, seller.ID), ETag: function.VersionTag(ticket.Version),
			Header: http.Header{"Location": {"/api/tickets/" + ticket.ID}},
		}, nil
	}, nil
}

// read takes the seller and what they say out of a request.
func read(env *function.Env, r *function.Request, code string) (session.User, Terms, error) {
	seller, err := r.User()
	if err != nil {
		return seller, Terms{}, err
	}
	var in input
	if err := r.JSON(&in); err != nil {
		return seller, Terms{}, err
	}
	terms, err := in.terms(code, env.Now())
	return seller, terms, err
}

func noTicket() error { return problem.New(problem.NotFound, "There is no such ticket.") }
