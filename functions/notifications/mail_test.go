package notifications

import (
	"slices"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

const (
	ticketID = "01990000-0000-7000-8000-000000000001"
	sellerID = "01990000-0000-7000-8000-000000000002"
	orderID  = "01990000-0000-7000-8000-000000000003"
	buyerID  = "01990000-0000-7000-8000-000000000004"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func order(version int64, status events.OrderStatus, reason events.Reason) events.Order {
	return events.Order{
		ID: orderID, Version: version, Status: status, Reason: reason, BuyerID: buyerID, Reservation: 1,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(15 * time.Minute),
		Ticket: events.OrderTicket{
			ID: ticketID, Revision: 1, Title: "Front row", SellerID: sellerID, Price: events.Money{Amount: 4200, Currency: "USD"},
			Occasion: &events.Occasion{Name: "Zauberflöte", Venue: "Oper", City: "Köln", StartsAt: now.Add(48 * time.Hour), TimeZone: "Europe/Berlin"},
			Seat:     &events.Seat{Section: "A", Number: "2"},
		},
	}
}

func complete() events.Order { return order(3, events.OrderIsComplete, "") }

func refunded() events.Order {
	o := order(4, events.OrderIsComplete, "")
	o.RefundedAt = &now
	return o
}

func unpaid() events.Order { return order(4, events.OrderIsCancelled, events.CancelledPayment) }

func TestDue(t *testing.T) {
	for name, c := range map[string]struct {
		order events.Order
		sold  bool
		want  []Mail
	}{
		"Created":         {order(1, events.OrderIsCreated, ""), false, nil},
		"AwaitingPayment": {order(2, events.OrderIsAwaiting, ""), false, nil},
		"Complete":        {complete(), false, []Mail{{Bought, buyerID}, {Sold, sellerID}}},
		"Refunded":        {refunded(), false, []Mail{{Bought, buyerID}, {Sold, sellerID}, {Refunded, buyerID}, {SaleRefunded, sellerID}}},
		"CancelledByBuyer": {
			order(3, events.OrderIsCancelled, events.CancelledByBuyer), false, []Mail{{Cancelled, buyerID}},
		},
		"Expired":            {order(3, events.OrderIsCancelled, events.CancelledExpired), false, []Mail{{Cancelled, buyerID}}},
		"TicketChanged":      {order(2, events.OrderIsCancelled, events.CancelledChanged), false, []Mail{{Cancelled, buyerID}}},
		"Abandoned":          {order(2, events.OrderIsCancelled, events.CancelledAbandoned), false, nil},
		"NotTaken":           {unpaid(), false, []Mail{{Cancelled, buyerID}}},
		"NotTaken/ToldSold":  {unpaid(), true, []Mail{{Cancelled, buyerID}, {SaleFailed, sellerID}}},
		"UnknownFromNewCode": {order(9, "parked", ""), false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Due(c.order, c.sold)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func expiring() events.Expiring {
	o := complete()
	return events.Expiring{OrderID: orderID, BuyerID: buyerID, RemindAt: now, ExpiresAt: now.Add(5 * time.Minute), Ticket: o.Ticket}
}

func TestReminds(t *testing.T) {
	x := expiring()
	for name, c := range map[string]struct {
		x    *events.Expiring
		end  events.Order
		told []Kind
		at   time.Time
		want bool
	}{
		"OK":        {&x, events.Order{}, nil, now, true},
		"NotHeard":  {nil, events.Order{}, nil, now, false},
		"Paid":      {&x, complete(), nil, now, false},
		"Cancelled": {&x, unpaid(), nil, now, false},
		"Told":      {&x, events.Order{}, []Kind{Expiring}, now, false},
		"TooLate":   {&x, events.Order{}, nil, x.ExpiresAt, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Reminds(c.x, c.end, func(k Kind) bool { return slices.Contains(c.told, k) }, c.at); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func kinds(mails []Mail) (list []Kind) {
	for _, m := range mails {
		list = append(list, m.Kind)
	}
	return list
}

func TestClaim(t *testing.T) {
	fresh := Letters{}.Hear(complete())
	held, _, _ := fresh.Claim("a", now)
	sent, _ := held.Done("a", []Kind{Bought, Sold}, now)
	for name, c := range map[string]struct {
		letters Letters
		at      time.Time
		mine    bool
		code    problem.Code
	}{
		"OK":              {fresh, now, true, ""},
		"OK/LeaseOver":    {held, now.Add(lease), true, ""},
		"Nothing/Sent":    {sent, now, false, ""},
		"Nothing/NotDue":  {Letters{}.Hear(order(1, events.OrderIsCreated, "")), now, false, ""},
		"ErrBeingSent":    {held, now.Add(lease - time.Second), false, problem.Conflict},
		"OK/NewerIsMore":  {sent.Hear(refunded()), now, true, ""},
		"Nothing/OlderIs": {sent.Hear(order(2, events.OrderIsAwaiting, "")), now, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, mine, err := c.letters.Claim("b", c.at)
			if mine != c.mine || (err != nil) != (c.code != "") || err != nil && !problem.Is(err, c.code) {
				t.Fatalf("got %v, %v", mine, err)
			}
			if mine && (got.Sender != "b" || !got.Until.Equal(c.at.Add(lease))) {
				t.Errorf("claimed by %q until %s", got.Sender, got.Until)
			}
		})
	}
}

// Whatever order the states come in, the newest says what is due, and what was sent is not due again.
func TestHearKeepsTheNewest(t *testing.T) {
	l := Letters{}.Hear(unpaid()).Hear(complete())
	if got := kinds(l.left(now)); !slices.Equal(got, []Kind{Cancelled}) {
		t.Errorf("the payment failed, then it is heard of its completion: %v are due", got)
	}
	l = Letters{}.Hear(complete())
	l, _ = l.Done("", []Kind{Bought, Sold}, now)
	if got := kinds(l.Hear(refunded()).left(now)); !slices.Equal(got, []Kind{Refunded, SaleRefunded}) {
		t.Errorf("after a refund, %v are due", got)
	}
	if got := kinds(l.Hear(unpaid()).left(now)); !slices.Equal(got, []Kind{Cancelled, SaleFailed}) {
		t.Errorf("after a failed capture, %v are due", got)
	}
}

func TestDone(t *testing.T) {
	mine, _, _ := Letters{}.Hear(complete()).Claim("a", now)
	t.Run("AllSent", func(t *testing.T) {
		got, next := mine.Done("a", []Kind{Sold, Bought}, now)
		if got.Sender != "" || !next.IsZero() || len(got.left(now)) > 0 {
			t.Errorf("got %+v, next %s", got, next)
		}
	})
	t.Run("SomeLeft", func(t *testing.T) {
		got, next := mine.Done("a", []Kind{Bought}, now)
		if got.Sender != "" || !next.Equal(now.Add(firstPause)) || !slices.Equal(kinds(got.left(now)), []Kind{Sold}) {
			t.Errorf("got %+v, next %s", got, next)
		}
		again, _, _ := got.Claim("a", next)
		if _, second := again.Done("a", nil, next); !second.Equal(next.Add(2 * firstPause)) {
			t.Errorf("the second try is followed by one at %s", second)
		}
	})
	t.Run("TakenOver", func(t *testing.T) {
		theirs, _, _ := mine.Claim("b", now.Add(lease))
		got, _ := theirs.Done("a", []Kind{Bought}, now.Add(lease))
		if got.Sender != "b" || !slices.Equal(got.Sent, []Kind{Bought}) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("GivenUp", func(t *testing.T) {
		late := mine
		late.Tries, late.Since = 100, now.Add(-keepTrying)
		if got, next := late.Done("a", nil, now); !next.IsZero() || len(got.left(now)) > 0 {
			t.Errorf("got %+v, next %s", got, next)
		}
	})
}

func TestPause(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: firstPause, 2: 2 * firstPause, 7: 32 * time.Minute, 8: lastPause, 1000: lastPause} {
		if got := pause(tries); got != want {
			t.Errorf("after %d tries: %s, want %s", tries, got, want)
		}
	}
}

func TestSee(t *testing.T) {
	user := func(version int64, status events.UserStatus) events.User {
		return events.User{ID: buyerID, Version: version, Status: status, Email: "ann@example.com"}
	}
	gone, news := addressee{}.See(user(3, events.UserIsDeleted))
	if !news || gone.Email != "" {
		t.Errorf("deleted: %+v", gone)
	}
	if late, news := gone.See(user(1, events.UserIsActive)); news || late.Email != "" {
		t.Errorf("an address comes back: %+v", late)
	}
}
