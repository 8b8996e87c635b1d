package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// stepLength is how long each load is held.
	stepLength = 4 * time.Second
	// gain is what twice the load must add to what is done; less, and something is saturated.
	gain = 1.1
	// mostWorkers ends a search that finds no end.
	mostWorkers = 256
	// ticks are what Linux counts a process's time in, a second.
	ticks = 100
)

// BenchmarkSaturation raises the load on each part of the local system until more of it does no more, and names what is busy then. Each is
// measured alone: reading one ticket (gateway, function, store), making one (and its event), and whole purchases.
func BenchmarkSaturation(b *testing.B) {
	s := start(b, "MAX_RESERVATIONS=0", "LOG_LEVEL=error")
	people := s.pairs(b, 64)
	listed := people[0].seller.sells("Front row", "42.00")
	for _, load := range []struct {
		name string
		once func(pair) error
	}{
		{"read", func(p pair) error { return expect(http.StatusOK, p.buyer.do("GET", "/api/tickets/"+listed.ID, nil)) }},
		{"write", func(p pair) error {
			return expect(http.StatusCreated, p.seller.do("POST", "/api/tickets", map[string]string{"title": "Front row", "price": "42.00"}))
		}},
		{"purchase", func(p pair) error { return p.purchase(b) }},
	} {
		b.Run(load.name, func(b *testing.B) {
			for range b.N {
				s.saturate(b, people, load.once)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func expect(status int, a answer) error {
	if a.err == nil && a.status != status {
		return fmt.Errorf("answered %d: %s", a.status, a.body)
	}
	return a.err
}

// saturate doubles the workers until twice as many do less than a tenth more.
func (s *system) saturate(b *testing.B, people []pair, once func(pair) error) {
	best := 0.0
	for workers := 1; workers <= mostWorkers; workers *= 2 {
		rate, p99, busy := s.step(b, people, workers, once)
		b.Logf("%4d workers: %7.1f/s, p99 %6.1f ms; busy: %s", workers, rate, float64(p99.Microseconds())/1000, busy)
		if rate < best*gain {
			b.ReportMetric(max(rate, best), "ops/s")
			b.ReportMetric(float64(workers/2), "workers")
			b.Logf("saturated by %d workers; most of the machine is taken by %s", workers/2, busy)
			return
		}
		best = rate
	}
	b.Errorf("%d workers do not saturate it", mostWorkers)
}

// step lets so many workers do it again and again for a while. It returns how often it was done a second, how long 99 of 100 took at most, and
// which processes took how many processors.
func (s *system) step(b *testing.B, people []pair, workers int, once func(pair) error) (rate float64, p99 time.Duration, busy string) {
	var took durations
	var failed atomic.Int64
	before, began := s.worked(), time.Now()
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for time.Since(began) < stepLength {
				start := time.Now()
				if err := once(people[i%len(people)]); err != nil {
					if failed.Add(1) == 1 {
						b.Logf("%d workers: %v", workers, err)
					}
					continue
				}
				took.add(time.Since(start))
			}
		})
	}
	group.Wait()
	elapsed := time.Since(began)
	if len(took.all) == 0 {
		return 0, 0, "nothing was done"
	}
	slices.Sort(took.all)
	return float64(len(took.all)) / elapsed.Seconds(), took.all[len(took.all)*99/100], busiest(before, s.worked(), elapsed)
}

// worked is the processor time of each process so far, the test's own among them.
func (s *system) worked() map[string]time.Duration {
	all := map[string]time.Duration{"(who asks)": processorTime("self"), "(the runtime)": processorTime(strconv.Itoa(s.cmd.Process.Pid))}
	for _, p := range s.processes() {
		all[p.Name] += processorTime(strconv.Itoa(p.PID))
	}
	return all
}

// processorTime is what Linux says that a process has used; nothing where it has ended.
func processorTime(pid string) time.Duration {
	content, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(content), ") ") // its name may hold spaces
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64) // Linux wrote them
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// busiest names the processes that took the most, with how many processors each.
func busiest(before, after map[string]time.Duration, elapsed time.Duration) string {
	used := map[string]time.Duration{}
	for name, t := range after {
		used[name] = max(0, t-before[name])
	}
	names := slices.SortedFunc(maps.Keys(used), func(a, b string) int { return cmp.Compare(used[b], used[a]) })
	var said []string
	for _, name := range names[:min(4, len(names))] {
		said = append(said, fmt.Sprintf("%s %.2f", name, used[name].Seconds()/elapsed.Seconds()))
	}
	return strings.Join(said, ", ")
}
