package function

import (
	"context"

	"usher.example/events"
	"usher.example/shared/metrics"
	"usher.example/shared/store"
)

// Publishable is an item that others are told of.
type Publishable interface{ Tell() events.Snapshot }

// Change updates an item for an HTTP function, and publishes what it became. decide must mark the item's Outbox; the mark
// goes when the Broker has the event. If the Broker cannot be reached the change stands all the same, and the relay
// publishes it later (P6).
func Change[T any, P interface {
	*T
	Publishable
}](ctx context.Context, env *Env, t *store.Table, key store.Key, decide store.Decide[T]) (*T, error) {
	item, wrote, err := store.Update(ctx, t, key, decide)
	if err != nil || !wrote.Changed {
		return item, err
	}
	if err := env.Broker.Publish(ctx, P(item).Tell()); err != nil {
		env.Metrics.Add(metrics.Unpublished, 1)
		env.Log.Warn("not published; the relay will", "item", key.PK, "error", err)
		return item, nil
	}
	if err := t.ClearOutbox(ctx, key, wrote.Count); err != nil {
		env.Log.Warn("published, mark not cleared; the relay will publish again", "item", key.PK, "error", err)
	}
	return item, nil
}

// Announce publishes a snapshot that is written to the store only afterwards: what is new has no rival, so telling of it
// first costs no mark in the store. It says whether the Broker has it; if not, the item must be written with a mark.
//
// A process that dies in between leaves an event about something that never came to be. Whoever announces says how that
// is undone.
func Announce(ctx context.Context, env *Env, s events.Snapshot) (published bool) {
	if err := env.Broker.Publish(ctx, s); err != nil {
		env.Metrics.Add(metrics.Unpublished, 1)
		env.Log.Warn("not published; the relay will", "error", err)
		return false
	}
	return true
}
