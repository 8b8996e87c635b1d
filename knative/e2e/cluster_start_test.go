package e2e

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// Functions at zero wake by a request, about as fast as the least that a Go function can be, and go back to zero.
func TestClusterColdRequest(t *testing.T) {
	c := onCluster(t)
	// In the overlay "test" these rest after six seconds.
	functions := []string{"tickets-list", "users-current", "orders-list", "tickets-mine", "orders-create"}
	paths := []string{"/api/tickets", "/api/users/currentuser", "/api/orders", "/api/tickets/mine", "/api/orders"}
	methods := []string{"GET", "GET", "GET", "GET", "POST"}
	var ours, hello []time.Duration
	for range 2 {
		c.rests(append([]string{"hello-0", "hello-1", "hello-2", "hello-3", "hello-4"}, functions...)...)
		for i, name := range functions {
			ours = append(ours, c.cold(methods[i], name, paths[i]))
			hello = append(hello, c.cold("GET", fmt.Sprint("hello-", i), "/"))
		}
	}
	p50, text := median(ours)
	least, leastText := median(hello)
	t.Logf("FIGURE request to a function at zero: %s", text)
	t.Logf("FIGURE request to hello world at zero: %s", leastText)
	ratio := float64(p50) / float64(least)
	t.Logf("FIGURE ours to hello world: %.2f (at most 1.15 is wanted, and a p50 of 1.3 s)", ratio)
	if p50 > 5*time.Second || ratio > 1.5 { // a busy machine is allowed for
		t.Errorf("a function takes %s to wake, hello world %s", p50, least)
	}
	c.rests(functions...)
}

// cold is how long a function at zero takes to answer.
func (c *cluster) cold(method, name, path string) time.Duration {
	c.t.Helper()
	began := time.Now()
	resp, err := c.private(method, name, path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusNotFound {
		c.t.Fatalf("%s at zero answered %s", name, resp.Status)
	}
	return time.Since(began)
}

// What the gateway adds to a function that runs.
func TestClusterWarmOverhead(t *testing.T) {
	c := onCluster(t)
	p := c.stranger()
	through := func() time.Duration {
		began := time.Now()
		p.must(http.StatusOK, p.do("GET", "/api/users/currentuser", nil), nil)
		return time.Since(began)
	}
	alone := func() time.Duration { return c.cold("GET", "users-current", "/api/users/currentuser") }
	for range 20 {
		through()
		alone()
	}
	var with, without []time.Duration
	for range 200 {
		with = append(with, through())
		without = append(without, alone())
	}
	a, text := median(with)
	b, textAlone := median(without)
	t.Logf("FIGURE warm, gateway and function: %s", text)
	t.Logf("FIGURE warm, the function alone: %s", textAlone)
	t.Logf("FIGURE the gateway adds %s at p50 (at most 3 ms is wanted)", (a - b).Round(time.Millisecond/10))
	if a-b > 50*time.Millisecond {
		t.Errorf("the gateway adds %s", a-b)
	}
}

// A function at zero wakes by an event.
func TestClusterColdEvent(t *testing.T) {
	c := onCluster(t)
	var took []time.Duration
	for range 2 {
		c.rests("hello-0", "hello-1", "hello-2", "hello-3", "hello-4")
		for i := range 5 {
			name := fmt.Sprint("hello-", i)
			began := time.Now()
			id := c.say(fmt.Sprint("test.hello.", i))
			var at time.Time
			within(t, time.Minute, name+" hears its event", func() bool {
				if c.instances()[name] == 0 {
					return false // asking would wake it
				}
				event, ok := c.heard(name, id)
				at = event.At
				return ok
			})
			took = append(took, at.Sub(began))
		}
	}
	p50, text := median(took)
	t.Logf("FIGURE event to a function at zero: %s (a p50 of 1.5 s is wanted)", text)
	if p50 > 6*time.Second {
		t.Errorf("an event takes %s to a function at zero", p50)
	}
}
