package stripe_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"usher.example/knative/stripe"
)

func (d *double) fault(f stripe.Fault) {
	d.t.Helper()
	d.control(http.MethodPost, "/_double/faults", f, nil)
}

func TestFaults(t *testing.T) {
	d := start(t)
	for _, test := range []struct {
		name  string
		fault stripe.Fault
		// status of the error, or 0 when there is no answer at all
		status int
		done   bool // the call took effect all the same
	}{
		{"ErrorBefore", stripe.Fault{Kind: "status", Status: 500, Effect: "before"}, 500, false},
		{"ErrorAfter", stripe.Fault{Kind: "status", Status: 500, Effect: "after"}, 500, true},
		{"TooManyRequests", stripe.Fault{Status: 429}, 429, false},
		{"CutBefore", stripe.Fault{Kind: "drop", Effect: "before"}, 0, false},
		{"CutAfter", stripe.Fault{Kind: "drop", Effect: "after"}, 0, true},
		{"HangAfter", stripe.Fault{Kind: "hang", Effect: "after"}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.fault.Operation = "payment_intents.create"
			d.fault(test.fault)
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			p := keyed(test.name, "pm_card_visa", 4200)
			p.Context = ctx
			_, err := d.PaymentIntents.New(p)
			var e *stripego.Error
			if test.status == 0 {
				if err == nil || errors.As(err, &e) {
					t.Fatalf("the call was answered: %v", err)
				}
			} else if got := refusal(t, err).HTTPStatusCode; got != test.status {
				t.Fatalf("answered %d", got)
			}
			if l := d.ledger(test.name); (len(l.Payments) == 1) != test.done {
				t.Fatalf("%d payments were made", len(l.Payments))
			}
			// Whatever happened, the same key ends it with one authorisation.
			in, err := d.PaymentIntents.New(keyed(test.name, "pm_card_visa", 4200))
			if err != nil || in.Status != "requires_capture" {
				t.Fatalf("again: %+v, %v", in, err)
			}
			if s := d.sums(test.name); s.Authorizations != 1 {
				t.Fatalf("authorised %d times", s.Authorizations)
			}
		})
	}
}

func TestFaultsAreForTheirOperationAndCount(t *testing.T) {
	d := start(t)
	d.fault(stripe.Fault{Operation: "payment_intents.capture", Count: 2})
	in := d.mustAuthorize("o", "pm_card_visa")
	for i := range 3 {
		_, err := d.PaymentIntents.Capture(in.ID, nil)
		if failed := i < 2; failed != (err != nil) {
			t.Fatalf("capture %d: %v", i, err)
		}
	}
	d.fault(stripe.Fault{})
	d.control(http.MethodDelete, "/_double/faults", nil, nil)
	d.mustAuthorize("p", "pm_card_visa")
}

func TestControlsRefuseNonsense(t *testing.T) {
	d := start(t)
	authorized := d.mustAuthorize("o", "pm_card_visa")
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"Operation", "POST", "/_double/faults", `{"operation":"payments.pay"}`, 400, "payment_intents.create"},
		{"Kind", "POST", "/_double/faults", `{"kind":"explode"}`, 400, "kind must be"},
		{"Count", "POST", "/_double/faults", `{"count":-1}`, 400, "count"},
		{"Delay", "POST", "/_double/faults", `{"kind":"delay"}`, 400, "delay_ms"},
		{"Status", "POST", "/_double/faults", `{"status":200}`, 400, "status"},
		{"Effect", "POST", "/_double/faults", `{"effect":"sometimes"}`, 400, "effect"},
		{"Field", "POST", "/_double/faults", `{"opration":"x"}`, 400, "opration"},
		{"JSON", "POST", "/_double/faults", `{`, 400, "body"},
		{"Two", "POST", "/_double/faults", `{}{}`, 400, "more than one"},
		{"Lose", "PUT", "/_double/webhooks", `{"lose":-1}`, 400, "negative"},
		{"Outcome", "POST", "/_double/payments/" + authorized.ID + "/authenticate", `{"outcome":"maybe"}`, 400, "approve"},
		{"NotWaiting", "POST", "/_double/payments/" + authorized.ID + "/authenticate", `{"outcome":"approve"}`, 400, "requires_capture"},
		{"NotCaptured", "POST", "/_double/payments/" + authorized.ID + "/dispute", `{}`, 400, "cannot be disputed"},
		{"NoPayment", "POST", "/_double/payments/pi_none/lapse", ``, 404, "No such payment_intent"},
		{"NoEvent", "POST", "/_double/events/evt_none/send", ``, 404, "No such event"},
		{"NoControl", "GET", "/_double/nothing", ``, 404, "No control"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, got := d.refused(test.method, test.path, test.body, "Content-Type", "application/json")
			if status != test.status || !strings.Contains(got.Message, test.want) {
				t.Fatalf("%d %+v", status, got)
			}
		})
	}
	if status, _ := d.refused("POST", "/_double/faults", `{}`, "Content-Type", "text/plain"); status != 400 {
		t.Errorf("a fault that is not JSON was answered with %d", status)
	}
}

func TestAuthorizationLapses(t *testing.T) {
	d := start(t)
	in := d.mustAuthorize("o", "pm_card_visa")
	d.control(http.MethodPost, "/_double/payments/"+in.ID+"/lapse", nil, nil)
	if s := d.sums("o"); s.Held != 0 || s.Released != 4200 {
		t.Fatalf("%+v", s)
	}
	_, err := d.PaymentIntents.Capture(in.ID, nil)
	if e := refusal(t, err); e.PaymentIntent.Status != "canceled" {
		t.Fatalf("%+v", e)
	}
	eventually(t, "the shop is told", func() bool {
		return d.heard.count("payment_intent.canceled") == 1 && d.heard.count("charge.expired") == 1
	})
}

func TestEverythingCanBeForgotten(t *testing.T) {
	d := start(t)
	d.mustAuthorize("o", "pm_card_visa")
	d.control(http.MethodDelete, "/_double/state", nil, nil)
	if l := d.ledger(""); len(l.Payments)+len(l.Orders)+len(l.Totals) != 0 {
		t.Fatalf("%+v", l)
	}
}
