package tickets

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the image of a function has no zone files
	"unicode"
	"unicode/utf8"

	"usher.example/events"
	"usher.example/shared/problem"
)

// Limits of what a seller writes, in characters.
const (
	maxTitle = 200
	maxName  = 200
	maxSeat  = 40
	// maxAhead bounds how far in the future an event may start: what is farther is a typing error.
	maxAhead = 10 * 365 * 24 * time.Hour
)

// input is the body of POST and PUT /api/tickets.
type input struct {
	Title     string          `json:"title"`
	Price     json.RawMessage `json:"price"`
	FaceValue json.RawMessage `json:"face_value"`
	Event     *occasionInput  `json:"event"`
	Seat      *events.Seat    `json:"seat"`
}

type occasionInput struct {
	Name     string `json:"name"`
	Venue    string `json:"venue"`
	City     string `json:"city"`
	StartsAt string `json:"starts_at"`
	TimeZone string `json:"time_zone"`
}

// reader collects everything that is wrong, so that a form shows it at once.
type reader struct {
	wrong    []problem.Item
	currency string // of prices given as plain numbers
	now      time.Time
}

func (r *reader) say(field, message string) {
	r.wrong = append(r.wrong, problem.Item{Message: message, Field: field})
}

// terms reads what a seller says. The error is Invalid and names every field that is wrong.
func (in input) terms(h House, now time.Time) (Terms, error) {
	r := &reader{currency: h.Currency, now: now}
	t := Terms{Title: r.text("title", in.Title, maxTitle)}
	if t.Title == "" && len(r.wrong) == 0 {
		r.say("title", "Please give the ticket a title.")
	}
	if isNull(in.Price) {
		r.say("price", "Please give a price, such as \"42.00\".")
	} else {
		t.Price = r.money("price", in.Price)
	}
	if !isNull(in.FaceValue) {
		m := r.money("face_value", in.FaceValue)
		t.FaceValue = &m
		if m.Currency != "" && t.Price.Currency != "" && m.Currency != t.Price.Currency {
			r.say("face_value", "The face value must be in the currency of the price.")
		}
	}
	r.capped(h.Cap, t)
	if in.Event != nil {
		t.Occasion = r.occasion(*in.Event)
	}
	if in.Seat != nil {
		t.Seat = r.seat(*in.Seat)
	}
	if len(r.wrong) > 0 {
		return Terms{}, &problem.Error{Code: problem.Invalid, Items: r.wrong}
	}
	return t, nil
}

// capped holds the price to the greatest that the operator allows, in percent of the face value.
func (r *reader) capped(percent int64, t Terms) {
	switch {
	case percent == 0 || t.Price.Amount == 0: // no cap, or a price that is wrong already
	case t.FaceValue == nil:
		r.say("face_value", fmt.Sprintf("Please say what is printed on the ticket: here a price is at most %d %% of it.", percent))
	case t.FaceValue.Amount > 0 && t.FaceValue.Currency == t.Price.Currency && t.Price.Amount*100 > t.FaceValue.Amount*percent:
		most := decimal(t.FaceValue.Amount*percent/100, digits(t.Price.Currency))
		r.say("price", fmt.Sprintf("The price can be at most %d %% of the face value: %s %s.", percent, most, t.Price.Currency))
	}
}

// text trims a line of text and refuses control characters and too long ones.
func (r *reader) text(field, s string, limit int) string {
	if s = strings.TrimSpace(s); !strings.ContainsFunc(s, visible) && !strings.ContainsFunc(s, forbidden) {
		return "" // a name that nobody can see is none
	}
	switch {
	case utf8.RuneCountInString(s) > limit:
		r.wrong = append(r.wrong, problem.New(problem.Invalid, "At most %d characters, please.", limit).Items[0])
		r.wrong[len(r.wrong)-1].Field = field
	case strings.ContainsFunc(s, forbidden):
		r.say(field, "Line breaks and other control characters are not allowed.")
	}
	return s
}

// forbidden are controls, and the marks that turn the direction of the text around them.
func forbidden(c rune) bool {
	return unicode.IsControl(c) || c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069' || c == '\u2028' || c == '\u2029'
}

func visible(c rune) bool { return unicode.In(c, unicode.L, unicode.N, unicode.P, unicode.S) }

func (r *reader) occasion(in occasionInput) *events.Occasion {
	o := &events.Occasion{
		Name: r.text("event.name", in.Name, maxName), Venue: r.text("event.venue", in.Venue, maxName),
		City: r.text("event.city", in.City, maxName), TimeZone: in.TimeZone,
	}
	if o.Name == "" {
		r.say("event.name", "Please say what the ticket is for.")
	}
	start, err := time.Parse(time.RFC3339, in.StartsAt)
	switch {
	case err != nil:
		r.say("event.starts_at", "Please give the start as RFC 3339, such as 2026-12-24T20:00:00Z.")
	case !start.After(r.now):
		r.say("event.starts_at", "The event has begun already.")
	case start.Sub(r.now) > maxAhead:
		r.say("event.starts_at", "The event is more than ten years away.")
	}
	o.StartsAt = start.UTC()
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "Local" {
		r.say("event.time_zone", "Please give an IANA time zone, such as Europe/Brussels.")
	}
	return o
}

func (r *reader) seat(in events.Seat) *events.Seat {
	s := events.Seat{
		Section: r.text("seat.section", in.Section, maxSeat), Row: r.text("seat.row", in.Row, maxSeat),
		Number: r.text("seat.number", in.Number, maxSeat),
	}
	if s == (events.Seat{}) {
		return nil
	}
	return &s
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }
