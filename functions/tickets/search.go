package tickets

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"usher.example/shared/problem"
)

const (
	// maxQuery bounds a search, in characters, and maxTerms in words.
	maxQuery = 100
	maxTerms = 8
)

// search is what somebody looks for. Its zero value, with an order, is everything.
type search struct {
	Words    []string // each begins a word of the listing
	City     string
	From, To int64 // ms since 1970, From ≤ start < To; 0: any
	Currency string
	Min, Max int64 // in minor units of the currency, both included; 0: any
	Sort     sorting
}

// parameters are all that GET /api/tickets takes.
var parameters = []string{"q", "city", "from", "to", "currency", "min_price", "max_price", "sort", "limit", "cursor"}

// parseSearch reads a search. fallback is the currency of prices without one. The error is Invalid and names every
// parameter that is wrong.
func parseSearch(query url.Values, fallback string) (search, error) {
	r := &reader{}
	for name, values := range query {
		switch {
		case !slices.Contains(parameters, name):
			r.say(name, fmt.Sprintf("%.40q is none of the parameters: %s.", name, strings.Join(parameters, ", ")))
		case len(values) > 1:
			r.say(name, name+" can be given once.")
		case !utf8.ValidString(values[0]):
			r.say(name, name+" is not UTF-8.")
		}
	}
	if len(r.wrong) > 0 {
		return search{}, &problem.Error{Code: problem.Invalid, Items: sorted(r.wrong)}
	}
	s := search{
		Words: r.terms(query.Get("q")), City: r.city(query.Get("city")), Currency: r.code(query.Get("currency")), Sort: r.sorting(query.Get("sort")),
		From: r.instant("from", query.Get("from")), To: r.instant("to", query.Get("to")),
		Min: r.amount("min_price", query.Get("min_price")), Max: r.amount("max_price", query.Get("max_price")),
	}
	if s.From != 0 && s.To != 0 && s.From >= s.To {
		r.say("to", "to must be later than from.")
	}
	if s.Min != 0 && s.Max != 0 && s.Min > s.Max {
		r.say("max_price", "max_price must not be less than min_price.")
	}
	if s.Currency == "" && (s.Min != 0 || s.Max != 0) {
		s.Currency = fallback
	}
	if len(r.wrong) > 0 {
		return search{}, &problem.Error{Code: problem.Invalid, Items: r.wrong}
	}
	return s, nil
}

func sorted(items []problem.Item) []problem.Item {
	slices.SortFunc(items, func(a, b problem.Item) int { return strings.Compare(a.Field, b.Field) })
	return items
}

func (r *reader) terms(q string) []string {
	found := words(q)
	switch {
	case utf8.RuneCountInString(q) > maxQuery:
		r.say("q", fmt.Sprintf("Please search for at most %d characters.", maxQuery))
	case len(found) > maxTerms:
		r.say("q", fmt.Sprintf("Please search for at most %d words.", maxTerms))
	}
	return found
}

func (r *reader) city(s string) string {
	if utf8.RuneCountInString(s) > maxName {
		r.say("city", fmt.Sprintf("At most %d characters, please.", maxName))
		return ""
	}
	name := cityName(s)
	if name == "" && strings.TrimSpace(s) != "" {
		r.say("city", "Please give the city's name in letters.")
	}
	return name
}

func (r *reader) code(s string) string {
	if s != "" && !legalTender(s) {
		r.say("currency", errNoCurrency.Error())
	}
	return s
}

func (r *reader) sorting(s string) sorting {
	switch sorting(s) {
	case "":
		return newest
	case newest, soonest, cheapest:
		return sorting(s)
	}
	r.say("sort", "sort can be newest, soonest or cheapest.")
	return ""
}

// instant reads a time in ms.
func (r *reader) instant(name, s string) int64 {
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1971 || t.Year() > 9998 {
		r.say(name, name+" must be a time as RFC 3339, such as 2026-12-24T20:00:00Z.")
		return 0
	}
	return t.UnixMilli()
}

// amount reads minor units.
func (r *reader) amount(name, s string) int64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || !isDigits(s) || n > maxAmount {
		r.say(name, fmt.Sprintf("%s must be a whole number of minor units (cents for USD), at most %d.", name, maxAmount))
		return 0
	}
	return n
}

// everything says whether nothing is left out, and the order is that of the ids.
func (s search) everything() bool { return s.sum() == search{Sort: newest}.sum() }

// sum is the same for the same search: a cursor belongs to it.
func (s search) sum() string {
	return fmt.Sprint("browse ", s.Words, " city ", s.City, " ", s.From, s.To, " ", s.Currency, " ", s.Min, s.Max, " ", s.Sort)
}

// matches says whether a card is one of what is looked for, and can still be bought at a time in ms.
func (s search) matches(c card, now int64) bool {
	switch {
	case c.Starts != 0 && c.Starts <= now,
		s.City != "" && s.City != c.City,
		s.From != 0 && c.Starts < s.From,
		s.To != 0 && (c.Starts == 0 || c.Starts >= s.To),
		s.Currency != "" && s.Currency != c.Price.Currency,
		s.Min != 0 && c.Price.Amount < s.Min,
		s.Max != 0 && c.Price.Amount > s.Max:
		return false
	}
	for _, w := range s.Words {
		if !strings.Contains(c.Words, " "+w) {
			return false
		}
	}
	return true
}
