package stripe

import (
	"cmp"
	"net/http"
	"slices"

	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

// orderKey is the metadata by which the ledger groups payments, unless it is asked
// for another.
const orderKey = "order_id"

// Sums are amounts in minor units, added up from the moves of money and not from
// the objects: what an object says of itself can be held against them.
type Sums struct {
	Authorized int64 `json:"authorized"` // ever
	Captured   int64 `json:"captured"`   // ever
	Released   int64 `json:"released"`   // authorised and let go
	Refunded   int64 `json:"refunded"`
	Disputed   int64 `json:"disputed"`
	Held       int64 `json:"held"` // authorised now: neither captured nor released

	Authorizations int `json:"authorizations"`
	Captures       int `json:"captures"`
	Refunds        int `json:"refunds"`
}

func (s *Sums) add(m payment.Move) {
	switch m.Kind {
	case payment.MoveAuthorized:
		s.Authorized += m.Amount
		s.Authorizations++
	case payment.MoveCaptured:
		s.Captured += m.Amount
		s.Captures++
	case payment.MoveReleased:
		s.Released += m.Amount
	case payment.MoveRefunded:
		s.Refunded += m.Amount
		s.Refunds++
	case payment.MoveDisputed:
		s.Disputed += m.Amount
	}
	s.Held = s.Authorized - s.Captured - s.Released
}

// LedgerOrder is what one order came to.
type LedgerOrder struct {
	OrderID  string   `json:"order_id"`
	Currency string   `json:"currency"` // of its first payment
	Payments []string `json:"payments"` // ids of PaymentIntents, oldest first
	Sums
}

// LedgerPayment is what one PaymentIntent came to.
type LedgerPayment struct {
	ID        string            `json:"id"`
	OrderID   string            `json:"order_id"` // "" when its metadata does not say
	Status    payment.Status    `json:"status"`
	Amount    int64             `json:"amount"`
	Currency  string            `json:"currency"`
	Metadata  map[string]string `json:"metadata"`
	Created   int64             `json:"created"` // Unix seconds
	LastError string            `json:"last_error,omitempty"`
	Sums
}

// Ledger is all that happened, as tests read it.
type Ledger struct {
	Orders   []*LedgerOrder   `json:"orders"`
	Payments []*LedgerPayment `json:"payments"`
	Totals   map[string]*Sums `json:"totals"` // by currency
}

// ledger adds everything up. Only payments whose metadata has the value under key
// are taken, or all when the value is empty.
func (d *Double) ledger(key, value string) (*Ledger, error) {
	l := &Ledger{Orders: []*LedgerOrder{}, Payments: []*LedgerPayment{}, Totals: map[string]*Sums{}}
	payments, orders := map[string]*LedgerPayment{}, map[string]*LedgerOrder{}
	err := d.store.View(func(tx *store.Tx) error {
		err := store.Oldest(tx, store.Intents, func(id string, in payment.Intent) (bool, error) {
			order := in.Metadata[key]
			if value != "" && order != value {
				return true, nil
			}
			p := &LedgerPayment{ID: id, OrderID: order, Status: in.Status, Amount: in.Amount, Currency: in.Currency, Metadata: in.Metadata, Created: in.Created}
			if in.LastPaymentError != nil {
				p.LastError = cmp.Or(in.LastPaymentError.DeclineCode, in.LastPaymentError.Code)
			}
			payments[id] = p
			l.Payments = append(l.Payments, p)
			if order == "" {
				return true, nil
			}
			o := orders[order]
			if o == nil {
				o = &LedgerOrder{OrderID: order, Currency: in.Currency}
				orders[order] = o
				l.Orders = append(l.Orders, o)
			}
			o.Payments = append(o.Payments, id)
			return true, nil
		})
		if err != nil {
			return err
		}
		return store.Oldest(tx, store.Moves, func(_ string, m payment.Move) (bool, error) {
			p := payments[m.PaymentIntent]
			if p == nil {
				return true, nil
			}
			p.add(m)
			if o := orders[p.OrderID]; o != nil {
				o.add(m)
			}
			total := l.Totals[m.Currency]
			if total == nil {
				total = &Sums{}
				l.Totals[m.Currency] = total
			}
			total.add(m)
			return true, nil
		})
	})
	slices.SortStableFunc(l.Orders, func(a, b *LedgerOrder) int { return cmp.Compare(a.OrderID, b.OrderID) })
	return l, err
}

// showLedger serves GET /_double/ledger?order_id=… or ?by=key&value=….
func (d *Double) showLedger(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	key, value := orderKey, query.Get(orderKey)
	if by := query.Get("by"); by != "" {
		key, value = by, query.Get("value")
	}
	l, err := d.ledger(key, value)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.reply(w, http.StatusOK, l)
}
