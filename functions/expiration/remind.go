package expiration

import (
	"context"
	"errors"
	"sync"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	// lead is how long before its order expires a buyer is reminded, or up to a minute less: pings come once a minute.
	lead = 5 * time.Minute
	// leastLife is the shortest life of an order whose buyer is reminded: of a shorter one the buyer has just been told.
	leastLife = 6 * time.Minute
)

// RemindAt is when the buyer of an order is to be reminded; ok is false where the order lives too short for that.
func RemindAt(created, expires time.Time) (at time.Time, ok bool) {
	if expires.Sub(created) < leastLife {
		return time.Time{}, false
	}
	return expires.Add(-lead), true
}

// Passed says whether the reminders of now may have been sent already, or may just be, when a timer is filed that expires at
// due: then whoever files it sends its reminder. It takes an event that is minutes late.
func Passed(due, now time.Time) bool { return !due.After(now.Add(lead + overlap)) }

// expiring is the reminder of a timer; ok is false where there is none.
func (t timer) expiring() (x events.Expiring, ok bool) {
	at, ok := RemindAt(t.CreatedAt, t.ExpiresAt)
	if !ok || t.Ticket.ID == "" {
		return x, false
	}
	return events.Expiring{OrderID: t.OrderID, BuyerID: t.BuyerID, RemindAt: at, ExpiresAt: t.ExpiresAt, Ticket: t.Ticket}, true
}

// cursor is until when reminders were sent: those of timers that are due up to then.
type cursor struct {
	Until string `dynamodbav:"until"` // time stamp
}

var cursorKey = store.Key{PK: "reminded", SK: "until"}

// Remind tells, each minute, of the orders that expire within the next five. An order may be told of twice when this is
// interrupted; whoever reminds its buyer does so once.
func Remind(env *function.Env) (function.EventHandler, error) {
	f := remind{env, env.Store.Table(Schema.Name)}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		if err := events.CheckPing(e); err != nil {
			return nil, err
		}
		return nil, f.run(ctx)
	}, nil
}

type remind struct {
	env   *function.Env
	table *store.Table
}

// run goes on where the last one ended, or now where that is longer ago: what has expired is not reminded of.
func (f remind) run(ctx context.Context) error {
	now := f.env.Now()
	last, err := store.Get[cursor](ctx, f.table, cursorKey)
	if err != nil {
		return err
	}
	from, until := store.Stamp(now), store.Stamp(now.Add(lead))
	if last != nil {
		from = max(from, last.Until)
	}
	told := 0
	for from < until {
		due, err := store.FindMerged(ctx, f.table, store.Query{After: from, Until: until, Limit: page, Consistent: true},
			func(t timer) string { return t.Due })
		if err != nil {
			return err
		}
		if err := f.tell(ctx, due); err != nil {
			return err
		}
		if told += len(due); len(due) < page {
			break
		}
		from = due[len(due)-1].Due
	}
	if told == 0 {
		return nil // what is filed since then is either later or reminded of by whoever files it
	}
	_, _, err = store.Update(ctx, f.table, cursorKey, func(cur *cursor) (*cursor, error) {
		if cur != nil && cur.Until >= until {
			return nil, nil
		}
		return &cursor{until}, nil
	})
	return err
}

func (f remind) tell(ctx context.Context, due []timer) error {
	slots := make(chan struct{}, senders)
	errs := make([]error, len(due))
	var wg sync.WaitGroup
	for i, t := range due {
		x, ok := t.expiring()
		if !ok {
			continue
		}
		slots <- struct{}{}
		f.env.Spawn(&wg, func() {
			defer func() { <-slots }()
			if err := f.env.Broker.Publish(ctx, x); err != nil {
				errs[i] = problem.New(problem.Unavailable, "remind of order %s", t.OrderID).Because(err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
