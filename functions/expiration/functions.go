package expiration

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	// page is how many timers of a shard are read at once, the soonest first.
	page = 250
	// senders is how many expiries of a moment are sent at once.
	senders = 16
)

// OnOrder files the timer of a new order. One that is due before a tick would surely find it is waited for right here:
// the Broker brings the event again if that is interrupted.
func OnOrder(env *function.Env) (function.EventHandler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		order, err := events.Parse[events.Order](e, events.OrderCreated)
		if err != nil {
			return nil, err
		}
		t := newTimer(order)
		_, _, err = store.Insert(ctx, table, t.key(), func(cur *timer) (*timer, error) {
			if cur != nil {
				return nil, nil
			}
			return &t, nil
		})
		if err != nil {
			return nil, err
		}
		if now := env.Now(); TooSoon(t.ExpiresAt, now) { // asked after the write: a tick that did not see it has begun before
			if err := env.Sleep(ctx, t.ExpiresAt.Sub(now)); err != nil {
				return nil, problem.New(problem.Unavailable, "wait for %s", t.ExpiresAt).Because(err)
			}
			return t.expiry(), nil // the timer stays for the next tick, which clears it away
		}
		if x, ok := t.expiring(); ok && Passed(t.ExpiresAt, env.Now()) {
			return x, nil
		}
		return nil, nil
	}, nil
}

// Tick sends what is due in the minute that it is woken for, each at its time, and whatever was missed at once.
func Tick(env *function.Env) (function.EventHandler, error) {
	f := tick{env, env.Store.Table(Schema.Name)}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		if err := events.CheckPing(e); err != nil {
			return nil, err
		}
		return nil, f.run(ctx)
	}, nil
}

type tick struct {
	env   *function.Env
	table *store.Table
}

// run takes timers in the order of their time until none is left before the horizon.
func (f tick) run(ctx context.Context) error {
	horizon := Horizon(f.env.Now())
	for {
		due, err := store.FindMerged(ctx, f.table, store.Query{Until: store.Stamp(horizon), Limit: page, Consistent: true},
			func(t timer) string { return t.Due })
		if err != nil || len(due) == 0 {
			return err
		}
		if err := f.send(ctx, due); err != nil {
			return err
		}
	}
}

// send waits for each timer and sends its expiry; then the timer goes. It returns when all are sent, or what failed.
func (f tick) send(ctx context.Context, due []timer) error {
	slots := make(chan struct{}, senders)
	errs := make([]error, len(due))
	var wg sync.WaitGroup
	for i, t := range due {
		if err := f.wait(ctx, t.ExpiresAt); err != nil {
			errs[i] = err
			break
		}
		slots <- struct{}{}
		f.env.Spawn(&wg, func() {
			defer func() { <-slots }()
			if err := f.env.Broker.Publish(ctx, t.expiry()); err != nil {
				errs[i] = problem.New(problem.Unavailable, "expire order %s", t.OrderID).Because(err)
				return
			}
			errs[i] = f.table.Delete(ctx, t.key())
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f tick) wait(ctx context.Context, until time.Time) error {
	if d := until.Sub(f.env.Now()); d > 0 {
		if err := f.env.Sleep(ctx, d); err != nil {
			return fmt.Errorf("wait for %s: %w", until, err)
		}
	}
	return nil
}
