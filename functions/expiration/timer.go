// Package expiration says when an order's time is over (P4). What that means for the order, orders decides.
package expiration

import (
	"time"

	"usher.example/events"
	"usher.example/shared/store"
)

// Schema is the timers' table. A timer's hash key is a shard of its order, its range key the time it is due: what is due,
// also what was missed while nothing ran, is at the beginning of each shard.
var Schema = store.Schema{Name: "expirations", Sorted: true}

const (
	// period is how often tick is woken.
	period = time.Minute
	// overlap is how late a tick may begin and still be in time for what is due at its minute's beginning; what is due
	// sooner than that, whoever files the timer waits for.
	overlap = 5 * time.Second
)

// timer is the item of an order that is to expire.
type timer struct {
	Shard     string    `dynamodbav:"pk"`
	Due       string    `dynamodbav:"sk"` // time stamp # order id
	OrderID   string    `dynamodbav:"order_id"`
	BuyerID   string    `dynamodbav:"buyer_id"`
	ExpiresAt time.Time `dynamodbav:"expires_at"`
	// CreatedAt and Ticket are what a reminder needs; a timer that was filed before there were any has no ticket.
	CreatedAt time.Time          `dynamodbav:"created_at"`
	Ticket    events.OrderTicket `dynamodbav:"ticket"`
}

func newTimer(o events.Order) timer {
	return timer{
		Shard: store.Shard(o.ID), Due: store.Stamp(o.ExpiresAt) + "#" + o.ID,
		OrderID: o.ID, BuyerID: o.BuyerID, ExpiresAt: o.ExpiresAt, CreatedAt: o.CreatedAt, Ticket: o.Ticket,
	}
}

func (t timer) key() store.Key { return store.Key{PK: t.Shard, SK: t.Due} }

func (t timer) expiry() events.Expiry {
	return events.Expiry{OrderID: t.OrderID, BuyerID: t.BuyerID, ExpiresAt: t.ExpiresAt}
}

// TooSoon says whether an order that expires at due may be missed by the next tick, when it is filed now.
func TooSoon(due, now time.Time) bool {
	return due.Before(now.Truncate(period).Add(period + overlap))
}

// Horizon is until when a tick that begins now takes timers: the next one takes over from there, even if it is late.
func Horizon(now time.Time) time.Time {
	return now.Truncate(period).Add(period + overlap)
}
