package stan_test

import (
	"fmt"
	"strings"
	"testing"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/stan"
	"usher.example/knative/broker/store"
)

// TestCompaction restarts a server on folders in which some events are acknowledged by all, some not by all, and some were
// never asked for: only the first may be deleted (P6), and who comes back goes on where it was.
func TestCompaction(t *testing.T) {
	const events = 21
	all := func(prefix string) (ids []string) {
		for i := range events {
			ids = append(ids, fmt.Sprintf("%s%d", prefix, i+1))
		}
		return ids
	}
	for _, tc := range []struct {
		name    string
		channel string
		// unacknowledged are sequences that the slow reader got and did not acknowledge.
		unacknowledged func(sequence uint64) bool
		subscribed     bool
		// firstLeft is the first sequence that must still be there; below it all files that it fills alone must be gone.
		firstLeft uint64
		mustGo    []uint64
	}{
		{"everything is acknowledged", "done", func(uint64) bool { return false }, true, events, []uint64{1, 4, 16}},
		{"one waits in the middle", "middle", func(s uint64) bool { return s == 10 }, true, 10, []uint64{1, 8}},
		{"the first waits", "first", func(s uint64) bool { return s == 1 }, true, 1, nil},
		{"nobody is subscribed", "nobody", nil, false, 1, nil},
		{"what is parked stays", "lane" + store.ParkedSuffix, func(uint64) bool { return false }, true, 1, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := stan.Small(stan.ServerOptions{Dir: t.TempDir(), Log: brokertest.Log()})
			server, err := stan.StartServer(o)
			if err != nil {
				t.Fatal(err)
			}
			c, quick, slow := client(t, server, "before"), &inbox{}, &inbox{}
			if tc.subscribed {
				want(t, c, sub(tc.channel, "quick", quick.handle(true)), sub(tc.channel, "slow", func(m store.Message) {
					slow.handle(!tc.unacknowledged(m.Sequence))(m)
				}))
			}
			appendAll(t, c, tc.channel, all("e")...)
			if tc.subscribed {
				quick.await(t, strings.Join(all("e"), " "))
				slow.await(t, strings.Join(all("e"), " "))
			}
			c.Close()
			server.Close()

			if server, err = stan.StartServer(o); err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			c = client(t, server, "after")
			for s := tc.firstLeft; s <= events; s++ {
				if r, err := c.Fetch(t.Context(), tc.channel, s); err != nil || r.Event.ID() != fmt.Sprintf("e%d", s) {
					t.Fatalf("event %d, which is needed: %v", s, err)
				}
			}
			for _, s := range tc.mustGo {
				if _, err := c.Fetch(t.Context(), tc.channel, s); err == nil {
					t.Errorf("event %d is still there", s)
				}
			}
			if tc.subscribed {
				var again []string
				for s := uint64(1); s <= events; s++ {
					if tc.unacknowledged(s) {
						again = append(again, fmt.Sprintf("e%d", s))
					}
				}
				quick, slow = &inbox{}, &inbox{}
				want(t, c, sub(tc.channel, "quick", quick.handle(true)), sub(tc.channel, "slow", slow.handle(true)))
				appendAll(t, c, tc.channel, "new")
				quick.await(t, "new")
				slow.await(t, strings.Join(append(again, "new"), " "))
			}
		})
	}
}
