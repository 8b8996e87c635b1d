package tickets

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

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
	if !legalTender(code) {
		return "", fmt.Errorf("CURRENCY: %q is not the ISO 4217 code of a currency in use", code)
	}
	return code, nil
}

// maxCap bounds PRICE_CAP_PERCENT: more is no cap.
const maxCap = 10_000

// House is what the operator lays down about prices.
type House struct {
	Currency string // of prices given as plain numbers
	Cap      int64  // the greatest price, in percent of the face value; 0: any
}

// house reads CURRENCY and PRICE_CAP_PERCENT.
func house(env *function.Env) (House, error) {
	code, err := plainCurrency(env)
	if err != nil {
		return House{}, err
	}
	h := House{Currency: code}
	if s := env.Getenv("PRICE_CAP_PERCENT"); s != "" {
		if h.Cap, err = strconv.ParseInt(s, 10, 64); err != nil || h.Cap < 1 || h.Cap > maxCap {
			return House{}, fmt.Errorf("PRICE_CAP_PERCENT: %q is not a whole number from 1 to %d, such as 120", s, maxCap)
		}
	}
	return h, nil
}

// Create puts a ticket up for sale: POST /api/tickets → 201.
//
// The event is announced before the item is written. If the process dies in between, orders has a replica of a ticket
// that nobody can see or order: its id was never told.
func Create(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	h, err := house(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, terms, err := read(env, r, h)
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
func read(env *function.Env, r *function.Request, h House) (session.User, Terms, error) {
	seller, err := r.User()
	if err != nil {
		return seller, Terms{}, err
	}
	var in input
	if err := r.JSON(&in); err != nil {
		return seller, Terms{}, err
	}
	terms, err := in.terms(h, env.Now())
	return seller, terms, err
}

func noTicket() error { return problem.New(problem.NotFound, "There is no such ticket.") }
