package tickets

import (
	"context"
	"errors"
	"math"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	// maxRounds bounds how often one event is followed by what came after it.
	maxRounds = 8
	// maxSweep is how many listings one ping closes; what is left is found by the next.
	maxSweep = 200
	// roundStep is how many tickets one ping of a round looks at: 100 read units for their listings and some 30 for themselves, and 144,000 tickets a day.
	roundStep = 100
)

// OnTicket keeps the index as the tickets are (P5, P9). With each ping it closes what has begun, and files what the index
// does not have as it is: after a restore, or when the index was lost. It has no reply.
//
// Events come late, twice and out of order, and what does not change the index, as a hold, writes nothing here. So one that
// closes a listing, or opens it again, is followed by a look at the ticket itself: had it changed meanwhile, by an event
// that found the index in order, the index follows. Entries are written before the listing that they belong to, and
// deleted before it is closed: a crash in between leaves nothing that the same event, when it comes again, does not find
// to do.
func OnTicket(env *function.Env) (function.EventHandler, error) {
	x := indexer{env, env.Store.Table(Listings.Name), env.Store.Table(Schema.Name)}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		if events.Type(e.Type()) == events.Ping {
			return nil, errors.Join(x.sweep(ctx), x.round(ctx))
		}
		t, err := events.Parse[events.Ticket](e, events.TicketCreated, events.TicketUpdated, events.TicketWithdrawn)
		if err != nil {
			return nil, err
		}
		return nil, x.follow(ctx, t)
	}, nil
}

// filed is the listing that a ticket makes of another one, nil where that is as it is to be. It stays open while the ticket
// is held, as most are bought or come back soon: a search leaves out what is held.
func filed(l *listing, t events.Ticket, now time.Time) *listing {
	wanted := (t.Status == events.TicketAvailable || t.Status == events.TicketHeld) && !hasBegun(t, now)
	switch {
	case l != nil && l.Epoch > t.Version: // what this says is outdated
		return nil
	case wanted && (!l.isOpen() || l.Card != cardOf(t).String()):
		return open(t)
	case !wanted && (l == nil || l.isOpen()):
		return closed(t)
	}
	return nil
}

type indexer struct {
	env             *function.Env
	listings, table *store.Table
}

// follow makes the index as the ticket is.
func (x indexer) follow(ctx context.Context, t events.Ticket) error {
	for range maxRounds {
		settled, err := x.apply(ctx, t)
		if err != nil || settled {
			return err
		}
		found, err := store.Get[item](ctx, x.table, key(t.ID))
		if err != nil {
			return err
		}
		if found == nil || found.Snapshot.Version <= t.Version {
			return nil
		}
		t = found.Snapshot
	}
	return problem.New(problem.Conflict, "ticket %s changes faster than it can be filed", t.ID)
}

// apply takes one step. It is not settled where a later state of the ticket may have found the index in order before this
// step, or before the same one that was not finished.
//
// A ticket is told of before it is written. If its creator dies in between, its listing stays open, and is never shown.
func (x indexer) apply(ctx context.Context, t events.Ticket) (settled bool, err error) {
	k := listingKey(t.ID)
	seen, err := store.Look[listing](ctx, x.listings, k)
	if err != nil {
		return false, err
	}
	was := seen.Value
	next := filed(was, t, x.env.Now())
	if next == nil {
		return was.Epoch != t.Version, nil
	}
	facts, err := refiled(was, next)
	if err != nil {
		return false, err
	}
	if err := store.WriteFacts(ctx, x.listings, facts); err != nil {
		return false, err
	}
	return was == nil && next.isOpen(), x.put(ctx, k, seen, next)
}

// refiled are the entries of next, and those of was to be deleted.
func refiled(was, next *listing) (store.Facts[entry], error) {
	facts := store.Facts[entry]{Put: map[store.Key]entry{}}
	keys, err := next.entries()
	if err != nil {
		return facts, err
	}
	for _, k := range keys {
		facts.Put[k] = entry{Card: next.Card}
	}
	old, err := was.entries()
	for _, k := range old {
		if _, stays := facts.Put[k]; !stays {
			facts.Delete = append(facts.Delete, k)
		}
	}
	return facts, err
}

