package users

import (
	"strings"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

func active() account {
	return account{Snapshot: events.User{ID: "a", Version: 4, Status: events.UserIsActive, Email: "ann@example.com", Epoch: 2}, Hash: "hash"}
}

func closing(t *testing.T) account {
	t.Helper()
	a, err := active().Close("hash", now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func answered(a account, answers ...events.Clearance) account {
	for _, c := range answers {
		if next, changed := a.Clear(c, now); changed {
			a = next
		}
	}
	return a
}

func says(by string, version int64, live int) events.Clearance {
	return events.Clearance{UserID: "a", Version: version, By: by, Live: live, At: now}
}

func TestClose(t *testing.T) {
	a := closing(t)
	if a.Snapshot.Status != events.UserIsClosing || a.Snapshot.Version != 5 || a.Closing.Version != 5 || a.Since == "" {
		t.Errorf("got %+v", a)
	}
	if again, err := a.Close("hash", now); err != nil || again.Snapshot.Version != 5 {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	if _, err := active().Close("other", now); !problem.Is(err, problem.Conflict) {
		t.Errorf("with another password: %v", err)
	}
	if _, err := active().Delete(now).Close("hash", now); !problem.Is(err, problem.Conflict) {
		t.Errorf("a deleted one: %v", err)
	}
}

// Whatever the order of the answers, and however often each comes.
func TestClear(t *testing.T) {
	tickets, orders := events.ByTickets, events.ByOrders
	for name, c := range map[string]struct {
		answers []events.Clearance
		status  events.UserStatus
		version int64
	}{
		"Deleted":            {[]events.Clearance{says(tickets, 5, 0), says(orders, 5, 0)}, events.UserIsDeleted, 6},
		"Deleted/OtherOrder": {[]events.Clearance{says(orders, 5, 0), says(tickets, 5, 0)}, events.UserIsDeleted, 6},
		"Deleted/Twice":      {[]events.Clearance{says(orders, 5, 0), says(orders, 5, 0), says(tickets, 5, 0), says(tickets, 5, 0), says(orders, 5, 3)}, events.UserIsDeleted, 6},
		"Kept/Listing":       {[]events.Clearance{says(tickets, 5, 1), says(orders, 5, 0)}, events.UserIsActive, 6},
		"Kept/Order":         {[]events.Clearance{says(tickets, 5, 0), says(orders, 5, 2)}, events.UserIsActive, 6},
		"Kept/Both":          {[]events.Clearance{says(tickets, 5, 7), says(orders, 5, 2), says(tickets, 5, 0)}, events.UserIsActive, 6},
		"Kept/SecondThought": {[]events.Clearance{says(tickets, 5, 0), says(tickets, 5, 1), says(orders, 5, 0)}, events.UserIsActive, 6},
		"Waits/One":          {[]events.Clearance{says(tickets, 5, 0), says(tickets, 5, 0)}, events.UserIsClosing, 5},
		"Waits/OldQuestion":  {[]events.Clearance{says(tickets, 3, 0), says(orders, 3, 0)}, events.UserIsClosing, 5},
		"Waits/Nothing":      {nil, events.UserIsClosing, 5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := answered(closing(t), c.answers...); got.Snapshot.Status != c.status || got.Snapshot.Version != c.version {
				t.Errorf("got %+v", got.Snapshot)
			}
		})
	}
	t.Run("NotAsked", func(t *testing.T) {
		if _, changed := active().Clear(says(tickets, 4, 0), now); changed {
			t.Error("an account that is not closing changes")
		}
	})
}

// Nothing personal is left, sessions are over, and the others are told once more when all of them are.
func TestDeleted(t *testing.T) {
	a := answered(closing(t), says(events.ByTickets, 5, 0), says(events.ByOrders, 5, 0))
	if a.Hash != "" || a.Snapshot.Email != "" || a.Address != "ann@example.com" || a.Closing != nil || a.Snapshot.Epoch != 3 {
		t.Errorf("left: %+v", a)
	}
	if a.Since <= now.Add(10*time.Minute).Format(time.RFC3339) {
		t.Errorf("told again at %s", a.Since)
	}
	if !a.Concluded(5) || a.Concluded(4) || a.Concluded(6) {
		t.Error("it is not told of what the answers made of it")
	}
	again, changed := a.Later(says(events.ByTickets, 6, 1), now.Add(time.Hour))
	if !changed || again.Since <= a.Since {
		t.Errorf("something is still held, and it is asked again at %s", again.Since)
	}
	if _, changed := a.Later(says(events.ByTickets, 6, 0), now); changed {
		t.Error("nothing is held, and it is asked again")
	}
}

func TestRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		live   map[string]int
		code   problem.Code
		fields string
	}{
		"Listings": {map[string]int{events.ByTickets: 1, events.ByOrders: 0}, problem.Conflict, "listings"},
		"Orders":   {map[string]int{events.ByTickets: 0, events.ByOrders: 3}, problem.Conflict, "orders"},
		"Both":     {map[string]int{events.ByTickets: 2, events.ByOrders: 1}, problem.Conflict, "listings orders"},
		"OneAlone": {map[string]int{events.ByTickets: 2}, problem.Conflict, "listings"},
		"NoAnswer": {map[string]int{events.ByTickets: 0}, problem.Unavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := problem.From(Closing{Live: c.live}.refusal())
			var fields []string
			for _, i := range e.Items {
				fields = append(fields, i.Field)
			}
			if e.Code != c.code || strings.Join(fields, " ") != c.fields {
				t.Errorf("got %v", e)
			}
		})
	}
}
