package orders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// Schema is the orders' table. It holds three kinds of items: a buyer's orders (buyer, order id), so that their history is
// one query of the table; the replica of each ticket (ticket#id, ticket); and the keys of retried requests (key#buyer, hash).
var Schema = store.Schema{Name: "orders", Sorted: true, Indexes: []store.Index{store.OutboxIndex}}

// item is an order as stored.
type item struct {
	Snapshot events.Order `dynamodbav:"snapshot"`
	store.Outbox
	Moments moments `dynamodbav:"moments"`
}

// moments are when an order became what it is no longer; the snapshot says when it became what it is.
type moments struct {
	Held *time.Time `dynamodbav:"held,omitempty"`
	Paid *time.Time `dynamodbav:"paid,omitempty"`
}

// became is the item of an order that was this one, its event not marked as to be sent.
func (i *item) became(next events.Order) *item {
	m, at := i.Moments, next.UpdatedAt
	switch was := i.Snapshot.Status; {
	case was == next.Status:
	case next.Status == events.OrderIsAwaiting:
		m.Held = &at
	case next.Status == events.OrderIsComplete:
		m.Paid = &at
	}
	return &item{Snapshot: next, Moments: m}
}

// mark says that the item's event is still to be sent.
func (i *item) mark(now time.Time) *item {
	i.Outbox = store.Mark(i.Snapshot.ID, now)
	return i
}

// Tell implements function.Publishable.
func (i *item) Tell() events.Snapshot { return i.Snapshot }

// unmarked is an order whose event is stored already, or is the reply that is about to be.
func unmarked(o events.Order) *item { return &item{Snapshot: o} }

// marked is an order whose event is still to be sent.
func marked(o events.Order, now time.Time) *item {
	return unmarked(o).mark(now)
}

// retried is what a request with an Idempotency-Key stands for.
type retried struct {
	OrderID  string `dynamodbav:"order_id"`
	TicketID string `dynamodbav:"ticket_id"`
}

func orderKey(buyer, id string) store.Key  { return store.Key{PK: buyer, SK: id} }
func replicaKey(ticketID string) store.Key { return store.Key{PK: "ticket#" + ticketID, SK: "ticket"} }
func retryKey(buyer, key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.Key{PK: "key#" + buyer, SK: hex.EncodeToString(sum[:])}
}

func orderOf(h Holder) store.Key { return orderKey(h.BuyerID, h.OrderID) }

// release clears the ticket's holder if it is still this order.
func release(ctx context.Context, t *store.Table, o events.Order) error {
	_, _, err := store.Update(ctx, t, replicaKey(o.Ticket.ID), func(cur *Replica) (*Replica, error) {
		if cur == nil {
			return nil, nil
		}
		if next, changed := cur.Release(o.ID); changed {
			return &next, nil
		}
		return nil, nil
	})
	return err
}

// bury writes a holder's tombstone if it still has no order.
func bury(ctx context.Context, t *store.Table, r Replica, now time.Time) (events.Order, error) {
	dead, _, err := store.Insert(ctx, t, orderOf(*r.Holder), func(cur *item) (*item, error) {
		if cur != nil {
			return nil, nil
		}
		return unmarked(Tombstone(r, now)), nil // whoever learns that the ticket is held for it is told then
	})
	if err != nil {
		return events.Order{}, err
	}
	return dead.Snapshot, nil
}

// view is an order as the API shows it.
type view struct {
	ID        string             `json:"id"`
	Version   int64              `json:"version"`
	Status    events.OrderStatus `json:"status"`
	Reason    events.Reason      `json:"reason,omitempty"`
	CreatedAt time.Time          `json:"created_at"`
	ExpiresAt time.Time          `json:"expires_at"`
	Refunded  *time.Time         `json:"refunded_at,omitempty"`
	Ticket    ticketView         `json:"ticket"`
}

type ticketView struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Price    events.Money     `json:"price"`
	Occasion *events.Occasion `json:"event,omitempty"`
	Seat     *events.Seat     `json:"seat,omitempty"`
}

func show(o events.Order) view {
	t := o.Ticket
	return view{o.ID, o.Version, o.Status, o.Reason, o.CreatedAt, o.ExpiresAt, o.RefundedAt, ticketView{t.ID, t.Title, t.Price, t.Occasion, t.Seat}}
}

func noOrder() error { return problem.New(problem.NotFound, "There is no such order.") }
