package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// racesInShort is how many races the short form has; RACES sets another number.
const racesInShort = 24

// Paying races against expiry and against cancellation, each to the millisecond: it ends complete and charged once, or
// cancelled and not charged (P3, P4). Which of the two, one conditional write decides.
func TestPayRaces(t *testing.T) {
	t.Parallel()
	races := racesInShort
	if text := os.Getenv("RACES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("RACES=%q is no number", text)
		}
		races = n
	}
	const ttl = 3 * time.Second
	s := start(t, "ORDER_TTL="+ttl.String())
	seller := s.person("seller")
	buyers := make([]*person, 8)
	for i := range buyers {
		buyers[i] = s.person("buyer")
	}
	for name, against := range map[string]func(p *person, o order){
		"Expiry": func(_ *person, o order) { time.Sleep(time.Until(o.ExpiresAt)) },
		"Cancel": func(p *person, o order) {
			a := p.do("DELETE", "/api/orders/"+o.ID, nil)
			if a.status != http.StatusNoContent && a.status != http.StatusConflict {
				t.Errorf("cancel: %d %s %v", a.status, a.body, a.err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			ends := map[string]int{}
			var all sync.WaitGroup
			next := make(chan int)
			for _, p := range buyers {
				all.Go(func() {
					for range next {
						end := s.race(t, p, seller.sells("Front row", "42.00"), name == "Expiry", against)
						mu.Lock()
						ends[end]++
						mu.Unlock()
					}
				})
			}
			for i := range races {
				next <- i
			}
			close(next)
			all.Wait()
			t.Logf("%d races: %v", races, ends)
			if ends["complete"]+ends["cancelled"] != races {
				t.Errorf("ends: %v", ends)
			}
		})
	}
}

// race pays an order while something ends it, and returns what it came to.
func (s *system) race(t *testing.T, p *person, listed ticket, late bool, against func(*person, order)) string {
	t.Helper()
	o := p.orders(listed.ID)
	if late { // so that the authorisation is under way when the order's time is over
		time.Sleep(time.Until(o.ExpiresAt) - time.Duration(rand.IntN(250))*time.Millisecond)
	}
	var both sync.WaitGroup
	both.Go(func() {
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		a := p.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"})
		if a.status != http.StatusCreated && a.status != http.StatusConflict {
			t.Errorf("pay: %d %s %v", a.status, a.body, a.err)
		}
	})
	both.Go(func() {
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		against(p, o)
	})
	both.Wait()
	var end order
	within(t, 30*time.Second, "order "+o.ID+" is over", func() bool {
		end = p.order(o.ID)
		return end.Status == "complete" || end.Status == "cancelled"
	})
	within(t, 30*time.Second, "its charges are right", func() bool {
		books, err := s.charges()
		return err == nil && books[o.ID].right(end) == nil
	})
	return end.Status
}

// A process of payments that is killed before or after any call to Stripe leaves nothing stuck for longer than one round of
// the reconciliation (P3, P6): the buyer tries again, or does not, and is charged once or not at all.
func TestKilledWhilePaying(t *testing.T) {
	t.Parallel()
	s := start(t, "ORDER_TTL=100s")
	seller, buyer := s.person("seller"), s.person("buyer")
	warm := buyer.orders(seller.sells("Warm up", "1.00").ID)
	buyer.pays(warm.ID)
	buyer.becomes(warm.ID, "complete")
	for _, c := range []struct{ operation, effect, function string }{
		{"payment_intents.create", "before", "payments-create"},
		{"payment_intents.create", "after", "payments-create"},
		{"payment_intents.confirm", "before", "payments-create"},
		{"payment_intents.confirm", "after", "payments-create"},
		{"payment_intents.capture", "before", "payments-on-order"},
		{"payment_intents.capture", "after", "payments-on-order"},
	} {
		t.Run(c.operation+"/"+c.effect, func(t *testing.T) {
			s, seller, buyer := *s, *seller, *buyer
			s.t, seller.t, buyer.t = t, t, t
			o := buyer.orders(seller.sells("Front row", "42.00").ID)
			s.double("POST", "/_double/faults", `{"operation":"`+c.operation+`","kind":"hang","effect":"`+c.effect+`","count":1}`)
			asked := make(chan answer, 1)
			go func() {
				asked <- buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"})
			}()
			s.untilHanging()
			s.signal(c.function, 9)
			if a := <-asked; a.err != nil || a.status == http.StatusInternalServerError {
				t.Errorf("the buyer got %d %s %v", a.status, a.body, a.err)
			}
			if c.operation != "payment_intents.capture" && buyer.order(o.ID).Status == "awaiting_payment" {
				a := buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"})
				if a.status != http.StatusCreated && a.status != http.StatusConflict {
					t.Errorf("again: %d %s", a.status, a.body)
				}
			}
			within(t, 65*time.Second, "it is complete and charged once", func() bool {
				got := buyer.order(o.ID)
				books, err := s.charges()
				return err == nil && got.Status == "complete" && books[o.ID].right(got) == nil && books[o.ID].Authorizations == 1
			})
		})
	}
}

// untilHanging waits until the fault of the payment provider has been used.
func (s *system) untilHanging() {
	s.t.Helper()
	double, _ := s.process("stripe")
	eventually(s.t, "the call hangs", func() bool {
		resp, err := http.Get("http://" + double.Address + "/_double/faults")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		var left struct {
			Faults []json.RawMessage `json:"faults"`
		}
		return json.NewDecoder(resp.Body).Decode(&left) == nil && len(left.Faults) == 0
	})
	time.Sleep(50 * time.Millisecond) // its effect is at work
}
