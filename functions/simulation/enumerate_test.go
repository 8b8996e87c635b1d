package simulation

import (
	"strings"
	"testing"
)

// shortSchedules bounds a small world of the short form, which must be seen in full within it; shortOfLarge a large one.
const (
	shortSchedules = 3_000
	shortOfLarge   = 800
)

// Every schedule of the small worlds keeps the promises; of the large ones among them, the short form tries the first.
func TestEnumerate(t *testing.T) {
	for _, world := range SmallWorlds {
		t.Run(world.Name, func(t *testing.T) {
			t.Parallel()
			limit := shortSchedules
			if world.Large {
				limit = shortOfLarge
			}
			e := Enumerate(world, limit/slowed)
			t.Logf("%d schedules, %d to their rest, %d states", e.Schedules, e.Rests, e.States)
			if e.Failure != nil {
				t.Fatalf("%v\n%s", e.Failure, strings.Join(e.Timeline, "\n"))
			}
			if !e.Complete && !world.Large && slowed == 1 {
				t.Errorf("not all schedules were seen in %d", shortSchedules)
			}
		})
	}
}

// The enumeration meets what it is for: in some schedules one buyer gets the ticket, in some the other, and the orders end
// in every way that they can.
func TestEnumerateMeetsEveryEnd(t *testing.T) {
	for name, world := range map[string]SmallWorld{
		"complete":  {People: []Person{buys}, Expiry: true},
		"cancelled": {People: []Person{drops}, Expiry: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := Enumerate(world, 500) // it soon does
			if e.Ends[name] == 0 || e.Ends["cancelled expired"] == 0 && e.Ends["cancelled"] == 0 {
				t.Errorf("ends: %v", e.Ends)
			}
		})
	}
}
