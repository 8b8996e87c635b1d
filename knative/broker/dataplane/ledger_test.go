package dataplane_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

// ledger remembers what was answered with 202, and how often each event came to
// each Trigger.
type ledger struct {
	mu       sync.Mutex
	accepted []string
	came     []map[string]int
	repeated int // how often a sender that got no 202 sent the same event again
}

func (l *ledger) accept(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = append(l.accepted, id)
}

func (l *ledger) repeat() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.repeated++
}

// tally counts what is missing, and what came more than once.
func (l *ledger) tally() (missing, deliveries, duplicates int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, came := range l.came {
		for _, id := range l.accepted {
			if came[id] == 0 {
				missing++
			}
		}
		for _, n := range came {
			deliveries += n
			duplicates += n - 1
		}
	}
	return missing, deliveries, duplicates
}

// missing names the first deliveries that are missing, as trigger/event.
func (l *ledger) missing(triggers []contract.Trigger) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for i, came := range l.came {
		for _, id := range l.accepted {
			if came[id] == 0 && len(names) < 20 {
				names = append(names, triggers[i].Name+"/"+id)
			}
		}
	}
	return names
}

// TestLedger sends events without pause while ingress, dispatcher and server are
// killed one after the other at random, and then checks an independent ledger:
// nothing that was answered with 202 may be missing (P5, P6) at a Trigger that is
// well, at one whose subscriber fails every seventh time, or in the dead letter
// sink of one whose subscriber never succeeds (P7).
//
// USHER_BROKER_LEDGER sets the number of events; 100000 takes some minutes, in
// which each part is killed ten times at least.
func TestLedger(t *testing.T) {
	events, kills, long := 3000, 3, false
	if text := os.Getenv("USHER_BROKER_LEDGER"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("USHER_BROKER_LEDGER=%q is no number of events", text)
		}
		events, kills, long = n, max(33, kills), n >= 100_000
	}
	const senders = 32
	l := &ledger{}
	place := func() map[string]int {
		came := map[string]int{}
		l.came = append(l.came, came)
		return came
	}
	again, exponential, soon := int32(10), eventingduckv1.BackoffPolicyExponential, "PT0.02S"
	patient := &eventingduckv1.DeliverySpec{Retry: &again, BackoffPolicy: &exponential, BackoffDelay: &soon}
	once := int32(1)
	hasty := &eventingduckv1.DeliverySpec{Retry: &once, BackoffPolicy: &exponential, BackoffDelay: &soon}
	entries := []contract.Trigger{
		{Name: "well", Subscriber: newCounter(t, l, place(), 0), Delivery: patient},
		{Name: "flaky", Subscriber: newCounter(t, l, place(), 7), Delivery: patient},
		{Name: "dead", Subscriber: newCounter(t, l, map[string]int{}, 1), Delivery: hasty, DeadLetterSink: newCounter(t, l, place(), 0)},
	}
	path := writeContract(t, entries...)
	port := freePort(t)
	server := startChild(t, childSpec{Server: true, Dir: t.TempDir(), ServerPort: port})
	part := func(ingress bool) *child {
		return startChild(t, childSpec{
			Ingress: ingress, Dispatcher: !ingress, ServerPort: port, Contract: path, Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
		})
	}
	ingress, dispatcher := part(true), part(false)
	brokertest.Until(t, "all parts are healthy", func() bool { return ingress.healthy() && dispatcher.healthy() })

	ids := make(chan string)
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for id := range ids {
				for post(ingress.spec.Addr, id, "x") != http.StatusAccepted {
					l.repeat()
					time.Sleep(20 * time.Millisecond) // as any sender would
				}
				l.accept(id)
			}
		})
	}
	parts, killed := []*child{ingress, dispatcher, server}, map[string]int{}
	next := events / (kills + 1)
	for i := range events {
		ids <- strconv.Itoa(i)
		if i == next && kills > 0 {
			kills--
			next += max(1, rand.IntN(2*(events-i)/(kills+1)+1)) // unevenly spread over the rest
			victim := kills % len(parts)
			parts[victim].kill()
			parts[victim].start(t)
			killed[[]string{"ingress", "dispatcher", "server"}[victim]]++
		}
	}
	close(ids)
	sending.Wait()
	began := time.Now()
	end := began.Add(2 * time.Minute)
	missing, deliveries, duplicates := l.tally()
	for missing > 0 && time.Now().Before(end) {
		time.Sleep(20 * time.Millisecond)
		missing, deliveries, duplicates = l.tally()
	}
	t.Logf("killed: %v", killed)
	share := float64(duplicates) / float64(deliveries)
	t.Logf("%d events to %d triggers: %d deliveries, %d duplicates (%.2f %%; senders sent %d again), complete %s after the last 202",
		events, len(entries), deliveries, duplicates, 100*share, l.repeated, time.Since(began).Round(time.Millisecond))
	switch {
	case missing > 0:
		t.Fatalf("%d deliveries of accepted events are missing: %s (USHER_BROKER_LOG=1 shows what was given up)", missing, l.missing(entries))
	case long && share >= 0.01: // the short form has too few events for its kills
		t.Errorf("%.2f %% were delivered more than once", 100*share)
	}
}

// newCounter is a subscriber that counts what it takes and answers 202, but for each
// n-th request, which it refuses with 503; 0 refuses none, 1 all.
func newCounter(t *testing.T, l *ledger, came map[string]int, refuseEach int64) string {
	t.Helper()
	var requests atomic.Int64
	return serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if refuseEach > 0 && requests.Add(1)%refuseEach == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		l.mu.Lock()
		came[r.Header.Get("ce-id")]++
		l.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
}
