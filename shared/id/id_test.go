package id

import (
	"testing"
	"time"
)

// Ids sort by time, and the first of a moment is before all that were made in it.
func TestFirst(t *testing.T) {
	made := New()
	at := Time(made)
	if first := First(at); !Valid(first) || first > made || !Time(first).Equal(at) {
		t.Errorf("the first of %s is %s, after %s", at, first, made)
	}
	if next := First(at.Add(time.Millisecond)); next <= made {
		t.Errorf("%s is of the next millisecond, and before %s", next, made)
	}
	if got := First(time.Time{}); !Valid(got) {
		t.Errorf("before 1970: %s", got)
	}
}
