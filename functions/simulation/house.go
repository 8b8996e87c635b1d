package simulation

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"strconv"
	"time"

	"usher.example/events"
	"usher.example/functions/expiration"
	"usher.example/functions/notifications"
	"usher.example/functions/orders"
	"usher.example/functions/outbox"
	"usher.example/functions/payments"
	"usher.example/functions/tickets"
	"usher.example/functions/users"
	"usher.example/shared/function"
	"usher.example/shared/store"
)

// webhookSecret is what Stripe and we sign webhooks with.
const webhookSecret = "whsec_simulation"

// Trigger is a function's subscription, as its manifest has it; a test compares them.
type Trigger struct {
	Name    string
	Types   []events.Type
	Timeout time.Duration // of one delivery
	build   func(outside) function.Event
}

// outside is what functions reach beside the store and the Broker.
type outside struct {
	payments.At
	mail notifications.At
}

func plain(e function.Event) func(outside) function.Event {
	return func(outside) function.Event { return e }
}

const (
	// patience is how long the Broker and people wait for a function where nothing else is said.
	patience = 30 * time.Second
	// waiting is how long the Broker waits for the functions that wait themselves.
	waiting = 110 * time.Second
)

// Triggers are all functions that the Broker calls.
var Triggers = []Trigger{
	{"tickets-on-order", []events.Type{events.OrderCreated, events.OrderCompleted, events.OrderCancelled}, patience, plain(tickets.OnOrder)},
	{"orders-on-ticket", []events.Type{events.TicketCreated, events.TicketUpdated, events.TicketWithdrawn}, patience, plain(orders.OnTicket)},
	{"orders-on-expiry", []events.Type{events.OrderExpired}, patience, plain(orders.OnExpiry)},
	{"orders-on-payment", []events.Type{events.PaymentCreated, events.PaymentFailed, events.PaymentRefunded}, patience, plain(orders.OnPayment)},
	{"orders-on-order", []events.Type{events.OrderCancelled}, patience, plain(orders.OnOrder)},
	{"expiration-on-order", []events.Type{events.OrderCreated}, waiting, plain(expiration.OnOrder)},
	{"expiration-tick", []events.Type{events.Ping}, waiting, plain(expiration.Tick)},
	{"payments-on-order", []events.Type{events.OrderAwaitingPayment, events.OrderCompleted, events.OrderCancelled}, patience,
		func(o outside) function.Event { return o.OnOrder }},
	{"payments-reconcile", []events.Type{events.Ping}, patience, func(o outside) function.Event { return o.Reconcile }},
	{"outbox-relay", []events.Type{events.Ping}, patience, plain(outbox.Relay)},
	{"notifications-on-order", []events.Type{events.OrderCompleted, events.OrderCancelled}, patience,
		func(o outside) function.Event { return o.mail.OnOrder }},
	{"notifications-on-user", []events.Type{events.UserCreated, events.UserUpdated, events.UserDeleted}, patience, func(o outside) function.Event { return o.mail.OnUser }},
	{"notifications-on-recovery", []events.Type{events.RecoveryAsked}, patience, func(o outside) function.Event { return o.mail.OnRecovery }},
	{"expiration-remind", []events.Type{events.Ping}, patience, plain(expiration.Remind)},
	{"notifications-on-expiring", []events.Type{events.OrderExpiring}, patience, func(o outside) function.Event { return o.mail.OnExpiring }},
	{"tickets-on-user", []events.Type{events.UserClosing, events.UserDeleted}, patience, plain(tickets.OnUser)},
	{"orders-on-user", []events.Type{events.UserClosing, events.UserDeleted}, patience, plain(orders.OnUser)},
	{"users-on-clearance", []events.Type{events.ClearanceGiven, events.ClearanceRefused}, patience, plain(users.OnClearance)},
	{"notifications-resend", []events.Type{events.Ping}, waiting, func(o outside) function.Event { return o.mail.Resend }},
	{"tickets-on-ticket", []events.Type{events.TicketCreated, events.TicketUpdated, events.TicketWithdrawn, events.Ping}, patience, plain(tickets.OnTicket)},
}

// aside is the function that enumerations leave out: it only writes what no other function reads, and has no reply, so no
// order of its steps among those of others makes a difference to them.
const aside = "tickets-on-ticket"

