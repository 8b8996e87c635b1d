package orders

import (
	"errors"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func replica() Replica {
	r, _ := Replica{}.See(events.Ticket{ID: "t", Version: 1, Revision: 1, Title: "Front row", SellerID: "seller", Price: events.Money{Amount: 4200, Currency: "USD"}})
	return r
}

func heldBy(order string) Replica {
	r, err := replica().Take(order, "buyer", "", now)
	if err != nil {
		panic(err)
	}
	return r
}

func at(status events.OrderStatus) events.Order {
	o := New("a", "buyer", heldBy("a"), now, time.Minute)
	o.Status = status
	return o
}

func code(err error) problem.Code {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func TestTake(t *testing.T) {
	begun, withdrawn := replica(), replica()
	begun.Occasion = &events.Occasion{StartsAt: now}
	edited, _ := heldBy("a").See(events.Ticket{ID: "t", Version: 2, Revision: 2, SellerID: "seller"})
	withdrawn.Withdrawn = true
	for name, c := range map[string]struct {
		replica Replica
		dead    string
		buyer   string
		refused problem.Code
		held    bool
		token   int64
	}{
		"OK":                 {replica(), "", "buyer", "", false, 1},
		"OK/TakeOver":        {heldBy("x"), "x", "buyer", "", false, 2},
		"OK/OwnWriteAgain":   {heldBy("a"), "", "buyer", "", false, 1},
		"OK/EditedMeanwhile": {edited, "", "buyer", "", false, 2}, // what was announced before, the ticket refuses
		"OK/AfterRelease":    {func() Replica { r, _ := heldBy("x").Release("x"); return r }(), "", "buyer", "", false, 2},
		"OK/DeadIsGone":      {replica(), "x", "buyer", "", false, 1},
		// Two buyers, one ticket.
		"ErrHeld":          {heldBy("x"), "", "buyer", "", true, 1},
		"ErrHeldByAnother": {heldBy("y"), "x", "buyer", "", true, 1},
		"ErrOwnTicket":     {replica(), "", "seller", problem.Forbidden, false, 0},
		"ErrWithdrawn":     {withdrawn, "", "buyer", problem.Conflict, false, 0},
		"ErrBegun":         {begun, "", "buyer", problem.Conflict, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.replica.Take("a", c.buyer, c.dead, now)
			var held *HeldError
			switch {
			case c.held != errors.As(err, &held):
				t.Errorf("held: %v", err)
			case !c.held && code(err) != c.refused:
				t.Errorf("refused: %v", err)
			case err == nil && (got.Holder == nil || got.Holder.OrderID != "a" || got.Holder.Reservation != c.token):
				t.Errorf("holder %+v, want reservation %d", got.Holder, c.token)
			}
		})
	}
}

func TestReleaseOnlyOwnHold(t *testing.T) {
	if got, changed := heldBy("b").Release("a"); changed || got.Holder == nil {
		t.Error("order a's end freed order b's hold")
	}
	if got, changed := heldBy("b").Release("b"); !changed || got.Holder != nil || got.Reservations != 1 {
		t.Errorf("got %+v, %v", got, changed)
	}
}

func TestSeeIgnoresWhatIsNotNewer(t *testing.T) {
	r := heldBy("a")
	ticket := events.Ticket{ID: "t", Version: 9, Revision: 1, Title: "Other", Status: events.TicketHeld}
	if _, news := r.See(ticket); news {
		t.Error("a hold counts as news")
	}
	ticket.Revision = 2
	if got, news := r.See(ticket); !news || got.Title != "Other" || got.Holder == nil || got.Reservations != 1 {
		t.Errorf("got %+v, %v", got, news)
	}
}

func TestOrderKeepsItsPrice(t *testing.T) {
	r := heldBy("a")
	o := New("a", "buyer", r, now, time.Minute)
	r, _ = r.See(events.Ticket{ID: "t", Revision: 2, Title: "Dearer", Price: events.Money{Amount: 9900, Currency: "USD"}})
	if o.Ticket.Price.Amount != 4200 || o.Ticket.Title != "Front row" || r.Price.Amount != 9900 {
		t.Errorf("order %+v", o.Ticket)
	}
	if !o.ExpiresAt.Equal(now.Add(time.Minute)) || o.CreatedAt != now {
		t.Errorf("created %s, expires %s", o.CreatedAt, o.ExpiresAt)
	}
}

func TestLife(t *testing.T) {
	created, awaiting, complete, cancelled := events.OrderIsCreated, events.OrderIsAwaiting, events.OrderIsComplete, events.OrderIsCancelled
	late := now.Add(time.Minute)
	cancel := Cancel
	expire := func(o events.Order, now time.Time) (events.Order, error) { return Expire(o, now), nil }
	fail := func(o events.Order, now time.Time) (events.Order, error) { return PaymentFailed(o, now), nil }
	for name, c := range map[string]struct {
		rule    func(events.Order, time.Time) (events.Order, error)
		from    events.OrderStatus
		now     time.Time
		want    events.OrderStatus
		reason  events.Reason
		refused problem.Code
	}{
		"Cancel/Created":     {cancel, created, now, cancelled, events.CancelledByBuyer, ""},
		"Cancel/Awaiting":    {cancel, awaiting, now, cancelled, events.CancelledByBuyer, ""},
		"Cancel/Cancelled":   {cancel, cancelled, now, cancelled, "", ""},
		"Cancel/Complete":    {cancel, complete, now, complete, "", problem.Conflict},
		"Expire/Early":       {expire, awaiting, late.Add(-1), awaiting, "", ""},
		"Expire/Due":         {expire, awaiting, late, cancelled, events.CancelledExpired, ""},
		"Expire/CreatedDue":  {expire, created, late, cancelled, events.CancelledExpired, ""},
		"Expire/Complete":    {expire, complete, late, complete, "", ""},
		"Expire/Cancelled":   {expire, cancelled, late, cancelled, "", ""},
		"Pay/Awaiting":       {Pay, awaiting, now, complete, "", ""},
		"Pay/AwaitingLate":   {Pay, awaiting, late, complete, "", ""}, // it was authorised in time, and nobody cancelled it
		"Pay/Created":        {Pay, created, now, created, "", problem.Conflict},
		"Pay/Cancelled":      {Pay, cancelled, now, cancelled, "", ""}, // a late payment revives nothing
		"Pay/Complete":       {Pay, complete, now, complete, "", ""},
		"PaymentFailed/Paid": {fail, complete, now, cancelled, events.CancelledPayment, ""},
		"PaymentFailed/Over": {fail, cancelled, now, cancelled, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			from := at(c.from)
			got, err := c.rule(from, c.now)
			if got.Status != c.want || got.Reason != c.reason || code(err) != c.refused {
				t.Errorf("got %s %q, %v", got.Status, got.Reason, err)
			}
			if changed := got.Status != c.from; changed != (got.Version == from.Version+1) {
				t.Errorf("version %d to %d", from.Version, got.Version)
			}
		})
	}
}

