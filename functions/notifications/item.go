package notifications

import (
	"time"

	"usher.example/events"
	"usher.example/shared/store"
)

// unsent is the index of the orders whose mails could not be sent, by when it is to be tried again.
var unsent = store.Index{Name: "unsent", Hash: "unsent", Range: "next", Project: []string{}}

// Schema is the notifications' table. It holds three kinds of items: the mails of each order (order#id), those about an account
// (notice#id.epoch, or notice# and which one was asked for), and what is known of each user (user#id). Neither a mail's text nor its address is kept with an order: both are found when it is sent.
var Schema = store.Schema{Name: "notifications", Indexes: []store.Index{unsent}}

// item is an order's mails as stored.
type item struct {
	Letters
	Unsent string `dynamodbav:"unsent,omitempty"` // the shard, while a mail could not be sent
	Next   string `dynamodbav:"next,omitempty"`   // when it is to be tried again
}

func orderKey(id string) store.Key { return store.Key{PK: "order#" + id} }

// newItem files the mails of a key under the time of their next try; the zero time is none.
func newItem(key store.Key, l Letters, next time.Time) *item {
	i := &item{Letters: l}
	if !next.IsZero() {
		i.Unsent, i.Next = store.Shard(key.PK), store.Stamp(next)
	}
	return i
}

// addressee is what is known of a user. That of a deleted account stays, without an address: events that come late must not
// bring it back.
type addressee struct {
	ID      string            `dynamodbav:"id"`
	Version int64             `dynamodbav:"version"`
	Status  events.UserStatus `dynamodbav:"status"`
	Email   string            `dynamodbav:"email,omitempty"`
	Epoch   *int64            `dynamodbav:"epoch,omitempty"` // nil: not noted, of who was known before it was
}

func userKey(id string) store.Key { return store.Key{PK: "user#" + id} }

// See takes a user's state into account; news is false where it says nothing newer.
func (a addressee) See(u events.User) (next addressee, news bool) {
	if u.Version <= a.Version {
		return a, false
	}
	next = addressee{ID: u.ID, Version: u.Version, Status: u.Status, Email: u.Email, Epoch: &u.Epoch}
	if u.Status == events.UserIsDeleted {
		next.Email = ""
	}
	return next, true
}
