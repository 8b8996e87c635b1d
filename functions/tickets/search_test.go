package tickets

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

func concert() events.Ticket {
	t := listed().Ticket
	t.Title, t.Price = "Two seats, front row", events.Money{Amount: 4200, Currency: "EUR"}
	t.Occasion = &events.Occasion{Name: "Die Zauberflöte", Venue: "Opéra Royal", City: "São Paulo", StartsAt: now.Add(48 * time.Hour)}
	return t
}

func TestCard(t *testing.T) {
	c := cardOf(concert())
	if c.City != "sao paulo" || c.Words != " sao paulo die zauberflote opera royal two seats front row" {
		t.Errorf("got %+v", c)
	}
	if back, err := parseCard(c.String()); err != nil || back != c {
		t.Errorf("%s becomes %+v, %v", c, back, err)
	}
	for _, bad := range []string{"", "a#b", "id#x#1#USD#0#c# w", "id#1#1#USD#0#c# w#more"} {
		if got, err := parseCard(bad); err == nil {
			t.Errorf("%q is the card %+v", bad, got)
		}
	}
	t.Run("EachWordOnceAndNotTooMany", func(t *testing.T) {
		long := concert()
		long.Occasion.City = strings.Repeat("x ", 90) + "Brussels"
		long.Title = ""
		for i := range 30 {
			long.Title += strings.Repeat("w", i+1) + " "
		}
		if c := cardOf(long); len(c.each()) != maxWords || strings.Count(c.Words, " x") != 1 || len(strings.Fields(c.City)) != maxCityWords {
			t.Errorf("got %+v", c)
		}
	})
}

func TestKeys(t *testing.T) {
	plain := listed().Ticket
	plain.ID = "01990000-0000-7000-8000-0000000000ab"
	a, b := cardOf(concert()), cardOf(plain)
	yen := b
	yen.Price.Currency = "JPY"
	for name, c := range map[string]struct {
		order         sorting
		first, second card
	}{
		"Newest": {newest, b, a}, "SoonestBeforeNoEvent": {soonest, a, b}, "CheapestByCurrency": {cheapest, a, yen},
		"CheapestByID": {cheapest, card{ID: "1", Price: a.Price}, card{ID: "2", Price: a.Price}},
		"Cheapest":     {cheapest, card{Price: events.Money{Amount: 999, Currency: "EUR"}}, card{Price: events.Money{Amount: 1000, Currency: "EUR"}}},
	} {
		t.Run(name, func(t *testing.T) {
			x, y := c.order.key(c.first), c.order.key(c.second)
			if !c.order.before(x, y) || c.order.before(y, x) {
				t.Errorf("%s does not come before %s", x, y)
			}
			if c.order.compare(c.first, c.second) >= 0 || c.order.compare(c.second, c.first) <= 0 || c.order.compare(c.first, c.first) != 0 {
				t.Errorf("the card of %s does not come before that of %s", x, y)
			}
		})
	}
}

