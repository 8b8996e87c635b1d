// Package deadletter shows the events that could not be delivered, and lets a
// person send them again or drop them (P7).
//
// A Broker's parking lane is a log that only grows: parked events, and later the
// decisions about them. This package folds it into what is still open.
package deadletter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/store"
)

const (
	// maxOpen bounds the open entries of one Broker that are known at once, the
	// newest; some 30 MB. Older ones stay in the lane and in the total.
	maxOpen = 100_000
	// maxSettle bounds the sequences in one decision record.
	maxSettle = 1000
)

// What can go wrong with a decision.
var (
	ErrNotFound  = errors.New("no such dead letter; it may have been replayed or dropped already")
	ErrNoTrigger = errors.New("the trigger it was for is gone; it can only be dropped")
)

// Entry is one parked event, without its data.
type Entry struct {
	Broker   string       `json:"broker"`
	Sequence uint64       `json:"sequence"`
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Source   string       `json:"source"`
	Subject  string       `json:"subject,omitempty"`
	Parked   store.Parked `json:"parked"`
}

// Queues are the open dead letters of all Brokers of a contract.
type Queues struct {
	store store.Store
	log   *slog.Logger
	now   func() time.Time
	// Counted is told how many are open, for metrics.
	counted func(broker string, open int)

	mu     sync.Mutex
	queues map[string]*queue // by "namespace/name"
}

// queue is one Broker's.
type queue struct {
	channel  string // of the Broker; the lanes hang on it
	triggers map[string]bool
	order    []uint64
	open     map[uint64]Entry
	settled  map[uint64]bool // decisions read, or made here and not read back yet
	last     uint64          // newest sequence read: a new reading starts over
}

// New makes the queues; counted may be nil.
func New(s store.Store, log *slog.Logger, now func() time.Time, counted func(broker string, open int)) *Queues {
	if counted == nil {
		counted = func(string, int) {}
	}
	return &Queues{store: s, log: log, now: now, counted: counted, queues: map[string]*queue{}}
}

// Apply follows the contract, and gives back the subscriptions that takes.
func (q *Queues) Apply(c *contract.Contract) []store.Subscription {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := make(map[string]*queue, len(c.Brokers))
	var subs []store.Subscription
	for _, b := range c.Brokers {
		name := b.Namespace + "/" + b.Name
		one := q.queues[name]
		if one == nil || one.channel != b.Channel {
			one = &queue{channel: b.Channel, open: map[uint64]Entry{}, settled: map[uint64]bool{}}
		}
		one.triggers = make(map[string]bool, len(b.Triggers))
		for _, t := range b.Triggers {
			one.triggers[t.UID] = true
		}
		next[name] = one
		subs = append(subs, store.Subscription{
			Channel: b.Channel + store.ParkedSuffix,
			Handle:  func(m store.Message) { q.read(name, m) },
		})
	}
	q.queues = next
	return subs
}

// read folds one record of a parking lane in.
func (q *Queues) read(broker string, m store.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.queues[broker]
	if one == nil || m.Sequence <= one.last {
		return
	}
	one.last = m.Sequence
	if s := m.Record.Settled; s != nil {
		for _, sequence := range s.Sequences {
			one.close(sequence)
			delete(one.settled, sequence)
		}
	}
	if p := m.Record.Parked; p != nil && !one.settled[m.Sequence] {
		e := &m.Record.Event
		one.open[m.Sequence] = Entry{
			Broker: broker, Sequence: m.Sequence, ID: e.ID(), Type: e.Type(), Source: e.Source(), Subject: e.Subject(), Parked: *p,
		}
		one.order = append(one.order, m.Sequence)
		if len(one.open) > maxOpen {
			one.close(one.order[0])
		}
	}
	q.counted(broker, len(one.open))
}

func (one *queue) close(sequence uint64) {
	delete(one.open, sequence)
	if i, found := slices.BinarySearch(one.order, sequence); found {
		one.order = slices.Delete(one.order, i, i+1)
	}
}

// Position is an entry's place in a listing: Brokers by name, each oldest first.
type Position struct {
	Broker   string
	Sequence uint64
}

func (p Position) compare(q Position) int {
	return cmp.Or(strings.Compare(p.Broker, q.Broker), cmp.Compare(p.Sequence, q.Sequence))
}

func (e *Entry) position() Position { return Position{e.Broker, e.Sequence} }

// Selection says which dead letters are meant; empty fields mean any.
type Selection struct {
	Broker   string
	Trigger  string // name
	Sequence uint64
	// After skips up to and including this entry, for paging.
	After Position
	Limit int
}

