package dataplane_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

// ledger remembers what was answered with 202, and how often each event came to
// each Trigger.
type ledger struct {
	mu       sync.Mutex
	accepted []string
	came     []map[string]int
}

func (l *ledger) accept(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = append(l.accepted, id)
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

// TestLedger sends events without pause while ingress, dispatcher and server are
// killed one after the other at random, and then checks an independent ledger:
// nothing that was answered with 202 may be missing at any Trigger (P5, P6).
//
// USHER_BROKER_LEDGER sets the number of events; 100000 takes some minutes.
func TestLedger(t *testing.T) {
	events, kills := 3000, 3
	if text := os.Getenv("USHER_BROKER_LEDGER"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("USHER_BROKER_LEDGER=%q is no number of events", text)
		}
		events, kills = n, max(12, kills)
	}
	const triggers, senders = 3, 32
	l := &ledger{}
	var entries []contract.Trigger
	for i := range triggers {
		came := map[string]int{}
		l.came = append(l.came, came)
		sub := newCounter(t, l, came)
		entries = append(entries, contract.Trigger{Name: fmt.Sprint("t", i), Subscriber: sub})
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
					time.Sleep(20 * time.Millisecond) // as any sender would
				}
				l.accept(id)
			}
		})
	}
	parts := []*child{ingress, dispatcher, server}
	next := events / (kills + 1)
	for i := range events {
		ids <- strconv.Itoa(i)
		if i == next && kills > 0 {
			kills--
			next += max(1, rand.IntN(2*(events-i)/(kills+1)+1)) // unevenly spread over the rest
			victim := parts[kills%len(parts)]
			victim.kill()
			victim.start(t)
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
	t.Logf("%d events to %d triggers: %d deliveries, %d duplicates (%.2f %%), complete %s after the last 202",
		events, triggers, deliveries, duplicates, 100*float64(duplicates)/float64(deliveries), time.Since(began).Round(time.Millisecond))
	if missing > 0 {
		t.Fatalf("%d deliveries of accepted events are missing", missing)
	}
}

// newCounter is a subscriber that only counts, and answers 202.
func newCounter(t *testing.T, l *ledger, came map[string]int) string {
	t.Helper()
	return serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		came[r.Header.Get("ce-id")]++
		l.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
}
