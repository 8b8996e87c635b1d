package webhook_test

import (
	"testing"
	"time"

	stripehook "github.com/stripe/stripe-go/v76/webhook"

	"usher.example/knative/stripe/webhook"
)

// The vectors were computed with openssl dgst -sha256 -hmac SECRET over
// "TIME.PAYLOAD".
func TestSign(t *testing.T) {
	for _, test := range []struct {
		name, payload, secret string
		at                    int64
		want                  string
	}{
		{"Plain", `{"id":"evt_test"}`, "whsec_test_secret", 1492774577, "t=1492774577,v1=22f7d74836ddad3284a2b80853dd2fe731655c1bfddcff3c3666a500cf3abd80"},
		{"Empty", ``, "whsec_x", 0, "t=0,v1=4e8c2621ad6b7e8ee9325e803d12429025d82e5abc79b476cf0efabfaf9a6e57"},
		{"Unicode", `{"name":"Grüße"}`, "whsec_ü", 1700000000, "t=1700000000,v1=484fa0f5226dab451922c73217c276f3a6580ea8b02631e81e9e5ba28a3be480"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := webhook.Sign([]byte(test.payload), test.secret, time.Unix(test.at, 0)); got != test.want {
				t.Fatalf("%s; want %s", got, test.want)
			}
		})
	}
}

func TestStripeGoAcceptsTheSignature(t *testing.T) {
	payload := []byte(`{"id":"evt_1"}`)
	header := webhook.Sign(payload, "whsec_1", time.Now())
	if err := stripehook.ValidatePayload(payload, header, "whsec_1"); err != nil {
		t.Fatal(err)
	}
	if err := stripehook.ValidatePayload(append(payload, ' '), header, "whsec_1"); err == nil {
		t.Fatal("a changed payload was accepted")
	}
	if err := stripehook.ValidatePayload(payload, header, "whsec_2"); err == nil {
		t.Fatal("another secret was accepted")
	}
	if err := stripehook.ValidatePayload(payload, webhook.Sign(payload, "whsec_1", time.Now().Add(-time.Hour)), "whsec_1"); err == nil {
		t.Fatal("an old signature was accepted")
	}
}

func TestWaitGrowsAndEnds(t *testing.T) {
	last := time.Duration(0)
	for attempts := 1; attempts < 100; attempts++ {
		wait := webhook.Wait(attempts)
		if wait < last || wait > time.Minute {
			t.Fatalf("after %d attempts: %s, before it %s", attempts, wait, last)
		}
		last = wait
	}
	if last != time.Minute {
		t.Fatalf("the wait ends at %s", last)
	}
}
