package simulation

import "time"

// callKind is what a function calls.
type callKind int

const (
	callRead callKind = iota
	callWrite
	callPublish
	callStripe
	callSleep
)

// fault is what goes wrong with a call.
type fault int

const (
	noFault    fault = iota
	refused          // it fails, nothing happened
	unanswered       // it happened, and fails all the same
	repeated         // it happened, its answer was lost, and the client's own second try finds that
	delayed          // it fails, and happens later
	dieBefore        // the function dies, nothing happened
	dieAfter         // it happened, the function dies
)

// String names the fault in the timeline.
func (f fault) String() string {
	return [...]string{"", "fails", "fails, but was done", "was done twice", "fails, but is done later", "dies before it", "dies after it"}[f]
}

// possible says which faults a kind of call can have; what is there twice is twice as likely.
var possible = map[callKind][]fault{
	callRead:    {refused, dieBefore, refused},
	callWrite:   {refused, unanswered, repeated, delayed, dieBefore, dieAfter},
	callPublish: {refused, unanswered, dieBefore, dieAfter, delayed, refused},
	callStripe:  {refused, unanswered, dieBefore, dieAfter, refused, unanswered},
	callSleep:   {dieBefore},
}

// faultOf decides what goes wrong with the task's current call.
func (w *World) faultOf(t *task, kind callKind) fault {
	p := &w.plan.Profile
	if t.fn == nil || w.now.Sub(epoch) > p.Chaos {
		return noFault
	}
	if kind == callPublish && p.outage(w.now) {
		return refused
	}
	r := w.draw(t, 7)
	if int(r%1000) >= p.Faults[kind] {
		return noFault
	}
	id := mix(t.id, t.calls)
	if w.plan.Off[id] {
		return noFault
	}
	w.fired = append(w.fired, id)
	all := possible[kind]
	return all[(r>>32)%uint64(len(all))]
}

// latency is how long the task's current call takes.
func (w *World) latency(t *task) time.Duration {
	p := &w.plan.Profile
	r := w.draw(t, 5)
	d := time.Duration(r%uint64(p.Fast)) + time.Millisecond/8
	if int(r>>40%1000) < p.Slow && w.now.Sub(epoch) <= p.Chaos && t.fn != nil {
		d += time.Duration(mix(r, 1) % uint64(p.Slowest))
	}
	return d
}

// chance says whether something of a rate (in 1000) happens to what id names, while things go wrong at all.
func (w *World) chance(rate int, id uint64) bool {
	if rate == 0 || w.now.Sub(epoch) > w.plan.Profile.Chaos || w.choose != nil {
		return false
	}
	id = mix(id, 11)
	if int(mix(w.plan.Seed, id)%1000) >= rate || w.plan.Off[id] {
		return false
	}
	w.fired = append(w.fired, id)
	return true
}

// between draws a duration for what id names.
func (w *World) between(least, most time.Duration, id uint64) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(mix(w.plan.Seed, id, 13)%uint64(most-least))
}