func TestSeeTicket(t *testing.T) {
	held := func(order string, reservation int64) events.Ticket {
		return events.Ticket{Status: events.TicketHeld, Hold: &events.Hold{OrderID: order, Reservation: reservation}}
	}
	free := events.Ticket{Status: events.TicketAvailable}
	for name, c := range map[string]struct {
		from     events.OrderStatus
		ticket   events.Ticket
		revision int64
		want     events.OrderStatus
		tell     bool
	}{
		"OK":                   {events.OrderIsCreated, held("a", 1), 1, events.OrderIsAwaiting, true},
		"OK/Again":             {events.OrderIsAwaiting, held("a", 1), 1, events.OrderIsAwaiting, true},
		"OtherReservation":     {events.OrderIsCreated, held("a", 2), 1, events.OrderIsCreated, false},
		"OtherOrder":           {events.OrderIsCreated, held("b", 1), 1, events.OrderIsCreated, false},
		"Free":                 {events.OrderIsCreated, free, 1, events.OrderIsCreated, false},
		"Edited":               {events.OrderIsCreated, free, 2, events.OrderIsCancelled, true},
		"EditedWhileAwaiting":  {events.OrderIsAwaiting, free, 2, events.OrderIsAwaiting, false},
		"OverAndHeld":          {events.OrderIsCancelled, held("a", 1), 1, events.OrderIsCancelled, true},
		"CompleteIsNotTouched": {events.OrderIsComplete, free, 2, events.OrderIsComplete, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, tell := SeeTicket(at(c.from), c.ticket, c.revision, now)
			if got.Status != c.want || tell != c.tell {
				t.Errorf("got %s, tell %v", got.Status, tell)
			}
		})
	}
}

