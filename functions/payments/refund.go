package payments

import (
	"context"
	"net/http"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/trace"
)

// Refund gives a buyer's money back: POST /api/payments/{order_id}/refund → 200 with the payment. For operators alone: 403
// for anybody else. 404 where nobody has begun to pay the order, 409 where nothing was charged. Asking again changes nothing.
// The body is empty or {}: all that was captured is given back, and who means another amount is told.
func Refund(env *function.Env) (function.Handler, error) { return At{}.Refund(env) }

// Refund is the function Refund at another Stripe.
func (a At) Refund(env *function.Env) (function.Handler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return s.refund, nil
}

func (s *service) refund(ctx context.Context, r *function.Request) (*function.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	if user.Role != session.Operator {
		return nil, problem.New(problem.Forbidden, "Only an operator can refund a payment.")
	}
	orderID, err := r.ID("order_id", "order")
	if err != nil {
		return nil, err
	}
	if len(r.Raw()) > 0 {
		if err := r.JSON(&struct{}{}); err != nil {
			return nil, err
		}
	}
	trace.Join(ctx, orderID)
	found, err := s.look(ctx, orderID)
	if err != nil {
		return nil, err
	}
	if found == nil || !found.Begun() {
		return nil, problem.New(problem.NotFound, "Nobody has begun to pay this order.")
	}
	if err := found.Refundable(); err != nil {
		return nil, err
	}
	if found.Status == events.PaymentIsCaptured {
		in, err := s.giveBack(ctx, found.Payment)
		if err != nil {
			return nil, err
		}
		if found, err = s.record(ctx, *found, in); err != nil {
			return nil, err
		}
		s.env.Log.Info("refunded", "order", orderID, "operator", user.ID, "status", found.Status)
	}
	if !found.Order.Refunded {
		if err := s.tell(ctx, found.Payment); err != nil {
			return nil, err
		}
	}
	return &function.Response{Status: http.StatusOK, Body: show(found.Payment, ""), Private: true}, nil
}

// refundKey is the idempotency key of a refund: clicks within a minute are one. Stripe repeats a refusal to its key for a day,
// so later ones have their own; that nothing is given back twice Stripe sees to by itself.
func refundKey(orderID string, now time.Time) string {
	return orderID + ":refund:" + now.UTC().Format("200601021504")
}

// giveBack refunds at Stripe what was captured. Conflict where Stripe then shows the money as not given back: it refused, as
// it does while the payment is disputed, or the refund failed.
func (s *service) giveBack(ctx context.Context, p Payment) (Intent, error) {
	in, err := s.provider.Refund(ctx, p.PaymentIntentID, refundKey(p.OrderID, s.env.Now()))
	if err == nil && in.Status != IntentRefunded {
		err = problem.New(problem.Conflict, "The payment provider did not refund this payment; its dashboard says why.")
	}
	return in, err
}