func TestParseSearch(t *testing.T) {
	for in, want := range map[string]string{ // a search's sum, or the parameters that are wrong
		"":                                 search{Sort: newest}.sum(),
		"q=&city=&sort=&limit=&cursor=":    search{Sort: newest}.sum(),
		"q=%21%21":                         search{Sort: newest}.sum(),
		"q=Fl%C3%B6te+ROW&sort=soonest":    search{Words: []string{"flote", "row"}, Sort: soonest}.sum(),
		"city=S%C3%A3o-Paulo":              search{City: "sao paulo", Sort: newest}.sum(),
		"from=2026-12-24T21:00:00%2B01:00": search{From: time.Date(2026, 12, 24, 20, 0, 0, 0, time.UTC).UnixMilli(), Sort: newest}.sum(),
		"min_price=1&max_price=5":          search{Currency: "USD", Min: 1, Max: 5, Sort: newest}.sum(),
		"max_price=500&currency=JPY":       search{Currency: "JPY", Max: 500, Sort: newest}.sum(),
		"currency=EUR&sort=cheapest":       search{Currency: "EUR", Sort: cheapest}.sum(),
		"min_price=5&max_price=5":          search{Currency: "USD", Min: 5, Max: 5, Sort: newest}.sum(),
		"limit=3&cursor=x":                 search{Sort: newest}.sum(), // read elsewhere
		"color=red&q=a&q=b":                "!color q",
		"q=%ff":                            "!q",
		"q=" + strings.Repeat("x", 101):    "!q",
		"q=" + strings.Repeat("x+", 9):     "!q",
		"city=" + strings.Repeat("x", 201): "!city",
		"city=%3F":                         "!city",
		"from=tomorrow":                    "!from",
		"to=2026-12-24":                    "!to",
		"from=0000-01-01T00:00:00Z":        "!from",
		"to=9999-12-31T23:59:59-23:59":     "!to",
		"from=2026-12-24T20:00:00Z&to=2026-12-24T21:00:00%2B01:00": "!to",
		"currency=usd":                   "!currency",
		"currency=XX":                    "!currency",
		"min_price=-1":                   "!min_price",
		"min_price=1.5":                  "!min_price",
		"min_price=%2B5":                 "!min_price",
		"max_price=100000000":            "!max_price",
		"max_price=99999999999999999999": "!max_price",
		"min_price=6&max_price=5":        "!max_price",
		"sort=random":                    "!sort",
		"sort=x&from=y&max_price=z":      "!sort from max_price",
	} {
		t.Run(in, func(t *testing.T) {
			query, err := url.ParseQuery(in)
			if err != nil {
				t.Fatal(err)
			}
			s, err := parseSearch(query, "USD")
			got := s.sum()
			if err != nil {
				var fields []string
				for _, i := range problem.From(err).Items {
					fields = append(fields, i.Field)
				}
				got = "!" + strings.Join(fields, " ")
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	c := cardOf(concert())
	at := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
	for name, x := range map[string]struct {
		search search
		now    time.Duration
		want   bool
	}{
		"Everything":      {search{}, 0, true},
		"BeginningOfWord": {search{Words: []string{"zauber", "ro"}}, 0, true},
		"MiddleOfWord":    {search{Words: []string{"flote"}}, 0, false},
		"OneWordMissing":  {search{Words: []string{"zauber", "back"}}, 0, false},
		"City":            {search{City: "sao paulo"}, 0, true},
		"PartOfCity":      {search{City: "sao"}, 0, false},
		"FromItsStart":    {search{From: at(48 * time.Hour)}, 0, true},
		"FromLater":       {search{From: at(48*time.Hour) + 1}, 0, false},
		"ToItsStart":      {search{To: at(48 * time.Hour)}, 0, false},
		"ToLater":         {search{To: at(48*time.Hour) + 1}, 0, true},
		"Currency":        {search{Currency: "EUR"}, 0, true},
		"OtherCurrency":   {search{Currency: "USD"}, 0, false},
		"PriceWithin":     {search{Currency: "EUR", Min: 4200, Max: 4200}, 0, true},
		"TooCheap":        {search{Currency: "EUR", Min: 4201}, 0, false},
		"TooDear":         {search{Currency: "EUR", Max: 4199}, 0, false},
		"BeforeItBegins":  {search{}, 48*time.Hour - time.Millisecond, true},
		"WhenItBegins":    {search{}, 48 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := x.search.matches(c, at(x.now)); got != x.want {
				t.Errorf("got %v", got)
			}
		})
	}
	t.Run("WithoutEvent", func(t *testing.T) {
		plain := cardOf(listed().Ticket)
		for name, x := range map[string]struct {
			search search
			want   bool
		}{"Everything": {search{}, true}, "From": {search{From: 1}, false}, "To": {search{To: at(time.Hour)}, false}, "City": {search{City: "x"}, false}} {
			if got := x.search.matches(plain, at(0)); got != x.want {
				t.Errorf("%s: got %v", name, got)
			}
		}
	})
}

func TestFiling(t *testing.T) {
	version := func(v int64, status events.TicketStatus) events.Ticket {
		x := concert()
		x.Version, x.Status = v, status
		return x
	}
	first := version(1, events.TicketAvailable)
	edited := version(4, events.TicketAvailable)
	edited.Revision, edited.Price.Amount = 2, 4300
	freed := version(4, events.TicketAvailable)
	for name, c := range map[string]struct {
		was   *listing
		now   events.Ticket
		later time.Duration
		want  *listing
	}{
		"New":            {nil, first, 0, open(first)},
		"Again":          {open(first), first, 0, nil},
		"Held":           {open(first), version(2, events.TicketHeld), 0, nil},
		"HeldFirst":      {nil, version(2, events.TicketHeld), 0, open(version(2, events.TicketHeld))},
		"Sold":           {open(first), version(3, events.TicketSold), 0, closed(version(3, events.TicketSold))},
		"SoldFirst":      {nil, version(3, events.TicketSold), 0, closed(version(3, events.TicketSold))},
		"SoldAgain":      {closed(version(3, events.TicketSold)), version(3, events.TicketSold), 0, nil},
		"MadeAfterSold":  {closed(version(3, events.TicketSold)), first, 0, nil},
		"Freed":          {closed(version(3, events.TicketSold)), freed, 0, open(freed)},
		"Withdrawn":      {open(first), version(3, events.TicketIsWithdrawn), 0, closed(version(3, events.TicketSold))},
		"Edited":         {open(first), edited, 0, open(edited)},
		"OutdatedEdit":   {open(edited), first, 0, nil},
		"OutdatedSale":   {open(edited), version(3, events.TicketSold), 0, nil},
		"Begun":          {open(first), version(2, events.TicketAvailable), 48 * time.Hour, closed(version(2, events.TicketSold))},
		"BegunAtOnce":    {open(first), first, 48 * time.Hour, closed(first)},
		"NeverOpenBegun": {nil, first, 48 * time.Hour, closed(first)},
	} {
		t.Run(name, func(t *testing.T) {
			got := filed(c.was, c.now, now.Add(c.later))
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// An edit deletes no entry that it puts.
func TestRefiled(t *testing.T) {
	was := open(concert())
	changed := concert()
	changed.Version, changed.Revision, changed.Title = 2, 2, "Back row"
	for name, c := range map[string]struct {
		was, next     *listing
		puts, deletes int
	}{
		"New": {nil, was, 10, 0}, "Closed": {was, closed(changed), 0, 10}, "Edited": {was, open(changed), 8, 10}, "Same": {was, was, 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := refiled(c.was, c.next)
			if err != nil || len(facts.Put) != c.puts || len(facts.Delete) != c.deletes {
				t.Errorf("got %+v, %v", facts, err)
			}
		})
	}
}

// An edit that leaves the place as it was leaves two cards there for a while: the one that is true must not be lost.
func TestArrange(t *testing.T) {
	a, b := cardOf(concert()), cardOf(concert())
	b.Revision, b.Words = 2, " new words"
	c := b
	c.ID = "00"
	if got := soonest.arrange([]card{b, a, b, c, a}); !slices.Equal(got, []card{c, a, b}) {
		t.Errorf("got %+v", got)
	}
}
