package users

import (
	"time"

	"usher.example/shared/problem"
)

const (
	// accountTries and addressTries are the failures that cost nothing: people mistype, and many share an address.
	accountTries = 10
	addressTries = 100
	// forgiveAfter is how long after the last failure all is forgotten.
	forgiveAfter = 15 * time.Minute
	// maxWait bounds the wait: nobody can lock somebody else out for longer.
	maxWait = 5 * time.Minute
)

// throttle counts failures to sign in, of an account or from an address.
type throttle struct {
	Failures int       `dynamodbav:"failures"`
	LastAt   time.Time `dynamodbav:"last_at"`
}

// wait is how long from now on a further try is refused: each failure beyond the free ones doubles it.
func (t throttle) wait(free int, now time.Time) time.Duration {
	over := t.Failures - free
	if over < 0 || now.Sub(t.LastAt) >= forgiveAfter {
		return 0
	}
	wait := maxWait
	if over < 9 { // 2⁹ s is more than maxWait
		wait = min(maxWait, time.Second<<over)
	}
	return max(0, t.LastAt.Add(wait).Sub(now))
}

// failed is the throttle after one more failure.
func (t throttle) failed(now time.Time) throttle {
	if now.Sub(t.LastAt) >= forgiveAfter {
		t.Failures = 0
	}
	return throttle{t.Failures + 1, now.UTC()}
}

// refuse says that a try must wait, or nothing.
func (t throttle) refuse(free int, now time.Time) error {
	if wait := t.wait(free, now); wait > 0 {
		return problem.New(problem.TooMany, "There were too many failed attempts. Please wait a moment and try again.").After(wait)
	}
	return nil
}
