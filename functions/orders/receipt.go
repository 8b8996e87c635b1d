package orders

import (
	"context"
	"net/http"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

// receipt says what was paid, by whom, to whom and for what.
type receipt struct {
	OrderID  string       `json:"order_id"`
	IssuedAt time.Time    `json:"issued_at"` // when it was paid
	Buyer    party        `json:"buyer"`
	SellerID string       `json:"seller_id"`
	Ticket   ticketView   `json:"ticket"`
	Total    events.Money `json:"total"`
	Refunded *time.Time   `json:"refunded_at,omitempty"`
}

type party struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// receiptOf is the receipt of an order. Conflict where it is not paid; one that was refunded stays paid.
func receiptOf(i item, buyer session.User) (receipt, error) {
	o := i.Snapshot
	if o.Status != events.OrderIsComplete {
		return receipt{}, problem.New(problem.Conflict, "This order is not paid; there is a receipt once it is.")
	}
	paid := o.UpdatedAt
	if i.Moments.Paid != nil {
		paid = *i.Moments.Paid
	}
	t := o.Ticket
	return receipt{
		o.ID, paid, party{buyer.ID, buyer.Email}, t.SellerID, ticketView{t.ID, t.Title, t.Price, t.Occasion, t.Seat}, t.Price, o.RefundedAt,
	}, nil
}

// Receipt is what one of the caller's orders was paid for: GET /api/orders/{id}/receipt → 200. 409 while it is not paid.
func Receipt(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		buyer, found, err := asked(ctx, table, r)
		if err != nil {
			return nil, err
		}
		body, err := receiptOf(*found, buyer)
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: body, ETag: function.VersionTag(found.Snapshot.Version), Private: true}, nil
	}, nil
}
