package tickets

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"usher.example/events"
	"usher.example/shared/store"
)

// maxWords bounds what filing a listing costs: its first so many different words can be searched, those of the city
// first, then of the event's name, the venue and the title. With the listing itself they fit one batch of writes.
const maxWords = 24

// card is what a search asks of a listing. It is a function of what the seller says: it changes only with the revision.
type card struct {
	ID       string
	Revision int64
	Price    events.Money
	Starts   int64 // when the event starts, in ms since 1970; 0: there is no event
	City     string
	Words    string // each behind a space
}

func cardOf(t events.Ticket) card {
	c := card{ID: t.ID, Revision: t.Revision, Price: t.Price}
	text := t.Title
	if o := t.Occasion; o != nil {
		c.Starts = max(o.StartsAt.UnixMilli(), 1)
		c.City = cityName(o.City)
		text = strings.Join([]string{o.City, o.Name, o.Venue, t.Title}, " ")
	}
	known := map[string]bool{}
	for _, w := range words(text) {
		if len(known) == maxWords {
			break
		}
		if !known[w] {
			known[w] = true
			c.Words += " " + w
		}
	}
	return c
}

// cityName is a city as it is compared: its words. Marks and what is between words do not count.
func cityName(s string) string {
	w := words(s)
	return strings.Join(w[:min(len(w), maxCityWords)], " ")
}

// maxCityWords bounds a city on a card; all of them are among the words of the listing.
const maxCityWords = 8

// each are the words of the card.
func (c card) each() []string { return strings.Fields(c.Words) }

// separator stands between the parts of a card and of a key. It sorts before letters and digits, and is in no word.
const separator = "#"

func (c card) String() string {
	return strings.Join([]string{
		c.ID, strconv.FormatInt(c.Revision, 10), strconv.FormatInt(c.Price.Amount, 10), c.Price.Currency, strconv.FormatInt(c.Starts, 10), c.City, c.Words,
	}, separator)
}

func parseCard(s string) (card, error) {
	part := strings.Split(s, separator)
	if len(part) != 7 {
		return card{}, fmt.Errorf("a card of %d parts", len(part))
	}
	c := card{ID: part[0], Price: events.Money{Currency: part[3]}, City: part[5], Words: part[6]}
	for i, n := range map[int]*int64{1: &c.Revision, 2: &c.Price.Amount, 4: &c.Starts} {
		var err error
		if *n, err = strconv.ParseInt(part[i], 10, 64); err != nil {
			return card{}, fmt.Errorf("a card's number: %w", err)
		}
	}
	return c, nil
}

// sorting is the order of a list.
type sorting string

const (
	newest   sorting = "newest"
	soonest  sorting = "soonest"  // what has no event comes last
	cheapest sorting = "cheapest" // currency by currency, in the order of their codes
)

// never is the start of what has no event: it sorts after all times.
const never = "~"

// key is the card's place in an order. It ends with the id, so that no two cards share one.
func (s sorting) key(c card) string {
	switch s {
	case soonest:
		if c.Starts == 0 {
			return never + separator + c.ID
		}
		return startKey(c.Starts) + separator + c.ID
	case cheapest:
		return priceKey(c.Price.Currency, c.Price.Amount) + separator + c.ID
	default:
		return c.ID
	}
}

// compare is the order of two cards' keys, without making them: searches sort thousands.
func (s sorting) compare(a, b card) int {
	switch s {
	case soonest:
		if (a.Starts == 0) != (b.Starts == 0) {
			return cmp.Compare(b.Starts, a.Starts)
		}
		return cmp.Or(cmp.Compare(a.Starts, b.Starts), cmp.Compare(a.ID, b.ID))
	case cheapest:
		return cmp.Or(cmp.Compare(a.Price.Currency, b.Price.Currency), cmp.Compare(a.Price.Amount, b.Price.Amount), cmp.Compare(a.ID, b.ID))
	default:
		return cmp.Compare(b.ID, a.ID)
	}
}

// before says which of two keys comes first.
func (s sorting) before(a, b string) bool {
	if s == newest {
		return a > b
	}
	return a < b
}

func startKey(ms int64) string { return store.Stamp(time.UnixMilli(ms)) }

func priceKey(currency string, amount int64) string {
	return currency + separator + fmt.Sprintf("%010d", amount)
}