// put writes the listing where it still is as it was seen. Conflict where somebody else wrote it: the event comes again.
func (x indexer) put(ctx context.Context, k store.Key, seen store.Seen[listing], next *listing) error {
	write := store.UpdateFrom[listing]
	if seen.Value == nil {
		write = func(ctx context.Context, t *store.Table, k store.Key, _ store.Seen[listing], decide store.Decide[listing]) (*listing, store.Write, error) {
			return store.Insert(ctx, t, k, decide)
		}
	}
	_, _, err := write(ctx, x.listings, k, seen, func(cur *listing) (*listing, error) {
		switch {
		case cur != nil && *cur == *next: // our own write, whose answer was lost
			return nil, nil
		case (cur == nil) != (seen.Value == nil), cur != nil && *cur != *seen.Value:
			return nil, problem.New(problem.Conflict, "ticket %s was filed by somebody else meanwhile", next.ID)
		}
		return next, nil
	})
	return err
}

// sweep closes what has begun. The ticket itself says so: the listing may be of a revision that is over.
func (x indexer) sweep(ctx context.Context) error {
	begun, err := store.FindMerged(ctx, x.listings, store.Query{
		Index: string(soonest), Hash: "shard", Range: "soonest", Until: store.Stamp(x.env.Now()), Limit: maxSweep,
	}, func(l listing) string { return l.Soonest })
	if err != nil {
		return err
	}
	for _, l := range begun {
		found, err := store.Get[item](ctx, x.table, key(l.ID))
		if err != nil {
			return err
		}
		if found == nil { // it never came to be
			found = &item{Snapshot: events.Ticket{ID: l.ID, Version: math.MaxInt64, Status: events.TicketIsWithdrawn}}
		}
		if err := x.follow(ctx, found.Snapshot); err != nil {
			return err
		}
	}
	return nil
}

// rounds is how far the round through all tickets is that can be bought: After is the id of the last one, empty at the start.
type rounds struct {
	After string `dynamodbav:"after"`
}

var roundsKey = store.Key{PK: "rounds", SK: "rounds"}

// round looks at the next tickets that can be bought, and files those that the index does not have as they are.
func (x indexer) round(ctx context.Context) error {
	seen, err := store.Look[rounds](ctx, x.listings, roundsKey)
	if err != nil {
		return err
	}
	var at rounds
	if seen.Value != nil {
		at = *seen.Value
	}
	found, err := store.FindMerged(ctx, x.table, store.Query{
		Index: "available", Hash: "available", Range: "pk", After: at.After, Limit: roundStep,
	}, func(i item) string { return i.ID })
	if err != nil {
		return err
	}
	if err := x.compare(ctx, found); err != nil {
		return err
	}
	next := rounds{}
	if len(found) == roundStep {
		next.After = found[len(found)-1].ID
	}
	if next == at {
		return nil
	}
	_, _, err = store.UpdateFrom(ctx, x.listings, roundsKey, seen, func(*rounds) (*rounds, error) { return &next, nil })
	return err
}

// compare files the tickets whose listings are not there, or not as they are.
func (x indexer) compare(ctx context.Context, found []item) error {
	keys := make([]store.Key, len(found))
	for i, f := range found {
		keys[i] = listingKey(f.ID)
	}
	there, err := store.GetAll[listing](ctx, x.listings, keys)
	if err != nil {
		return err
	}
	listings := map[string]*listing{}
	for i, l := range there {
		listings[l.ID] = &there[i]
	}
	for _, f := range found {
		if filed(listings[f.ID], f.Snapshot, x.env.Now()) == nil {
			continue
		}
		if err := x.follow(ctx, f.Snapshot); err != nil && !problem.Is(err, problem.Conflict) { // its event is just being heard
			return err
		}
	}
	return nil
}
