package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// apply stores what a rule decided: the objects, the moves, the events, and one
// delivery for each event somebody wants to hear of. The rule's refusal, if any, is
// returned.
func (c *call) apply(change payment.Change) error {
	var errs []error
	if m := change.Method; m != nil {
		errs = append(errs, c.tx.Put(store.Methods, m.Method.ID, m))
	}
	if in := change.Intent; in != nil {
		errs = append(errs, c.tx.Put(store.Intents, in.ID, in))
	}
	if ch := change.Charge; ch != nil {
		errs = append(errs, c.tx.Put(store.Charges, ch.ID, ch))
	}
	if re := change.Refund; re != nil {
		errs = append(errs, c.tx.Put(store.Refunds, re.ID, re))
	}
	if dp := change.Dispute; dp != nil {
		errs = append(errs, c.tx.Put(store.Disputes, dp.ID, dp))
	}
	for _, m := range change.Moves {
		errs = append(errs, c.tx.Put(store.Moves, m.ID, m))
	}
	for _, e := range change.Events {
		errs = append(errs, c.tell(e))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if change.Refusal != nil {
		return change.Refusal
	}
	return nil
}

func (c *call) tell(e payment.Event) error {
	object, err := json.Marshal(e.Object)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.Type, err)
	}
	event := webhook.Event{
		ID: c.env.IDs.New("evt_3"), Object: "event", APIVersion: webhook.APIVersion, Created: c.env.Now.Unix(),
		Data: webhook.Data{Object: object}, Request: c.caused, Type: e.Type,
	}
	if c.wanted(e.Type) {
		event.PendingWebhooks = 1
		c.webhooks++
		d := webhook.Delivery{Event: event.ID, Since: c.env.Now, Next: c.env.Now}
		if err := c.tx.Put(store.Deliveries, event.ID, d); err != nil {
			return err
		}
	}
	return c.tx.Put(store.Events, event.ID, event)
}

func (c *call) wanted(eventType string) bool {
	return c.sender != nil && (len(c.config.WebhookEvents) == 0 || slices.Contains(c.config.WebhookEvents, eventType))
}
