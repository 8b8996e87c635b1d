package delivery

import (
	"strings"
	"testing"
	"time"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT0.05S": 50 * time.Millisecond, "PT0,05S": 50 * time.Millisecond, "PT0.001S": time.Millisecond, "PT2S": 2 * time.Second,
		"PT90S": 90 * time.Second, "PT1M30S": 90 * time.Second, "PT1H": time.Hour, "P1DT1H": 25 * time.Hour, "P1W": 7 * 24 * time.Hour,
		"PT0S": 0, "PT1.5M": 90 * time.Second, "P0.5D": 12 * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "5s", "PT5", "-PT5S", "P1Y", "P1M", "PT1S1M", "PT99999999999999999999S", "P9999999D", "PT1..5S", "pt1s"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was taken as %s", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("PT0.05S")
	f.Add("P1W2DT3H4M5.6S")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDuration(text); err == nil && (d < 0 || d > maxISODuration) {
			t.Errorf("%q is %s", text, d)
		}
	})
}

func TestPolicy(t *testing.T) {
	ptr := func(s string) *string { return &s }
	n := func(i int32) *int32 { return &i }
	format, backoff := eventingduckv1.FormatType("xml"), eventingduckv1.BackoffPolicyType("random")
	t.Run("nothing said takes the defaults", func(t *testing.T) {
		p, err := NewPolicy(nil)
		if err != nil || p.Retries != DefaultRetries || p.Timeout != DefaultTimeout || p.Backoff(1, 0) != 2*DefaultBackoff {
			t.Errorf("%+v, %v", p, err)
		}
	})
	t.Run("retry 0 means one attempt", func(t *testing.T) {
		if p, err := NewPolicy(&eventingduckv1.DeliverySpec{Retry: n(0)}); err != nil || p.Retries != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	})
	t.Run("a backoff never overflows", func(t *testing.T) {
		p, _ := NewPolicy(nil)
		if got := p.Backoff(1000, 0); got != MaxBackoff {
			t.Errorf("retry 1000 waits %s", got)
		}
	})
	for says, spec := range map[string]*eventingduckv1.DeliverySpec{
		"delivery.retry":         {Retry: n(-1)},
		"delivery.timeout":       {Timeout: ptr("PT0S")},
		"delivery.timeout: 2h":   {Timeout: ptr("PT2H")},
		"delivery.backoffDelay":  {BackoffDelay: ptr("soon")},
		"delivery.retryAfterMax": {RetryAfterMax: ptr("P1Y")},
		"delivery.format":        {Format: &format},
		"delivery.backoffPolicy": {BackoffPolicy: &backoff},
	} {
		t.Run("bad "+says, func(t *testing.T) {
			if _, err := NewPolicy(spec); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("error is %v", err)
			}
		})
	}
}
