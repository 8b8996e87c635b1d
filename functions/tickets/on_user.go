package tickets

import (
	"context"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// sweepPage is how many of a seller's tickets are looked at together.
const sweepPage = 100

// Live says whether a ticket keeps its seller from going: somebody may buy it, or is about to.
func Live(t events.Ticket, now time.Time) bool {
	return t.Status == events.TicketHeld || ForSale(t, now)
}

// OnUser says whether anything of an account that is to be deleted is for sale or held. Of one that is deleted it withdraws
// what still is: a session that was open elsewhere may have put it up meanwhile. What somebody is just buying it leaves, and
// says so: it is asked again later.
func OnUser(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		user, err := events.Parse[events.User](e, events.UserClosing, events.UserDeleted)
		if err != nil {
			return nil, err
		}
		gone := user.Status == events.UserIsDeleted
		answer := events.Clearance{UserID: user.ID, Version: user.Version, By: events.ByTickets, At: user.UpdatedAt}
		err = eachOf(ctx, table, user.ID, func(t Ticket) error {
			if gone && t.Status == events.TicketAvailable {
				left, err := withdrawFor(ctx, env, table, t.ID, user.ID)
				if err != nil {
					return err
				}
				t = left
			}
			if Live(t.Ticket, env.Now()) {
				answer.Live++
			}
			return nil
		})
		if err != nil || gone && answer.Live == 0 {
			return nil, err
		}
		return answer, nil
	}, nil
}

// eachOf calls f with each ticket of a seller as it is.
func eachOf(ctx context.Context, table *store.Table, seller string, f func(Ticket) error) error {
	type pointer struct {
		ID string `dynamodbav:"pk"`
	}
	for after := ""; ; {
		found, err := store.Find[pointer](ctx, table, store.Query{Index: "seller", Hash: "seller", Range: "pk", Value: seller, After: after, Limit: sweepPage})
		if err != nil {
			return err
		}
		keys := make([]store.Key, len(found))
		for i, p := range found {
			keys[i] = key(p.ID)
			after = p.ID
		}
		items, err := store.GetAll[item](ctx, table, keys)
		if err != nil {
			return err
		}
		for _, i := range items {
			if err := f(i.ticket()); err != nil {
				return err
			}
		}
		if len(found) < sweepPage {
			return nil
		}
	}
}

// withdrawFor withdraws a ticket for its seller, who is gone, and returns it as it is then: somebody may have taken it just before.
func withdrawFor(ctx context.Context, env *function.Env, table *store.Table, id, seller string) (Ticket, error) {
	swept, err := function.Change(ctx, env, table, key(id), func(cur *item) (*item, error) {
		if cur == nil {
			return nil, fmt.Errorf("ticket %s is gone", id)
		}
		next, err := cur.ticket().Withdraw(seller, env.Now())
		if problem.Is(err, problem.Conflict) || err == nil && next.Version == cur.Snapshot.Version {
			return nil, nil
		}
		return newItem(next).marked(env.Now()), err
	})
	if err != nil {
		return Ticket{}, err
	}
	return swept.ticket(), nil
}
