package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/functions/tickets"
	"usher.example/shared/function"
	"usher.example/shared/store"
)

// away is a Broker that cannot be reached.
type away struct{}

// Publish implements publish.Publisher.
func (away) Publish(context.Context, events.Snapshot) error { return errors.New("away") }

// A seller's edit that could not be published keeps its mark while orders' events come: the reply that tells of it may be
// lost, and the next event may have no reply (P6).
func TestUnpublishedEditOutlivesALostReply(t *testing.T) {
	w, err := newWorld(&Plan{Profile: Profile{TTL: ample}})
	if err != nil {
		t.Fatal(err)
	}
	env := w.env(&fn{name: "tickets"}, store.New(w.store, ""))
	env.Broker, env.NewID = away{}, func() string { return someID }
	answer := func(build function.HTTP, q request) {
		t.Helper()
		h, err := build(env)
		if err != nil {
			t.Fatal(err)
		}
		q.user = otherID
		if resp, err := h(t.Context(), q.http()); err != nil || resp.Status >= 300 {
			t.Fatal(resp, err)
		}
	}
	answer(tickets.Create, request{method: http.MethodPost, body: terms(100)})
	answer(tickets.Update, request{method: http.MethodPut, id: someID, body: terms(200)})
	onOrder, err := tickets.OnOrder(env)
	if err != nil {
		t.Fatal(err)
	}
	order := events.Order{
		ID: otherID, Version: 1, Status: events.OrderIsCreated, BuyerID: otherID, Reservation: 1, ExpiresAt: epoch.Add(time.Hour),
		Ticket: events.OrderTicket{ID: someID, Revision: 1},
	}
	for _, status := range []events.OrderStatus{events.OrderIsCreated, events.OrderIsCancelled} {
		order.Status = status
		e, err := events.New(order)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := onOrder(t.Context(), e); err != nil { // its reply is lost
			t.Fatal(err)
		}
		order.Version++
	}
	item := w.store.Item(memory.Key{Table: "tickets", PK: someID})
	if item["unpublished"] == nil {
		shown, _ := json.Marshal(item["snapshot"])
		t.Errorf("nobody will ever tell of this edit: %s", shown)
	}
}
