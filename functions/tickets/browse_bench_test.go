package tickets

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/id"
	"usher.example/shared/store"
)

// manyListings is how many a search is measured over.
const manyListings = 100_000

// town is a market's worth of made-up names: few are in everybody's mouth, most are not.
type town struct {
	r                    *rand.Rand
	acts, venues, cities []string
	popular              *rand.Zipf
	remarks              []string
	performances         []events.Occasion
}

func newTown(r *rand.Rand) *town {
	syllables := strings.Fields("ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru stra qui pla tro sha")
	name := func(words int) string {
		var parts []string
		for range words {
			w := ""
			for range 2 + r.IntN(3) {
				w += syllables[r.IntN(len(syllables))]
			}
			parts = append(parts, w)
		}
		return strings.Join(parts, " ")
	}
	t := &town{r: r, popular: rand.NewZipf(r, 1.1, 8, 4999), remarks: strings.Split("front row|balcony|two seats together|standing|aisle seat, great view|cannot make it|the best seats in the house|row 12", "|")}
	for range 3000 {
		t.acts = append(t.acts, name(1+r.IntN(3)))
	}
	for range 300 {
		t.venues = append(t.venues, name(1)+[]string{" hall", " arena", " theatre", " club", " stadium"}[r.IntN(5)])
	}
	for range 100 {
		t.cities = append(t.cities, name(1))
	}
	for range 5000 {
		t.performances = append(t.performances, events.Occasion{
			Name: t.acts[r.IntN(len(t.acts))], Venue: t.venues[r.IntN(len(t.venues))], City: t.cities[r.IntN(len(t.cities))],
			StartsAt: now.Add(time.Duration(1+r.IntN(365*24)) * time.Hour),
		})
	}
	return t
}

func (t *town) listing() events.Ticket {
	o := t.performances[t.popular.Uint64()]
	return events.Ticket{
		ID: id.New(), Version: 1, Revision: 1, Status: events.TicketAvailable, SellerID: seller, CreatedAt: now, UpdatedAt: now, Occasion: &o,
		Title: o.Name + ", " + t.remarks[t.r.IntN(len(t.remarks))], Price: events.Money{Amount: 500 + 50*t.r.Int64N(400), Currency: []string{"USD", "USD", "USD", "EUR"}[t.r.IntN(4)]},
	}
}

// fill writes listings as tickets/create and tickets/on-ticket do, many at once.
func (m *market) fill(t *town, n int) {
	const batch = 50
	listings := m.env.Store.Table(Listings.Name)
	chunks := make([][]events.Ticket, n/batch)
	for i := range chunks {
		for range batch {
			chunks[i] = append(chunks[i], t.listing())
		}
	}
	m.each(len(chunks), func(i int) error {
		items, opened, words := map[store.Key]item{}, map[store.Key]listing{}, map[store.Key]entry{}
		for _, x := range chunks[i] {
			l := open(x)
			items[key(x.ID)], opened[listingKey(x.ID)] = *newItem(Ticket{Ticket: x}), *l
			facts, err := refiled(nil, l)
			if err != nil {
				return err
			}
			maps.Copy(words, facts.Put)
		}
		if err := store.WriteFacts(context.Background(), m.table, store.Facts[item]{Put: items}); err != nil {
			return err
		}
		if err := store.WriteFacts(context.Background(), listings, store.Facts[listing]{Put: opened}); err != nil {
			return err
		}
		return store.WriteFacts(context.Background(), listings, store.Facts[entry]{Put: words})
	})
}

// readUnits is what the store has counted, of all tables.
func (m *market) readUnits() (sum float64) {
	resp, err := http.Get("http://" + m.store + "/_usher/consumed")
	if err != nil {
		m.tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	tables := map[string]struct {
		ReadUnits float64 `json:"read_units"`
	}{}
	if err := json.NewDecoder(resp.Body).Decode(&tables); err != nil {
		m.tb.Fatal(err)
	}
	for _, c := range tables {
		sum += c.ReadUnits
	}
	return sum
}

// question is something that people ask; each time it is another.
type question func() url.Values

func (t *town) questions() map[string]question {
	word := func() string {
		words := strings.Fields(t.performances[t.popular.Uint64()].Name)
		return words[t.r.IntN(len(words))]
	}
	begin := func(w string) string { return w[:min(len(w), 3+t.r.IntN(6))] }
	city := func() string { return t.performances[t.popular.Uint64()].City }
	order := func() string { return []string{"newest", "soonest", "cheapest"}[t.r.IntN(3)] }
	week := func(q url.Values) url.Values {
		from := now.Add(time.Duration(t.r.IntN(300*24)) * time.Hour)
		q.Set("from", from.Format(time.RFC3339))
		q.Set("to", from.Add(7*24*time.Hour).Format(time.RFC3339))
		return q
	}
	all := map[string]question{
		"Newest":        func() url.Values { return url.Values{} },
		"Soonest":       func() url.Values { return url.Values{"sort": {"soonest"}} },
		"Word":          func() url.Values { return url.Values{"q": {begin(word())}, "sort": {order()}} },
		"WordInCity":    func() url.Values { return url.Values{"q": {begin(word())}, "city": {city()}, "sort": {order()}} },
		"TwoCommon":     func() url.Values { return url.Values{"q": {"balcony " + word()[:2]}, "sort": {order()}} },
		"City":          func() url.Values { return url.Values{"city": {city()}, "sort": {order()}} },
		"CheapestWeek":  func() url.Values { return week(url.Values{"sort": {"cheapest"}}) },
		"CityAndWeek":   func() url.Values { return week(url.Values{"city": {city()}, "sort": {order()}}) },
		"PricesAndWord": func() url.Values { return url.Values{"q": {begin(word())}, "max_price": {"5000"}, "sort": {order()}} },
		"Nothing":       func() url.Values { return url.Values{"q": {"balcony qqq"}} },
	}
	names := slices.Sorted(maps.Keys(all))
	mixed := maps.Clone(all)
	all["Mixed"] = func() url.Values { return mixed[names[t.r.IntN(len(names))]]() }
	return all
}

// BenchmarkSearch measures a page of twenty over a hundred thousand listings, on the embedded store over HTTP: how long it
// takes, and what it reads.
func BenchmarkSearch(b *testing.B) {
	m := newMarket(b)
	t := newTown(rand.New(rand.NewPCG(1, 1)))
	began := time.Now()
	m.fill(t, manyListings)
	b.Logf("filled in %s", time.Since(began).Round(time.Second))
	questions := t.questions()
	for _, name := range slices.Sorted(maps.Keys(questions)) {
		b.Run(name, func(b *testing.B) { m.measure(b, questions[name]) })
	}
}

func (m *market) measure(b *testing.B, ask question) {
	var took []time.Duration
	found, was := 0, m.readUnits()
	for range b.N {
		q := ask()
		began := time.Now()
		page, err := m.get(q)
		took = append(took, time.Since(began))
		if err != nil {
			b.Fatal(fmt.Errorf("%s: %w", q.Encode(), err))
		}
		found += len(page.Items)
	}
	slices.Sort(took)
	ms := func(part float64) float64 { return float64(took[int(part*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.95), "p95-ms")
	b.ReportMetric((m.readUnits()-was)/float64(b.N), "RRU/op")
	b.ReportMetric(float64(found)/float64(b.N), "found/op")
	b.ReportMetric(0, "ns/op")
}
