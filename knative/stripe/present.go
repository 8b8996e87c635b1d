package stripe

import (
	"encoding/json"
	"fmt"
	"strings"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/store"
)

// maxExpand and maxExpandDepth are Stripe's own limits of expansion.
const (
	maxExpand      = 20
	maxExpandDepth = 4
)

// expandable are the fields of each kind of object that hold an id, and where what
// they name is kept.
var expandable = map[string]map[string]store.Bucket{
	"payment_intent": {"latest_charge": store.Charges, "payment_method": store.Methods},
	"charge":         {"payment_intent": store.Intents, "dispute": store.Disputes},
	"refund":         {"payment_intent": store.Intents, "charge": store.Charges},
	"dispute":        {"payment_intent": store.Intents, "charge": store.Charges},
}

// alwaysNull are fields Stripe would expand and that hold nothing here.
var alwaysNull = map[string]bool{
	"customer": true, "invoice": true, "on_behalf_of": true, "balance_transaction": true, "review": true, "application": true,
	"transfer_data": true, "source_transfer_reversal": true, "transfer_reversal": true,
}

// present prepares an object for its reader: what was asked for is expanded, and
// what browsers may not see is left out.
func (c *call) present(object any) (any, error) {
	if len(c.expand) == 0 && !c.public {
		return object, nil
	}
	if len(c.expand) > maxExpand {
		return nil, apierror.Invalid("", "expand", "You may expand at most %d properties.", maxExpand)
	}
	fields, err := asMap(object)
	if err != nil {
		return nil, err
	}
	for _, path := range c.expand {
		steps := strings.Split(path, ".")
		if len(steps) > maxExpandDepth {
			return nil, apierror.Invalid("", "expand", "You cannot expand more than %d levels of a property. Property: %s", maxExpandDepth, path)
		}
		if err := c.expandAt(fields, steps, path); err != nil {
			return nil, err
		}
	}
	if c.public && fields["object"] == "payment_intent" {
		for _, hidden := range []string{"metadata", "latest_charge", "application", "application_fee_amount", "customer", "on_behalf_of", "review", "transfer_data", "transfer_group"} {
			delete(fields, hidden)
		}
	}
	return fields, nil
}

func asMap(object any) (map[string]any, error) {
	if fields, ok := object.(map[string]any); ok {
		return fields, nil
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode an object: %w", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber() // amounts stay whole numbers
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("decode an object: %w", err)
	}
	return fields, nil
}

// expandAt replaces the id at the first step by what it names, and goes on inside.
func (c *call) expandAt(fields map[string]any, steps []string, path string) error {
	if fields["object"] == "list" {
		if steps[0] != "data" || len(steps) < 2 {
			return notExpandable(path)
		}
		items, _ := fields["data"].([]any)
		for _, item := range items {
			inner, ok := item.(map[string]any)
			if !ok {
				return notExpandable(path)
			}
			if err := c.expandAt(inner, steps[1:], path); err != nil {
				return err
			}
		}
		return nil
	}
	kind, _ := fields["object"].(string)
	if alwaysNull[steps[0]] {
		return nil
	}
	bucket, ok := expandable[kind][steps[0]]
	if !ok {
		return notExpandable(path)
	}
	if id, isID := fields[steps[0]].(string); isID {
		object, err := c.fetch(bucket, id)
		if err != nil {
			return err
		}
		fields[steps[0]] = object
	}
	inner, ok := fields[steps[0]].(map[string]any)
	if !ok || len(steps) == 1 {
		return nil // null stays null
	}
	return c.expandAt(inner, steps[1:], path)
}

func (c *call) fetch(bucket store.Bucket, id string) (map[string]any, error) {
	var fields map[string]any
	found, err := c.tx.Get(bucket, id, &fields)
	if err == nil && !found {
		err = fmt.Errorf("%s %s is named by another object and does not exist", bucket, id)
	}
	if inner, ok := fields["method"].(map[string]any); ok && bucket == store.Methods {
		return inner, err // how its bank behaves is not shown
	}
	return fields, err
}

func notExpandable(path string) *apierror.Error {
	return apierror.Invalid("", "expand", "This property cannot be expanded (%s). You may want to try expanding 'data.%s' if it is a list.", path, path)
}
