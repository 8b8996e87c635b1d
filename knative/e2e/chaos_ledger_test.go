package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// rest is how long the system may take to come to rest once nobody asks anything of it any more: an order's life, some
// tries of the Broker, and two of the relay's minutes.
const rest = 4 * time.Minute

// ledger is what people know of their own doing: what they asked for and what they were told. It is held against what the
// system says in the end, and against the payment provider's books.
type ledger struct {
	system *system
	buyers []*person

	mu      sync.Mutex
	sellers map[string]*person         // by ticket
	tickets map[string]ticket          // as last acknowledged
	sale    []string                   // tickets that may be on sale
	orders  map[string]order           // as acknowledged
	buyer   map[string]*person         // by order
	answers map[string]map[string]int  // by command and status
	took    map[string][]time.Duration // by command, of those answered well or refused
	faults  []string                   // what must not be
}

func newLedger(s *system) *ledger {
	return &ledger{
		system: s, sellers: map[string]*person{}, tickets: map[string]ticket{}, orders: map[string]order{},
		buyer: map[string]*person{}, answers: map[string]map[string]int{}, took: map[string][]time.Duration{},
	}
}

func readJSON(a answer, out any) error { return json.Unmarshal(a.body, out) }

func (l *ledger) answered(what string, a answer, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers[what] == nil {
		l.answers[what] = map[string]int{}
	}
	if a.err != nil {
		l.answers[what]["no answer"]++
		return
	}
	l.answers[what][fmt.Sprint(a.status)]++
	if a.status < 500 {
		l.took[what] = append(l.took[what], took)
	}
}

func (l *ledger) listed(p *person, t ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.tickets[t.ID]; !again {
		l.sale = append(l.sale, t.ID)
	}
	l.sellers[t.ID], l.tickets[t.ID] = p, t
}

func (l *ledger) reserved(p *person, o order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orders[o.ID], l.buyer[o.ID] = o, p
}

// off takes a ticket from those that buyers choose from.
func (l *ledger) off(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sale = slices.DeleteFunc(l.sale, func(s string) bool { return s == id })
}

func (l *ledger) onSale() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sale)
}

func (l *ledger) owner(id string) *person {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sellers[id]
}

// pick chooses one of the oldest tickets on sale, with its price; the oldest goes once in a while, as it is most likely sold.
func (l *ledger) pick(random *rand.Rand) (id string, price int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sale) == 0 {
		return "", 0
	}
	id = l.sale[random.IntN(min(len(l.sale), onSale))]
	if random.IntN(4) == 0 {
		l.sale = slices.DeleteFunc(l.sale, func(s string) bool { return s == id })
	}
	return id, l.tickets[id].Price.Amount
}

func (l *ledger) report() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.system.t.Logf("%d tickets listed and %d orders reserved were acknowledged", len(l.tickets), len(l.orders))
	for _, what := range slices.Sorted(maps.Keys(l.answers)) {
		took := slices.Sorted(slices.Values(l.took[what]))
		if len(took) == 0 {
			l.system.t.Logf("%-9s %v", what, l.answers[what])
			continue
		}
		l.system.t.Logf("%-9s %v; p50 %s, p99 %s, max %s", what, l.answers[what], took[len(took)/2].Round(time.Millisecond),
			took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	}
}

// check waits for rest and holds what is there to every promise.
func (l *ledger) check() {
	t := l.system.t
	for _, f := range l.faults {
		t.Error(f)
	}
	all := l.allOrders()
	var books map[string]charges
	within(t, rest, "every charge is as its order wants it (P3)", func() bool {
		var err error
		if books, err = l.system.charges(); err != nil {
			return false
		}
		for _, o := range all {
			if books[o.ID].right(o) != nil {
				return false
			}
		}
		return true
	})
	for id := range books {
		if _, ok := all[id]; !ok {
			t.Errorf("order %s was paid and is lost (P6)", id)
		}
	}
	l.checkAcknowledged(all)
	sold := l.checkTickets(all)
	l.checkStrangers(all)
	l.checkDeadLetters()
	t.Logf("%d orders at rest: %d complete and charged once, %d cancelled and not charged", len(all), sold, len(all)-sold)
}

