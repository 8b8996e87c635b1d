package payments

import (
	"context"
	"net/http"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// Show is the payment of one of the caller's orders, to an operator of any: GET /api/payments/{order_id} → 200. 404 where nobody has begun to pay.
func Show(env *function.Env) (function.Handler, error) { return At{}.Show(env) }

// Show is the function Show at another Stripe.
func (a At) Show(env *function.Env) (function.Handler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		buyer, err := r.User()
		if err != nil {
			return nil, err
		}
		orderID, err := r.ID("order_id", "order")
		if err != nil {
			return nil, err
		}
		found, err := store.Get[item](ctx, s.table, key(orderID))
		if err != nil {
			return nil, err
		}
		if found == nil || found.Order.BuyerID != buyer.ID && buyer.Role != session.Operator {
			return nil, noOrder()
		}
		p := found.payment()
		if !p.Begun() {
			return nil, problem.New(problem.NotFound, "Nobody has begun to pay this order.")
		}
		secret := ""
		if p.Status == events.PaymentRequiresAction && p.BuyerID == buyer.ID {
			in, err := s.provider.Get(ctx, p.PaymentIntentID)
			if err != nil {
				return nil, err
			}
			secret = in.ClientSecret
		}
		return &function.Response{Status: http.StatusOK, Body: show(p, secret), ETag: function.VersionTag(p.Version), Private: true}, nil
	}, nil
}
