package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"usher.example/functions/simulation/memory"
)

// SmallWorld is a world whose schedules are enumerated instead of sampled: who acts, and what is bounded.
type SmallWorld struct {
	Name     string
	People   []Person // after the ticket is on sale
	Tickets  int      // on sale; 0 is one
	MaxHolds int      // MAX_HOLDS; 0 is the default
	Expiry   bool     // the orders' time may pass at any moment; else only when nothing else is left
	Webhooks bool
	Crashes  int  // functions that may die, each after any write, publication or call to Stripe
	Large    bool // takes minutes
	Switches int  // times that a function may be interrupted between two calls by another; negative: any number
}

// Enumeration says how much of a small world was seen.
type Enumeration struct {
	Schedules int // tried, from the start to their rest or to a state met before
	Rests     int // of these, to their rest
	States    int
	Complete  bool // all of them
	Failure   *Failure
	Timeline  []string       // of the schedule that fails
	Ends      map[string]int // how orders ended, in how many of the schedules that came to rest
}

// Enumerate tries every schedule of a small world, at most limit. At each call of a function to the store or Stripe, every
// other one may go first; a state that was met before is not gone into again.
//
// Some orders of things do not matter, and are not tried: a function starts when its event comes, and publishes and files
// timers at once, as nothing depends on when it does. Callers of functions that wait go away instead.
func Enumerate(world SmallWorld, limit int) Enumeration {
	e := Enumeration{Ends: map[string]int{}}
	c := &chooser{world: world, visited: map[uint64]struct{}{}}
	for e.Schedules < limit {
		e.Schedules++
		w, rested := c.try(nil)
		if rested {
			e.Rests++
			for _, x := range w.oracle.orders {
				e.Ends[string(x.status)]++
			}
		}
		if w.failure != nil {
			e.Failure = w.failure
			c.path = c.path[:c.depth]
			c.visited = map[uint64]struct{}{}
			c.try(func(line string) { e.Timeline = append(e.Timeline, line) })
			break
		}
		if !c.backtrack() {
			e.Complete = true
			break
		}
	}
	e.States = len(c.visited)
	return e
}

// branch is a choice that was made, and out of how many.
type branch struct{ chosen, of int }

// chooser decides about one schedule: it follows a path, and beyond it takes the first choice that leads on.
type chooser struct {
	world    SmallWorld
	path     []branch
	depth    int
	followed int // how much of the path was there before this schedule
	visited  map[uint64]struct{}

	setup    bool
	webhooks bool
	crashes  int
	switches int
	last     *task
	content  map[memory.Key]uint64
	sum      uint64 // of content
}

// try runs one schedule.
func (c *chooser) try(trace func(string)) (w *World, rested bool) {
	c.depth, c.followed, c.last = 0, len(c.path), nil
	c.content, c.sum = map[memory.Key]uint64{}, 0
	plan := &Plan{Seed: 1, Profile: Profile{TTL: ample, Fast: time.Millisecond, MaxHolds: c.world.MaxHolds}}
	w, err := newWorld(plan)
	if err != nil {
		w = &World{failure: &Failure{"P6", err.Error()}}
		return w, false
	}
	defer w.close()
	w.choose, w.trace = c, trace
	c.setup, c.webhooks, c.crashes, c.switches = true, c.world.Webhooks, 0, 0
	w.arrive(0, Person{Seller: true, Steps: slices.Repeat([]Step{{Do: List, Price: 4200}}, max(1, c.world.Tickets))})
	w.run()
	c.setup, c.crashes, c.switches = false, c.world.Crashes, c.world.Switches
	for n, p := range c.world.People {
		if p.Seller {
			w.arrive(0, p)
		} else {
			w.arrive(1+n, p)
		}
	}
	if c.world.Expiry {
		s := w.after(ample+time.Minute, hash("expiry"), func() { w.minutes.ring(0) })
		s.timed = true
	}
	w.run()
	if w.failure == nil && len(w.queue) == w.gated() {
		w.oracle.rest()
		return w, true
	}
	return w, false
}

// backtrack makes the path that of the next schedule; false: there is none.
func (c *chooser) backtrack() bool {
	c.path = c.path[:c.depth]
	for n := len(c.path) - 1; n >= 0; n-- {
		if b := &c.path[n]; b.chosen+1 < b.of {
			b.chosen++
			c.path = c.path[:n+1]
			return true
		}
	}
	return false
}

// pick chooses one of several.
func (c *chooser) pick(of int) int {
	if of == 1 || c.setup {
		return 0
	}
	if c.depth == len(c.path) {
		c.path = append(c.path, branch{0, of})
	}
	c.depth++
	return c.path[c.depth-1].chosen
}

