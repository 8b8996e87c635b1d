package stripe

import (
	"slices"
	"strings"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/form"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// Page sizes, as at Stripe.
const (
	defaultLimit = 10
	maxLimit     = 100
)

// page is a part of a list.
type page[T any] struct {
	Object  string `json:"object"`
	URL     string `json:"url"`
	HasMore bool   `json:"has_more"`
	Data    []T    `json:"data"`
}

// span is a filter on the time of creation, in Unix seconds.
type span struct{ from, to int64 }

const forever = 1 << 62

func readSpan(in *form.Reader) span {
	if !in.Has("created") {
		return span{0, forever}
	}
	if !in.Hash("created") {
		at := in.Int("created", 0)
		return span{at, at}
	}
	r := in.Nested("created")
	return span{
		from: max(r.Int("gte", 0), after(r.Int("gt", -1))),
		to:   min(r.Int("lte", forever), r.Int("lt", forever)-1),
	}
}

// after avoids an overflow: nothing is created at the end of time.
func after(at int64) int64 { return min(at, forever) + 1 }

// listed answers a page, newest first, of the objects that fit.
func listed[T any](c *call, b store.Bucket, path string, created func(*T) int64, id func(*T) string, fits func(*T) bool) (any, error) {
	limit := c.in.Int("limit", defaultLimit)
	cursor, before := c.in.Text("starting_after", maxID), c.in.Text("ending_before", maxID)
	within := readSpan(c.in)
	switch {
	case limit < 1 || limit > maxLimit:
		c.in.Refuse(apierror.Invalid(apierror.CodeParameterInvalidInteger, "limit", "Invalid limit: must be between 1 and %d", maxLimit))
	case cursor != "" && before != "":
		c.in.Refuse(apierror.Invalid("parameters_exclusive", "ending_before", "You may only specify one of these parameters: ending_before, starting_after."))
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	p := page[T]{Object: "list", URL: path, Data: []T{}}
	take := func(_ string, v T) (bool, error) {
		if at := created(&v); at < within.from || at > within.to || !fits(&v) {
			return true, nil
		}
		if before != "" && id(&v) <= before {
			return false, nil
		}
		p.Data = append(p.Data, v)
		// Before a cursor, the page is the part nearest to it: the oldest ones.
		return before != "" || int64(len(p.Data)) <= limit, nil
	}
	if err := store.Newest(c.tx, b, cursor, take); err != nil {
		return nil, err
	}
	if extra := len(p.Data) - int(limit); extra > 0 {
		p.HasMore = true
		if before != "" {
			p.Data = slices.Clone(p.Data[extra:])
		} else {
			p.Data = p.Data[:limit]
		}
	}
	return p, nil
}

func listIntents(c *call) (any, error) {
	return listed(c, store.Intents, "/v1/payment_intents",
		func(v *payment.Intent) int64 { return v.Created }, func(v *payment.Intent) string { return v.ID },
		func(*payment.Intent) bool { return true })
}

func listCharges(c *call) (any, error) {
	of := c.in.Text("payment_intent", maxID)
	return listed(c, store.Charges, "/v1/charges",
		func(v *payment.Charge) int64 { return v.Created }, func(v *payment.Charge) string { return v.ID },
		func(v *payment.Charge) bool { return of == "" || v.PaymentIntent == of })
}

func listRefunds(c *call) (any, error) {
	intent, charge := c.in.Text("payment_intent", maxID), c.in.Text("charge", maxID)
	return listed(c, store.Refunds, "/v1/refunds",
		func(v *payment.Refund) int64 { return v.Created }, func(v *payment.Refund) string { return v.ID },
		func(v *payment.Refund) bool {
			return (intent == "" || string(v.PaymentIntent) == intent) && (charge == "" || v.Charge == charge)
		})
}

func listDisputes(c *call) (any, error) {
	intent, charge := c.in.Text("payment_intent", maxID), c.in.Text("charge", maxID)
	return listed(c, store.Disputes, "/v1/disputes",
		func(v *payment.Dispute) int64 { return v.Created }, func(v *payment.Dispute) string { return v.ID },
		func(v *payment.Dispute) bool {
			return (intent == "" || v.PaymentIntent == intent) && (charge == "" || v.Charge == charge)
		})
}

func listEvents(c *call) (any, error) {
	types := c.in.Texts("types")
	if one := c.in.Text("type", maxID); one != "" {
		types = append(types, one)
	}
	return listed(c, store.Events, "/v1/events",
		func(v *webhook.Event) int64 { return v.Created }, func(v *webhook.Event) string { return v.ID },
		func(v *webhook.Event) bool {
			return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool {
				prefix, all := strings.CutSuffix(t, "*")
				return v.Type == t || all && strings.HasPrefix(v.Type, prefix)
			})
		})
}

func getEvent(c *call) (any, error) { return found[webhook.Event](c, store.Events, "event") }
