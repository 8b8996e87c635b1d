package orders

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	// defaultHolds and defaultReservations are the limits where MAX_HOLDS and MAX_RESERVATIONS say nothing else.
	defaultHolds        = 4
	defaultReservations = 30
	// mostHolds and mostReservations bound the settings: a limit is looked after by reading so many orders.
	mostHolds        = 100
	mostReservations = 100
	// lookBack is how many orders are read for each hold that one may have, where reservations are not counted.
	lookBack = 5
	// late is how long after the first request with an Idempotency-Key a retry of it may still reserve: an order's id is as
	// old as that request, and who looks for recent orders looks so much further back.
	late = 5 * time.Minute

	codeHoldLimit = "hold_limit"
	codeThrottle  = "reservation_throttle"
)

// Limits keep one person from holding what others want to buy.
type Limits struct {
	Holds        int           // live unpaid orders at once
	Reservations int           // orders begun within Window, whatever became of them; 0 for any number
	Window       time.Duration // ORDER_TTL: what is older is over
}

// limits reads MAX_HOLDS and MAX_RESERVATIONS.
func limits(env *function.Env, ttl time.Duration) (Limits, error) {
	l := Limits{defaultHolds, defaultReservations, ttl}
	for _, s := range []struct {
		name        string
		value       *int
		least, most int
	}{{"MAX_HOLDS", &l.Holds, 1, mostHolds}, {"MAX_RESERVATIONS", &l.Reservations, 0, mostReservations}} {
		text := env.Getenv(s.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < s.least || n > s.most {
			return l, fmt.Errorf("%s: %q is not a number from %d to %d", s.name, text, s.least, s.most)
		}
		*s.value = n
	}
	return l, nil
}

// Admit refuses a further order of somebody whose recent ones are these: Conflict where they hold as much as they may,
// TooMany, with how long to wait, where they have begun too many.
func (l Limits) Admit(recent []events.Order, now time.Time) error {
	if len(l.live(recent, now)) >= l.Holds {
		return l.held()
	}
	begun := make([]time.Time, 0, len(recent))
	for _, o := range recent {
		if now.Sub(o.CreatedAt) < l.Window {
			begun = append(begun, o.CreatedAt)
		}
	}
	if l.Reservations == 0 || len(begun) < l.Reservations {
		return nil
	}
	slices.SortFunc(begun, func(a, b time.Time) int { return b.Compare(a) })
	wait := begun[l.Reservations-1].Add(l.Window).Sub(now) // when that one is forgotten, there is room
	return &problem.Error{Code: problem.TooMany, RetryAfter: wait, Items: []problem.Item{{
		Message: fmt.Sprintf("You have reserved %d tickets in a short time. Please wait a while before you reserve another one.", l.Reservations),
		Code:    codeThrottle,
	}}}
}

func (l Limits) held() error {
	message := fmt.Sprintf("You have %d unpaid orders, as many as one may have at once. Please pay or cancel one first.", l.Holds)
	if l.Holds == 1 {
		message = "You have an unpaid order, and one may have no more at once. Please pay or cancel it first."
	}
	return &problem.Error{Code: problem.Conflict, Items: []problem.Item{{Message: message, Code: codeHoldLimit}}}
}

// Excess are the live unpaid orders beyond the limit. Requests that came at once may all have been admitted, and each sees
// afterwards what was written before it looked: so the last one to look sees all, whichever that is, and all agree on
// which orders stay. Those are the oldest.
func (l Limits) Excess(recent []events.Order, now time.Time) []events.Order {
	live := l.live(recent, now)
	if len(live) <= l.Holds {
		return nil
	}
	slices.SortFunc(live, func(a, b events.Order) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return live[l.Holds:]
}

// Beyond refuses an order that is one of the excess, or was ended as one: by another request of its buyer, which looked
// while this one was about to.
func (l Limits) Beyond(recent []events.Order, orderID string, now time.Time) error {
	is := func(o events.Order) bool { return o.ID == orderID }
	i := slices.IndexFunc(recent, is)
	switch {
	case slices.ContainsFunc(l.Excess(recent, now), is):
		return l.held()
	case i >= 0 && recent[i].Reason == events.CancelledByBuyer && len(l.live(recent, now)) >= l.Holds:
		return l.held()
	}
	return nil
}

func (Limits) live(recent []events.Order, now time.Time) (live []events.Order) {
	for _, o := range recent {
		if o.Status.Unpaid() && !Expired(o, now) {
			live = append(live, o)
		}
	}
	return live
}

// recent reads the orders of a person that may still count, the newest first. It costs a read and no write: the orders
// themselves are the store of both limits.
func (c creator) recent(ctx context.Context, buyer string) ([]events.Order, error) {
	found, err := store.Find[item](ctx, c.table, store.Query{
		Value: buyer, Until: id.First(c.env.Now().Add(-c.limits.Window - late)), Descending: true, Consistent: true,
		Limit: max(c.limits.Reservations, lookBack*c.limits.Holds),
	})
	if err != nil {
		return nil, err
	}
	recent := make([]events.Order, len(found))
	for i, o := range found {
		recent[i] = o.Snapshot
	}
	return recent, nil
}

// trim cancels what is beyond the limit. An order that is over or paid meanwhile stays as it is.
func (c creator) trim(ctx context.Context, recent []events.Order) {
	for _, o := range c.limits.Excess(recent, c.env.Now()) {
		if err := cancel(ctx, c.env, c.table, o.BuyerID, o.ID); err != nil && !problem.Is(err, problem.Conflict) {
			c.env.Log.Warn("beyond the limit, not cancelled; it expires", "order", o.ID, "error", err)
		}
	}
}
