// Package dispatcher brings the events of each Broker to the subscribers of its
// Triggers.
//
// Each Trigger reads its Broker's channel under its own durable name: the filter
// comes first, then the delivery, then the reply, the retry or the dead letter is
// made durable, and only then is the event acknowledged. A process that dies in
// between leaves it unacknowledged, and it is delivered again: at least once, in
// any order unless the Trigger is ordered (P5, P6). An event that cannot be
// delivered ends in the parking lane with its reason and holds up no other (P7).
package dispatcher

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/store"
)

// Observer is told what happened, for metrics.
type Observer interface {
	// Dispatched is one attempt at a subscriber or a dead letter sink.
	Dispatched(broker, trigger string, status int, took time.Duration)
	// Processed is how long after it was stored an event reached its first attempt.
	Processed(broker, trigger string, age time.Duration)
	// Settled is how a delivery ended: delivered, filtered, retried, deadlettered or parked.
	Settled(broker, trigger, how string)
	// Forget drops a deleted Trigger's series.
	Forget(broker, trigger string)
}

// Options are what a Dispatcher needs; all are required.
type Options struct {
	Store    store.Store
	Sender   *delivery.Sender
	Observer Observer
	Now      func() time.Time
	Log      *slog.Logger
}

// Dispatcher serves all Triggers of a contract.
type Dispatcher struct {
	Options
	ctx    context.Context
	cancel context.CancelFunc

	// gate orders the last delivery taken up before the wait for all of them.
	gate     sync.Mutex
	draining bool
	running  sync.WaitGroup

	mu       sync.Mutex
	triggers map[string]*trigger
}

// New makes a Dispatcher with no Triggers; Apply gives it some.
func New(o Options) (*Dispatcher, error) {
	if o.Store == nil || o.Sender == nil || o.Observer == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("dispatcher: an option is missing")
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Dispatcher{Options: o, ctx: ctx, cancel: cancel, triggers: map[string]*trigger{}}, nil
}

// Apply makes the Dispatcher serve what the contract says, and gives back the
// subscriptions that takes. Deliveries under way go on: with the new destination
// from their next attempt on, or given up if their Trigger is gone.
func (d *Dispatcher) Apply(c *contract.Contract) []store.Subscription {
	d.mu.Lock()
	defer d.mu.Unlock()
	var subs []store.Subscription
	seen := map[string]bool{}
	for i := range c.Brokers {
		b := &c.Brokers[i]
		for _, ct := range b.Triggers {
			cfg := newConfig(b, ct, d.Sender.Signs())
			t := d.triggers[ct.UID]
			if t == nil {
				t = newTrigger(d, cfg)
				d.triggers[ct.UID] = t
			}
			t.configure(cfg)
			seen[ct.UID] = true
			subs = append(subs, t.subscriptions()...)
		}
	}
	for uid, t := range d.triggers {
		if !seen[uid] {
			t.cancel()
			delete(d.triggers, uid)
			cfg := t.cfg.Load()
			d.Observer.Forget(cfg.broker, cfg.Name)
		}
	}
	return subs
}

// Status tells about every Trigger, in the order of their ids.
func (d *Dispatcher) Status() []contract.TriggerStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	missing := map[string]bool{}
	for _, key := range d.Store.Status().Missing {
		missing[key] = true
	}
	var out []contract.TriggerStatus
	for _, uid := range slices.Sorted(maps.Keys(d.triggers)) {
		t := d.triggers[uid]
		cfg := t.cfg.Load()
		s := contract.TriggerStatus{UID: uid, Generation: cfg.Generation, Broker: cfg.broker, Name: cfg.Name}
		s.Subscribed = cfg.problem == nil && d.Store.Status().Live
		for _, sub := range t.subscriptions() {
			s.Subscribed = s.Subscribed && !missing[sub.Key()]
		}
		if cfg.problem != nil {
			s.Problem = cfg.problem.Error()
		}
		var oldest time.Time
		if s.InFlight, oldest = t.flights.count(); s.InFlight > 0 {
			s.Oldest = d.Now().Sub(oldest)
		}
		out = append(out, s)
	}
	return out
}

// enter counts a delivery as under way, unless the Dispatcher is draining. Who
// entered calls running.Done.
func (d *Dispatcher) enter() bool {
	d.gate.Lock()
	defer d.gate.Unlock()
	if d.draining {
		return false
	}
	d.running.Add(1)
	return true
}

// Drain takes no more events, gives up those that wait for another attempt, waits
// until the deliveries under way are finished or ctx ends, and gives up the rest: unacknowledged, they go to another process
// or come back after a restart. Close the store after it, not before.
func (d *Dispatcher) Drain(ctx context.Context) {
	d.gate.Lock()
	d.draining = true
	d.gate.Unlock()
	d.mu.Lock()
	for _, t := range d.triggers {
		t.stopWaiting()
	}
	d.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		d.running.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
	}
	d.cancel()
	<-finished
}
