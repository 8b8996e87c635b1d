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

func TestRemindAt(t *testing.T) {
	created := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		life, after time.Duration
		ok          bool
	}{
		"OK":            {15 * time.Minute, 10 * time.Minute, true},
		"OK/Shortest":   {6 * time.Minute, time.Minute, true},
		"ErrTooShort":   {6*time.Minute - time.Second, 0, false},
		"ErrFiveSecond": {5 * time.Second, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			at, ok := RemindAt(created, created.Add(c.life))
			if ok != c.ok || ok && !at.Equal(created.Add(c.after)) {
				t.Errorf("got %s, %v", at, ok)
			}
		})
	}
}

// Whenever a timer is filed: if the reminders of the ping before have passed it, whoever files it knows.
func TestNoReminderFallsBetween(t *testing.T) {
	minute := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for filed := minute; filed.Before(minute.Add(period)); filed = filed.Add(time.Second) {
		for due := filed; due.Before(minute.Add(10 * period)); due = due.Add(time.Second) {
			passed := !due.After(minute.Add(lead)) // by the ping of this minute
			if passed && !Passed(due, filed) {
				t.Fatalf("filed %s, due %s: nobody reminds", filed, due)
			}
		}
	}
}
