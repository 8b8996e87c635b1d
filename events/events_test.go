package events_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
)

const (
	ticketID = "01990000-0000-7000-8000-000000000001"
	sellerID = "01990000-0000-7000-8000-000000000002"
	orderID  = "01990000-0000-7000-8000-000000000003"
	buyerID  = "01990000-0000-7000-8000-000000000004"
)

var at = time.Date(2026, 12, 24, 20, 0, 0, 0, time.UTC)

func ticket() events.Ticket {
	return events.Ticket{
		ID: ticketID, Version: 3, Revision: 2, Status: events.TicketAvailable, SellerID: sellerID, Title: "Front row",
		Price: events.Money{Amount: 29, Currency: "USD"}, CreatedAt: at, UpdatedAt: at,
	}
}

func order(status events.OrderStatus) events.Order {
	return events.Order{
		ID: orderID, Version: 1, Status: status, BuyerID: buyerID, Reservation: 1, CreatedAt: at, UpdatedAt: at, ExpiresAt: at,
		Ticket: events.OrderTicket{ID: ticketID, Revision: 2, Title: "Front row", SellerID: sellerID, Price: events.Money{Amount: 29, Currency: "USD"}},
	}
}

func TestNewSetsEveryAttribute(t *testing.T) {
	e, err := events.New(ticket())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want string }{
		"id":              {e.ID(), ticketID + ".3"},
		"type":            {e.Type(), "usher.ticket.updated.v1"},
		"source":          {e.Source(), "/usher/tickets"},
		"subject":         {e.Subject(), ticketID},
		"time":            {e.Time().Format(time.RFC3339), "2026-12-24T20:00:00Z"},
		"dataschema":      {e.DataSchema(), "https://usher.example/schemas/ticket.v1.json"},
		"datacontenttype": {e.DataContentType(), "application/json"},
		"specversion":     {e.SpecVersion(), "1.0"},
		"sequence":        {e.Extensions()["sequence"].(string), "00000000000000000003"},
		"partitionkey":    {e.Extensions()["partitionkey"].(string), ticketID},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestTypeOfSnapshot(t *testing.T) {
	created, withdrawn := ticket(), ticket()
	created.Version = 1
	withdrawn.Status = events.TicketIsWithdrawn
	payment := func(s events.PaymentStatus) events.Payment {
		return events.Payment{ID: ticketID, Version: 1, OrderID: orderID, BuyerID: buyerID, Status: s, UpdatedAt: at}
	}
	user := func(version int64, s events.UserStatus) events.User {
		return events.User{ID: buyerID, Version: version, Status: s, Email: "ann@example.com", UpdatedAt: at}
	}
	clearance := func(live int) events.Clearance {
		return events.Clearance{UserID: buyerID, Version: 2, By: events.ByOrders, Live: live, At: at}
	}
	for want, s := range map[events.Type]events.Snapshot{
		events.TicketCreated: created, events.TicketUpdated: ticket(), events.TicketWithdrawn: withdrawn,
		events.OrderCreated: order(events.OrderIsCreated), events.OrderAwaitingPayment: order(events.OrderIsAwaiting),
		events.OrderCompleted: order(events.OrderIsComplete), events.OrderCancelled: order(events.OrderIsCancelled),
		events.OrderExpired:   events.Expiry{OrderID: orderID, BuyerID: buyerID, ExpiresAt: at},
		events.OrderExpiring:  events.Expiring{OrderID: orderID, BuyerID: buyerID, RemindAt: at, ExpiresAt: at},
		events.PaymentCreated: payment(events.PaymentIsAuthorized), events.PaymentCaptured: payment(events.PaymentIsCaptured),
		events.PaymentVoided: payment(events.PaymentIsVoided), events.PaymentFailed: payment(events.PaymentIsFailed),
		events.PaymentRefunded: payment(events.PaymentIsRefunded),
		events.RecoveryAsked:   events.Recovery{ID: orderID, UserID: buyerID, At: at},
		events.ClearanceGiven:  clearance(0), events.ClearanceRefused: clearance(2),
		events.UserCreated: user(1, events.UserIsActive), events.UserUpdated: user(2, events.UserIsActive),
		events.UserClosing: user(2, events.UserIsClosing), events.UserDeleted: user(3, events.UserIsDeleted),
	} {
		t.Run(string(want), func(t *testing.T) {
			e, err := events.New(s)
			if err != nil || e.Type() != string(want) {
				t.Errorf("got %q, %v", e.Type(), err)
			}
		})
	}
	t.Run("ErrNotSent", func(t *testing.T) {
		if _, err := events.New(payment(events.PaymentAuthorizing)); !errors.Is(err, events.ErrNotSent) {
			t.Errorf("got %v", err)
		}
	})
}

func TestParse(t *testing.T) {
	parse := func(change func(e *cloudevents.Event)) error {
		e, err := events.New(order(events.OrderIsCreated))
		if err != nil {
			t.Fatal(err)
		}
		change(&e)
		_, err = events.Parse[events.Order](e, events.OrderCreated, events.OrderCancelled)
		return err
	}
	data := func(change func(map[string]any)) func(e *cloudevents.Event) {
		return func(e *cloudevents.Event) {
			var d map[string]any
			if err := json.Unmarshal(e.Data(), &d); err != nil {
				t.Fatal(err)
			}
			change(d)
			if err := e.SetData(cloudevents.ApplicationJSON, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(e *cloudevents.Event)
		why    string // empty: accepted
	}{
		"OK":             {func(*cloudevents.Event) {}, ""},
		"OK/NewField":    {data(func(d map[string]any) { d["from_the_future"] = 1 }), ""},
		"UnknownMajor":   {func(e *cloudevents.Event) { e.SetType("usher.order.created.v2") }, "not a type"},
		"ForeignType":    {func(e *cloudevents.Event) { e.SetType(string(events.OrderCompleted)) }, "not a type"},
		"OtherStatus":    {func(e *cloudevents.Event) { e.SetType(string(events.OrderCancelled)) }, "data says"},
		"NoData":         {func(e *cloudevents.Event) { e.DataEncoded = nil }, "data is not"},
		"NotJSON":        {func(e *cloudevents.Event) { e.DataEncoded = []byte("{") }, "data is not"},
		"WrongKind":      {func(e *cloudevents.Event) { e.DataEncoded = []byte(`{"version":"one"}`) }, "data is not"},
		"UnknownStatus":  {data(func(d map[string]any) { d["status"] = "lost" }), "no event"},
		"NoVersion":      {data(func(d map[string]any) { delete(d, "version") }), "version"},
		"NoReservation":  {data(func(d map[string]any) { d["reservation"] = 0 }), "reservation"},
		"BadID":          {data(func(d map[string]any) { d["id"] = "1; DROP TABLE" }), "not a UUID"},
		"NoBuyer":        {data(func(d map[string]any) { delete(d, "buyer_id") }), "not a UUID"},
		"NoExpiry":       {data(func(d map[string]any) { delete(d, "expires_at") }), "expires_at"},
		"ForeignSubject": {func(e *cloudevents.Event) { e.SetSubject(ticketID) }, "subject"},
	} {
		t.Run(name, func(t *testing.T) {
			err := parse(c.change)
			var bad *events.BadEventError
			switch {
			case c.why == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.why != "" && (!errors.As(err, &bad) || !strings.Contains(bad.Why, c.why)):
				t.Errorf("got %v, want a bad event because of %q", err, c.why)
			}
		})
	}
}

// Nobody's recovery is told of, too: who asks for one learns nothing by the time it takes.
func TestParseRecovery(t *testing.T) {
	for name, c := range map[string]struct {
		r  events.Recovery
		ok bool
	}{
		"OK":           {events.Recovery{ID: orderID, UserID: buyerID, Epoch: 2, At: at}, true},
		"OK/Nobody":    {events.Recovery{ID: orderID, At: at}, true},
		"ErrNoID":      {events.Recovery{UserID: buyerID, At: at}, false},
		"ErrNotAnID":   {events.Recovery{ID: orderID, UserID: "x", At: at}, false},
		"ErrNoTime":    {events.Recovery{ID: orderID, UserID: buyerID}, false},
		"ErrEpochLess": {events.Recovery{ID: orderID, UserID: buyerID, Epoch: -1, At: at}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := events.New(c.r)
			if err == nil {
				_, err = events.Parse[events.Recovery](e, events.RecoveryAsked)
			}
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The two events about an order's time have ids of their own: neither passes for the other sent again.
func TestIDsOfWhatHasNoVersion(t *testing.T) {
	for want, s := range map[string]events.Snapshot{
		orderID + ".expiring": events.Expiring{OrderID: orderID, BuyerID: buyerID, RemindAt: at, ExpiresAt: at},
		orderID + ".expired":  events.Expiry{OrderID: orderID, BuyerID: buyerID, ExpiresAt: at},
	} {
		if e, err := events.New(s); err != nil || e.ID() != want {
			t.Errorf("got %q, %v; want %q", e.ID(), err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	e, err := events.New(order(events.OrderIsCreated))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Data(), e.Type(), e.Subject())
	f.Add([]byte(`{"hold":{}}`), string(events.TicketUpdated), "x")
	f.Fuzz(func(t *testing.T, data []byte, typ, subject string) {
		e := cloudevents.NewEvent()
		e.SetID("1")
		e.SetSource("/fuzz")
		e.SetType(typ)
		e.SetSubject(subject)
		e.DataEncoded = data
		for _, parse := range []func() error{
			func() error { _, err := events.Parse[events.Order](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.Ticket](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.Payment](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.Expiry](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.User](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.Clearance](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.Recovery](e, events.Type(typ)); return err },
			func() error { _, err := events.Parse[events.Expiring](e, events.Type(typ)); return err },
		} {
			var bad *events.BadEventError
			if err := parse(); err != nil && !errors.As(err, &bad) {
				t.Errorf("not a bad event: %v", err)
			}
		}
	})
}
