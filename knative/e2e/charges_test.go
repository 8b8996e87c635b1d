package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// charges are what the payment provider's own books say of an order: it knows nothing of our functions.
type charges struct {
	OrderID        string   `json:"order_id"`
	Payments       []string `json:"payments"`
	Captured       int64    `json:"captured"` // minor units, ever
	Refunded       int64    `json:"refunded"`
	Held           int64    `json:"held"` // authorised, neither captured nor released
	Authorizations int      `json:"authorizations"`
	Captures       int      `json:"captures"`
}

// charges reads the books of the test double, by order.
func (s *system) charges() (map[string]charges, error) {
	double, err := s.address("stripe", "USHER_DOUBLE")
	if err != nil {
		return nil, err
	}
	resp, err := http.Get("http://" + double + "/_double/ledger")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var books struct {
		Orders []charges `json:"orders"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&books); err != nil {
		return nil, fmt.Errorf("read the provider's books: %w", err)
	}
	byOrder := map[string]charges{}
	for _, c := range books.Orders {
		byOrder[c.OrderID] = c
	}
	return byOrder, nil
}

// right says what is wrong with the charges of an order, if anything (P3): a complete order is captured once, at its price,
// through one payment; any other was never charged, and nothing is held for it.
func (c charges) right(o order) error {
	switch {
	case len(c.Payments) > 1:
		return fmt.Errorf("order %s has %d payments", o.ID, len(c.Payments))
	case o.Status == "complete" && (c.Captures != 1 || c.Captured != o.Ticket.Price.Amount || c.Held != 0):
		return fmt.Errorf("order %s of %d is complete; captured are %d in %d captures, held %d", o.ID, o.Ticket.Price.Amount, c.Captured, c.Captures, c.Held)
	case o.Status == "cancelled" && (c.Captures != 0 || c.Held != 0):
		return fmt.Errorf("order %s is cancelled (%s); captured are %d, held %d", o.ID, o.Reason, c.Captured, c.Held)
	}
	return nil
}
