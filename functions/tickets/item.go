package tickets

import (
	"time"

	"usher.example/events"
	"usher.example/shared/store"
)

// Schema is the tickets' table: one item a ticket, by id.
var Schema = store.Schema{Name: "tickets", Indexes: []store.Index{
	{Name: "available", Hash: "available", Range: "pk", Project: []string{"snapshot"}},
	{Name: "seller", Hash: "seller", Range: "pk", Project: []string{}}, // keys only: a sale then costs the index nothing
	store.OutboxIndex,
}}

// item is a ticket as stored. Ids sort by the time they were made, so both lists are newest first by id.
type item struct {
	ID        string        `dynamodbav:"pk"`
	Snapshot  events.Ticket `dynamodbav:"snapshot"`
	Register  Register      `dynamodbav:"register"`
	Delivery  Pointer       `dynamodbav:"delivery"`
	Admission *Admission    `dynamodbav:"admission,omitempty"`
	Seller    string        `dynamodbav:"seller"`
	Available string        `dynamodbav:"available,omitempty"` // the shard, while it can be bought; else not in the index
	store.Outbox
}

func key(id string) store.Key { return store.Key{PK: id} }

// Tell implements function.Publishable.
func (i *item) Tell() events.Snapshot { return i.Snapshot }

func (i *item) ticket() Ticket { return Ticket{i.Snapshot, i.Register, i.Delivery, i.Admission} }

func newItem(t Ticket) *item {
	i := &item{ID: t.ID, Snapshot: t.Ticket, Register: t.Register, Delivery: t.Delivery, Admission: t.Admission, Seller: t.SellerID}
	if t.Status == events.TicketAvailable {
		i.Available = store.Shard(t.ID)
	}
	return i
}

// marked is the item of a change that is not yet published.
func (i *item) marked(now time.Time) *item {
	i.Outbox = store.Mark(i.ID, now)
	return i
}

// view is a ticket as the API shows it: who holds it is nobody's business.
type view struct {
	ID        string              `json:"id"`
	Version   int64               `json:"version"`
	Revision  int64               `json:"revision"`
	Status    events.TicketStatus `json:"status"`
	SellerID  string              `json:"seller_id"`
	Title     string              `json:"title"`
	Price     events.Money        `json:"price"`
	FaceValue *events.Money       `json:"face_value,omitempty"`
	Occasion  *events.Occasion    `json:"event,omitempty"`
	Seat      *events.Seat        `json:"seat,omitempty"`
	Attached  bool                `json:"attached"`              // it is delivered as soon as it is paid
	HeldUntil *time.Time          `json:"held_until,omitempty"`  // to the seller only
	Refunded  *time.Time          `json:"refunded_at,omitempty"` // to the seller only
	CreatedAt time.Time           `json:"created_at"`
	UpdatedAt time.Time           `json:"updated_at"`
}

// show is the ticket for a viewer, whose id is empty for a stranger.
func show(t events.Ticket, viewer string) view {
	v := view{
		ID: t.ID, Version: t.Version, Revision: t.Revision, Status: t.Status, SellerID: t.SellerID, Title: t.Title,
		Price: t.Price, FaceValue: t.FaceValue, Occasion: t.Occasion, Seat: t.Seat, Attached: t.Attached, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
	if t.Status == events.TicketHeld && viewer == t.SellerID && t.Hold != nil {
		v.HeldUntil = &t.Hold.Until
	}
	if t.Status == events.TicketSold && viewer == t.SellerID && t.Hold != nil {
		v.Refunded = t.Hold.RefundedAt
	}
	return v
}
