package webhook

import (
	"encoding/json"
	"time"
)

// APIVersion is the version of Stripe's API that objects are written in, and the
// one stripe-go v76 insists on.
const APIVersion = "2023-10-16"

// Event is one thing that happened, as GET /v1/events and webhooks tell it.
type Event struct {
	ID              string  `json:"id"`
	Object          string  `json:"object"`
	APIVersion      string  `json:"api_version"`
	Created         int64   `json:"created"`
	Data            Data    `json:"data"`
	Livemode        bool    `json:"livemode"`
	PendingWebhooks int64   `json:"pending_webhooks"`
	Request         Request `json:"request"`
	Type            string  `json:"type"`
}

// Data holds the object as it was when the event happened.
type Data struct {
	Object json.RawMessage `json:"object"`
}

// Request is what caused the event; null when nobody asked for it through the API.
type Request struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

// Delivery is a webhook that still has to arrive.
type Delivery struct {
	Event    string    `json:"event"` // id
	Attempts int       `json:"attempts"`
	Since    time.Time `json:"since"` // when it was first due
	Next     time.Time `json:"next"`  // when it is tried again
	Reason   string    `json:"reason,omitempty"`
}
