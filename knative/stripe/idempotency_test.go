package stripe_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"usher.example/knative/stripe"
)

func keyed(key, method string, amount int64) *stripego.PaymentIntentParams {
	p := &stripego.PaymentIntentParams{
		Amount: stripego.Int64(amount), Currency: stripego.String("usd"), PaymentMethodTypes: []*string{stripego.String("card")}, CaptureMethod: stripego.String("manual"),
		PaymentMethod: stripego.String(method), Confirm: stripego.Bool(true),
	}
	p.AddMetadata("order_id", key)
	p.SetIdempotencyKey(key)
	return p
}

func TestIdempotencyKey(t *testing.T) {
	d := start(t)
	t.Run("ReplaysTheFirstAnswer", func(t *testing.T) {
		first, err := d.PaymentIntents.New(keyed("a", "pm_card_visa", 4200))
		if err != nil {
			t.Fatal(err)
		}
		if first.LastResponse.Header.Get("Idempotent-Replayed") != "" {
			t.Fatal("the first answer says that it is a replay")
		}
		if _, err := d.PaymentIntents.Capture(first.ID, nil); err != nil {
			t.Fatal(err)
		}
		second, err := d.PaymentIntents.New(keyed("a", "pm_card_visa", 4200))
		if err != nil {
			t.Fatal(err)
		}
		if second.ID != first.ID || second.Status != first.Status || second.LastResponse.Header.Get("Idempotent-Replayed") != "true" {
			t.Fatalf("the replay is %s %s, headers %v", second.ID, second.Status, second.LastResponse.Header)
		}
		if s := d.sums("a"); s.Authorizations != 1 {
			t.Fatalf("authorised %d times", s.Authorizations)
		}
	})
	t.Run("ReplaysADecline", func(t *testing.T) {
		_, err := d.PaymentIntents.New(keyed("b", "pm_card_chargeDeclined", 4200))
		first := refusal(t, err)
		_, err = d.PaymentIntents.New(keyed("b", "pm_card_chargeDeclined", 4200))
		if second := refusal(t, err); second.PaymentIntent.ID != first.PaymentIntent.ID || second.ChargeID != first.ChargeID {
			t.Fatalf("another attempt was made: %+v", second)
		}
	})
	t.Run("RefusesOtherParameters", func(t *testing.T) {
		if _, err := d.PaymentIntents.New(keyed("c", "pm_card_visa", 4200)); err != nil {
			t.Fatal(err)
		}
		_, err := d.PaymentIntents.New(keyed("c", "pm_card_visa", 4300))
		if e := refusal(t, err); e.Type != stripego.ErrorTypeIdempotency || e.HTTPStatusCode != 400 {
			t.Fatalf("%+v", e)
		}
	})
	t.Run("RefusesAnotherEndpoint", func(t *testing.T) {
		in, err := d.PaymentIntents.New(keyed("d", "pm_card_visa", 4200))
		if err != nil {
			t.Fatal(err)
		}
		p := &stripego.PaymentIntentCaptureParams{}
		p.SetIdempotencyKey("d")
		_, err = d.PaymentIntents.Capture(in.ID, p)
		if e := refusal(t, err); e.Type != stripego.ErrorTypeIdempotency {
			t.Fatalf("%+v", e)
		}
	})
	t.Run("IsFreeAfterARequestThatNeverBegan", func(t *testing.T) {
		_, err := d.PaymentIntents.New(keyed("e", "pm_card_visa", 3))
		if e := refusal(t, err); e.Code != "amount_too_small" {
			t.Fatalf("%+v", e)
		}
		if _, err := d.PaymentIntents.New(keyed("e", "pm_card_visa", 4200)); err != nil {
			t.Fatalf("the corrected request: %v", err)
		}
	})
}

