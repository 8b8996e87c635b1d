package dataplane_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

func serveHTTP(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// fleet is a server, an ingress and two dispatchers, as separate processes.
type fleet struct {
	server, ingress, one, two *child
}

func startFleet(t *testing.T, triggers ...contract.Trigger) fleet {
	t.Helper()
	path, port := writeContract(t, triggers...), freePort(t)
	part := func(ingress bool) *child {
		return startChild(t, childSpec{
			Ingress: ingress, Dispatcher: !ingress, ServerPort: port, Contract: path, Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
		})
	}
	f := fleet{server: startChild(t, childSpec{Server: true, Dir: t.TempDir(), ServerPort: port})}
	f.ingress, f.one, f.two = part(true), part(false), part(false)
	brokertest.Until(t, "the fleet is healthy", func() bool {
		return f.ingress.healthy() && f.one.healthy() && f.two.healthy()
	})
	return f
}

// delivered is how many deliveries a dispatcher has settled.
func (c *child) delivered(t *testing.T) int {
	t.Helper()
	r := brokertest.Rig{URL: "http://" + c.spec.Addr}
	return r.Metric(t, "usher_broker_settled_total", `how="delivered"`)
}

func TestTwoDispatchersShareAndTakeOver(t *testing.T) {
	var mu sync.Mutex
	came := map[string]time.Time{}
	hold := make(chan struct{})
	url := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("ce-id")
		mu.Lock()
		_, again := came[id]
		came[id] = time.Now()
		mu.Unlock()
		if len(id) > 4 && id[:4] == "held" && !again {
			<-hold // the process that sent this dies meanwhile
		}
		w.WriteHeader(http.StatusAccepted)
	})
	t.Cleanup(func() { close(hold) })
	f := startFleet(t, contract.Trigger{Subscriber: url})
	const n = 200
	for i := range n {
		if status := post(f.ingress.spec.Addr, strconv.Itoa(i), "x"); status != http.StatusAccepted {
			t.Fatalf("answered %d", status)
		}
	}
	brokertest.Until(t, "all are delivered", func() bool { return f.one.delivered(t)+f.two.delivered(t) >= n })
	if one, two := f.one.delivered(t), f.two.delivered(t); one < n/5 || two < n/5 {
		t.Errorf("shared as %d and %d of %d", one, two, n)
	}

	const held = 20
	for i := range held {
		if status := post(f.ingress.spec.Addr, "held"+strconv.Itoa(i), "x"); status != http.StatusAccepted {
			t.Fatalf("answered %d", status)
		}
	}
	brokertest.Until(t, "all are with the subscriber", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(came) == n+held
	})
	killed := time.Now()
	f.one.kill()
	before := func() (lost int) {
		mu.Lock()
		defer mu.Unlock()
		for i := range held {
			if came["held"+strconv.Itoa(i)].Before(killed) {
				lost++
			}
		}
		return lost
	}
	mine := before()
	brokertest.Until(t, "what the dead dispatcher had is delivered again", func() bool { return before() <= mine-held/5 })
	took := time.Since(killed)
	t.Logf("taken over in %s", took.Round(10*time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("the takeover took %s, more than 5 s", took)
	}
}

func TestOrderedTriggerHasOneReaderAtATime(t *testing.T) {
	var mu sync.Mutex
	var order []int
	url := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.Header.Get("ce-id"))
		mu.Lock()
		order = append(order, n)
		mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	f := startFleet(t, contract.Trigger{Subscriber: url, Ordered: true})
	const n = 60
	send := func(from int) {
		for i := from; i < from+n; i++ {
			if status := post(f.ingress.spec.Addr, strconv.Itoa(i), "x"); status != http.StatusAccepted {
				t.Fatalf("answered %d", status)
			}
		}
	}
	last := func() int {
		mu.Lock()
		defer mu.Unlock()
		if len(order) == 0 {
			return -1
		}
		return order[len(order)-1]
	}
	send(0)
	brokertest.Until(t, "the first half has come", func() bool { return last() == n-1 })
	reader := f.one
	if f.one.delivered(t) == 0 {
		reader = f.two
	}
	reader.kill()
	send(n)
	brokertest.Until(t, "the other reader goes on", func() bool { return last() == 2*n-1 })
	mu.Lock()
	defer mu.Unlock()
	// The kill may repeat what was not acknowledged; it may not skip or swap.
	for i := 1; i < len(order); i++ {
		if order[i] > order[i-1]+1 {
			t.Fatalf("%d came after %d", order[i], order[i-1])
		}
	}
}

func TestServerRestart(t *testing.T) {
	sub := brokertest.NewSubscriber(t, nil)
	f := startFleet(t, contract.Trigger{Subscriber: sub.URL})
	if status := post(f.ingress.spec.Addr, "before", "x"); status != http.StatusAccepted {
		t.Fatalf("answered %d", status)
	}
	sub.Wait(t, 1)
	f.server.kill()
	brokertest.Until(t, "ingress says that the store is down", func() bool {
		return post(f.ingress.spec.Addr, "down", "x") == http.StatusServiceUnavailable
	})
	restarted := time.Now()
	f.server.start(t)
	brokertest.Until(t, "events are accepted again", func() bool {
		return post(f.ingress.spec.Addr, "after", "x") == http.StatusAccepted
	})
	brokertest.Until(t, "events are delivered again", func() bool {
		for _, r := range sub.Got() {
			if r.Event.ID() == "after" {
				return true
			}
		}
		return false
	})
	took := time.Since(restarted)
	t.Logf("recovered in %s", took.Round(10*time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("recovery took %s, more than 10 s", took)
	}
}

// TestLostConnectionDoesNotRepeatDeliveries restarts the server while a delivery is
// under way. The store delivers the event again; the dispatcher knows better.
func TestLostConnectionDoesNotRepeatDeliveries(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	sub := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
		if n == 1 {
			close(begun)
			<-release
		}
	})
	f := startFleet(t, contract.Trigger{Subscriber: sub.URL})
	f.two.kill() // one dispatcher is left, which has the delivery
	post(f.ingress.spec.Addr, "slow", "x")
	select {
	case <-begun:
	case <-time.After(brokertest.Deadline):
		t.Fatal("the event was not delivered")
	}
	f.server.kill()
	brokertest.Until(t, "the dispatcher has noticed", func() bool { return !f.one.healthy() })
	f.server.start(t)
	brokertest.Until(t, "the dispatcher is back", f.one.healthy)
	close(release)
	brokertest.Until(t, "the slow delivery is settled", func() bool { return f.one.delivered(t) == 1 })
	brokertest.Until(t, "a fence is accepted", func() bool {
		return post(f.ingress.spec.Addr, "fence", "x") == http.StatusAccepted
	})
	brokertest.Until(t, "the fence is settled", func() bool { return f.one.delivered(t) == 2 })
	if got := sub.Got(); len(got) != 2 {
		t.Errorf("the subscriber got%s", brokertest.Describe(got))
	}
}
