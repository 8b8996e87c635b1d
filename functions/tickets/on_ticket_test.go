package tickets

import (
	"net/url"
	"slices"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/id"
	"usher.example/shared/store"
)

// A ping takes out what has begun, what never came to be, and nothing else.
func TestSweep(t *testing.T) {
	m := newMarket(t)
	begun, later, never := concert(), concert(), concert()
	begun.ID, later.ID, never.ID = id.New(), id.New(), id.New()
	never.Occasion = &events.Occasion{Name: "X", StartsAt: begun.Occasion.StartsAt}
	later.Occasion = &events.Occasion{Name: "X", StartsAt: now.Add(72 * time.Hour)}
	for _, x := range []events.Ticket{begun, later, never} {
		if x.ID != never.ID {
			if err := m.is(x); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.told(x); err != nil {
			t.Fatal(err)
		}
	}
	m.env.Now = func() time.Time { return now.Add(49 * time.Hour) }
	for range 2 {
		if _, err := m.hear(t.Context(), ping()); err != nil {
			t.Fatal(err)
		}
	}
	listings := m.env.Store.Table(Listings.Name)
	for _, c := range []struct {
		ticket events.Ticket
		want   bool
	}{{begun, false}, {later, true}, {never, false}} {
		found, err := store.Get[listing](t.Context(), listings, listingKey(c.ticket.ID))
		if err != nil || found.isOpen() != c.want {
			t.Errorf("%s: %+v, %v", c.ticket.Occasion.StartsAt, found, err)
		}
	}
	left, err := store.Find[place](t.Context(), listings, store.Query{Value: "w:z", Limit: 10})
	if err != nil || len(left) != 0 {
		t.Errorf("entries are left: %+v, %v", left, err)
	}
}

// Pings go round through what can be bought and file what the index does not have, or has as it was.
func TestRound(t *testing.T) {
	m := newMarket(t)
	var want []string
	for i := range 2*roundStep + 20 {
		x := listed().Ticket
		x.ID = id.New()
		if err := m.is(x); err != nil {
			t.Fatal(err)
		}
		switch i % 20 {
		case 0: // it was edited, and the index heard of it as it was before
			if err := m.told(x); err != nil {
				t.Fatal(err)
			}
			x.Version, x.Revision, x.Title = 2, 2, "Front seat"
		case 1: // sold; its listing is of no interest
			x.Version, x.Status = 2, events.TicketSold
		case 2:
			if err := m.told(x); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.is(x); err != nil {
			t.Fatal(err)
		}
		if i%20 != 1 {
			want = append(want, x.ID)
		}
	}
	for range 3 {
		if _, err := m.hear(t.Context(), ping()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	slices.Reverse(want)
	got, err := m.all(url.Values{"q": {"front"}}, 100)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d are found, %d are there; %v", len(got), len(want), err)
	}
	if got, err := m.all(url.Values{"q": {"seat"}}, 100); err != nil || len(got) != 11 {
		t.Errorf("%d of the edited are found, %v", len(got), err)
	}
	at, err := store.Find[rounds](t.Context(), m.env.Store.Table(Listings.Name), store.Query{Value: "rounds", Limit: 10})
	if err != nil || len(at) != 1 {
		t.Errorf("the round's place: %+v, %v", at, err)
	}
}

func ping() cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID("1")
	e.SetSource("/ping")
	e.SetType(string(events.Ping))
	return e
}
