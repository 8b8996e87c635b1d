package payments

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/store"
	"usher.example/shared/trace"
)

const (
	// young is how long after its making an order may still be unknown here: its event is under way.
	young = time.Minute
	// arrival bounds the wait for a young order's event, and firstLook is when it is looked for first.
	arrival   = 3 * time.Second
	firstLook = 10 * time.Millisecond
	// maxMethod bounds the name of a payment method, in bytes.
	maxMethod = 255
)

// Create authorises the payment of an order: POST /api/payments {order_id, payment_method?} → 201. Without a method the
// answer's client_secret lets the browser finish. 402 where the card is declined, 409 where the order cannot be paid, 404
// for an unknown or another person's order. The amount is the order's, never the request's.
func Create(env *function.Env) (function.Handler, error) { return At{}.Create(env) }

// Create is the function Create at another Stripe.
func (a At) Create(env *function.Env) (function.Handler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return s.create, nil
}

func (s *service) create(ctx context.Context, r *function.Request) (*function.Response, error) {
	buyer, err := r.User()
	if err != nil {
		return nil, err
	}
	var in struct {
		OrderID string `json:"order_id"`
		Method  string `json:"payment_method"`
	}
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	switch {
	case in.OrderID == "":
		return nil, problem.Field("order_id", "Please say which order.")
	case len(in.Method) > maxMethod:
		return nil, problem.Field("payment_method", "This is not a payment method.")
	case !id.Valid(in.OrderID):
		return nil, noOrder()
	}
	trace.Join(ctx, in.OrderID)
	p, err := s.begin(ctx, buyer.ID, in.OrderID)
	if err != nil {
		return nil, err
	}
	if p.Status == events.PaymentIsAuthorized || p.Status == events.PaymentIsCaptured {
		// The first click's answer; what it may have died before is done now.
		return created(p.Payment, ""), s.tell(ctx, p.Payment)
	}
	return s.authorise(ctx, *p, in.Method)
}

func created(p Payment, secret string) *function.Response {
	return &function.Response{Status: http.StatusCreated, Body: show(p, secret), Private: true, Header: http.Header{"Location": {"/api/payments/" + p.OrderID}}}
}

// begin writes that the order is being paid, if it may be. An order too young to be known is waited for.
func (s *service) begin(ctx context.Context, buyer, orderID string) (*known, error) {
	p, err := s.tryBegin(ctx, buyer, orderID)
	if !problem.Is(err, problem.NotFound) || s.env.Now().Sub(id.Time(orderID)) >= young {
		return p, err
	}
	found, err := s.env.Poll(ctx, firstLook, arrival, func() (bool, error) {
		var tryErr error
		p, tryErr = s.tryBegin(ctx, buyer, orderID)
		if problem.Is(tryErr, problem.NotFound) {
			return false, nil
		}
		return true, tryErr
	})
	if err == nil && !found {
		err = noOrder()
	}
	return p, err
}

func (s *service) tryBegin(ctx context.Context, buyer, orderID string) (*known, error) {
	paymentID := s.env.NewID()
	i, wrote, err := store.Update(ctx, s.table, key(orderID), func(cur *item) (*item, error) {
		if cur == nil || cur.Order.BuyerID != buyer {
			return nil, noOrder()
		}
		p := cur.payment()
		next, err := p.Begin(paymentID, s.env.Now())
		if err != nil || next.Version == p.Version {
			return nil, err
		}
		return newItem(next), nil
	})
	if err != nil {
		return nil, err
	}
	return knownOf(store.Wrote(i, wrote)), nil
}

// authorise takes a payment that was begun to Stripe, as far as it gets.
func (s *service) authorise(ctx context.Context, p known, method string) (*function.Response, error) {
	in, err := s.provider.Open(ctx, p.Order)
	if err == nil && method != "" && (in.Status == IntentOpen || in.Status == IntentRequiresAction) {
		in, err = s.provider.Confirm(ctx, in, method, fmt.Sprintf("%s:%d:%s", p.OrderID, p.Attempt, method))
	}
	if err != nil {
		return nil, err
	}
	if in.Status == IntentOpen && method == "" {
		in.Decline = nil // not this request's
	}
	now, err := s.record(ctx, p, in)
	if err != nil {
		return nil, err
	}
	if now.Duty() == Void { // the order ended meanwhile: what was authorised is let go
		if _, err := s.settle(ctx, *now); err != nil {
			return nil, err
		}
		return nil, problem.New(problem.Conflict, "This order was cancelled meanwhile. You were not charged.")
	}
	if now.Status == events.PaymentIsVoided {
		return nil, problem.New(problem.Conflict, "This order was cancelled meanwhile. You were not charged.")
	}
	if now.Status == events.PaymentIsFailed {
		if err := s.tell(ctx, now.Payment); err != nil {
			return nil, err
		}
		return nil, problem.New(problem.Conflict, "The payment provider has ended this payment. You were not charged.")
	}
	if now.Decline != nil {
		return nil, declined(*now.Decline)
	}
	if err := s.tell(ctx, now.Payment); err != nil {
		return nil, err
	}
	secret := ""
	if now.Status == events.PaymentRequiresAction || now.Status == events.PaymentAuthorizing {
		secret = in.ClientSecret
	}
	return created(now.Payment, secret), nil
}
