package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// consumed is what the store has counted, by AWS's rules: write units of 1 KB and read units of 4 KB.
type consumed struct {
	Requests   float64 `json:"requests"`
	WriteUnits float64 `json:"write_units"`
	ReadUnits  float64 `json:"read_units"`
	// Index is what the search index wrote, which no action waits for; it is in none of the others.
	Index float64 `json:"-"`
}

// searchIndex is its table, behind any prefix.
const searchIndex = "listings"

func (s *system) consumed() (sum consumed) {
	s.t.Helper()
	store, ok := s.process("store")
	if !ok {
		s.t.Fatal("no store runs")
	}
	resp, err := http.Get("http://" + store.Address + "/_usher/consumed")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	tables := map[string]consumed{}
	if err := json.NewDecoder(resp.Body).Decode(&tables); err != nil {
		s.t.Fatal(err)
	}
	for name, c := range tables {
		if strings.HasSuffix(name, searchIndex) {
			sum.Index += c.WriteUnits
			continue
		}
		sum.Requests += c.Requests
		sum.WriteUnits += c.WriteUnits
		sum.ReadUnits += c.ReadUnits
	}
	return sum
}

// settle waits until nothing has been consumed for a while: all events are handled.
func (s *system) settle() consumed {
	last := s.consumed()
	for calm := 0; calm < 8; {
		time.Sleep(250 * time.Millisecond)
		now := s.consumed()
		if calm++; now != last {
			calm = 0
		}
		last = now
	}
	return last
}

// shortLife is how long an unpaid order lives where its expiry is measured.
const shortLife = 3 * time.Second

// BenchmarkCost measures what each action costs the store, with all that follows from it in other functions.
func BenchmarkCost(b *testing.B) {
	b.Run("ReserveToExpiry", func(b *testing.B) {
		s := start(b, "ORDER_TTL="+shortLife.String())
		seller := s.person("seller")
		var buyer *person
		var ticket ticket
		s.cost(b, []func(){func() { buyer, ticket = s.person("buyer"), seller.sells("Front row", "42.00") }}, func() {
			buyer.orders(ticket.ID)
			time.Sleep(shortLife + time.Second) // asking whether it is over would be counted
		})
	})
	s := start(b)
	seller, buyer := s.person("seller"), s.person("buyer")
	var ticket ticket
	var order order
	meet := func() { buyer = s.person("buyer") } // whose earlier orders do not count
	list := func() { ticket = seller.sells("Front row", "42.00") }
	reserve := func() { order = buyer.orders(ticket.ID) }
	pay := func() { buyer.pays(order.ID) }
	cancel := func() {
		buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+order.ID, nil), nil)
	}
	for _, c := range []struct {
		name   string
		before []func()
		action func()
	}{
		{"List", nil, list},
		{"Reserve", []func(){meet, list}, reserve},
		{"PayToCapture", []func(){meet, list, reserve}, pay},
		{"Cancel", []func(){meet, list, reserve}, cancel},
		{"Sale", []func(){meet}, func() { list(); reserve(); pay() }},
		{"BrowseTwenty", nil, func() { buyer.must(http.StatusOK, buyer.do("GET", "/api/tickets?limit=20", nil), nil) }},
		{"History", nil, func() { buyer.must(http.StatusOK, buyer.do("GET", "/api/orders?limit=20", nil), nil) }},
	} {
		b.Run(c.name, func(b *testing.B) { s.cost(b, c.before, c.action) })
	}
}

// cost reports what an action consumes, without what is done before it.
func (s *system) cost(b *testing.B, before []func(), action func()) {
	var sum consumed
	for range b.N {
		for _, f := range before {
			f()
		}
		was := s.settle()
		action()
		now := s.settle()
		sum.Requests += now.Requests - was.Requests
		sum.WriteUnits += now.WriteUnits - was.WriteUnits
		sum.ReadUnits += now.ReadUnits - was.ReadUnits
		sum.Index += now.Index - was.Index
	}
	n := float64(b.N)
	b.ReportMetric(sum.Requests/n, "requests/op")
	b.ReportMetric(sum.WriteUnits/n, "WRU/op")
	b.ReportMetric(sum.ReadUnits/n, "RRU/op")
	b.ReportMetric(sum.Index/n, "index-WRU/op")
	b.ReportMetric(0, "ns/op")
}
