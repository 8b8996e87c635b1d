// Package brokertest runs a whole Broker inside a test: embedded server, ingress,
// dispatcher and dead letters, and subscribers that record what they get.
package brokertest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/dataplane"
	"usher.example/knative/broker/signing"
	"usher.example/knative/broker/stan"
	"usher.example/knative/broker/store"
)

// Deadline is how long a test waits for what must happen.
const Deadline = 15 * time.Second

// Rig is a running Broker.
type Rig struct {
	Server *stan.Server
	Client *stan.Client
	Plane  *dataplane.Plane
	// URL is the listener of everything.
	URL string

	applying sync.Mutex // parallel tests change the contract one after the other
	mu       sync.Mutex
	contract contract.Contract
	next     int
}

// Options change what Start starts.
type Options struct {
	// Server to use instead of a new one.
	Server *stan.Server
	// Wrap, if set, stands between the Broker's parts and the store.
	Wrap     func(store.Store) store.Store
	ClientID string
	Roles    dataplane.Roles
	// Signer, if set, signs deliveries to subscribers who state an audience.
	Signer *signing.Signer
}

// Log is silent unless USHER_BROKER_LOG is set, to look into a failing test.
func Log() *slog.Logger {
	if os.Getenv("USHER_BROKER_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// StartServer runs an embedded server on a folder of the test's.
func StartServer(t testing.TB) *stan.Server {
	t.Helper()
	s, err := stan.StartServer(stan.ServerOptions{Dir: t.TempDir(), Log: Log()})
	if err != nil {
		t.Fatalf("start the embedded server: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start runs a Broker until the test ends.
func Start(t testing.TB, o Options) *Rig {
	t.Helper()
	if o.Server == nil {
		o.Server = StartServer(t)
	}
	if o.ClientID == "" {
		o.ClientID = "rig"
	}
	if o.Roles == (dataplane.Roles{}) {
		o.Roles = dataplane.Roles{Ingress: true, Dispatcher: true}
	}
	r := &Rig{Server: o.Server}
	r.Client = stan.NewClient(stan.Config{
		URL: o.Server.URL, Token: o.Server.Token, ClientID: o.ClientID, ExclusiveID: "ordered", Log: Log(),
	})
	t.Cleanup(r.Client.Close)
	var port store.Store = r.Client
	if o.Wrap != nil {
		port = o.Wrap(port)
	}
	plane, err := dataplane.New(dataplane.Options{Roles: o.Roles, Store: port, Signer: o.Signer, Now: time.Now, Log: Log()})
	if err != nil {
		t.Fatalf("make the data plane: %v", err)
	}
	r.Plane = plane
	server := httptest.NewServer(plane.Handler())
	r.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		plane.Drain(ctx)
	})
	Until(t, "the store is live", func() bool { return r.Client.Status().Live })
	return r
}

// Broker adds a Broker with these Triggers to the contract, waits until it is
// served, and removes it when the test ends. Triggers get what they leave out:
// uid, namespace and name.
func (r *Rig) Broker(t testing.TB, triggers ...contract.Trigger) *Broker {
	t.Helper()
	r.mu.Lock()
	r.next++
	b := contract.Broker{UID: "b" + strconv.Itoa(r.next), Namespace: "test", Name: "broker" + strconv.Itoa(r.next)}
	for i, tr := range triggers {
		if tr.Name == "" {
			tr.Name = "t" + strconv.Itoa(i)
		}
		if tr.UID == "" {
			tr.UID = b.UID + "-" + tr.Name
		}
		tr.Namespace = b.Namespace
		b.Triggers = append(b.Triggers, tr)
	}
	r.contract.Brokers = append(r.contract.Brokers, b)
	r.mu.Unlock()
	out := &Broker{rig: r, UID: b.UID, Name: b.Namespace + "/" + b.Name, URL: r.URL + "/" + b.Namespace + "/" + b.Name}
	r.apply(t)
	t.Cleanup(func() { r.remove(b.UID) })
	return out
}

// Update changes one Broker's entry in the contract and waits until it is served.
func (r *Rig) Update(t testing.TB, uid string, change func(*contract.Broker)) {
	t.Helper()
	r.mu.Lock()
	for i := range r.contract.Brokers {
		if r.contract.Brokers[i].UID == uid {
			change(&r.contract.Brokers[i])
		}
	}
	r.mu.Unlock()
	r.apply(t)
}

// Contract is a copy of what is in force.
func (r *Rig) Contract() *contract.Contract {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := contract.Contract{}
	for _, b := range r.contract.Brokers {
		b.Triggers = append([]contract.Trigger(nil), b.Triggers...)
		c.Brokers = append(c.Brokers, b)
	}
	c.Complete()
	return &c
}

func (r *Rig) apply(t testing.TB) {
	t.Helper()
	r.applying.Lock()
	c := r.Contract()
	if err := c.Validate(); err != nil {
		r.applying.Unlock()
		t.Fatalf("the test's contract: %v", err)
	}
	r.Plane.Apply(context.Background(), c)
	r.applying.Unlock()
	Until(t, "the contract is served", r.Plane.Ready)
}

func (r *Rig) remove(uid string) {
	r.mu.Lock()
	kept := r.contract.Brokers[:0:0]
	for _, b := range r.contract.Brokers {
		if b.UID != uid {
			kept = append(kept, b)
		}
	}
	r.contract.Brokers = kept
	r.mu.Unlock()
	if r.Client.Status().Live {
		r.applying.Lock()
		defer r.applying.Unlock()
		r.Plane.Apply(context.Background(), r.Contract())
	}
}

// Broker is one Broker of a Rig.
type Broker struct {
	rig  *Rig
	UID  string
	Name string
	URL  string
}

// Settled is how many deliveries of a Trigger ended that way, by the metrics.
func (b *Broker) Settled(t testing.TB, trigger, how string) int {
	t.Helper()
	return b.rig.Metric(t, "usher_broker_settled_total", `broker="`+b.Name+`"`, `trigger="`+trigger+`"`, `how="`+how+`"`)
}

// Metric reads one sample; 0 when there is none.
func (r *Rig) Metric(t testing.TB, name string, labels ...string) int {
	t.Helper()
	resp, err := http.Get(r.URL + "/metrics")
	if err != nil {
		t.Fatalf("read metrics: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read metrics: %v", err)
	}
lines:
	for _, line := range strings.Split(string(body), "\n") {
		if !strings.HasPrefix(line, name+"{") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(line, label) {
				continue lines
			}
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			t.Fatalf("metric %q: %v", line, err)
		}
		return int(value)
	}
	return 0
}

// Until waits for a condition; the test fails if it does not come about.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	end := time.Now().Add(Deadline)
	for !condition() {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain until %s", Deadline, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Ptr is a pointer to a copy, for delivery specs.
func Ptr[T any](v T) *T { return &v }

// Describe is for failure messages.
func Describe(rs []Received) string {
	var b strings.Builder
	for _, r := range rs {
		fmt.Fprintf(&b, "\n  %s %s type=%s", r.At.Format("05.000"), r.Event.ID(), r.Event.Type())
	}
	return b.String()
}
