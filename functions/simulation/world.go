package simulation

import (
	"container/heap"
	"fmt"
	"time"

	"usher.example/functions/simulation/memory"
)

// epoch is when each world begins: the seconds of its minute are not zero, so that the first ping comes soon.
var epoch = time.Date(2026, 3, 1, 12, 0, 17, 0, time.UTC)

// maxSteps bounds a run. The longest that come to rest take a tenth of this; one that reaches it does not rest (P9).
const maxSteps = 60_000

// World is one run: everything that happens is a step in its queue, and one step runs at a time.
type World struct {
	plan  *Plan
	now   time.Time
	queue steps
	count int // steps taken
	seq   uint64
	task  *task // the one that runs
	live  map[*task]struct{}

	store   *memory.Store
	house   *house
	broker  *broker
	bank    *bank
	post    *post
	oracle  *oracle
	people  []*person
	minutes *minutes

	fired   []uint64
	choose  *chooser // enumerates; nil: the plan's seed decides
	trace   func(line string)
	failure *Failure
}

// Failure is a broken promise.
type Failure struct {
	Promise string // P1 to P9, or Limit: what one person may hold
	What    string
}

// Error implements error.
func (f *Failure) Error() string { return f.Promise + ": " + f.What }

// step is something that will happen.
type step struct {
	at    time.Time
	seq   uint64
	id    uint64 // what it is, whatever the schedule
	timed bool   // not before its time, even where schedules are enumerated
	task  *task  // that goes on
	when  func() bool
	run   func()
}

type steps []*step

func (s steps) Len() int { return len(s) }
func (s steps) Less(i, j int) bool {
	if !s[i].at.Equal(s[j].at) {
		return s[i].at.Before(s[j].at)
	}
	return s[i].seq < s[j].seq
}
func (s steps) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *steps) Push(x any)   { *s = append(*s, x.(*step)) }
func (s *steps) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}

// newWorld builds a world that nothing has happened in yet.
func newWorld(plan *Plan) (*World, error) {
	w := &World{plan: plan, now: epoch, live: map[*task]struct{}{}, store: memory.New()}
	w.oracle = newOracle(w)
	w.bank = newBank(w)
	w.post = newPost(w)
	w.broker = newBroker(w)
	w.minutes = &minutes{w: w}
	var err error
	if w.house, err = newHouse(w); err != nil {
		return nil, fmt.Errorf("build the functions: %w", err)
	}
	return w, nil
}

// after queues a step.
func (w *World) after(d time.Duration, id uint64, run func()) *step {
	s := &step{at: w.now.Add(d), seq: w.seq, id: id, run: run}
	w.seq++
	heap.Push(&w.queue, s)
	return s
}

// fail ends the run: the first broken promise is the one that is told.
func (w *World) fail(promise, format string, args ...any) {
	if w.failure == nil {
		w.failure = &Failure{promise, fmt.Sprintf(format, args...)}
		w.say("!!", "%s: %s", promise, w.failure.What)
	}
}

// say writes a line of the timeline. Callers on hot paths ask w.trace first.
func (w *World) say(who, format string, args ...any) {
	if w.trace != nil {
		w.trace(fmt.Sprintf("%12.3fs  %-28s %s", w.now.Sub(epoch).Seconds(), who, fmt.Sprintf(format, args...)))
	}
}

// run takes steps until nothing is left to happen, or a promise is broken.
func (w *World) run() {
	for w.failure == nil && (len(w.queue) > w.gated() || w.minutes.wake()) {
		var next *step
		if w.choose != nil {
			if next = w.choose.next(w); next == nil {
				return // this state was met before
			}
		} else {
			next = heap.Pop(&w.queue).(*step)
		}
		if next.at.After(w.now) && (w.choose == nil || next.timed) {
			w.now = next.at
		}
		if w.count++; w.count > maxSteps {
			w.fail("P9", "no rest after %d steps", maxSteps)
			return
		}
		next.run()
	}
}

// gated counts the steps that wait for what has not come; only where schedules are enumerated are there any.
func (w *World) gated() (n int) {
	if w.choose == nil {
		return 0
	}
	for _, s := range w.queue {
		if s.when != nil && !s.when() {
			n++
		}
	}
	return n
}

// close ends the tasks that are still waiting.
func (w *World) close() {
	for t := range w.live {
		t.on.end()
	}
}

// mix spreads bits: it is how a seed and what something is become what happens to it. What happens to one thing so does
// not depend on what else happens, and a plan can be made smaller without becoming another one.
func mix(values ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range values {
		h ^= v
		h += 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// hash is a number for a text.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
