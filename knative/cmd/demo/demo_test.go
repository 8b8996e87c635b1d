package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOffers(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	make := func() []Offer { return Offers(rand.New(rand.NewPCG(seed, seed)), 400, now) }
	offers := make()
	if !reflect.DeepEqual(offers, make()) {
		t.Error("not the same each time")
	}
	cities := map[string]bool{}
	for _, o := range offers {
		cities[o.Event.City] = true
		starts, err := time.Parse(time.RFC3339, o.Event.StartsAt)
		zone, zoneErr := time.LoadLocation(o.Event.TimeZone)
		switch {
		case err != nil, zoneErr != nil, !starts.After(now.Add(24 * time.Hour)), starts.In(zone).Hour() != 20:
			t.Errorf("begins %s in %s", o.Event.StartsAt, o.Event.TimeZone)
		case o.Price.Amount < 1, o.Price.Amount > 99_999_999, currencies[o.Price.Currency].rate == 0:
			t.Errorf("costs %+v", o.Price)
		case o.FaceValue != nil && (o.FaceValue.Currency != o.Price.Currency || o.FaceValue.Amount < o.Price.Amount):
			t.Errorf("costs %+v, printed is %+v", o.Price, o.FaceValue)
		case o.Title == "" || len([]rune(o.Title)) > 200:
			t.Errorf("is called %q", o.Title)
		}
	}
	if len(cities) < 10 {
		t.Errorf("only in %v", cities)
	}
}

// shop is as much of the API as the command asks.
type shop struct {
	mu     sync.Mutex
	sold   map[string]int // listings of an account
	refuse bool
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	email := ""
	if c, err := r.Cookie("session"); err == nil {
		email = c.Value
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /api/users/signup", "POST /api/users/signin":
		var in struct{ Email string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		if _, known := s.sold[in.Email]; known && strings.HasSuffix(r.URL.Path, "signup") {
			w.WriteHeader(http.StatusConflict)
			return
		}
		s.sold[in.Email] += 0
		http.SetCookie(w, &http.Cookie{Name: "session", Value: in.Email, Path: "/"})
	case "GET /api/tickets/mine":
		items := strings.TrimSuffix(strings.Repeat("{},", s.sold[email]), ",")
		_, _ = fmt.Fprintf(w, `{"items":[%s]}`, items)
	case "POST /api/tickets":
		if s.refuse {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"detail":"too dear"}`)
			return
		}
		s.sold[email]++
		w.WriteHeader(http.StatusCreated)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestRun(t *testing.T) {
	s := &shop{sold: map[string]int{"ada@demo.example": 2}} // it was stopped before
	server := httptest.NewServer(s)
	defer server.Close()
	for _, want := range []string{"18 listings added", "0 listings added"} {
		var out strings.Builder
		if err := run(t.Context(), []string{"-url", server.URL, "-listings", "20"}, &out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s, %v", out.String(), err)
		}
	}
	s.refuse = true
	if err := run(t.Context(), []string{"-url", server.URL, "-listings", "40"}, io.Discard); err == nil || !strings.Contains(err.Error(), "400: too dear") {
		t.Errorf("refused, and got %v", err)
	}
	server.Close()
	if err := run(t.Context(), []string{"-url", server.URL}, io.Discard); err == nil || !strings.Contains(err.Error(), "make run") {
		t.Errorf("nobody is there, and got %v", err)
	}
	for _, args := range [][]string{{"x"}, {"-listings", "0"}, {"-listings", "9999"}, {"-url", "nowhere"}, {"-no"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
