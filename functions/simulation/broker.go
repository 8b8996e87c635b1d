package simulation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/publish"
)

const (
	// retries and backoff are the Broker's delivery as the manifests have it: 100 ms, doubling.
	retries = 12
	backoff = 100 * time.Millisecond
	// maxDeliveries bounds a run: this many are never needed to come to rest (P9).
	maxDeliveries = 3_000
)

// broker keeps events and brings them to the functions whose triggers name their type: at least once, late, in any order.
type broker struct {
	w          *World
	deliveries int
	dead       []string // events that were given up, with the reason
}

func newBroker(w *World) *broker { return &broker{w: w} }

var errBroker = errors.New("simulated: the Broker does not answer")

// Publish implements publish.Publisher.
func (b *broker) Publish(_ context.Context, s events.Snapshot) error {
	e, err := events.New(s)
	if err != nil {
		return err
	}
	t := b.w.task
	t.sends++
	id := mix(t.id, t.sends, 23)
	what := ""
	if b.w.trace != nil {
		what = "publish " + describe(e)
	}
	switch t.call(callPublish, what) {
	case refused:
		return errBroker
	case unanswered:
		b.store(e, id)
		return errBroker
	case delayed:
		b.w.after(b.w.between(0, 20*time.Second, id), id, func() { b.store(e, id) })
		return errBroker
	case dieAfter:
		b.store(e, id)
		panic(crash{})
	}
	b.store(e, id)
	return nil
}

// store takes an event: from here on it is not lost.
func (b *broker) store(e cloudevents.Event, id uint64) {
	p := &b.w.plan.Profile
	for i, f := range b.w.house.triggers {
		if !slices.Contains(f.trigger.Types, events.Type(e.Type())) || f.name == aside && b.w.choose != nil {
			continue
		}
		if b.w.choose != nil && (strings.HasPrefix(f.name, "notifications-") || f.name == "expiration-remind") {
			continue // nothing depends on mail: its schedules would only multiply the others
		}
		copies := 1
		for copies < 3 && b.w.chance(p.Twice, mix(id, uint64(i), uint64(copies))) {
			copies++
		}
		for n := range copies {
			d := &delivery{b: b, f: f, event: e, id: mix(id, uint64(i), uint64(n), 29)}
			if b.w.choose != nil { // sent again, it is the same event
				d.id = mix(hash(string(e.Data())), hash(e.Type()), uint64(i))
			}
			after := b.w.between(0, p.Fast, d.id)
			if b.w.chance(p.Late, d.id) || n > 0 {
				after = b.w.between(0, p.Latest, d.id)
			}
			b.w.after(after, d.id, d.start)
		}
	}
}

// delivery is an event on its way to one function.
type delivery struct {
	b       *broker
	f       *fn
	event   cloudevents.Event
	id      uint64
	attempt uint64
}

// start calls the function.
func (d *delivery) start() {
	w := d.b.w
	d.attempt++
	if d.b.deliveries++; d.b.deliveries > maxDeliveries {
		w.fail("P9", "no rest after %d deliveries; the last is %s to %s", maxDeliveries, describe(d.event), d.f.name)
		return
	}
	t := &task{name: d.f.name, fn: d.f, id: mix(d.id, d.attempt), deadline: w.now.Add(d.f.trigger.Timeout)}
	if w.choose != nil {
		t.id = d.id
	}
	if w.trace != nil {
		w.say(t.name, "<- %s (attempt %d)", describe(d.event), d.attempt)
	}
	attempt := d.attempt
	t.late = func() { d.retry(attempt, "the function is too slow") }
	var reply events.Snapshot
	var err error
	w.start(t,
		func() { reply, err = d.f.events(context.Background(), d.event) },
		func(crashed bool) {
			late := t.late == nil
			t.late = nil // who called is not waiting any more
			switch {
			case late:
			case crashed:
				d.retry(attempt, "the function died")
			case w.chance(w.plan.Profile.Lost, t.id):
				d.retry(attempt, "its answer was lost")
			default:
				d.finish(t, attempt, reply, err)
			}
		})
}

// finish does what the Broker does with an answer: it stores a reply before the event counts as handled, tries again what
// may get better, and gives up what cannot (P7).
func (d *delivery) finish(t *task, attempt uint64, reply events.Snapshot, err error) {
	if err != nil {
		status := problem.From(function.ForBroker(err)).Code.Status()
		if status >= 500 || status == 404 || status == 409 || status == 429 {
			d.retry(attempt, err.Error())
			return
		}
		d.giveUp(err.Error())
		return
	}
	if reply == nil {
		return
	}
	e, err := events.New(reply)
	if publish.NotSent(err) {
		return
	}
	if err != nil {
		d.retry(attempt, err.Error())
		return
	}
	if d.b.w.trace != nil {
		d.b.w.say(t.name, "-> %s", describe(e))
	}
	d.b.store(e, mix(t.id, 31))
}

func (d *delivery) retry(attempt uint64, why string) {
	w := d.b.w
	if w.trace != nil {
		w.say(d.f.name, "   again: %s: %s", describe(d.event), why)
	}
	if w.choose != nil {
		w.after(0, d.id, d.start)
		return
	}
	if attempt > retries {
		d.giveUp("after " + why)
		return
	}
	s := w.after(backoff<<(attempt-1), mix(d.id, attempt, 37), d.start)
	s.timed = true
}

func (d *delivery) giveUp(why string) {
	d.b.dead = append(d.b.dead, d.f.name+": "+describe(d.event)+": "+why)
	d.b.w.say(d.f.name, "   dead letter: %s: %s", describe(d.event), why)
}

// describe names an event in the timeline.
func describe(e cloudevents.Event) string {
	return e.Type() + " " + short(e.Subject()) + " " + e.ID()[max(0, len(e.ID())-2):]
}

// minutes is the PingSource: it wakes what works by the clock.
type minutes struct {
	w     *World
	pings uint64
}

// maxPings bounds the minutes a world needs to come to rest.
const maxPings = 300

// wake queues the next ping that can find something; false: nothing is owed any more. Pings that would find nothing are
// left out, as most minutes are such.
func (m *minutes) wake() bool {
	at, ok := m.w.oracle.owed()
	if !ok {
		return false
	}
	if m.pings > maxPings {
		m.w.fail("P9", "after %d pings something is still owed", maxPings)
		return false
	}
	m.w.now = maxTime(m.w.now, at)
	m.next()
	return true
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// next queues the ping of the next full minute.
func (m *minutes) next() {
	m.pings++
	n := m.pings
	at := m.w.now.Truncate(time.Minute).Add(time.Minute)
	s := m.w.after(at.Sub(m.w.now), mix(n, 41), func() { m.ring(n) })
	s.timed = true
}

// ring sends the ping, and goes on doing so each minute while anything else happens.
func (m *minutes) ring(n uint64) {
	if from, owed := m.w.oracle.owed(); owed && !from.After(m.w.now) {
		e := cloudevents.NewEvent()
		e.SetID(m.w.now.Format("15:04"))
		e.SetSource("/apis/v1/namespaces/usher/pingsources/minute")
		e.SetType(string(events.Ping))
		_ = e.SetData(cloudevents.ApplicationJSON, []byte("{}")) // valid JSON: never fails
		m.w.broker.store(e, mix(n, 43))
	}
	if len(m.w.queue) > 0 && m.w.choose == nil {
		m.next()
	}
}
