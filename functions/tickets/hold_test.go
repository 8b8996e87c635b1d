package tickets

import (
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const seller = "01990000-0000-7000-8000-000000000001"

func listed() Ticket {
	return List("01990000-0000-7000-8000-0000000000aa", seller, Terms{Title: "Front row", Price: events.Money{Amount: 4200, Currency: "USD"}}, now)
}

// order is an order for the listed ticket at revision 1.
func order(id string, reservation, version int64, status events.OrderStatus) events.Order {
	return events.Order{
		ID: id, Version: version, Status: status, BuyerID: "buyer of " + id, Reservation: reservation,
		ExpiresAt: now.Add(time.Hour), Ticket: events.OrderTicket{Revision: 1},
	}
}

func TestHear(t *testing.T) {
	created, complete, cancelled := events.OrderIsCreated, events.OrderIsComplete, events.OrderIsCancelled
	heard := func(orders ...events.Order) Ticket {
		ticket := listed()
		for _, o := range orders {
			ticket, _ = ticket.Hear(o, now)
		}
		return ticket
	}
	edited := func(t Ticket) Ticket {
		e, err := t.Edit(seller, Terms{Title: "New"}, now)
		if err != nil {
			panic(err)
		}
		return e
	}
	for name, c := range map[string]struct {
		ticket Ticket
		hears  events.Order
		status events.TicketStatus
		holder string
		answer Answer
	}{
		"OK/Held":                  {listed(), order("a", 1, 1, created), events.TicketHeld, "a", Changed},
		"OK/Sold":                  {heard(order("a", 1, 1, created)), order("a", 1, 3, complete), events.TicketSold, "a", Changed},
		"OK/SoldBeforeHeld":        {listed(), order("a", 1, 3, complete), events.TicketSold, "a", Changed},
		"OK/Freed":                 {heard(order("a", 1, 1, created)), order("a", 1, 2, cancelled), events.TicketAvailable, "", Changed},
		"OK/FreedAfterCaptureFail": {heard(order("a", 1, 3, complete)), order("a", 1, 4, cancelled), events.TicketAvailable, "", Changed},
		"Twice":                    {heard(order("a", 1, 1, created)), order("a", 1, 1, created), events.TicketHeld, "a", Again},
		"LateCreated":              {heard(order("a", 1, 2, cancelled)), order("a", 1, 1, created), events.TicketAvailable, "", Silent},
		"LateCreatedAfterSold":     {heard(order("a", 1, 3, complete)), order("a", 1, 1, created), events.TicketSold, "a", Silent},
		// Order a's late end must not free order b's hold.
		"LateCancelOfAnother":   {heard(order("a", 1, 1, created), order("b", 2, 1, created)), order("a", 1, 2, cancelled), events.TicketHeld, "b", Silent},
		"LateCompleteOfAnother": {heard(order("b", 2, 1, created)), order("a", 1, 3, complete), events.TicketHeld, "b", Silent},
		"NewerTakesOver":        {heard(order("a", 1, 1, created)), order("b", 2, 1, created), events.TicketHeld, "b", Changed},
		"CancelBeforeCreated":   {listed(), order("a", 1, 2, cancelled), events.TicketAvailable, "", Noted},
		"RefusedAfterEdit":      {edited(listed()), order("a", 1, 1, created), events.TicketAvailable, "", Changed},
		"RefusalEndsOlderHold":  {heard(order("a", 1, 1, created)), func() events.Order { o := order("b", 2, 1, created); o.Ticket.Revision = 7; return o }(), events.TicketAvailable, "", Changed},
	} {
		t.Run(name, func(t *testing.T) {
			got, answer := c.ticket.Hear(c.hears, now.Add(time.Second))
			holder := ""
			if got.Hold != nil {
				holder = got.Hold.OrderID
			}
			if got.Status != c.status || holder != c.holder || answer != c.answer {
				t.Errorf("got %s by %q, answer %d", got.Status, holder, answer)
			}
			if told := got.Version != c.ticket.Version; told != (answer == Changed) {
				t.Errorf("version %d to %d with answer %d", c.ticket.Version, got.Version, answer)
			}
		})
	}
	t.Run("WithdrawnStaysWithdrawn", func(t *testing.T) {
		gone, err := listed().Withdraw(seller, now)
		if err != nil {
			t.Fatal(err)
		}
		got, answer := gone.Hear(order("a", 1, 1, created), now)
		if got.Status != events.TicketIsWithdrawn || got.Hold != nil || answer != Changed {
			t.Errorf("got %s, %v, answer %d", got.Status, got.Hold, answer)
		}
	})
}

// Whatever the order in which two orders' events arrive, and how often, the ticket ends the same (P5).
func TestHearInAnyOrder(t *testing.T) {
	all := []events.Order{
		order("a", 1, 1, events.OrderIsCreated), order("a", 1, 2, events.OrderIsCancelled),
		order("b", 2, 1, events.OrderIsCreated), order("b", 2, 3, events.OrderIsComplete),
	}
	var permute func(rest, taken []events.Order)
	runs := 0
	permute = func(rest, taken []events.Order) {
		if len(rest) == 0 {
			runs++
			ticket := listed()
			for _, o := range taken {
				ticket, _ = ticket.Hear(o, now)
				ticket, _ = ticket.Hear(o, now)
			}
			if ticket.Status != events.TicketSold || ticket.Hold.OrderID != "b" {
				t.Errorf("after %v: %s", taken, ticket.Status)
			}
			return
		}
		for i := range rest {
			next := append(append([]events.Order{}, rest[:i]...), rest[i+1:]...)
			permute(next, append(append([]events.Order{}, taken...), rest[i]))
		}
	}
	permute(all, nil)
	if runs != 24 {
		t.Fatalf("%d runs", runs)
	}
}

func TestSellerMay(t *testing.T) {
	held, _ := listed().Hear(order("a", 1, 1, events.OrderIsCreated), now)
	sold, _ := listed().Hear(order("a", 1, 3, events.OrderIsComplete), now)
	gone, _ := listed().Withdraw(seller, now)
	for name, c := range map[string]struct {
		ticket         Ticket
		by             string
		edit, withdraw problem.Code // empty: allowed
	}{
		"OK":              {listed(), seller, "", ""},
		"ErrOther":        {listed(), "somebody", problem.Forbidden, problem.Forbidden},
		"ErrHeld":         {held, seller, problem.Conflict, problem.Conflict},
		"ErrSold":         {sold, seller, problem.Conflict, problem.Conflict},
		"ErrWithdrawn":    {gone, seller, problem.Conflict, ""},
		"ErrOtherAndHeld": {held, "somebody", problem.Forbidden, problem.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			edited, err := c.ticket.Edit(c.by, Terms{Title: "New"}, now)
			if code(err) != c.edit {
				t.Errorf("edit: %v", err)
			}
			if err == nil && (edited.Revision != c.ticket.Revision+1 || edited.Version != c.ticket.Version+1 || edited.Title != "New") {
				t.Errorf("edited to %+v", edited)
			}
			if _, err := c.ticket.Withdraw(c.by, now); code(err) != c.withdraw {
				t.Errorf("withdraw: %v", err)
			}
		})
	}
}

func code(err error) problem.Code {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func TestForSale(t *testing.T) {
	begun := listed()
	begun.Occasion = &events.Occasion{Name: "Concert", StartsAt: now}
	held, _ := listed().Hear(order("a", 1, 1, events.OrderIsCreated), now)
	for name, c := range map[string]struct {
		ticket Ticket
		want   bool
	}{
		"Available": {listed(), true}, "Held": {held, false}, "Begun": {begun, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ForSale(c.ticket.Ticket, now); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
