package webhook

import "time"

// Back-off of deliveries. Stripe tries for three days in live mode; a laptop that
// slept over the weekend should not be woken by what nobody remembers.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = time.Minute
	// GiveUpAfter is how long a webhook is tried.
	GiveUpAfter = 24 * time.Hour
)

// Wait returns how long to wait after a number of failed attempts.
func Wait(attempts int) time.Duration {
	wait := firstWait
	for range attempts - 1 {
		if wait *= 2; wait >= longestWait {
			return longestWait
		}
	}
	return wait
}