// List gives the open dead letters in the order of their positions.
func (q *Queues) List(s Selection) []Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []Entry
	for name, one := range q.queues {
		if s.Broker != "" && s.Broker != name {
			continue
		}
		for _, sequence := range one.order {
			e := one.open[sequence]
			if e.position().compare(s.After) <= 0 || (s.Sequence != 0 && s.Sequence != sequence) ||
				(s.Trigger != "" && s.Trigger != e.Parked.TriggerName) {
				continue
			}
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return a.position().compare(b.position()) })
	if s.Limit > 0 && len(out) > s.Limit {
		out = out[:s.Limit]
	}
	return out
}

// Show reads the whole event. Errors: ErrNotFound, or the store's.
func (q *Queues) Show(ctx context.Context, broker string, sequence uint64) (*store.Record, error) {
	q.mu.Lock()
	one := q.queues[broker]
	known := one != nil
	if known {
		_, known = one.open[sequence]
	}
	q.mu.Unlock()
	if !known {
		return nil, ErrNotFound
	}
	record, err := q.store.Fetch(ctx, one.channel+store.ParkedSuffix, sequence)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNotFound
	}
	return record, err
}

// Replay sends the selected events to their Triggers again, as fresh deliveries.
// It gives back how many; on an error the rest stays open. A crash in between
// sends an event twice rather than never.
func (q *Queues) Replay(ctx context.Context, s Selection) (int, error) {
	return q.settle(ctx, s, "replayed", func(one *queue, e Entry) error {
		if !q.has(one, e.Parked.Trigger) {
			return ErrNoTrigger
		}
		record, err := q.store.Fetch(ctx, one.channel+store.ParkedSuffix, e.Sequence)
		if err != nil {
			return err
		}
		again := &store.Record{Event: record.Event, Headers: record.Headers, Retry: &store.Retry{
			Trigger: e.Parked.Trigger, NotBefore: q.now(),
		}}
		return q.store.Append(ctx, one.channel+store.RetrySuffix, again)
	})
}

// has is whether the Broker still has the Trigger.
func (q *Queues) has(one *queue, trigger string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return one.triggers[trigger]
}

// Drop closes the selected entries without sending them.
func (q *Queues) Drop(ctx context.Context, s Selection) (int, error) {
	return q.settle(ctx, s, "dropped", func(*queue, Entry) error { return nil })
}

// settle acts on each selected entry and then records the decision.
func (q *Queues) settle(ctx context.Context, s Selection, how string, act func(*queue, Entry) error) (int, error) {
	entries := q.List(s)
	if s.Sequence != 0 && len(entries) == 0 {
		return 0, ErrNotFound
	}
	done := map[string][]uint64{}
	count := 0
	var failure error
	for _, e := range entries {
		one := q.claim(e)
		if one == nil {
			continue // somebody else was faster
		}
		if err := act(one, e); err != nil {
			q.unclaim(e)
			failure = errors.Join(failure, fmt.Errorf("dead letter %s/%d: %w", e.Broker, e.Sequence, err))
			if !errors.Is(err, ErrNoTrigger) {
				break
			}
			continue
		}
		done[e.Broker] = append(done[e.Broker], e.Sequence)
		count++
	}
	for broker, sequences := range done {
		for chunk := range slices.Chunk(sequences, maxSettle) {
			failure = errors.Join(failure, q.record(ctx, broker, chunk, how))
		}
	}
	return count, failure
}

func (q *Queues) record(ctx context.Context, broker string, sequences []uint64, how string) error {
	q.mu.Lock()
	one := q.queues[broker]
	q.mu.Unlock()
	if one == nil {
		return ErrNotFound
	}
	err := q.store.Append(ctx, one.channel+store.ParkedSuffix, &store.Record{
		Settled: &store.Settled{Sequences: sequences, How: how, At: q.now().UTC()},
	})
	if err != nil {
		return fmt.Errorf("%s, yet they will be listed again: %w", how, err)
	}
	q.log.Info("dead letters "+how, "broker", broker, "count", len(sequences))
	return nil
}

// claim takes an entry off the open ones; nil when it is not open any more.
func (q *Queues) claim(e Entry) *queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.queues[e.Broker]
	if one == nil {
		return nil
	}
	if _, open := one.open[e.Sequence]; !open {
		return nil
	}
	one.close(e.Sequence)
	one.settled[e.Sequence] = true
	q.counted(e.Broker, len(one.open))
	return one
}

// unclaim opens an entry again.
func (q *Queues) unclaim(e Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.queues[e.Broker]
	if one == nil {
		return
	}
	delete(one.settled, e.Sequence)
	one.open[e.Sequence] = e
	i, _ := slices.BinarySearch(one.order, e.Sequence)
	one.order = slices.Insert(one.order, i, e.Sequence)
	q.counted(e.Broker, len(one.open))
}
