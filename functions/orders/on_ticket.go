package orders

import (
	"context"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// An order's own write follows its announcement within milliseconds: the ticket's answer may be faster, and looks again
// a few times before the Broker has to bring it back.
const (
	lookAgain    = 5 * time.Millisecond
	lookAgainFor = 100 * time.Millisecond
)

// OnTicket keeps the replica of a ticket, and tells the ticket's order what the ticket says.
func OnTicket(env *function.Env) (function.EventHandler, error) {
	f := onTicket{env, env.Store.Table(Schema.Name)}
	return f.handle, nil
}

type onTicket struct {
	env   *function.Env
	table *store.Table
}

func (f onTicket) handle(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
	ticket, err := events.Parse[events.Ticket](e, events.TicketCreated, events.TicketUpdated, events.TicketWithdrawn)
	if err != nil {
		return nil, err
	}
	if reply, ok, err := f.known(ctx, ticket); err != nil || ok {
		return snapshot(reply), err
	}
	replica, err := f.replicate(ctx, ticket)
	if err != nil {
		return nil, err
	}
	reply, err := f.holder(ctx, *replica, ticket)
	if err != nil {
		return nil, err
	}
	dead, err := f.wrongly(ctx, *replica, ticket)
	if err != nil || dead == nil {
		return snapshot(reply), err
	}
	if reply != nil && reply.ID != dead.ID {
		// Two things to say, and one reply: the other is sent before it, so that the event comes again if that fails.
		if err := f.env.Broker.Publish(ctx, *reply); err != nil {
			return nil, problem.New(problem.Unavailable, "publish order %s", reply.ID).Because(err)
		}
	}
	return *dead, nil
}

func snapshot(o *events.Order) events.Snapshot {
	if o == nil {
		return nil
	}
	return *o
}

// known is for the most frequent case, a ticket that says what was done for its order: the order alone can change, and the
// replica need not be read. ok is false where there is more to it.
func (f onTicket) known(ctx context.Context, t events.Ticket) (reply *events.Order, ok bool, err error) {
	if t.Hold == nil {
		return nil, false, nil
	}
	key := orderKey(t.Hold.BuyerID, t.Hold.OrderID)
	seen, err := store.Look[item](ctx, f.table, key)
	if err != nil || seen.Value == nil || !KnowsTicket(seen.Value.Snapshot, t) {
		return nil, false, err
	}
	next, tell := SeeTicket(seen.Value.Snapshot, t, t.Revision, f.env.Now())
	if next.Version == seen.Value.Snapshot.Version {
		if tell {
			reply = &next
		}
		return reply, true, nil
	}
	o, _, err := store.UpdateFrom(ctx, f.table, key, seen, func(cur *item) (*item, error) {
		tell = false
		if cur == nil || !KnowsTicket(cur.Snapshot, t) {
			return nil, nil
		}
		var next events.Order
		if next, tell = SeeTicket(cur.Snapshot, t, t.Revision, f.env.Now()); next.Version == cur.Snapshot.Version {
			return nil, nil
		}
		return cur.became(next), nil
	})
	if err != nil || o == nil || !KnowsTicket(o.Snapshot, t) {
		return nil, false, err
	}
	if tell {
		reply = &o.Snapshot
	}
	return reply, true, nil
}

// replicate writes what the ticket says, if it is newer.
func (f onTicket) replicate(ctx context.Context, t events.Ticket) (*Replica, error) {
	see := func(cur *Replica) (*Replica, error) {
		var old Replica
		if cur != nil {
			old = *cur
		}
		if next, news := old.See(t); news {
			return &next, nil
		}
		return nil, nil
	}
	change := store.Update[Replica]
	if t.Version == 1 {
		change = store.Insert[Replica]
	}
	r, _, err := change(ctx, f.table, replicaKey(t.ID), see)
	return r, err
}

// holder tells the order that has the ticket, and returns it where it has something to say.
func (f onTicket) holder(ctx context.Context, r Replica, t events.Ticket) (*events.Order, error) {
	if r.Holder == nil {
		return nil, nil
	}
	var tell bool
	change := func() (*item, error) {
		o, _, err := store.Update(ctx, f.table, orderOf(*r.Holder), func(cur *item) (*item, error) {
			tell = false
			if cur == nil {
				return nil, nil
			}
			var next events.Order
			if next, tell = SeeTicket(cur.Snapshot, t, r.Revision, f.env.Now()); next.Version == cur.Snapshot.Version {
				return nil, nil
			}
			changed := cur.became(next)
			if isCancelled(next) { // once it has let go of the ticket, no event leads here again: should the reply be lost, the relay tells it
				changed.mark(f.env.Now())
			}
			return changed, nil
		})
		return o, err
	}
	o, err := change()
	if err == nil && o == nil {
		o, err = f.missing(ctx, r, change)
		tell = tell || o != nil && o.Snapshot.Reason == events.CancelledAbandoned
	}
	if err != nil || !tell {
		return nil, err
	}
	if isCancelled(o.Snapshot) {
		// Answering alone could go on for ever: the ticket would be told of an order that still has it.
		if err := release(ctx, f.table, o.Snapshot); err != nil {
			return nil, err
		}
		over := OverAsOf(o.Snapshot, t.Hold)
		return &over, nil
	}
	return &o.Snapshot, nil
}

// missing deals with a holder that has no order: it is about to be written, or its creator died.
func (f onTicket) missing(ctx context.Context, r Replica, again func() (*item, error)) (*item, error) {
	if f.env.Now().Sub(r.Holder.Since) >= Abandoned {
		dead, err := bury(ctx, f.table, r, f.env.Now())
		if err != nil {
			return nil, err
		}
		if !isCancelled(dead) { // its creator was slow, not dead, and has just written it
			return again()
		}
		return unmarked(dead), nil
	}
	var found *item
	done, err := f.env.Poll(ctx, lookAgain, lookAgainFor, func() (bool, error) {
		var err error
		found, err = again()
		return found != nil, err
	})
	if err == nil && !done {
		err = problem.New(problem.Conflict, "order %s is not written yet", r.Holder.OrderID)
	}
	return found, err
}

// wrongly finds the order a ticket is held for although it is over: the ticket must hear of that again.
func (f onTicket) wrongly(ctx context.Context, r Replica, t events.Ticket) (*events.Order, error) {
	if t.Status != events.TicketHeld || t.Hold == nil || r.Holder != nil && r.Holder.OrderID == t.Hold.OrderID {
		return nil, nil
	}
	found, err := store.Get[item](ctx, f.table, orderKey(t.Hold.BuyerID, t.Hold.OrderID))
	if err != nil || found == nil || !isCancelled(found.Snapshot) {
		return nil, err
	}
	over := OverAsOf(found.Snapshot, t.Hold)
	return &over, nil
}
