package payments

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher.example/shared/function"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

const webhookSecret = "whsec_test"

// signature is made as Stripe documents it: HMAC-SHA256 of the time, a dot and the payload, under the endpoint's secret.
// Source: https://docs.stripe.com/webhooks#verify-manually
func signature(secret, payload string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func TestWebhookSignature(t *testing.T) {
	const unknown = `{"id":"evt_1","object":"event","type":"customer.created","data":{"object":{"id":"cus_1"}}}`
	const foreign = `{"id":"evt_2","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{}}}}`
	const failed = `{"id":"evt_4","object":"event","type":"charge.refund.updated","data":{"object":{"id":"re_1","object":"refund","payment_intent":"pi_1","status":"failed"}}}`
	const hollow = `{"id":"evt_3","object":"event","type":"payment_intent.succeeded","data":{"object":{}}}`
	now := time.Now() // stripe-go compares with the real clock
	known := "t=1492774577,v1=" + strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		payload, header string
		want            int
	}{
		"OK/UnknownType":        {unknown, signature(webhookSecret, unknown, now), http.StatusOK},
		"OK/NotOurs":            {foreign, signature(webhookSecret, foreign, now), http.StatusOK},
		"OK/RefundFailed":       {failed, signature(webhookSecret, failed, now), http.StatusOK},
		"OK/AlmostStale":        {unknown, signature(webhookSecret, unknown, now.Add(-4*time.Minute)), http.StatusOK},
		"OK/TwoSecretsRotating": {unknown, signature("whsec_old", unknown, now) + "," + strings.SplitN(signature(webhookSecret, unknown, now), ",", 2)[1], http.StatusOK},
		"ErrForged":             {unknown, signature("whsec_guess", unknown, now), http.StatusBadRequest},
		"ErrStale":              {unknown, signature(webhookSecret, unknown, now.Add(-6*time.Minute)), http.StatusBadRequest},
		"ErrAltered":            {strings.Replace(unknown, "cus_1", "cus_2", 1), signature(webhookSecret, unknown, now), http.StatusBadRequest},
		"ErrOldVector":          {unknown, known, http.StatusBadRequest},
		"ErrUnsigned":           {unknown, "", http.StatusBadRequest},
		"ErrNoise":              {unknown, "v1=x,t=y", http.StatusBadRequest},
		"ErrNotJSON":            {"x", signature(webhookSecret, "x", now), http.StatusBadRequest},
		"ErrNoObject":           {hollow, signature(webhookSecret, hollow, now), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/api/payments/webhook", strings.NewReader(c.payload))
			r.Header.Set("Stripe-Signature", c.header)
			w := httptest.NewRecorder()
			webhookFunction(t).ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
}

// webhookFunction is the function with no store: what it refuses or lets be, it must not look up.
func webhookFunction(t *testing.T) http.Handler {
	t.Helper()
	keys, err := session.ParseKeys(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": webhookSecret}
	h, err := function.NewHTTP(Webhook, &function.Env{
		Store: store.New(nil, ""), Sessions: keys, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Getenv: func(name string) string { return settings[name] },
	}, "POST /api/payments/webhook")
	if err != nil {
		t.Fatal(err)
	}
	return h
}