// allOrders is every order of every buyer, once all are complete or cancelled (P4).
func (l *ledger) allOrders() map[string]order {
	all := map[string]order{}
	for _, p := range l.buyers {
		within(l.system.t, rest, "the orders of "+p.email+" are complete or cancelled (P4)", func() bool {
			orders, ok := p.allOrders()
			for _, o := range orders {
				all[o.ID] = o
				ok = ok && (o.Status == "complete" || o.Status == "cancelled")
			}
			return ok
		})
	}
	return all
}

// allOrders reads the whole history; ok is false where it cannot be read now.
func (p *person) allOrders() (all []order, ok bool) {
	for cursor := ""; ; {
		var page list[order]
		a := p.do("GET", "/api/orders?limit=100&cursor="+cursor, nil)
		if a.err != nil || a.status != http.StatusOK || readJSON(a, &page) != nil {
			return nil, false
		}
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return all, true
		}
	}
}

// checkAcknowledged demands that what was acknowledged is there, at the price that was shown (P2, P6).
func (l *ledger) checkAcknowledged(all map[string]order) {
	for id, told := range l.orders {
		o, ok := all[id]
		switch {
		case !ok:
			l.system.t.Errorf("order %s was acknowledged and is lost (P6)", id)
		case o.Ticket.Price != told.Ticket.Price || o.Ticket.ID != told.Ticket.ID:
			l.system.t.Errorf("order %s showed %+v and is for %+v (P2)", id, told.Ticket, o.Ticket)
		}
	}
}

// checkTickets demands that each ticket has one complete order at most, the last of all its orders, and that its seller is
// told the same (P1, P9). What was not sold can be bought. It counts what was sold.
func (l *ledger) checkTickets(all map[string]order) (sold int) {
	t := l.system.t
	complete := map[string]order{}
	for _, o := range all {
		if o.Status != "complete" {
			continue
		}
		sold++
		if other, twice := complete[o.Ticket.ID]; twice {
			t.Errorf("ticket %s is sold to orders %s and %s (P1)", o.Ticket.ID, other.ID, o.ID)
		}
		complete[o.Ticket.ID] = o
	}
	for _, o := range all {
		if c, ok := complete[o.Ticket.ID]; ok && o.CreatedAt.After(c.CreatedAt) {
			t.Errorf("ticket %s was reserved by order %s while order %s had it (P1)", o.Ticket.ID, o.ID, c.ID)
		}
	}
	again := 0
	for id, p := range l.sellers {
		within(t, rest, "ticket "+id+" is as its orders are (P9)", func() bool {
			var got ticket
			a := p.do("GET", "/api/tickets/"+id, nil)
			if a.err != nil || a.status != http.StatusOK || readJSON(a, &got) != nil {
				return false
			}
			if _, is := complete[id]; is {
				return got.Status == "sold"
			}
			return got.Status == "available" || got.Status == "withdrawn"
		})
		if _, is := complete[id]; !is && again < 20 && p.ticket(id).Status == "available" { // twenty stand for all
			again++
			o := l.buyers[0].orders(id)
			l.buyers[0].becomes(o.ID, "awaiting_payment")
			l.buyers[0].must(http.StatusNoContent, l.buyers[0].do("DELETE", "/api/orders/"+o.ID, nil), nil)
		}
	}
	t.Logf("%d tickets that were not sold could be reserved again", again)
	return sold
}

// checkStrangers demands that an order is its buyer's business alone (P8).
func (l *ledger) checkStrangers(all map[string]order) {
	stranger, n := l.system.person("stranger"), 0
	for id := range all {
		if n++; n > 20 {
			return
		}
		for _, path := range []string{"/api/orders/", "/api/payments/"} {
			if a := stranger.do("GET", path+id, nil); a.status != http.StatusNotFound {
				l.system.t.Errorf("GET %s%s by a stranger: %d (P8)", path, id, a.status)
			}
		}
	}
}

// checkDeadLetters demands that no event was given up: kills are no reason (P7).
func (l *ledger) checkDeadLetters() {
	broker, ok := l.system.process("broker")
	if !ok {
		l.system.t.Fatal("no broker runs")
	}
	resp, err := http.Get("http://" + broker.Address + "/dead-letters")
	if err != nil {
		l.system.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var parked struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&parked); err != nil {
		l.system.t.Fatal(err)
	}
	for _, e := range parked.Items {
		l.system.t.Errorf("an event was given up (P7): %s", e)
	}
}
