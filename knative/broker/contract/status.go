package contract

import "time"

// Status is what a dispatcher says of itself at GET /status. The controller calls
// a Trigger ready once every dispatcher serves it at its generation (C6).
type Status struct {
	// Ready is whether a contract is in force and everything in it is subscribed.
	Ready bool `json:"ready"`
	// Missing names subscriptions that do not exist yet.
	Missing  []string        `json:"missing,omitempty"`
	Triggers []TriggerStatus `json:"triggers"`
}

// TriggerStatus is what is known of one Trigger.
type TriggerStatus struct {
	UID        string `json:"uid"`
	Generation int64  `json:"generation"`
	Broker     string `json:"broker"`
	Name       string `json:"name"`
	// Subscribed is whether its subscriptions exist.
	Subscribed bool `json:"subscribed"`
	// Problem is why it is paused, empty when it is not.
	Problem  string        `json:"problem,omitempty"`
	InFlight int           `json:"inFlight"`
	Oldest   time.Duration `json:"oldest,omitempty"`
}