func TestKnowsTicket(t *testing.T) {
	order := events.Order{ID: "a", Status: events.OrderIsAwaiting, Reservation: 2, Ticket: events.OrderTicket{Revision: 3}}
	ticket := events.Ticket{Status: events.TicketHeld, Revision: 3, Hold: &events.Hold{OrderID: "a", Reservation: 2}}
	for name, c := range map[string]struct {
		change func(*events.Order, *events.Ticket)
		want   bool
	}{
		"OK": {func(*events.Order, *events.Ticket) {}, true},
		"OK/Sold": {func(o *events.Order, t *events.Ticket) {
			o.Status, t.Status = events.OrderIsComplete, events.TicketSold
		}, true},
		"OK/OlderRevision": {func(_ *events.Order, t *events.Ticket) { t.Revision = 2 }, true},
		"NewerRevision":    {func(_ *events.Order, t *events.Ticket) { t.Revision = 4 }, false},
		"Over":             {func(o *events.Order, _ *events.Ticket) { o.Status = events.OrderIsCancelled }, false},
		"OtherReservation": {func(_ *events.Order, t *events.Ticket) { t.Hold.Reservation = 3 }, false},
		"OtherOrder":       {func(_ *events.Order, t *events.Ticket) { t.Hold.OrderID = "b" }, false},
		"Free":             {func(_ *events.Order, t *events.Ticket) { t.Hold = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			o, k := order, ticket
			hold := *ticket.Hold
			k.Hold = &hold
			c.change(&o, &k)
			if got := KnowsTicket(o, k); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestTombstoneIsNewerThanWhatWasAnnounced(t *testing.T) {
	r := heldBy("a")
	announced, dead := New("a", "buyer", r, now, time.Minute), Tombstone(r, now.Add(Abandoned))
	if dead.Version <= announced.Version || dead.Reservation != announced.Reservation || dead.Status != events.OrderIsCancelled || dead.BuyerID != "buyer" {
		t.Errorf("got %+v", dead)
	}
}

// A slow retry can reserve the ticket once more for an order that is over by then. The ticket believes the newer
// reservation, so it is told in its words (P9).
func TestOverAsOf(t *testing.T) {
	o := events.Order{ID: "o", Version: 3, Reservation: 4, Status: events.OrderIsCancelled}
	for name, c := range map[string]struct {
		hold *events.Hold
		want int64
	}{
		"NoHold":           {nil, 4},
		"SameReservation":  {&events.Hold{OrderID: "o", Reservation: 4}, 4},
		"NewerReservation": {&events.Hold{OrderID: "o", Reservation: 6}, 6},
		"AnothersHold":     {&events.Hold{OrderID: "x", Reservation: 6}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			if got := OverAsOf(o, c.hold); got.Reservation != c.want || got.Version != 3 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRefunded(t *testing.T) {
	at1 := now.Add(-time.Minute)
	for name, c := range map[string]struct {
		from events.OrderStatus
		want bool
	}{
		"OK": {events.OrderIsComplete, true}, "Cancelled": {events.OrderIsCancelled, false}, "Awaiting": {events.OrderIsAwaiting, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := Refunded(at(c.from), at1, now)
			if got.Status != c.from || (got.RefundedAt != nil) != c.want {
				t.Errorf("got %+v", got)
			}
			if again := Refunded(got, now, now); again.Version != got.Version {
				t.Error("refunded twice")
			}
		})
	}
}
