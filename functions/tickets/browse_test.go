package tickets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// storeAddress is the embedded store as a process of its own: this module does not know its code.
func storeAddress(tb testing.TB) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "dynamodb")
	if out, err := exec.Command("go", "build", "-o", bin, "usher.example/knative/cmd/dynamodb").CombinedOutput(); err != nil {
		tb.Fatalf("build the embedded store: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(bin, "-addr", address, "-data", filepath.Join(filepath.Dir(bin), "store.db"))
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 500 {
		if resp, err := http.Get("http://" + address + "/"); err == nil {
			_ = resp.Body.Close()
			return address
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatal("the embedded store does not answer")
	return ""
}

// market is the functions of this package on an embedded store, at a time that stands still.
type market struct {
	tb     testing.TB
	env    *function.Env
	table  *store.Table
	browse http.Handler
	hear   function.EventHandler
	store  string // its address
}

func newMarket(tb testing.TB) *market {
	tb.Helper()
	m := &market{tb: tb, store: storeAddress(tb)}
	settings := map[string]string{
		"DYNAMODB_ENDPOINT": "http://" + m.store, "AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
	}
	getenv := func(name string) string { return settings[name] }
	tables, err := store.FromEnv(getenv)
	if err != nil {
		tb.Fatal(err)
	}
	if err := tables.EnsureTables(context.Background(), Schema, Listings); err != nil {
		tb.Fatal(err)
	}
	keys, err := session.ParseKeys(strings.Repeat("k", 32))
	if err != nil {
		tb.Fatal(err)
	}
	m.env = &function.Env{
		Store: tables, Sessions: keys, Now: func() time.Time { return now }, NewID: id.New, Sleep: store.Sleep, Getenv: getenv, Log: slog.New(slog.DiscardHandler),
	}
	m.table = tables.Table(Schema.Name)
	if m.browse, err = function.NewHTTP(Browse, m.env, "GET /api/tickets"); err != nil {
		tb.Fatal(err)
	}
	if m.hear, err = OnTicket(m.env); err != nil {
		tb.Fatal(err)
	}
	return m
}

// is writes a ticket as it is, whatever it was.
func (m *market) is(t events.Ticket) error {
	_, _, err := store.Update(context.Background(), m.table, key(t.ID), func(*item) (*item, error) { return newItem(Ticket{Ticket: t}), nil })
	return err
}

// told brings an event of a ticket to the index, until it is taken.
func (m *market) told(t events.Ticket) error {
	e, err := events.New(t)
	if err != nil {
		return err
	}
	for range 10 {
		if _, err = m.hear(context.Background(), e); err == nil {
			return nil
		}
	}
	return err
}

func (m *market) get(query url.Values) (list function.List[view], err error) {
	w := httptest.NewRecorder()
	m.browse.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/tickets?"+query.Encode(), nil))
	if w.Code != http.StatusOK {
		return list, fmt.Errorf("%d: %s", w.Code, w.Body)
	}
	return list, json.Unmarshal(w.Body.Bytes(), &list)
}

var errTooManyPages = errors.New("the pages have no end")

// all walks the pages of a search.
func (m *market) all(query url.Values, limit int) (ids []string, err error) {
	query = copied(query)
	query.Set("limit", strconv.Itoa(limit))
	for range 3000 {
		page, err := m.get(query)
		if err != nil {
			return nil, err
		}
		if len(page.Items) > limit {
			return nil, fmt.Errorf("a page of %d has %d items", limit, len(page.Items))
		}
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		if page.NextCursor == "" {
			return ids, nil
		}
		query.Set("cursor", page.NextCursor)
	}
	return nil, errTooManyPages
}

func copied(query url.Values) url.Values {
	c := url.Values{}
	for name, values := range query {
		c[name] = slices.Clone(values)
	}
	return c
}

// term is a word as it is written, and as it is compared.
type term struct{ written, plain string }

var terms = []term{
	{"Zauberflöte", "zauberflote"}, {"ZAUBER", "zauber"}, {"Straße", "strasse"}, {"Œuvre", "oeuvre"}, {"Łódź", "lodz"}, {"rock", "rock"}, {"Row", "row"},
	{"front", "front"}, {"FRONTIER", "frontier"}, {"a", "a"}, {"Ab", "ab"}, {"2026", "2026"}, {"20", "20"}, {"東京ドーム", "東京ドーム"}, {"東", "東"}, {"Élan", "elan"},
	{"Чайка", "чаика"}, {"seat", "seat"}, {"seats", "seats"}, {"night", "night"}, {"Nights", "nights"}, {"live", "live"}, {"tour", "tour"}, {"the", "the"},
}

var cities = []term{{"Köln", "koln"}, {"KOLN", "koln"}, {"São Paulo", "sao paulo"}, {"Sao-Paulo", "sao paulo"}, {"Paulo", "paulo"}, {"Łódź", "lodz"}, {"", ""}}

// offer is a ticket, and what the oracle knows of it.
type offer struct {
	ticket events.Ticket
	words  []string
	city   string
	open   bool
}

func randomText(r *rand.Rand, most int) (written string, plain []string) {
	for range r.IntN(most) + 1 {
		w := terms[min(r.IntN(len(terms)), r.IntN(len(terms)))] // some are much more frequent
		written += w.written + []string{" ", ", ", " – ", "/"}[r.IntN(4)]
		plain = append(plain, w.plain)
	}
	return written, plain
}

func randomOffer(r *rand.Rand) offer {
	o := offer{}
	t := events.Ticket{ID: id.New(), Version: 1, Revision: 1, Status: events.TicketAvailable, SellerID: seller, CreatedAt: now, UpdatedAt: now}
	t.Title, o.words = randomText(r, 4)
	t.Price = events.Money{Amount: 100 * (1 + r.Int64N(40)), Currency: []string{"USD", "EUR", "JPY"}[r.IntN(3)]}
	o.open = true
	if r.IntN(5) > 0 {
		c := cities[r.IntN(len(cities))]
		name, plain := randomText(r, 2)
		t.Occasion = &events.Occasion{Name: name, City: c.written, StartsAt: now.Add(time.Duration(r.IntN(60)-5) * 24 * time.Hour)}
		o.words, o.city = append(o.words, plain...), c.plain
		o.words = append(o.words, strings.Fields(c.plain)...)
		o.open = t.Occasion.StartsAt.After(now)
	}
	o.ticket = t
	return o
}

// lives gives a ticket a past: its states in order, the last of which it is in now.
func (o *offer) lives(r *rand.Rand) (past []events.Ticket) {
	t := o.ticket
	next := func(status events.TicketStatus, revised bool) {
		past = append(past, t)
		t.Version++
		t.Status = status
		if revised {
			t.Revision++
		}
	}
	if r.IntN(6) == 0 { // it was something else before
		t.Title, t.Price.Amount = "Something else the rock", 77
		next(events.TicketAvailable, true)
		t.Title, t.Price = o.ticket.Title, o.ticket.Price
	}
	switch r.IntN(8) {
	case 0:
		next(events.TicketHeld, false)
		o.open = false
	case 1:
		next(events.TicketHeld, false)
		next(events.TicketSold, false)
		o.open = false
	case 2: // its payment failed
		next(events.TicketHeld, false)
		next(events.TicketSold, false)
		next(events.TicketAvailable, false)
	case 3:
		next(events.TicketIsWithdrawn, true)
		o.open = false
	}
	o.ticket = t
	return append(past, t)
}

// populate makes offers, and brings all their events in any order, some twice.
func (m *market) populate(r *rand.Rand, n int) []offer {
	offers := make([]offer, n)
	var told []events.Ticket
	for i := range offers {
		offers[i] = randomOffer(r)
		past := offers[i].lives(r)
		told = append(told, past...)
		told = append(told, past[r.IntN(len(past))])
	}
	r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
	m.each(len(offers), func(i int) error { return m.is(offers[i].ticket) })
	m.each(len(told), func(i int) error { return m.told(told[i]) })
	return offers
}

// each does something n times, some at once.
func (m *market) each(n int, do func(i int) error) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 16 {
		wg.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					m.tb.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// wish is a search, and what the oracle understands by it.
type wish struct {
	query    url.Values
	words    []string
	city     string
	from, to time.Time
	currency string
	low      int64
	high     int64
	sort     string
}

func randomWish(r *rand.Rand) wish {
	w := wish{query: url.Values{}, sort: []string{"newest", "soonest", "cheapest"}[r.IntN(3)]}
	w.query.Set("sort", w.sort)
	if r.IntN(4) > 0 {
		var q []string
		for range r.IntN(2) + 1 {
			t := terms[r.IntN(len(terms))]
			n := r.IntN(len([]rune(t.plain))) + 1
			begin := string([]rune(t.plain)[:n])
			w.words = append(w.words, begin)
			q = append(q, strings.ToUpper(begin))
		}
		w.query.Set("q", strings.Join(q, " + "))
	}
	if c := cities[r.IntN(len(cities))]; r.IntN(4) == 0 && c.plain != "" {
		w.city = c.plain
		w.query.Set("city", c.written)
	}
	if r.IntN(3) == 0 {
		w.from = now.Add(time.Duration(r.IntN(40)-5) * 24 * time.Hour)
		w.query.Set("from", w.from.Format(time.RFC3339))
	}
	if r.IntN(3) == 0 {
		w.to = now.Add(time.Duration(r.IntN(10)+36) * 24 * time.Hour)
		w.query.Set("to", w.to.Format(time.RFC3339))
	}
	if r.IntN(3) == 0 {
		w.currency = []string{"USD", "EUR", "GBP"}[r.IntN(3)]
		w.query.Set("currency", w.currency)
	}
	if r.IntN(4) == 0 {
		w.low, w.high = 100*r.Int64N(20), 100*(20+r.Int64N(30))
		w.query.Set("min_price", strconv.FormatInt(w.low, 10))
		w.query.Set("max_price", strconv.FormatInt(w.high, 10))
		if w.currency == "" {
			w.currency = "USD"
		}
	}
	return w
}

// wants is the oracle's word: it looks at each offer as people would.
func (w wish) wants(o offer) bool {
	t := o.ticket
	if !o.open || w.city != "" && o.city != w.city || w.currency != "" && t.Price.Currency != w.currency {
		return false
	}
	if w.high != 0 && (t.Price.Amount < w.low || t.Price.Amount > w.high) {
		return false
	}
	if !w.from.IsZero() && (t.Occasion == nil || t.Occasion.StartsAt.Before(w.from)) {
		return false
	}
	if !w.to.IsZero() && (t.Occasion == nil || !t.Occasion.StartsAt.Before(w.to)) {
		return false
	}
	for _, begin := range w.words {
		if !slices.ContainsFunc(o.words, func(word string) bool { return strings.HasPrefix(word, begin) }) {
			return false
		}
	}
	return true
}

func (w wish) oracle(offers []offer) (ids []string) {
	var found []offer
	for _, o := range offers {
		if w.wants(o) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b offer) int {
		x, y := a.ticket, b.ticket
		byID := strings.Compare(x.ID, y.ID)
		switch w.sort {
		case "newest":
			return -byID
		case "cheapest":
			if c := strings.Compare(x.Price.Currency, y.Price.Currency); c != 0 {
				return c
			}
			if x.Price.Amount != y.Price.Amount {
				return int(x.Price.Amount - y.Price.Amount)
			}
			return byID
		}
		switch {
		case x.Occasion == nil && y.Occasion == nil:
			return byID
		case x.Occasion == nil:
			return 1
		case y.Occasion == nil:
			return -1
		}
		if c := x.Occasion.StartsAt.Compare(y.Occasion.StartsAt); c != 0 {
			return c
		}
		return byID
	})
	for _, o := range found {
		ids = append(ids, o.ticket.ID)
	}
	return ids
}

// Whatever is looked for, in whatever order and in pages of whatever size: what is found is what a look at each listing
// finds, though their events came late, twice and out of order.
func TestSearchFindsWhatTheOracleFinds(t *testing.T) {
	const offered, searches = 500, 200
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	m := newMarket(t)
	offers := m.populate(r, offered)
	if t.Failed() {
		return
	}
	found := 0
	for range searches {
		w := randomWish(r)
		want := w.oracle(offers)
		limit := []int{100, 20, 1 + r.IntN(100)}[r.IntN(3)]
		got, err := m.all(w.query, limit)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s in pages of %d: %d are found, %d are there; %v\n%v\n%v", w.query.Encode(), limit, len(got), len(want), err, got, want)
		}
		found += len(want)
	}
	t.Logf("%d were found in %d searches", found, searches)
}

// What is in the index and was just reserved, sold, edited or withdrawn is not shown, though the index was not told yet.
func TestSearchBelievesTheTicket(t *testing.T) {
	m := newMarket(t)
	var offers []events.Ticket
	for i, status := range []events.TicketStatus{events.TicketAvailable, events.TicketHeld, events.TicketSold, events.TicketIsWithdrawn, events.TicketAvailable} {
		x := listed().Ticket
		x.ID = id.New()
		if err := errors.Join(m.is(x), m.told(x)); err != nil {
			t.Fatal(err)
		}
		x.Version, x.Status = 2, status
		if i == 4 {
			x.Revision, x.Title = 2, "Something else"
		}
		if err := m.is(x); err != nil {
			t.Fatal(err)
		}
		offers = append(offers, x)
	}
	got, err := m.all(url.Values{"q": {"front"}}, 20)
	if err != nil || !slices.Equal(got, []string{offers[0].ID}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestForeignCursors(t *testing.T) {
	m := newMarket(t)
	for range 5 {
		x := listed().Ticket
		x.ID = id.New()
		if err := errors.Join(m.is(x), m.told(x)); err != nil {
			t.Fatal(err)
		}
	}
	page, err := m.get(url.Values{"q": {"front"}, "limit": {"2"}})
	if err != nil || page.NextCursor == "" {
		t.Fatalf("got %+v, %v", page, err)
	}
	good := page.NextCursor
	for name, c := range map[string]struct {
		query url.Values
		ok    bool
	}{
		"Same":         {url.Values{"q": {"front"}, "cursor": {good}}, true},
		"OtherLimit":   {url.Values{"q": {"front"}, "cursor": {good}, "limit": {"1"}}, true},
		"SameMeant":    {url.Values{"q": {" FRÖNT"}, "cursor": {good}, "sort": {"newest"}}, true},
		"OtherWords":   {url.Values{"q": {"row"}, "cursor": {good}}, false},
		"NoWords":      {url.Values{"cursor": {good}}, false},
		"OtherOrder":   {url.Values{"q": {"front"}, "cursor": {good}, "sort": {"cheapest"}}, false},
		"MoreFilters":  {url.Values{"q": {"front"}, "cursor": {good}, "currency": {"USD"}}, false},
		"Altered":      {url.Values{"q": {"front"}, "cursor": {"A" + good[1:]}}, false},
		"AlteredEnd":   {url.Values{"q": {"front"}, "cursor": {good[:len(good)-2] + "AA"}}, false},
		"Short":        {url.Values{"q": {"front"}, "cursor": {good[:8]}}, false},
		"BareID":       {url.Values{"q": {"front"}, "cursor": {function.Cursor(page.Items[0].ID)}}, false},
		"NotBase64":    {url.Values{"q": {"front"}, "cursor": {"%"}}, false},
		"MadeUpNotKey": {url.Values{"q": {"front"}, "cursor": {function.CursorOf(search{Words: []string{"front"}, Sort: newest}.sum(), "x")}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := m.get(c.query); (err == nil) != c.ok || err != nil && !strings.HasPrefix(err.Error(), "400: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}
