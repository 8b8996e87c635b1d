package simulation

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// task is a function at work on one request or event, or a person: a coroutine that gives way at each call.
type task struct {
	w     *World
	id    uint64
	name  string
	fn    *fn // nil for a person
	calls uint64
	ids   uint64 // made
	sends uint64 // events sent
	hurt  bool   // something went wrong with a call of it
	// deadline is when who called stops waiting; late is told then, once.
	deadline time.Time
	late     func()

	on      *coroutine
	over    bool   // its body has returned
	history uint64 // of what it saw, where schedules are enumerated
}

// crash unwinds a task that dies.
type crash struct{}

// start runs body as a task, from now. done is told at its end whether it died.
func (w *World) start(t *task, body func(), done func(crashed bool)) {
	t.w = w
	t.history = t.id
	w.live[t] = struct{}{}
	t.on = newCoroutine()
	t.on.job = func() {
		crashed := t.guard(body)
		t.over = true
		if !t.on.stopped {
			delete(w.live, t)
			done(crashed)
		}
	}
	t.step()
}

// guard runs body and says whether it died of a crash. Any other panic is a function's own, and breaks P7.
func (t *task) guard(body func()) (crashed bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case crash:
			crashed = true
		default:
			crashed = true
			t.w.fail("P7", "%s panics: %v", t.name, p)
		}
	}()
	body()
	return false
}

// step lets the task run to its next call.
func (t *task) step() {
	t.w.task = t
	t.on.next()
	t.w.task = nil
	if t.over {
		t.on.free()
		t.on = nil
	}
}

// wait gives way until the next step.
func (t *task) wait() {
	if t.on.stopped || !t.on.yield(struct{}{}) {
		panic(crash{})
	}
}

// pause gives way for d. timed is for a function's own wait; otherwise d is only what one schedule makes of a call.
func (t *task) pause(d time.Duration, timed bool) {
	w := t.w
	if until := w.now.Add(d); w.choose == nil && t.late != nil && until.After(t.deadline) {
		late := t.late
		t.late = nil
		s := w.after(max(0, t.deadline.Sub(w.now)), mix(t.id, 1), late)
		s.timed = true
	}
	s := w.after(d, mix(t.id, t.calls, t.history), t.step)
	s.timed, s.task = timed, t
	t.wait()
}

// call is a point of the schedule: it gives way, then says what goes wrong with the call.
func (t *task) call(kind callKind, what string) fault {
	w := t.w
	t.calls++
	w.task = t
	var f fault
	if w.choose != nil {
		if t.fn != nil && w.choose.branches(kind, what) {
			t.pause(0, false)
			w.task = t
		}
		f = w.choose.fault(t, kind)
	} else {
		f = w.faultOf(t, kind)
		t.pause(w.latency(t), false)
		w.task = t
	}
	t.hurt = t.hurt || f != noFault
	if w.trace != nil {
		if f == noFault {
			w.say(t.name, "%s", what)
		} else {
			w.say(t.name, "%s  ** %s", what, f)
		}
	}
	if f == dieBefore {
		panic(crash{})
	}
	return f
}

// sleep is Env.Sleep: a wait in simulated time.
func (w *World) sleep(ctx context.Context, d time.Duration) error {
	t := w.task
	if t == nil {
		return fmt.Errorf("sleep outside of a task: %w", context.Canceled)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.choose != nil && t.fn != nil {
		switch {
		case d <= 0:
			return nil
		case t.fn.trigger == nil || t.fn.trigger.Timeout != waiting:
			return context.Canceled // the caller went away
		}
		t.pause(d, true)
		return nil
	}
	t.calls++
	if w.trace != nil && d > time.Second {
		w.say(t.name, "waits %s", d)
	}
	if w.faultOf(t, callSleep) == dieBefore {
		w.say(t.name, "** dies waiting")
		panic(crash{})
	}
	t.pause(d, true)
	return nil
}

// pauseBetweenTries is the store's wait after a lost race. Its length is drawn from the process's own randomness there;
// here the seed decides.
func (w *World) pauseBetweenTries(ctx context.Context, _ time.Duration) error {
	return w.sleep(ctx, time.Duration(1+w.draw(w.task, 3)%20)*time.Millisecond)
}

// inTurn runs at once what a function does beside its work: the order is that of its starts.
func inTurn(_ *sync.WaitGroup, f func()) { f() }

// draw is a random number for the task's current call. salt tells apart what is drawn.
func (w *World) draw(t *task, salt uint64) uint64 { return mix(w.plan.Seed, t.id, t.calls, salt) }