func TestIdempotencyKeyIsInUseMeanwhile(t *testing.T) {
	d := start(t)
	d.control(http.MethodPost, "/_double/faults", stripe.Fault{Operation: "payment_intents.create", Kind: "delay", DelayMS: 60_000}, nil)
	slow := make(chan struct{})
	patience, giveUp := context.WithCancel(context.Background())
	go func() {
		defer close(slow)
		p := keyed("f", "pm_card_visa", 4200)
		p.Context = patience
		_, _ = d.PaymentIntents.New(p)
	}()
	eventually(t, "the slow request takes the fault", func() bool {
		var left struct{ Faults []stripe.Fault }
		d.control(http.MethodGet, "/_double/faults", nil, &left)
		return len(left.Faults) == 0
	})
	var e *stripego.Error
	eventually(t, "the second request finds the key in use", func() bool {
		_, err := d.PaymentIntents.New(keyed("f", "pm_card_visa", 4200))
		e = refusal(t, err)
		return e.HTTPStatusCode == http.StatusConflict
	})
	if e.Type != stripego.ErrorTypeIdempotency || e.Code != "idempotency_key_in_use" {
		t.Fatalf("%+v", e)
	}
	giveUp()
	<-slow
}

func TestIdempotencyKeysAreForgottenAfterADay(t *testing.T) {
	var ahead atomic.Int64
	d := start(t, func(c *stripe.Config) {
		c.WebhookURL = ""
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	first, err := d.PaymentIntents.New(keyed("a", "pm_card_visa", 4200))
	if err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(25 * time.Hour))
	second, err := d.PaymentIntents.New(keyed("a", "pm_card_visa", 4200))
	if err != nil || second.ID == first.ID {
		t.Fatalf("after a day the key gave %v, %v", second, err)
	}
}

// Many ask at once to pay the same intent: the money is held once.
func TestConcurrentConfirmsAuthorizeOnce(t *testing.T) {
	d := start(t)
	p := &stripego.PaymentIntentParams{Amount: stripego.Int64(4200), Currency: stripego.String("usd"), PaymentMethodTypes: []*string{stripego.String("card")}, CaptureMethod: stripego.String("manual")}
	p.AddMetadata("order_id", "o")
	in, err := d.PaymentIntents.New(p)
	if err != nil {
		t.Fatal(err)
	}
	const callers = 20
	var confirmed atomic.Int32
	var calls sync.WaitGroup
	for range callers {
		calls.Go(func() {
			_, err := d.PaymentIntents.Confirm(in.ID, &stripego.PaymentIntentConfirmParams{PaymentMethod: stripego.String("pm_card_visa")})
			if err == nil {
				confirmed.Add(1)
				return
			}
			var e *stripego.Error
			if !errors.As(err, &e) || e.Code != "payment_intent_unexpected_state" {
				t.Errorf("a late confirm got %v", err)
			}
		})
	}
	calls.Wait()
	if s := d.sums("o"); confirmed.Load() != 1 || s.Authorizations != 1 || s.Held != 4200 {
		t.Fatalf("%d confirms succeeded; ledger %+v", confirmed.Load(), s)
	}
}

// Capture and cancel race: exactly one wins, and the money is where it says.
func TestConcurrentCaptureAndCancelAgree(t *testing.T) {
	d := start(t)
	for range 10 {
		in := d.mustAuthorize("race", "pm_card_visa")
		var captured, canceled error
		var calls sync.WaitGroup
		calls.Go(func() { _, captured = d.PaymentIntents.Capture(in.ID, nil) })
		calls.Go(func() { _, canceled = d.PaymentIntents.Cancel(in.ID, nil) })
		calls.Wait()
		if (captured == nil) == (canceled == nil) {
			t.Fatalf("capture: %v; cancel: %v", captured, canceled)
		}
	}
	if s := d.sums("race"); s.Held != 0 || s.Captured+s.Released != 10*4200 {
		t.Fatalf("%+v", s)
	}
}

func TestDataFileIsNotShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stripe.db")
	config := stripe.Config{Data: path, PublicURL: "http://127.0.0.1:1"}
	first, err := stripe.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := stripe.Open(config); err == nil {
		t.Error("two doubles opened one data file")
		_ = second.Close()
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
}