// branches says whether it matters when a call is made.
func (c *chooser) branches(kind callKind, what string) bool {
	switch kind {
	case callRead, callWrite:
		return !strings.Contains(what, "expirations") && !strings.HasPrefix(what, queryIndex)
	case callStripe:
		return true
	}
	return false
}

// fault lets a function die after a call that had an effect, as often as the world allows.
func (c *chooser) fault(_ *task, kind callKind) fault {
	if c.crashes == 0 || kind == callRead || kind == callSleep {
		return noFault
	}
	if c.pick(2) == 0 {
		return noFault
	}
	c.crashes--
	return dieAfter
}

// when lets a task go on once something is so.
func (c *chooser) when(t *task, so func() bool) {
	s := t.w.after(0, mix(t.id, t.calls, 83), t.step)
	s.when, s.task = so, t
	t.wait()
	t.w.task = t
}

// next chooses what happens next; nil: nothing that was not seen before.
func (c *chooser) next(w *World) *step {
	var can, timed []*step
	for _, s := range w.queue {
		switch {
		case s.when != nil && !s.when():
		case s.timed && s.at.After(w.now):
			timed = append(timed, s)
		case s.task == nil || s.task.fn == nil: // it starts something, and only that: at once
			return c.take(w, s)
		default:
			can = append(can, s)
		}
	}
	order := func(a, b *step) int { return int(a.seq) - int(b.seq) }
	slices.SortFunc(can, order)
	if len(timed) > 0 && (len(can) == 0 || c.world.Expiry && !c.setup) {
		can = append(can, slices.MinFunc(timed, func(a, b *step) int { return a.at.Compare(b.at) }))
	}
	if len(can) == 0 {
		return nil
	}
	if !c.setup && c.depth >= c.followed {
		state := c.state(w)
		if _, met := c.visited[state]; met {
			return nil
		}
		c.visited[state] = struct{}{}
	}
	return c.take(w, c.among(can))
}

// among picks one of the steps; to leave a function that could go on is a switch.
func (c *chooser) among(can []*step) *step {
	going := slices.IndexFunc(can, func(s *step) bool { return s.task != nil && s.task == c.last })
	if going >= 0 && c.world.Switches >= 0 {
		can[0], can[going] = can[going], can[0]
		if c.switches == 0 {
			can = can[:1]
		}
	}
	n := c.pick(len(can))
	if going >= 0 && n > 0 && !c.setup {
		c.switches--
	}
	c.last = can[n].task
	return can[n]
}

func (c *chooser) take(w *World, s *step) *step {
	n := slices.Index(w.queue, s)
	w.queue = slices.Delete(w.queue, n, n+1)
	return s
}

// wrote keeps the fingerprint of what is stored.
func (c *chooser) wrote(k memory.Key, item memory.Item) {
	key := mix(hash(k.Table), hash(k.PK), hash(k.SK))
	c.sum -= mix(key, c.content[k])
	c.content[k] = hashItem(item)
	c.sum += mix(key, c.content[k])
}

// state is a fingerprint of everything that the rest of a schedule depends on.
func (c *chooser) state(w *World) uint64 {
	var waiting uint64
	for _, s := range w.queue {
		at := time.Duration(0)
		if s.timed {
			at = s.at.Sub(epoch)
		}
		waiting += mix(s.id, uint64(at))
	}
	for t := range w.live {
		waiting += mix(t.id, t.calls, t.history, 89)
	}
	for _, in := range w.bank.intents {
		waiting += mix(hash(in.ID), hash(string(in.Status)), uint64(len(w.bank.saved)))
	}
	last := uint64(0)
	if c.last != nil && !c.last.over && c.world.Switches >= 0 {
		last = mix(c.last.id, c.last.history)
	}
	return mix(c.sum, waiting, uint64(w.now.Sub(epoch)), uint64(c.crashes), uint64(c.switches), last)
}

// hashItem is a fingerprint of an item.
func hashItem(item memory.Item) uint64 {
	if item == nil {
		return 0
	}
	h := uint64(1)
	for _, name := range slices.Sorted(maps.Keys(item)) {
		h = mix(h, hash(name), hashValue(item[name]))
	}
	return h
}

func hashValue(v types.AttributeValue) uint64 {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return hash(v.Value)
	case *types.AttributeValueMemberN:
		return mix(hash(v.Value), 2)
	case *types.AttributeValueMemberM:
		return mix(hashItem(v.Value), 3)
	}
	return hash(fmt.Sprintf("%#v", v))
}
