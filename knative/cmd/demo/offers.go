package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Offer is a listing as POST /api/tickets takes it.
type Offer struct {
	Title     string `json:"title"`
	Price     Money  `json:"price"`
	FaceValue *Money `json:"face_value,omitempty"`
	Event     Event  `json:"event"`
	Seat      *Seat  `json:"seat,omitempty"`
}

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Event is what a ticket is for.
type Event struct {
	Name     string `json:"name"`
	Venue    string `json:"venue"`
	City     string `json:"city"`
	StartsAt string `json:"starts_at"`
	TimeZone string `json:"time_zone"`
}

// Seat is where it lets one sit.
type Seat struct {
	Section string `json:"section,omitempty"`
	Row     string `json:"row,omitempty"`
	Number  string `json:"number,omitempty"`
}

var sellers = []string{"ada", "bruno", "chioma", "dmitri", "elif", "fumiko"}

// hall is a venue with its city. All are made up, as are the shows.
type hall struct{ venue, city, zone, currency string }

var halls = []hall{
	{"Grand Hall", "Brussels", "Europe/Brussels", "EUR"},
	{"Théâtre des Lilas", "Paris", "Europe/Paris", "EUR"},
	{"Philharmonie am Kanal", "Köln", "Europe/Berlin", "EUR"},
	{"Waldbühne Nord", "Zürich", "Europe/Zurich", "CHF"},
	{"Sala Estrella", "San Sebastián", "Europe/Madrid", "EUR"},
	{"The Old Depot", "Manchester", "Europe/London", "GBP"},
	{"Harbour Arena", "Göteborg", "Europe/Stockholm", "SEK"},
	{"Teatr Łąka", "Łódź", "Europe/Warsaw", "PLN"},
	{"Lakeside Amphitheater", "Chicago", "America/Chicago", "USD"},
	{"Velvet Room", "New York", "America/New_York", "USD"},
	{"Redwood Bowl", "Oakland", "America/Los_Angeles", "USD"},
	{"Auditório da Luz", "São Paulo", "America/Sao_Paulo", "BRL"},
	{"Tsuki Dome", "Tokyo", "Asia/Tokyo", "JPY"},
	{"Pavilion on the Quay", "Sydney", "Australia/Sydney", "AUD"},
}

// show is what is on, and what a ticket for it is printed with, in euros.
type show struct {
	name string
	face int64
}

var shows = []show{
	{"Winter Light Festival", 45}, {"Die Zauberflöte", 80}, {"The Paper Lanterns — Northern Tour", 65}, {"Café Minuit", 30}, {"Marrow & Pine", 40},
	{"Orquesta del Río", 55}, {"An Evening of Fado", 35}, {"Harbour City vs. Red Valley", 50}, {"National Ballet: Swan Lake", 90}, {"Ólafía", 48},
	{"The Understudies (comedy)", 28}, {"Kintsugi Quartet", 42}, {"Grand Prix of the Lakes", 120}, {"Electric Orchard", 75}, {"Midnight Choir", 38},
	{"Hamlet", 46}, {"Choir of a Thousand", 25}, {"Big Band Brunch", 22}, {"Basement Tapes Live", 33}, {"World Cup Qualifier", 85},
}

// rate is roughly how many units of a currency a euro is, and places how many decimals it has.
var currencies = map[string]struct{ rate, places int64 }{
	"EUR": {1, 2}, "USD": {1, 2}, "GBP": {1, 2}, "CHF": {1, 2}, "SEK": {11, 2}, "PLN": {4, 2}, "BRL": {6, 2}, "JPY": {160, 0}, "AUD": {2, 2},
}

var remarks = []string{
	"", "", "", ", cannot make it", ", my friend is ill", ", great view", ", aisle seat", ", last one left", ", under a roof", ", next to the bar",
}

// performance is a show at a hall on a day.
type performance struct {
	show   show
	hall   hall
	starts time.Time
}

// Offers makes n listings for events of the next months, the same for the same r and day.
func Offers(r *rand.Rand, n int, now time.Time) []Offer {
	var all []performance
	for range n/8 + 1 { // several people sell for the same evening
		day := now.Truncate(24*time.Hour).AddDate(0, 0, 2+r.IntN(200))
		all = append(all, performance{shows[r.IntN(len(shows))], halls[r.IntN(len(halls))], day})
	}
	offers := make([]Offer, n)
	for i := range offers {
		offers[i] = all[r.IntN(len(all))].offer(r)
	}
	return offers
}

func (p performance) offer(r *rand.Rand) Offer {
	money := currencies[p.hall.currency]
	unit := money.rate
	for range money.places {
		unit *= 10
	}
	block, factor := block(r)
	face := p.show.face * factor / 100 * unit
	price := face * (55 + r.Int64N(46)) / 100
	if step := max(1, unit/2); price > step { // people ask round prices
		price -= price % step
	}
	o := Offer{
		Title: fmt.Sprintf("%s, %s%s", p.show.name, block.Section, remarks[r.IntN(len(remarks))]), Price: Money{price, p.hall.currency},
		Event: Event{Name: p.show.name, Venue: p.hall.venue, City: p.hall.city, StartsAt: p.evening(), TimeZone: p.hall.zone},
		Seat:  &block,
	}
	if r.IntN(5) > 0 {
		o.FaceValue = &Money{face, p.hall.currency}
	}
	return o
}

// evening is eight o'clock at the venue.
func (p performance) evening() string {
	zone, err := time.LoadLocation(p.hall.zone)
	if err != nil {
		zone = time.UTC
	}
	return time.Date(p.starts.Year(), p.starts.Month(), p.starts.Day(), 20, 0, 0, 0, zone).Format(time.RFC3339)
}

// block is a seat, and how dear it is in percent of the usual.
func block(r *rand.Rand) (Seat, int64) {
	row, number := fmt.Sprint(1+r.IntN(30)), fmt.Sprint(1+r.IntN(40))
	switch r.IntN(5) {
	case 0:
		return Seat{Section: "Standing"}, 80
	case 1:
		return Seat{Section: "Balcony", Row: row, Number: number}, 90
	case 2:
		return Seat{Section: "Front stalls", Row: fmt.Sprint(1 + r.IntN(5)), Number: number}, 160
	default:
		return Seat{Section: "Block " + string(rune('A'+r.IntN(8))), Row: row, Number: number}, 100
	}
}
