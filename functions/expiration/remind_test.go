package expiration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/function"
	"usher.example/shared/store"
)

// told is a Broker that keeps what it is told of.
type told struct {
	mu   sync.Mutex
	all  []string
	fail bool
}

func (b *told) Publish(_ context.Context, s events.Snapshot) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail {
		return errors.New("the Broker is away")
	}
	x, _ := s.(events.Expiring)
	b.all = append(b.all, x.OrderID)
	return nil
}

func (b *told) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.all
	b.all = nil
	slices.Sort(all)
	return all
}

// clockwork are the functions with a clock that is set by hand.
type clockwork struct {
	t      *testing.T
	now    time.Time
	broker *told
	env    *function.Env
}

func newClockwork(t *testing.T) *clockwork {
	t.Helper()
	c := &clockwork{t: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), broker: &told{}}
	c.env = &function.Env{
		Store: store.New(memory.New(), ""), Broker: c.broker, Now: func() time.Time { return c.now }, Sleep: store.Sleep,
		Getenv: func(string) string { return "" }, Log: slog.New(slog.DiscardHandler),
	}
	if err := c.env.Store.EnsureTables(t.Context(), Schema); err != nil {
		t.Fatal(err)
	}
	return c
}

func number(n int) string { return fmt.Sprintf("01990000-0000-7000-8000-%012d", n) }

// file lets on-order hear of an order that was made at created, and returns its reply.
func (c *clockwork) file(n int, created time.Time, life time.Duration) events.Snapshot {
	c.t.Helper()
	handle, err := OnOrder(c.env)
	if err != nil {
		c.t.Fatal(err)
	}
	e, err := events.New(events.Order{
		ID: number(n), Version: 1, Status: events.OrderIsCreated, BuyerID: number(1000), Reservation: 1, CreatedAt: created, UpdatedAt: created,
		ExpiresAt: created.Add(life), Ticket: events.OrderTicket{ID: number(2000), Revision: 1, Title: "Front row"},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	reply, err := handle(c.t.Context(), e)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply
}

func (c *clockwork) ping() error {
	c.t.Helper()
	handle, err := Remind(c.env)
	if err != nil {
		c.t.Fatal(err)
	}
	e := cloudevents.NewEvent()
	e.SetType(string(events.Ping))
	_, err = handle(c.t.Context(), e)
	return err
}

// Each order that lives long enough is told of once, four to five minutes before its end.
func TestRemind(t *testing.T) {
	c := newClockwork(t)
	life := map[string]time.Time{}
	for n, lasts := range []time.Duration{15 * time.Minute, 6 * time.Minute, 7*time.Minute + 30*time.Second, 30 * time.Minute} {
		c.file(n, c.now, lasts)
		life[number(n)] = c.now.Add(lasts)
	}
	c.file(9, c.now, 5*time.Minute+59*time.Second) // too short
	for range 40 {
		c.now = c.now.Add(time.Minute)
		if err := c.ping(); err != nil {
			t.Fatal(err)
		}
		for _, id := range c.broker.take() {
			left := life[id].Sub(c.now)
			if left < 4*time.Minute || left > 5*time.Minute {
				t.Errorf("%s is told of %s before its end", id, left)
			}
			delete(life, id)
		}
	}
	if len(life) > 0 {
		t.Errorf("never told of: %v", life)
	}
}

// More than a page at one moment, and a Broker that is away meanwhile: none is left out.
func TestRemindOfMany(t *testing.T) {
	c := newClockwork(t)
	const many = 2*page + 7
	for n := range many {
		c.file(n, c.now, 15*time.Minute)
	}
	c.now = c.now.Add(11 * time.Minute)
	c.broker.fail = true
	if err := c.ping(); err == nil {
		t.Error("the Broker is away, and nothing is said")
	}
	c.broker.fail = false
	if err := c.ping(); err != nil {
		t.Fatal(err)
	}
	if got := slices.Compact(c.broker.take()); len(got) != many {
		t.Errorf("told of %d, want %d", len(got), many)
	}
	if err := c.ping(); err != nil {
		t.Fatal(err)
	}
	if got := c.broker.take(); len(got) > 0 {
		t.Errorf("told again of %d", len(got))
	}
}

// A timer that is filed late, when its reminder's time is over, is told of at once; one that has no time left is not.
func TestFiledLate(t *testing.T) {
	c := newClockwork(t)
	if got := c.file(1, c.now.Add(-11*time.Minute), 15*time.Minute); got == nil || got.(events.Expiring).OrderID != number(1) {
		t.Errorf("four minutes before its end: %+v", got)
	}
	if got := c.file(2, c.now.Add(-4*time.Minute), 15*time.Minute); got != nil {
		t.Errorf("eleven minutes before its end: %+v", got)
	}
	if got := c.file(3, c.now.Add(-16*time.Minute), 15*time.Minute); got == nil || got.(events.Expiry).OrderID != number(3) {
		t.Errorf("after its end: %+v", got)
	}
}
