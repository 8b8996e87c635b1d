package dispatcher

import (
	"context"
	"sync/atomic"
	"time"

	"usher.example/knative/broker/store"
)

// trigger delivers one Trigger's events.
type trigger struct {
	d       *Dispatcher
	cfg     atomic.Pointer[config]
	flights *flights
	lanes   lanes
	slots   *slots
	// ctx ends with the Trigger or the process. waits ends earlier, when the process
	// begins to stop: what only waits then is given up at once.
	ctx, waits          context.Context
	cancel, stopWaiting context.CancelFunc
}

func newTrigger(d *Dispatcher, cfg *config) *trigger {
	t := &trigger{d: d, flights: newFlights(), slots: newSlots(cfg.Parallelism)}
	t.ctx, t.cancel = context.WithCancel(d.ctx)
	t.waits, t.stopWaiting = context.WithCancel(t.ctx)
	t.lanes.run = t.run
	return t
}

func (t *trigger) configure(cfg *config) {
	old := t.cfg.Swap(cfg)
	t.slots.resize(cfg.Parallelism)
	if cfg.problem != nil && (old == nil || old.problem == nil || old.problem.Error() != cfg.problem.Error()) {
		t.d.Log.Error("trigger paused until it is corrected", "broker", cfg.broker, "trigger", cfg.Name, "error", cfg.problem)
	}
}

// subscriptions are what the Trigger reads: first its share of the retry lane, so
// that no retry is written before its position exists, then the events.
func (t *trigger) subscriptions() []store.Subscription {
	cfg := t.cfg.Load()
	paused := cfg.problem != nil
	retryAckWait := cfg.ackWait() + retryHold
	return []store.Subscription{
		{
			Channel: cfg.channel + store.RetrySuffix, Durable: cfg.UID, Paused: paused, Exclusive: cfg.Ordered,
			AckWait: retryAckWait, MaxInFlight: max(retryWindow, cfg.Parallelism), Handle: t.onRetry,
		},
		{
			Channel: cfg.channel, Durable: cfg.UID, Paused: paused, Exclusive: cfg.Ordered,
			AckWait: cfg.ackWait(), MaxInFlight: cfg.maxInFlight(), Handle: t.onEvent,
		},
	}
}

// onEvent takes an event from the Broker's channel: filter first.
func (t *trigger) onEvent(m store.Message) {
	cfg := t.cfg.Load()
	if t.ctx.Err() != nil || cfg.problem != nil {
		return // unacknowledged, it comes again
	}
	if !cfg.filter.Match(&m.Record.Event) {
		t.settled(cfg, "filtered")
		t.ack(cfg, m.Ack)
		return
	}
	f := t.begin("", m)
	if f == nil {
		return
	}
	j := job{flight: f, began: f.began}
	if cfg.Ordered {
		e := &m.Record.Event
		t.lanes.add(orderKey(e.Extensions(), e.Subject()), j)
		return
	}
	go t.run(j)
}

// onRetry takes a record from the retry lane, if it is this Trigger's.
func (t *trigger) onRetry(m store.Message) {
	cfg := t.cfg.Load()
	if r := m.Record.Retry; r == nil || r.Trigger != cfg.UID {
		t.ack(cfg, m.Ack)
		return
	}
	if t.ctx.Err() != nil || cfg.problem != nil {
		return
	}
	if f := t.begin(store.RetrySuffix, m); f != nil {
		go t.runWaiting(f)
	}
}

// begin takes a record up; nil when it is under way already, finished, or no
// more are taken. Who runs the flight calls running.Done.
func (t *trigger) begin(lane string, m store.Message) *flight {
	if !t.d.enter() {
		return nil
	}
	f := t.flights.begin(lane, m, t.d.Now())
	if f == nil {
		t.d.running.Done()
	}
	return f
}

// run brings a job to its end.
func (t *trigger) run(j job) {
	defer t.d.running.Done()
	if t.deliver(&j) {
		if err := t.flights.finish(j.flight); err != nil {
			t.d.Log.Debug("acknowledgement not sent, it will be repeated", "error", err)
		}
		return
	}
	t.flights.abandon(j.flight)
}

// runWaiting waits until a retry is due, and delivers it. One that is not due for
// long goes to the end of the lane meanwhile.
func (t *trigger) runWaiting(f *flight) {
	r := f.record.Retry
	wait := r.NotBefore.Sub(t.d.Now())
	rotate := wait > retryHold
	if !t.sleep(min(wait, retryHold)) {
		t.flights.abandon(f)
		t.d.running.Done()
		return
	}
	j := job{flight: f, attempt: r.Attempt, failure: r.Failure, began: t.d.Now()}
	if rotate {
		defer t.d.running.Done()
		if t.appendUntilKept(t.cfg.Load().channel+store.RetrySuffix, f.record) {
			_ = t.flights.finish(f)
		} else {
			t.flights.abandon(f)
		}
		return
	}
	t.run(j)
}

func (t *trigger) ack(cfg *config, ack func() error) {
	if err := ack(); err != nil {
		t.d.Log.Debug("acknowledgement not sent, the event comes again", "trigger", cfg.Name, "error", err)
	}
}

func (t *trigger) settled(cfg *config, how string) {
	t.d.Observer.Settled(cfg.broker, cfg.Name, how)
}

// sleep is whether the wait went by before the Trigger ended or the process began
// to stop.
func (t *trigger) sleep(d time.Duration) bool {
	if d <= 0 {
		return t.waits.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-t.waits.Done():
		return false
	case <-timer.C:
		return true
	}
}
