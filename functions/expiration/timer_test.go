package expiration

import (
	"testing"
	"time"
)

// Whatever is filed, and whenever: either who files it waits for it, or a tick that begins after the filing, in time,
// takes it.
func TestNoTimerFallsBetween(t *testing.T) {
	minute := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for filed := minute; filed.Before(minute.Add(period)); filed = filed.Add(500 * time.Millisecond) {
		for due := filed; due.Before(minute.Add(4 * period)); due = due.Add(500 * time.Millisecond) {
			if TooSoon(due, filed) {
				if wait := due.Sub(filed); wait > period+overlap {
					t.Fatalf("filed %s, due %s: waits %s", filed, due, wait)
				}
				continue
			}
			// The last tick that begins in time, up to the overlap late.
			begins := due.Truncate(period)
			if due.Sub(begins) < overlap {
				begins = begins.Add(-period)
			}
			begins = begins.Add(overlap - time.Millisecond)
			if !begins.After(filed) && begins.Add(period).After(due) {
				t.Fatalf("filed %s, due %s: the tick of %s has begun before", filed, due, begins)
			}
			if Horizon(begins).Before(due) {
				t.Fatalf("due %s is beyond the horizon of the tick of %s", due, begins)
			}
		}
	}
}
