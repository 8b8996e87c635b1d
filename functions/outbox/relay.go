// Package outbox sends what was written but not sent: a function died in between, or the Broker could not be reached (P6).
package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/metrics"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

const (
	// patience is how old a mark must be: its own function is most likely still about to publish a younger one.
	patience = 5 * time.Second
	// batch is how many items of a table one look takes; what is left is looked for again at once.
	batch = 200
)

// Relay publishes the snapshot of every item that is marked as unpublished for longer than a few seconds.
func Relay(env *function.Env) (function.EventHandler, error) {
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		if err := events.CheckPing(e); err != nil {
			return nil, err
		}
		return nil, errors.Join(
			relay[events.Ticket](ctx, env, "tickets"),
			relay[events.Order](ctx, env, "orders"),
			relay[events.Payment](ctx, env, "payments"),
			relay[events.User](ctx, env, session.Accounts),
		)
	}, nil
}

// relay empties one table's index. An item that cannot be told of does not stop the others.
func relay[S events.Snapshot](ctx context.Context, env *function.Env, name string) error {
	table := env.Store.Table(name)
	before := env.Now().Add(-patience)
	for {
		found, err := store.FindUnpublished[S](ctx, table, before, batch)
		if err != nil {
			return err
		}
		env.Metrics.Set(metrics.Oldest, oldest(found, env.Now()), name)
		if len(found) == 0 {
			return nil
		}
		for _, item := range found {
			err := env.Broker.Publish(ctx, item.Snapshot)
			if err != nil && !errors.Is(err, events.ErrNotSent) {
				return problem.New(problem.Unavailable, "publish %s from %s", item.PK, name).Because(err)
			}
			if err := table.ClearOutbox(ctx, item.Key(), item.Count); err != nil {
				return fmt.Errorf("relay %s: %w", name, err)
			}
			env.Metrics.Add(metrics.Relayed, 1, name)
			env.Log.Info("published late", "table", name, "item", item.PK, "marked", item.Since)
		}
		if len(found) < batch {
			return nil
		}
	}
}

// oldest is the age of the oldest mark, in seconds; 0 where there is none.
func oldest[S any](found []store.Unpublished[S], now time.Time) (seconds float64) {
	for _, item := range found {
		if since, err := time.Parse(time.RFC3339, item.Since); err == nil {
			seconds = max(seconds, now.Sub(since).Seconds())
		}
	}
	return seconds
}
