package payments

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// atStripe is the service at a Stripe that answers refunds as told, and shows a charge that is refunded or is not.
func atStripe(t *testing.T, status int, refund string, refunded bool) *service {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/refunds" {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(refund))
			return
		}
		charge := `{"id":"ch_1","refunded":false}`
		if refunded {
			charge = `{"id":"ch_1","refunded":true}`
		}
		_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"succeeded","latest_charge":` + charge + `}`))
	}))
	t.Cleanup(server.Close)
	settings := map[string]string{"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_API_URL": server.URL}
	log := slog.New(slog.DiscardHandler)
	provider, err := newStripe(func(name string) string { return settings[name] }, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &service{&function.Env{Now: time.Now, Log: log}, nil, provider}
}

// Only what Stripe did is told as done (P3): an operator who is told of a refund does not look again.
func TestGiveBack(t *testing.T) {
	p := Payment{Payment: events.Payment{OrderID: "o", PaymentIntentID: "pi_1", Status: events.PaymentIsCaptured}}
	for name, c := range map[string]struct {
		status   int
		refund   string
		refunded bool
		want     problem.Code
	}{
		"OK":         {200, `{"id":"re_1","status":"succeeded"}`, true, ""},
		"OK/Before":  {400, `{"error":{"type":"invalid_request_error","code":"charge_already_refunded"}}`, true, ""},
		"ErrRefused": {400, `{"error":{"type":"invalid_request_error","code":"charge_disputed"}}`, false, problem.Conflict},
		"ErrFailed":  {200, `{"id":"re_1","status":"failed"}`, false, problem.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := atStripe(t, c.status, c.refund, c.refunded).giveBack(t.Context(), p)
			if got := code(err); got != c.want || err == nil && in.Status != IntentRefunded {
				t.Errorf("got %+v, %v", in, err)
			}
		})
	}
}

// Stripe answers what it refused once with the same refusal for a day, to the same key.
func TestARefusedRefundCanBeAskedForAgain(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if refundKey("o", at) != refundKey("o", at.Add(50*time.Second)) {
		t.Error("a double click is two refunds")
	}
	if refundKey("o", at) == refundKey("o", at.Add(time.Minute)) || refundKey("o", at) == refundKey("p", at) {
		t.Error("a new request is answered as an old one was")
	}
}

// Somebody at Stripe's dashboard can be faster than the write of our own capture.
func TestARefundedCaptureIsNoFailure(t *testing.T) {
	for name, c := range map[string]struct {
		refunded bool
		want     events.PaymentStatus
	}{"Captured": {false, events.PaymentIsCaptured}, "RefundedMeanwhile": {true, events.PaymentIsRefunded}} {
		t.Run(name, func(t *testing.T) {
			p := paid(events.OrderIsComplete, authorized)
			came, err := atStripe(t, 200, `{}`, c.refunded).perform(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if got := came(p); got.Status != c.want {
				t.Errorf("the payment is %s", got.Status)
			}
		})
	}
}

// Nothing about the amount is read from a request, and nobody but an operator comes as far as the store.
func TestRefundRefuses(t *testing.T) {
	keys, err := session.ParseKeys(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	s := atStripe(t, 200, `{}`, false)
	h, err := function.NewHTTP(func(*function.Env) (function.Handler, error) { return s.refund, nil }, &function.Env{
		Store: store.New(nil, ""), Sessions: keys, Now: time.Now, Log: s.env.Log, Getenv: func(string) string { return "" },
	}, "POST /api/payments/{order_id}/refund")
	if err != nil {
		t.Fatal(err)
	}
	const o = "0198c0de-8b22-7d4f-8e9c-3a7b5f2c8da1"
	for name, c := range map[string]struct {
		role, order, body string
		want              int
	}{
		"ErrBuyer":     {"", o, "", http.StatusForbidden},
		"ErrOtherRole": {"Operator", o, "", http.StatusForbidden},
		"ErrNoOrder":   {session.Operator, "nonsense", "", http.StatusNotFound},
		"ErrAmount":    {session.Operator, o, `{"amount":1}`, http.StatusBadRequest},
		"ErrNotJSON":   {session.Operator, o, `x`, http.StatusBadRequest},
		"ErrTooLarge":  {session.Operator, o, strings.Repeat(" ", 2<<20), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/api/payments/"+c.order+"/refund", strings.NewReader(c.body))
			token, err := keys.Sign(session.User{ID: "u", Email: "u@usher.example", Role: c.role}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			r.AddCookie(session.Cookie(r, token))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
}
