package simulation

import (
	"math/rand/v2"
	"time"
)

// Plan is a run before it happens: who does what, and what may go wrong. It is made of a seed, and can be made smaller.
type Plan struct {
	Seed    uint64
	Profile Profile
	People  []Person
	Off     map[uint64]bool // faults that do not happen after all
}

// Profile is what kind of world it is. Rates are in 1000.
type Profile struct {
	TTL       time.Duration // ORDER_TTL
	Chaos     time.Duration // how long things go wrong; after it all works
	Fast      time.Duration // most calls take less
	Slow      int           // how many calls are slow
	Slowest   time.Duration // by how much at most
	Skew      time.Duration // how wrong clocks are at most
	Faults    [callSleep + 1]int
	Twice     int           // events that are delivered twice
	Late      int           // events that are late
	Latest    time.Duration // by how much at most
	Lost      int           // answers of functions that the Broker does not get
	Lag       int           // index reads that do not show the newest
	Webhooks  int           // webhooks that are lost
	MaxHolds  int           // MAX_HOLDS; 0 is the default
	MaxBegun  int           // MAX_RESERVATIONS; 0 is the default, which nobody here reaches
	Uncapture int           // authorisations that cannot be captured
	Outages   []outage      // when nothing can be published
}

type outage struct{ from, to time.Duration }

func (p *Profile) outage(now time.Time) bool {
	for _, o := range p.Outages {
		if d := now.Sub(epoch); d >= o.from && d < o.to {
			return true
		}
	}
	return false
}

// Person does steps one after the other.
type Person struct {
	Seller bool
	Steps  []Step
}

// Step is one thing that a person does, after having waited.
type Step struct {
	Wait   time.Duration
	Do     Deed
	Ticket int    // which of those on sale, or which of one's own
	Method string // payment method
	Key    bool   // with an Idempotency-Key; where something is attached, with If-Match
	Tabs   int    // how often at once
	Tries  int    // how often it is tried again after an unknown answer or a passing refusal
	Price  int64
}

// Deed is what a person does.
type Deed int

// What sellers do, then what buyers do.
const (
	List Deed = iota
	Edit
	Withdraw
	Order
	Grab // reserves all that is on sale, at once
	Pay
	Cancel
	Refund // an operator does, for the buyer
	Leave  // has the account deleted, perhaps while another tab still puts a ticket up for sale
	Attach // the ticket itself, for its buyer
	Detach
	Show // reads what is attached, and goes to the door
)

// String names the deed in the timeline.
func (d Deed) String() string {
	return [...]string{"list", "edit", "withdraw", "order", "grab", "pay", "cancel", "refund", "leave", "attach", "detach", "show"}[d]
}

// NewPlan makes the plan of a seed. Worlds differ in kind: most are hostile in a few ways at a time, some in none.
func NewPlan(seed uint64) *Plan {
	r := rand.New(rand.NewPCG(seed, 0x75736865722e)) // another stream for each seed
	p := &Plan{Seed: seed, Profile: newProfile(r)}
	calm := p.Profile.TTL / 4
	tickets := 1 + r.IntN(5)/4
	seller := Person{Seller: true}
	for range tickets {
		seller.Steps = append(seller.Steps, Step{Do: List, Price: 100 + r.Int64N(9900), Tries: 2})
	}
	for range r.IntN(3) {
		s := Step{Wait: wait(r, calm), Do: Edit, Ticket: r.IntN(tickets), Price: 100 + r.Int64N(9900), Tries: r.IntN(3)}
		if r.IntN(4) == 0 {
			s.Do = Withdraw
		}
		seller.Steps = append(seller.Steps, s)
	}
	p.People = append(p.People, seller)
	for range 1 + r.IntN(3) {
		p.People = append(p.People, newBuyer(r, tickets, calm, p.Profile.TTL))
	}
	p.crowd(rand.New(rand.NewPCG(seed, 0x6772616273))) // a stream of its own: the rest of the plan stays as it was
	p.leavers(rand.New(rand.NewPCG(seed, 0x6c65617665)))
	p.deliver(rand.New(rand.NewPCG(seed, 0x646f6f7273)))
	return p
}

// leavers adds to some worlds that somebody has their account deleted.
func (p *Plan) leavers(r *rand.Rand) {
	if r.IntN(4) > 0 {
		return
	}
	calm := p.Profile.TTL / 4
	who := &p.People[r.IntN(len(p.People))]
	if who.Seller && r.IntN(2) == 0 {
		listed := 0
		for _, s := range who.Steps {
			if s.Do == List {
				who.Steps = append(who.Steps, Step{Wait: wait(r, calm), Do: Withdraw, Ticket: listed, Tries: r.IntN(3)})
				listed++
			}
		}
	}
	for range 1 + r.IntN(2) {
		who.Steps = append(who.Steps, Step{Wait: wait(r, 2*calm), Do: Leave, Tries: r.IntN(3), Tabs: 1 + r.IntN(2), Price: 100 + r.Int64N(9900)})
	}
}

