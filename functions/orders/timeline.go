package orders

import (
	"time"

	"usher.example/events"
)

// Happening is something that happened to an order.
type Happening struct {
	At     time.Time     `json:"at"`
	What   string        `json:"what"`             // created, held, paid, cancelled or refunded
	Reason events.Reason `json:"reason,omitempty"` // of what was cancelled
}

// timeline is what happened to an order, in its order. What an order that was made before moments were kept has passed
// through is left out where nothing says when.
func timeline(o events.Order, m moments) []Happening {
	refunded := o.RefundedAt != nil
	switch { // the last change is the one that the snapshot tells of
	case o.Status == events.OrderIsAwaiting && m.Held == nil:
		m.Held = &o.UpdatedAt
	case o.Status == events.OrderIsComplete && m.Paid == nil && !refunded:
		m.Paid = &o.UpdatedAt
	}
	line := []Happening{{At: o.CreatedAt, What: "created"}}
	if m.Held != nil {
		line = append(line, Happening{At: *m.Held, What: "held"})
	}
	if m.Paid != nil {
		line = append(line, Happening{At: *m.Paid, What: "paid"})
	}
	if o.Status == events.OrderIsCancelled {
		line = append(line, Happening{At: o.UpdatedAt, What: "cancelled", Reason: o.Reason})
	}
	if refunded {
		line = append(line, Happening{At: *o.RefundedAt, What: "refunded"})
	}
	return line
}
