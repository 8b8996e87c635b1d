package simulation

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// shortSeeds is how many worlds the short form runs: a few seconds' worth. SEEDS=n runs n.
const shortSeeds = 1500

// The promises hold in every world.
func TestSimulate(t *testing.T) {
	seeds := uint64(shortSeeds / slowed)
	if s := os.Getenv("SEEDS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n == 0 {
			t.Fatalf("SEEDS: %q is not a number of seeds", s)
		}
		seeds = n
	}
	var next, failed atomic.Uint64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := next.Add(1) - 1; seed < seeds && failed.Load() == 0; seed = next.Add(1) - 1 {
				if r := Run(NewPlan(seed), nil); r.Failure != nil && failed.Add(1) == 1 {
					show(t, seed)
				}
			}
		})
	}
	wg.Wait()
}

// Worlds that broke a promise once, and what they found.
func TestFoundOnce(t *testing.T) {
	for seed, what := range map[uint64]string{
		16:     "a failed payment and its cancelled order answered each other for ever",
		1709:   "a slow retry left the ticket held for an order that was over",
		2599:   "an authorisation that Stripe had ended left its order complete and unpaid",
		108624: "a retry kept a reservation that the ticket had refused",
		342929: "an order written while it was being buried was not told that it has its ticket",
		270485: "the same",
		271118: "the same",
		9116:   "an order that its ticket had cancelled was told of to nobody",
		15087:  "a seller heard of a sale, and not that it fell through",
		17007:  "a refund was told of to nobody",
	} {
		if r := Run(NewPlan(seed), nil); r.Failure != nil {
			t.Errorf("seed %d: %v (%s)", seed, r.Failure, what)
		}
	}
}

// show logs the timeline of a failing seed, made smaller.
func show(t *testing.T, seed uint64) {
	plan, r := Shrink(NewPlan(seed))
	var timeline strings.Builder
	Run(plan, func(line string) { timeline.WriteString(line + "\n") })
	t.Errorf("seed %d breaks %v\n%s", seed, r.Failure, timeline.String())
}

// A seed is a run: the same each time, to the last line.
func TestReplay(t *testing.T) {
	for seed := range uint64(40) {
		var first, second strings.Builder
		a := Run(NewPlan(seed), func(line string) { first.WriteString(line + "\n") })
		b := Run(NewPlan(seed), func(line string) { second.WriteString(line + "\n") })
		quiet := Run(NewPlan(seed), nil)
		if first.String() != second.String() || a.Steps != b.Steps {
			t.Fatalf("seed %d: two runs differ", seed)
		}
		if quiet.Steps != a.Steps || quiet.Deliveries != a.Deliveries {
			t.Fatalf("seed %d: looking on changes the run: %d and %d steps", seed, a.Steps, quiet.Steps)
		}
	}
}

func BenchmarkSeed(b *testing.B) {
	for n := range b.N {
		if r := Run(NewPlan(uint64(n%1000)), nil); r.Failure != nil {
			b.Fatal(n, r.Failure)
		}
	}
}