// crowd adds to some worlds somebody who wants everything, and more tickets than they may hold.
func (p *Plan) crowd(r *rand.Rand) {
	if r.IntN(5) > 0 {
		return
	}
	p.Profile.MaxHolds = 1 + r.IntN(2)
	var more []Step
	for range 1 + r.IntN(3) {
		more = append(more, Step{Do: List, Price: 100 + r.Int64N(9900), Tries: 2})
	}
	p.People[0].Steps = append(more, p.People[0].Steps...)
	calm := p.Profile.TTL / 4
	var b Person
	for range 1 + r.IntN(3) {
		b.Steps = append(b.Steps, Step{Wait: wait(r, calm), Do: Grab, Key: r.IntN(2) == 0})
		switch r.IntN(3) {
		case 0:
			b.Steps = append(b.Steps, Step{Wait: wait(r, calm), Do: Pay, Method: "pm_card_visa", Tries: r.IntN(4)})
		case 1:
			b.Steps = append(b.Steps, Step{Wait: wait(r, calm), Do: Cancel, Tries: r.IntN(3)})
		}
	}
	p.People = append(p.People, b)
	p.Profile.MaxBegun = r.IntN(4)
}

func newBuyer(r *rand.Rand, tickets int, calm, ttl time.Duration) Person {
	var b Person
	for range 1 + r.IntN(5)/4 {
		b.Steps = append(b.Steps, Step{Wait: wait(r, calm), Do: Order, Ticket: r.IntN(tickets), Key: r.IntN(2) == 0, Tries: r.IntN(4)})
		late := wait(r, calm)
		if r.IntN(8) == 0 { // about when the order expires
			late = max(0, ttl+time.Duration(r.Int64N(int64(4*time.Second)))-2*time.Second)
		}
		pay := Step{Wait: late, Do: Pay, Method: "pm_card_visa", Tries: r.IntN(4), Tabs: 1 + r.IntN(5)/4}
		cancel := Step{Wait: wait(r, calm), Do: Cancel, Tries: r.IntN(3)}
		switch r.IntN(10) {
		case 0: // leaves it
		case 1, 2:
			b.Steps = append(b.Steps, cancel)
		case 3:
			b.Steps = append(b.Steps, pay, cancel)
		case 6:
			b.Steps = append(b.Steps, pay, Step{Wait: wait(r, calm), Do: Refund, Tries: r.IntN(4), Tabs: 1 + r.IntN(5)/4})
		case 4:
			declined := pay
			declined.Method = "pm_card_chargeDeclined"
			pay.Wait = wait(r, calm)
			b.Steps = append(b.Steps, declined, pay)
		case 5:
			pay.Method = "pm_card_authenticationRequired"
			b.Steps = append(b.Steps, pay)
		default:
			b.Steps = append(b.Steps, pay)
		}
	}
	return b
}

// wait is how long somebody thinks: mostly no time, sometimes some.
func wait(r *rand.Rand, calm time.Duration) time.Duration {
	switch r.IntN(4) {
	case 0:
		return time.Duration(r.Int64N(int64(5 * time.Millisecond)))
	case 1:
		return time.Duration(r.Int64N(int64(200 * time.Millisecond)))
	case 2:
		return time.Duration(r.Int64N(int64(2 * time.Second)))
	}
	return time.Duration(r.Int64N(int64(calm) + 1))
}

func newProfile(r *rand.Rand) Profile {
	p := Profile{
		TTL:     []time.Duration{2 * time.Second, 20 * time.Second, 90 * time.Second, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute}[r.IntN(6)],
		Fast:    []time.Duration{2 * time.Millisecond, 5 * time.Millisecond, 50 * time.Millisecond}[r.IntN(3)],
		Slowest: []time.Duration{100 * time.Millisecond, 3 * time.Second, 12 * time.Second, 50 * time.Second}[r.IntN(4)],
		Latest:  []time.Duration{50 * time.Millisecond, time.Second, 15 * time.Second, 3 * time.Minute}[r.IntN(4)],
	}
	p.Chaos = min(p.TTL+time.Minute, 5*time.Minute)
	rate := func(most int) int { // half of the worlds know nothing of a kind of trouble
		if r.IntN(2) == 0 {
			return 0
		}
		return r.IntN(most + 1)
	}
	p.Slow, p.Twice, p.Late, p.Lost, p.Webhooks = rate(60), rate(150), rate(150), rate(80), rate(500)
	p.Lag, p.Uncapture = rate(500), rate(150)
	if r.IntN(4) > 0 {
		for kind := range p.Faults {
			p.Faults[kind] = rate(60)
		}
	}
	if r.IntN(3) == 0 {
		p.Skew = time.Duration(r.Int64N(int64(2 * time.Second)))
	}
	if r.IntN(8) == 0 {
		from := time.Duration(r.Int64N(int64(3 * time.Second)))
		p.Outages = append(p.Outages, outage{from, from + time.Duration(r.Int64N(int64(20*time.Second)))})
	}
	return p
}

// warm says whether nothing goes wrong in this world, so that it must be quick, too (P4).
func (p *Profile) warm() bool {
	for _, rate := range p.Faults {
		if rate > 0 {
			return false
		}
	}
	return p.Slow == 0 && p.Late == 0 && p.Lost == 0 && p.Skew == 0 && len(p.Outages) == 0
}
