package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is how many pairs of a seller and a buyer trade at once when the question is how many sales there are a second.
const crowd = 16

// durations are collected by many goroutines.
type durations struct {
	mu  sync.Mutex
	all []time.Duration
}

func (d *durations) add(t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, t)
}

// report gives the median, the 99th of a hundred, and the extremes, in milliseconds.
func (d *durations) report(b *testing.B) {
	b.Helper()
	if len(d.all) == 0 {
		return
	}
	slices.Sort(d.all)
	at := func(i int) float64 { return float64(d.all[i].Microseconds()) / 1000 }
	b.ReportMetric(at(0), "min-ms")
	b.ReportMetric(at(len(d.all)/2), "p50-ms")
	b.ReportMetric(at(len(d.all)*99/100), "p99-ms")
	b.ReportMetric(at(len(d.all)-1), "max-ms")
	b.ReportMetric(0, "ns/op")
}

// pair is two people who trade with each other.
type pair struct{ seller, buyer *person }

// purchase is a whole sale as the two see it: list, reserve, pay, and the order seen complete.
func (p pair) purchase(b *testing.B) error {
	send := func(who *person, status int, method, path string, body, out any) error {
		a := who.do(method, path, body)
		if a.err == nil && a.status != status {
			return fmt.Errorf("%s %s: %d %s", method, path, a.status, a.body)
		}
		if a.err == nil && out != nil {
			who.must(status, a, out)
		}
		return a.err
	}
	var t ticket
	var o order
	err := send(p.seller, http.StatusCreated, "POST", "/api/tickets", map[string]any{"title": "Front row", "price": "42.00"}, &t)
	if err == nil {
		err = send(p.buyer, http.StatusCreated, "POST", "/api/orders", map[string]string{"ticket_id": t.ID}, &o)
	}
	if err == nil {
		err = send(p.buyer, http.StatusCreated, "POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"}, nil)
	}
	for pause := 2 * time.Millisecond; err == nil && o.Status != "complete"; pause = min(2*pause, 50*time.Millisecond) {
		time.Sleep(pause)
		err = send(p.buyer, http.StatusOK, "GET", "/api/orders/"+o.ID, nil, &o)
		if o.Status == "cancelled" {
			return fmt.Errorf("order %s was cancelled: %s", o.ID, o.Reason)
		}
	}
	return err
}

// pairs signs people up, and lets each pair trade once, so that every function is warm.
func (s *system) pairs(b *testing.B, n int) []pair {
	b.Helper()
	all := make([]pair, n)
	for i := range all {
		all[i] = pair{s.person("seller"), s.person("buyer")}
		if err := all[i].purchase(b); err != nil {
			b.Fatal(err)
		}
	}
	return all
}

// BenchmarkPurchase measures a whole purchase: alone, ten of them begun every second, and as many as there can be.
func BenchmarkPurchase(b *testing.B) {
	s := start(b, "MAX_RESERVATIONS=0")
	all := s.pairs(b, crowd)
	b.Run("alone", func(b *testing.B) {
		var took durations
		for b.Loop() {
			began := time.Now()
			if err := all[0].purchase(b); err != nil {
				b.Fatal(err)
			}
			took.add(time.Since(began))
		}
		took.report(b)
	})
	b.Run("10-a-second", func(b *testing.B) {
		var took durations
		var group sync.WaitGroup
		began := time.Now()
		for i := range b.N {
			due := began.Add(time.Duration(i) * time.Second / 10)
			time.Sleep(time.Until(due))
			group.Go(func() {
				if err := all[i%crowd].purchase(b); err != nil {
					b.Error(err)
				}
				took.add(time.Since(due)) // from when it was due: who waits in a queue waits
			})
		}
		group.Wait()
		took.report(b)
	})
	b.Run("sustained", func(b *testing.B) {
		var took durations
		elapsed := atOnce(b, func(worker int) error {
			began := time.Now()
			defer func() { took.add(time.Since(began)) }()
			return all[worker].purchase(b)
		})
		took.report(b)
		b.ReportMetric(float64(b.N)/elapsed.Seconds(), "sales/s")
	})
}

// atOnce does b.N pieces of work with as many workers as there are pairs.
func atOnce(b *testing.B, work func(worker int) error) time.Duration {
	b.Helper()
	var group sync.WaitGroup
	var next atomic.Int64
	began := time.Now()
	for worker := range crowd {
		group.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := work(worker); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

// BenchmarkRush lets five hundred buyers reach for one ticket at the same time.
func BenchmarkRush(b *testing.B) {
	const buyers = 500
	s := start(b)
	seller := s.person("seller")
	people := make([]*person, buyers)
	for i := range people {
		people[i] = s.person("buyer")
	}
	var took durations
	for b.Loop() {
		t := seller.sells("Front row", "42.00")
		var won, lost atomic.Int64
		var gate, group sync.WaitGroup
		gate.Add(1)
		for _, p := range people {
			group.Go(func() {
				gate.Wait()
				began := time.Now()
				a := p.do("POST", "/api/orders", map[string]string{"ticket_id": t.ID})
				took.add(time.Since(began))
				switch {
				case a.err == nil && a.status == http.StatusCreated:
					won.Add(1)
				case a.err == nil && a.status == http.StatusConflict:
					lost.Add(1)
				default:
					b.Errorf("answered %d %s %v", a.status, a.body, a.err)
				}
			})
		}
		gate.Done()
		group.Wait()
		if won.Load() != 1 || lost.Load() != buyers-1 {
			b.Fatalf("%d got it, %d were told that it is taken", won.Load(), lost.Load())
		}
	}
	took.report(b)
}

// BenchmarkFunction measures each function alone: the size of its binary, from its start to its first answer, and its
// memory after that.
func BenchmarkFunction(b *testing.B) {
	s := start(b, "IDLE=1h")
	s.pairs(b, 1)
	for _, p := range s.processes() {
		if p.Kind != "function" {
			continue
		}
		b.Run(p.Name, func(b *testing.B) {
			path := executable(b, p.PID)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID))
			if err != nil {
				b.Fatal(err)
			}
			var took durations
			var memory int64
			for b.Loop() {
				t, rss := firstAnswer(b, path, environment)
				took.add(t)
				memory = max(memory, rss)
			}
			took.report(b)
			b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
			b.ReportMetric(float64(memory)/1e6, "memory-MB")
		})
	}
}

// executable copies a process's binary, whose name may be gone when the process is.
func executable(b *testing.B, pid int) string {
	b.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "function")
	if err := os.WriteFile(path, content, 0o755); err != nil {
		b.Fatal(err)
	}
	return path
}

// healthy asks a fresh process whether it is there, until it is.
func healthy(ctx context.Context, url string) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			return resp.Body.Close()
		}
		if ctx.Err() != nil {
			return err
		}
		time.Sleep(200 * time.Microsecond)
	}
}
