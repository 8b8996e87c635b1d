package orders

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/store"
	"usher.example/shared/trace"
)

const (
	// defaultTTL is how long an order may stay unpaid where ORDER_TTL says nothing else.
	defaultTTL = 15 * time.Minute
	// young is how long after its making a ticket may still be unknown here: its event is under way.
	young = time.Minute
	// arrival bounds the wait for a young ticket's event, and firstLook is when it is looked for first.
	arrival   = 3 * time.Second
	firstLook = 10 * time.Millisecond
	// confirmation bounds the wait for the ticket to be held, so that most callers get an order they can pay at once. It
	// takes some 20 ms with everything warm: looking sooner is a read for nothing.
	confirmation = time.Second
	confirmFirst = 25 * time.Millisecond
	// maxKey bounds an Idempotency-Key, in bytes.
	maxKey = 255
)

// creator reserves tickets.
type creator struct {
	env    *function.Env
	table  *store.Table
	limits Limits
}

// Create reserves a ticket for the caller: POST /api/orders {ticket_id} → 201. 409 while another order has it or the caller
// has as many unpaid orders as one may, 403 for one's own ticket, 404 for an unknown one, 429 for who begins too many. With
// an Idempotency-Key, a retry gets the order of the first time.
//
// The order's event is announced between taking the ticket and writing the order. If the process dies there, the ticket is
// held for an order that does not exist, until another buyer or the ticket's own event buries it.
func Create(env *function.Env) (function.Handler, error) {
	ttl, err := env.Duration("ORDER_TTL", defaultTTL)
	if err != nil {
		return nil, err
	}
	l, err := limits(env, ttl)
	if err != nil {
		return nil, err
	}
	c := creator{env, env.Store.Table(Schema.Name), l}
	return c.handle, nil
}

func (c creator) handle(ctx context.Context, r *function.Request) (*function.Response, error) {
	buyer, err := r.User()
	if err != nil {
		return nil, err
	}
	var in struct {
		TicketID string `json:"ticket_id"`
	}
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	if in.TicketID == "" {
		return nil, problem.Field("ticket_id", "Please say which ticket.")
	}
	if !id.Valid(in.TicketID) {
		return nil, noTicket()
	}
	orderID := c.env.NewID()
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		first, order, err := c.remember(ctx, buyer.ID, key, retried{orderID, in.TicketID})
		if err != nil || order != nil {
			return created(order), err
		}
		orderID = first.OrderID
	}
	trace.Join(ctx, orderID)
	order, err := c.create(ctx, orderID, buyer.ID, in.TicketID)
	return created(order), err
}

func created(o *events.Order) *function.Response {
	if o == nil {
		return nil
	}
	return &function.Response{
		Status: http.StatusCreated, Body: show(*o), ETag: function.VersionTag(o.Version), Private: true,
		Header: http.Header{"Location": {"/api/orders/" + o.ID}},
	}
}

// remember finds what a key stood for the first time, and its order if there is one.
func (c creator) remember(ctx context.Context, buyer, key string, now retried) (retried, *events.Order, error) {
	if len(key) > maxKey {
		return retried{}, nil, problem.New(problem.Invalid, "Idempotency-Key can have at most %d bytes.", maxKey)
	}
	first, _, err := store.Insert(ctx, c.table, retryKey(buyer, key), func(cur *retried) (*retried, error) {
		if cur != nil {
			return nil, nil
		}
		return &now, nil
	})
	if err != nil {
		return retried{}, nil, err
	}
	if first.TicketID != now.TicketID {
		return retried{}, nil, problem.New(problem.Conflict, "This Idempotency-Key was used for another ticket.")
	}
	found, err := store.Get[item](ctx, c.table, orderKey(buyer, first.OrderID))
	switch {
	case err != nil:
		return *first, nil, err
	case found != nil:
		return *first, &found.Snapshot, nil
	case c.env.Now().Sub(id.Time(first.OrderID)) > late:
		return *first, nil, problem.New(problem.Conflict, "This Idempotency-Key is of a request that reserved nothing. Please use a new one.")
	}
	return *first, nil, nil
}

func (c creator) create(ctx context.Context, orderID, buyer, ticketID string) (*events.Order, error) {
	recent, err := c.recent(ctx, buyer)
	if err == nil {
		err = c.limits.Admit(recent, c.env.Now())
	}
	if err != nil {
		return nil, err
	}
	taken, err := c.take(ctx, orderID, buyer, ticketID)
	if err != nil {
		return nil, err
	}
	order := New(orderID, buyer, *taken, c.env.Now(), c.limits.Window)
	fresh, announced := unmarked(order), function.Announce(ctx, c.env, order)
	if !announced {
		fresh = marked(order, c.env.Now())
	}
	written, _, err := store.Insert(ctx, c.table, orderKey(buyer, orderID), func(cur *item) (*item, error) {
		switch {
		case cur == nil:
			return fresh, nil
		case cur.Snapshot.Reason == events.CancelledAbandoned: // we were too slow: somebody buried it
			return nil, problem.New(problem.Conflict, "Reserving took too long and was undone. Please try again.")
		default: // our own write, whose answer was lost
			return nil, nil
		}
	})
	if err != nil {
		return nil, err
	}
	if written.Snapshot.Reservation != order.Reservation && isCancelled(written.Snapshot) { // a retry so slow that its order was over before it took the ticket
		if err := release(ctx, c.table, order); err != nil {
			c.env.Log.Warn("reserved for an order that is over, not released; the ticket's event will", "order", orderID, "error", err)
		}
	}
	return c.confirm(ctx, written.Snapshot, announced)
}

