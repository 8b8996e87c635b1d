// Package delivery brings one event to one destination: how long to wait for it,
// what its answer means, and when to try again.
package delivery

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
)

// What a Trigger gets that says nothing: the values Knative's own default Broker
// configuration ships with, so a subscriber that is being rolled out is met again
// rather than given up.
const (
	DefaultRetries = 10
	DefaultBackoff = 200 * time.Millisecond
	// DefaultTimeout is how long one attempt may take.
	DefaultTimeout = 30 * time.Second
)

const (
	// MaxBackoff bounds one wait: exponential growth overtakes any use.
	MaxBackoff = 24 * time.Hour
	// MaxTimeout bounds one attempt; a subscriber that needs longer should answer
	// 202 and send its result as a new event.
	MaxTimeout = time.Hour
	// MaxRetries bounds attempts: 24 hours apart, these are weeks.
	MaxRetries = 1000
)

// Policy is a delivery spec, understood.
type Policy struct {
	Retries     int
	Timeout     time.Duration
	Delay       time.Duration
	Exponential bool
	// RetryAfterMax bounds what a Retry-After header may ask for. The eventing API
	// makes the header opt-in: zero ignores it.
	RetryAfterMax time.Duration
	// Structured sends events in structured JSON rather than binary mode.
	Structured bool
}

// NewPolicy understands a delivery spec; nil takes the defaults. The error names
// the field to correct.
func NewPolicy(spec *eventingduckv1.DeliverySpec) (Policy, error) {
	p := Policy{Retries: DefaultRetries, Timeout: DefaultTimeout, Delay: DefaultBackoff, Exponential: true}
	if spec == nil {
		return p, nil
	}
	if spec.Retry != nil {
		if *spec.Retry < 0 || *spec.Retry > MaxRetries {
			return p, fmt.Errorf("delivery.retry: %d must be between 0 and %d", *spec.Retry, MaxRetries)
		}
		p.Retries = int(*spec.Retry)
	}
	if spec.BackoffPolicy != nil {
		switch *spec.BackoffPolicy {
		case eventingduckv1.BackoffPolicyExponential:
		case eventingduckv1.BackoffPolicyLinear:
			p.Exponential = false
		default:
			return p, fmt.Errorf("delivery.backoffPolicy: %q must be exponential or linear", *spec.BackoffPolicy)
		}
	}
	if spec.Format != nil {
		switch *spec.Format {
		case eventingduckv1.DeliveryFormatBinary:
		case eventingduckv1.DeliveryFormatJson:
			p.Structured = true
		default:
			return p, fmt.Errorf("delivery.format: %q must be binary or json", *spec.Format)
		}
	}
	return p, p.durations(spec)
}

func (p *Policy) durations(spec *eventingduckv1.DeliverySpec) error {
	for _, field := range []struct {
		name string
		text *string
		into *time.Duration
	}{
		{"backoffDelay", spec.BackoffDelay, &p.Delay},
		{"timeout", spec.Timeout, &p.Timeout},
		{"retryAfterMax", spec.RetryAfterMax, &p.RetryAfterMax},
	} {
		if field.text == nil {
			continue
		}
		d, err := ParseDuration(*field.text)
		if err != nil {
			return fmt.Errorf("delivery.%s: %w", field.name, err)
		}
		*field.into = d
	}
	if p.Timeout <= 0 || p.Timeout > MaxTimeout {
		return fmt.Errorf("delivery.timeout: %s must be more than 0 and at most %s", p.Timeout, MaxTimeout)
	}
	return nil
}

// Backoff is how long to wait before retry n (1 for the first retry), given what
// the last answer's Retry-After asked for (0 when it did not).
func (p Policy) Backoff(n int, retryAfter time.Duration) time.Duration {
	factor := float64(n)
	if p.Exponential {
		factor = math.Exp2(float64(n))
	}
	wait := MaxBackoff
	if product := float64(p.Delay) * factor; product < float64(MaxBackoff) {
		wait = time.Duration(product)
	}
	return max(wait, min(retryAfter, p.RetryAfterMax))
}

// Retriable is whether an answer with this status may be followed by another
// attempt. A list of the statuses that may not is kept short on purpose: what the
// specification does not list is tried again.
func Retriable(status int) bool {
	switch {
	case status >= 100 && status < 200, status >= 300 && status < 400:
		return false
	case status >= 400 && status < 500:
		return status == http.StatusNotFound || status == http.StatusRequestTimeout ||
			status == http.StatusConflict || status == http.StatusTooManyRequests
	default:
		return true
	}
}

// retryAfter reads the header of a 429 or 503: seconds or an HTTP date. 0 when
// there is none to honour.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	text := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
