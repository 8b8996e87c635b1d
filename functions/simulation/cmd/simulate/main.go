// Command simulate runs the functions in simulated worlds, one a seed, and checks the promises after each.
//
//	simulate -seeds 100000          many worlds; exit status 1 if a promise is broken
//	simulate -from 42 -seeds 1 -v   one world as a timeline
//	simulate -enumerate -switches 2 every schedule of the small worlds, within bounds
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"usher.example/functions/simulation"
)

// shown bounds how many failures are written out.
const shown = 5

// gcPercent trades memory for speed: worlds are small and short-lived.
const gcPercent = 400

func main() {
	from := flag.Uint64("from", 0, "the first seed")
	seeds := flag.Uint64("seeds", 10_000, "how many seeds")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "worlds at once")
	verbose := flag.Bool("v", false, "write each world's timeline")
	first := flag.Bool("first", false, "stop at the first world that breaks a promise")
	enumerate := flag.Bool("enumerate", false, "try every schedule of the small worlds instead")
	switches := flag.Int("switches", 1, "with -enumerate: how often a function may be interrupted between two calls; -1 any number")
	only := flag.String("world", "", "with -enumerate: the name of the only small world to try")
	limit := flag.Int("limit", 1_000_000, "with -enumerate: schedules of a world at most")
	shrink := flag.Bool("shrink", true, "make the first failing world smaller, and write its timeline")
	flag.Parse()
	if *workers < 1 || *seeds < 1 {
		fmt.Fprintln(os.Stderr, "simulate: -seeds and -workers must be at least 1")
		os.Exit(2)
	}
	if *verbose {
		*workers = 1
	}
	debug.SetGCPercent(gcPercent)
	if *enumerate {
		if !everySchedule(*only, *switches, *limit) {
			os.Exit(1)
		}
		return
	}
	t := &tally{outcomes: map[string]int{}, first: *first}
	begin := time.Now()
	t.run(*from, *seeds, *workers, *verbose)
	t.report(time.Since(begin), *workers)
	if len(t.failed) == 0 {
		return
	}
	if *shrink && !*verbose {
		smallest(t.failed[0])
	}
	os.Exit(1)
}

// tally adds up what came of the runs.
type tally struct {
	mu                sync.Mutex
	runs, steps, sent int
	outcomes          map[string]int
	failed            []uint64
	first             bool
	stop              atomic.Bool
}

func (t *tally) run(from, seeds uint64, workers int, verbose bool) {
	var next atomic.Uint64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= seeds || t.stop.Load() {
					return
				}
				var trace func(string)
				if verbose {
					trace = func(line string) { fmt.Println(line) }
				}
				t.add(from+n, simulation.Run(simulation.NewPlan(from+n), trace))
			}
		})
	}
	wg.Wait()
	slices.Sort(t.failed)
}

func (t *tally) add(seed uint64, r simulation.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs++
	t.steps += r.Steps
	t.sent += r.Deliveries
	for how, n := range r.Outcomes {
		t.outcomes[how] += n
	}
	if r.Failure != nil {
		t.stop.Store(t.first)
		if t.failed = append(t.failed, seed); len(t.failed) <= shown {
			fmt.Printf("seed %d: %v\n", seed, r.Failure)
		}
	}
}

func (t *tally) report(took time.Duration, workers int) {
	fmt.Printf("%d worlds in %.1f s: %.0f a second with %d at once; %d steps and %d deliveries each\n",
		t.runs, took.Seconds(), float64(t.runs)/took.Seconds(), workers, t.steps/t.runs, t.sent/t.runs)
	for _, how := range slices.Sorted(maps.Keys(t.outcomes)) {
		fmt.Printf("%8d orders ended %s\n", t.outcomes[how], how)
	}
	fmt.Printf("%8d worlds broke a promise\n", len(t.failed))
}

// everySchedule tries the small worlds, and says whether all promises held.
func everySchedule(only string, switches, limit int) (held bool) {
	held = true
	for _, world := range simulation.SmallWorlds {
		if only != "" && only != world.Name {
			continue
		}
		world.Switches = switches
		begin := time.Now()
		e := simulation.Enumerate(world, limit)
		how := "all"
		if !e.Complete {
			how = "some"
		}
		fmt.Printf("%-30s %s schedules: %8d, %6d to their rest, %8d states, %6.1f s\n", world.Name, how, e.Schedules, e.Rests, e.States, time.Since(begin).Seconds())
		if e.Failure != nil {
			held = false
			fmt.Println(e.Failure)
			for _, line := range e.Timeline {
				fmt.Println(line)
			}
		}
	}
	return held
}

// smallest writes the timeline of the smallest world that still breaks the seed's promise.
func smallest(seed uint64) {
	p, r := simulation.Shrink(simulation.NewPlan(seed))
	fmt.Printf("\nseed %d, made smaller: %v\n", seed, r.Failure)
	simulation.Run(p, func(line string) { fmt.Println(line) })
}
