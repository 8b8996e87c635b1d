package simulation

import (
	"fmt"
	"time"
)

// unhurried is a TTL in which a person who tries again now and then can pay.
const unhurried = 20 * time.Second

// Result is what came of a run.
type Result struct {
	Failure    *Failure
	Steps      int
	Deliveries int
	Fired      []uint64       // faults that happened
	Outcomes   map[string]int // how orders ended
}

// Run runs a plan to its rest, and checks the promises. trace, if any, is given a line for each thing that happens.
func Run(plan *Plan, trace func(line string)) Result {
	w, err := newWorld(plan)
	if err != nil {
		return Result{Failure: &Failure{"P6", err.Error()}}
	}
	defer w.close()
	w.trace = trace
	w.say("plan", "seed %d, %+v", plan.Seed, plan.Profile)
	w.minutes.next()
	for n, p := range plan.People {
		w.arrive(n, p)
	}
	w.run()
	if w.failure == nil {
		w.oracle.rest()
	}
	if w.failure == nil && len(w.oracle.doors.attached) > 0 {
		w.openDoors()
	}
	if w.failure == nil && plan.Profile.TTL >= unhurried && mix(plan.Seed, 79)%2 == 0 {
		w.probe()
	}
	r := Result{Failure: w.failure, Steps: w.count, Deliveries: w.broker.deliveries, Fired: w.fired, Outcomes: map[string]int{}}
	for _, x := range w.oracle.orders {
		r.Outcomes[fmt.Sprintf("%s %s", x.status, x.reason)]++
	}
	return r
}

// probe lets a new buyer buy what is free, when nothing goes wrong any more.
func (w *World) probe() {
	w.say("probe", "a new buyer for each ticket that is free")
	w.now = maxTime(w.now, epoch.Add(w.plan.Profile.Chaos+time.Minute))
	buyers := map[int]*person{}
	for _, n := range w.oracle.free() {
		buyers[n] = w.arrive(100+n, Person{Steps: []Step{{Do: Order, Ticket: n}, {Do: Pay, Method: "pm_card_visa", Tries: 5}}})
	}
	if len(buyers) == 0 {
		return
	}
	w.run()
	if w.failure != nil {
		return
	}
	for n, p := range buyers {
		w.oracle.probed(p, n)
	}
	if w.failure == nil {
		w.oracle.rest()
	}
}
