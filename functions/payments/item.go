package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// Schema is the payments' table: one item an order, holding what is known of the order and its payment.
var Schema = store.Schema{Name: "payments", Indexes: []store.Index{store.OutboxIndex}}

// item is a payment as stored.
type item struct {
	Snapshot events.Payment `dynamodbav:"snapshot"`
	Order    Order          `dynamodbav:"order"`
	Attempt  int            `dynamodbav:"attempt"`
	Decline  *Decline       `dynamodbav:"decline,omitempty"`
	store.Outbox
}

// Tell implements function.Publishable.
func (i *item) Tell() events.Snapshot { return i.Snapshot }

func key(orderID string) store.Key { return store.Key{PK: orderID} }

func (i *item) payment() Payment { return Payment{i.Snapshot, i.Order, i.Attempt, i.Decline} }

func newItem(p Payment) *item {
	return &item{Snapshot: p.Payment, Order: p.Order, Attempt: p.Attempt, Decline: p.Decline}
}

// service is what the functions of this package share.
type service struct {
	env      *function.Env
	table    *store.Table
	provider Provider
}

// At makes the functions of this package that talk to Stripe by another way than the network, such as a simulation's.
// Its zero value is Stripe as the environment names it.
type At struct{ Backend stripe.Backend }

// open opens Stripe.
func (a At) open(env *function.Env) (*service, error) {
	provider, err := newStripe(env.Getenv, env.Log, a.Backend)
	if err != nil {
		return nil, err
	}
	return &service{env, env.Store.Table(Schema.Name), provider}, nil
}

// known is a payment with what was seen of its item, so that a change can start from there.
type known struct {
	Payment
	seen store.Seen[item]
}

func knownOf(seen store.Seen[item]) *known { return &known{seen.Value.payment(), seen} }

// look reads an order's payment; nil where there is none.
func (s *service) look(ctx context.Context, orderID string) (*known, error) {
	seen, err := store.Look[item](ctx, s.table, key(orderID))
	if err != nil || seen.Value == nil {
		return nil, err
	}
	return knownOf(seen), nil
}

// record writes what Stripe says of a payment, and returns the payment as it is then.
func (s *service) record(ctx context.Context, k known, in Intent) (*known, error) {
	return s.write(ctx, k, func(p Payment) Payment { return p.Record(in, s.env.Now()) })
}

// tell publishes what orders must know: an authorised payment completes its order, a failed one ends it, a refunded one is
// noted. If the Broker cannot be reached the item is marked for the relay. Where this process dies before either, Stripe's
// webhook comes and tells it again, and where that is lost too, the reconciliation of the next minute does.
func (s *service) tell(ctx context.Context, p Payment) error {
	switch p.Status {
	case events.PaymentIsAuthorized, events.PaymentIsFailed, events.PaymentIsRefunded:
	default:
		return nil
	}
	if function.Announce(ctx, s.env, p.Payment) {
		return nil
	}
	_, _, err := store.Update(ctx, s.table, key(p.OrderID), func(cur *item) (*item, error) {
		if cur == nil || cur.Snapshot.Status != p.Status || cur.Shard != "" {
			return nil, nil
		}
		next := *cur
		next.Outbox = store.Mark(p.OrderID, s.env.Now())
		return &next, nil
	})
	return err
}

// settle does at Stripe what the payment owes, and writes what came of it.
func (s *service) settle(ctx context.Context, k known) (*known, error) {
	came, err := s.perform(ctx, k.Payment)
	if err != nil {
		return nil, err
	}
	return s.write(ctx, k, came)
}

// perform does at Stripe what the payment owes, and returns what that makes of it. It may be done again: Stripe does each
// thing once.
func (s *service) perform(ctx context.Context, p Payment) (came func(Payment) Payment, err error) {
	duty := p.Duty()
	if duty == NoDuty {
		return func(p Payment) Payment { return p }, nil
	}
	intentID := p.PaymentIntentID
	if intentID == "" { // it was begun, and whoever began it may have come as far as Stripe
		in, err := s.provider.Open(ctx, p.Order)
		if err != nil {
			return nil, err
		}
		intentID = in.ID
	}
	var in Intent
	if duty == Capture {
		in, err = s.provider.Capture(ctx, intentID, p.Order.ID+":capture")
	} else {
		in, err = s.provider.Cancel(ctx, intentID, p.Order.ID+":void")
	}
	if err != nil {
		return nil, err
	}
	return func(now Payment) Payment {
		if duty == Capture && !in.Taken() && !now.Settled() {
			return now.Fail(s.env.Now())
		}
		return now.Record(in, s.env.Now())
	}, nil
}

// write applies rule to a payment, and returns it as it is then. A mark that is there stays.
func (s *service) write(ctx context.Context, k known, rule func(Payment) Payment) (*known, error) {
	i, wrote, err := store.UpdateFrom(ctx, s.table, key(k.Order.ID), k.seen, func(cur *item) (*item, error) {
		if cur == nil {
			return nil, fmt.Errorf("the payment of order %s is gone", k.Order.ID)
		}
		p := cur.payment()
		next := rule(p)
		if next.Version == p.Version && next.Order.Version == p.Order.Version {
			return nil, nil
		}
		changed := newItem(next)
		changed.Outbox = cur.Outbox
		if next.Status == events.PaymentIsRefunded && p.Status != next.Status { // nothing else is sure to lead here again, should it not be told at once
			changed.Outbox = store.Mark(k.Order.ID, s.env.Now())
		}
		return changed, nil
	})
	if err != nil {
		return nil, err
	}
	return knownOf(store.Wrote(i, wrote)), nil
}

// view is a payment as the API shows it.
type view struct {
	ID           string               `json:"id"`
	OrderID      string               `json:"order_id"`
	Amount       events.Money         `json:"amount"`
	Status       events.PaymentStatus `json:"status"`
	ClientSecret string               `json:"client_secret,omitempty"`
	Decline      *Decline             `json:"decline,omitempty"`
	Disputed     bool                 `json:"disputed,omitempty"`
	CreatedAt    time.Time            `json:"created_at"`
}

// show is the payment for its buyer. A declined card leaves the payment open for another one; until then it is shown failed.
func show(p Payment, secret string) view {
	v := view{ID: p.ID, OrderID: p.OrderID, Amount: p.Amount, Status: p.Status, ClientSecret: secret, Decline: p.Decline, Disputed: p.Disputed, CreatedAt: p.CreatedAt}
	if p.Decline != nil {
		v.Status = events.PaymentIsFailed
	}
	return v
}

func noOrder() error { return problem.New(problem.NotFound, "There is no such order.") }
