package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// chaosSellers and chaosBuyers trade at once. Each has a ledger of their own.
	chaosSellers, chaosBuyers = 6, 24
	// onSale is how many tickets buyers choose from: few, so that they meet.
	onSale = 12
	// killsAMinute is how many processes die.
	killsAMinute = 8
)

// TestChaos lets a crowd trade for as long as CHAOS_MINUTES says while parts of the system are killed with SIGKILL, and then
// holds what it left to every promise, by a ledger that knows commands, answers and charges alone.
func TestChaos(t *testing.T) {
	minutes, err := strconv.ParseFloat(os.Getenv("CHAOS_MINUTES"), 64)
	if err != nil || minutes <= 0 {
		t.Skip("takes minutes: run it with make chaos, or set CHAOS_MINUTES; TestCrashes is its short form")
	}
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("SEED"); v != "" {
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("SEED: %v", err)
		}
	}
	t.Logf("SEED=%d", seed)
	s := start(t, "ORDER_TTL=20s", "LOG_LEVEL=error", "MAX_HOLDS=100", "MAX_RESERVATIONS=0")
	l := newLedger(s)
	end := time.Now().Add(time.Duration(minutes * float64(time.Minute)))
	var crowd sync.WaitGroup
	for i := range chaosSellers {
		p := s.person("seller")
		crowd.Go(func() { l.sell(p, rand.New(rand.NewPCG(seed, uint64(i))), end) })
	}
	for i := range chaosBuyers {
		p := s.person("buyer")
		l.buyers = append(l.buyers, p)
		crowd.Go(func() { l.buy(p, rand.New(rand.NewPCG(seed, uint64(1000+i))), end) })
	}
	killed := s.killUntil(end, rand.New(rand.NewPCG(seed, 1)))
	crowd.Wait()
	t.Logf("killed: %v", killed)
	for kind, n := range killed {
		if n == 0 {
			t.Errorf("no %s was killed", kind)
		}
	}
	l.report()
	l.check()
}

// killUntil kills one process after the other, of every kind by turns, and counts them.
func (s *system) killUntil(end time.Time, random *rand.Rand) map[string]int {
	killed := map[string]int{"function": 0, "broker": 0, "store": 0, "stripe": 0, "runtime": 0}
	kinds := []string{"function", "broker", "store", "stripe", "runtime", "function", "broker", "function", "store"}
	for n := 0; ; n++ {
		pause := time.Duration((0.5 + random.Float64()) * float64(time.Minute) / killsAMinute)
		if time.Now().Add(pause).After(end) {
			return killed
		}
		time.Sleep(pause)
		kind := kinds[n%len(kinds)]
		if kind == "runtime" {
			s.kill()
			s.again()
			killed[kind]++
			continue
		}
		var some []process
		for _, p := range s.processes() {
			if p.Kind == kind {
				some = append(some, p)
			}
		}
		if len(some) == 0 {
			continue // it is just being started again
		}
		p := some[random.IntN(len(some))]
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err == nil {
			killed[kind]++
		} else if !errors.Is(err, syscall.ESRCH) {
			s.t.Errorf("kill %s: %v", p.Name, err)
		}
	}
}

// sell lists tickets while fewer than wanted are on sale, and now and then edits or withdraws one.
func (l *ledger) sell(p *person, random *rand.Rand, end time.Time) {
	for time.Now().Before(end) {
		id, revision := l.pick(random)
		switch n := random.IntN(10); {
		case l.onSale() < onSale || n > 2:
			price := 100 + random.Int64N(9_900)
			var got ticket
			if l.send(p, "sell", http.StatusCreated, &got, "POST", "/api/tickets", map[string]any{"title": "Row " + strconv.Itoa(n), "price": money{price, "USD"}}) {
				l.listed(p, got)
			}
			if l.onSale() >= onSale {
				time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
			}
		case id != "" && l.owner(id) == p && n == 0:
			if l.send(p, "withdraw", http.StatusNoContent, nil, "DELETE", "/api/tickets/"+id, nil) {
				l.off(id)
			}
		case id != "" && l.owner(id) == p:
			var got ticket
			if l.send(p, "edit", http.StatusOK, &got, "PUT", "/api/tickets/"+id, map[string]any{"title": "Edited", "price": money{revision + 100, "USD"}}) {
				l.listed(p, got)
			}
		}
	}
}

// buy reserves what is on sale, and then pays, pays twice, tries a bad card first, cancels, or walks away.
func (l *ledger) buy(p *person, random *rand.Rand, end time.Time) {
	for time.Now().Before(end) {
		id, _ := l.pick(random)
		if id == "" {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		var got order
		if !l.send(p, "reserve", http.StatusCreated, &got, "POST", "/api/orders", map[string]string{"ticket_id": id}) {
			continue
		}
		l.reserved(p, got)
		pay := func(method string) bool {
			return l.send(p, "pay", http.StatusCreated, nil, "POST", "/api/payments", map[string]string{"order_id": got.ID, "payment_method": method})
		}
		switch random.IntN(6) {
		case 0: // walks away; it expires
		case 1:
			l.send(p, "cancel", http.StatusNoContent, nil, "DELETE", "/api/orders/"+got.ID, nil)
		case 2:
			pay("pm_card_chargeDeclined")
			pay("pm_card_visa")
		case 3: // two tabs
			var tabs sync.WaitGroup
			for range 2 {
				tabs.Go(func() { pay("pm_card_visa") })
			}
			tabs.Wait()
		default:
			pay("pm_card_visa")
		}
	}
}

// send tries a command until it is answered well, refused, or tried too often, as a person would; it says whether it was
// answered well. Every answer is counted, and none may be an error of ours but for what is down.
func (l *ledger) send(p *person, what string, status int, out any, method, path string, body any) bool {
	for range 40 {
		began := time.Now()
		a := p.do(method, path, body)
		l.answered(what, a, time.Since(began))
		switch {
		case a.err == nil && a.status == status:
			if out != nil {
				if err := readJSON(a, out); err != nil {
					l.fault("%s %s: %v", method, path, err)
				}
			}
			return true
		case a.err == nil && a.status < 500:
			return false
		case a.err == nil && a.status == http.StatusInternalServerError:
			l.fault("%s %s: 500 %s", method, path, a.body)
			return false
		}
		time.Sleep(100 * time.Millisecond)
	}
	return false
}

func (l *ledger) fault(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}