// routes are the functions that people call.
var routes = map[string]func(outside) function.HTTP{
	"tickets-attach":     func(outside) function.HTTP { return tickets.Attach },
	"tickets-detach":     func(outside) function.HTTP { return tickets.Detach },
	"tickets-attachment": func(outside) function.HTTP { return tickets.Attachment },
	"tickets-pass":       func(outside) function.HTTP { return tickets.ShowPass },
	"tickets-verify":     func(outside) function.HTTP { return tickets.Verify },
	"tickets-create":     func(outside) function.HTTP { return tickets.Create },
	"tickets-update":     func(outside) function.HTTP { return tickets.Update },
	"tickets-withdraw":   func(outside) function.HTTP { return tickets.Withdraw },
	"orders-create":      func(outside) function.HTTP { return orders.Create },
	"orders-cancel":      func(outside) function.HTTP { return orders.CancelOrder },
	"orders-show":        func(outside) function.HTTP { return orders.Show },
	"users-delete":       func(outside) function.HTTP { return users.Delete },
	"payments-create":    func(o outside) function.HTTP { return o.Create },
	"payments-webhook":   func(o outside) function.HTTP { return o.Webhook },
	"payments-refund":    func(o outside) function.HTTP { return o.Refund },
}

// fn is a function with its own clock.
type fn struct {
	name    string
	skew    time.Duration
	people  function.Handler
	events  function.EventHandler
	trigger *Trigger
}

// house is all functions, built by their own constructors.
type house struct {
	routes   map[string]*fn
	triggers []*fn
}

func newHouse(w *World) (*house, error) {
	at := outside{payments.At{Backend: w.bank}, notifications.At{Post: w.post}}
	h := &house{routes: map[string]*fn{}}
	base := store.New(storeCalls{w}, "").WithSleep(w.pauseBetweenTries).WithSpawn(inTurn)
	if err := store.New(w.store, "").EnsureTables(context.Background(), users.Schema, users.Accounts, tickets.Schema, tickets.Attachments, tickets.Listings, orders.Schema, payments.Schema, expiration.Schema, notifications.Schema); err != nil {
		return nil, err
	}
	w.watchStore()
	for name, build := range routes {
		f := &fn{name: name}
		var err error
		if f.people, err = build(at)(w.env(f, base)); err != nil {
			return nil, err
		}
		h.routes[name] = f
	}
	for i := range Triggers {
		f := &fn{name: Triggers[i].Name, trigger: &Triggers[i]}
		var err error
		if f.events, err = Triggers[i].build(at)(w.env(f, base)); err != nil {
			return nil, err
		}
		h.triggers = append(h.triggers, f)
	}
	return h, nil
}

// env is the world as one function sees it.
func (w *World) env(f *fn, s *store.Store) *function.Env {
	if skew := w.plan.Profile.Skew; skew > 0 {
		f.skew = w.between(-skew, skew, hash(f.name))
	}
	now := func() time.Time { return w.now.Add(f.skew) }
	return &function.Env{
		Store: s, Broker: w.broker, Now: now, Sleep: w.sleep, Go: inTurn, Getenv: w.getenv, Log: slog.New(slog.DiscardHandler),
		NewID: func() string {
			t := w.task
			t.ids++
			return newID(now(), mix(t.id, t.ids))
		},
	}
}

func (w *World) getenv(name string) string {
	switch name {
	case "ORDER_TTL":
		return w.plan.Profile.TTL.String()
	case "MAX_HOLDS":
		if n := w.plan.Profile.MaxHolds; n > 0 {
			return strconv.Itoa(n)
		}
	case "JWT_SECRET_KEY":
		return "keys of the simulation are no secret"
	case "TICKET_KEY":
		return ticketKey
	case "MAX_RESERVATIONS":
		if n := w.plan.Profile.MaxBegun; n > 0 {
			return strconv.Itoa(n)
		}
	case "STRIPE_SECRET_KEY":
		return "sk_test_simulation"
	case "STRIPE_WEBHOOK_SECRET":
		return webhookSecret
	case "PUBLIC_URL":
		return "https://usher.example"
	}
	return ""
}

// newID is the UUIDv7 of a time and a number.
func newID(now time.Time, n uint64) string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[:], uint64(now.UnixMilli())<<16|0x7000|n>>52)
	binary.BigEndian.PutUint64(u[8:], n&^(3<<62)|1<<63)
	var s [36]byte
	hex.Encode(s[:8], u[:4])
	hex.Encode(s[9:13], u[4:6])
	hex.Encode(s[14:18], u[6:8])
	hex.Encode(s[19:23], u[8:10])
	hex.Encode(s[24:], u[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