// take makes the order the ticket's holder. A holder that is over is taken over; a ticket too young to be known is waited for.
func (c creator) take(ctx context.Context, orderID, buyer, ticketID string) (*Replica, error) {
	taken, err := c.tryTake(ctx, orderID, buyer, ticketID, "")
	if problem.Is(err, problem.NotFound) && c.env.Now().Sub(id.Time(ticketID)) < young {
		_, err = c.env.Poll(ctx, firstLook, arrival, func() (bool, error) {
			var tryErr error
			taken, tryErr = c.tryTake(ctx, orderID, buyer, ticketID, "")
			if problem.Is(tryErr, problem.NotFound) {
				return false, nil
			}
			return true, tryErr
		})
		if err == nil && taken == nil {
			err = noTicket()
		}
	}
	var held *HeldError
	if !errors.As(err, &held) {
		return taken, err
	}
	if err := c.clear(ctx, *taken, buyer); err != nil {
		return nil, err
	}
	if taken, err = c.tryTake(ctx, orderID, buyer, ticketID, held.Holder.OrderID); errors.As(err, &held) {
		return nil, reserved() // another buyer was faster
	}
	return taken, err
}

// tryTake is the conditional write that decides who may buy (P1). Beside a *HeldError it returns the replica as it is.
func (c creator) tryTake(ctx context.Context, orderID, buyer, ticketID, dead string) (*Replica, error) {
	r, _, err := store.Update(ctx, c.table, replicaKey(ticketID), func(cur *Replica) (*Replica, error) {
		if cur == nil {
			return nil, noTicket()
		}
		next, err := cur.Take(orderID, buyer, dead, c.env.Now())
		if err != nil {
			return nil, err
		}
		return &next, nil
	})
	return r, err
}

// clear returns nil where the order of the ticket's holder is over, ending it first if its time has come or it was
// abandoned; Conflict where it is alive.
func (c creator) clear(ctx context.Context, r Replica, buyer string) error {
	held, err := store.Get[item](ctx, c.table, orderOf(*r.Holder))
	if err != nil {
		return err
	}
	now := c.env.Now()
	switch {
	case held == nil && now.Sub(r.Holder.Since) < Abandoned:
		return reserved()
	case held == nil:
		dead, err := bury(ctx, c.table, r, now)
		if err != nil {
			return err
		}
		held = unmarked(dead)
	case Expired(held.Snapshot, now):
		held, err = function.Change(ctx, c.env, c.table, orderOf(*r.Holder), func(cur *item) (*item, error) {
			if cur == nil || !Expired(cur.Snapshot, now) {
				return nil, nil
			}
			return cur.became(Expire(cur.Snapshot, now)).mark(now), nil
		})
		if err != nil {
			return err
		}
	}
	switch {
	case held.Snapshot.Status == events.OrderIsCancelled:
		return nil
	case r.Holder.BuyerID == buyer:
		return problem.New(problem.Conflict, "You have reserved this ticket already: order %s.", r.Holder.OrderID)
	}
	return reserved()
}

// confirm waits a moment for the ticket to be held for the order, and returns the order as it is then. Its first look is at
// all recent orders of the buyer, and ends those beyond the limit; Conflict where the order is one of them.
func (c creator) confirm(ctx context.Context, o events.Order, announced bool) (*events.Order, error) {
	kept := context.WithoutCancel(ctx) // who hangs up is held to the limit, too
	if announced {
		if err := c.env.Sleep(kept, confirmFirst); err != nil {
			c.env.Log.Warn("reserved, not waited for", "order", o.ID, "error", err)
		}
	}
	recent, err := c.recent(kept, o.BuyerID)
	if err != nil {
		c.env.Log.Warn("reserved, not held to the limit", "order", o.ID, "error", err)
		return &o, nil
	}
	c.trim(kept, recent)
	if beyond := c.limits.Beyond(recent, o.ID, c.env.Now()); beyond != nil {
		return nil, beyond
	}
	if i := slices.IndexFunc(recent, func(r events.Order) bool { return r.ID == o.ID }); i >= 0 {
		o = recent[i]
	}
	if !announced || o.Status != events.OrderIsCreated { // nobody can confirm what nobody was told
		return &o, nil
	}
	_, err = c.env.Poll(ctx, 2*confirmFirst, confirmation, func() (bool, error) {
		found, err := store.Get[item](ctx, c.table, orderKey(o.BuyerID, o.ID))
		if found != nil {
			o = found.Snapshot
		}
		return o.Status != events.OrderIsCreated, err
	})
	if err != nil {
		c.env.Log.Warn("reserved, not waited for", "order", o.ID, "error", err)
	}
	return &o, nil
}

func reserved() error {
	return problem.New(problem.Conflict, "Somebody else has reserved this ticket. It comes back if they do not pay in time.")
}

func noTicket() error { return problem.New(problem.NotFound, "There is no such ticket.") }
