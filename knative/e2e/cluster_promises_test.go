package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Functions that hear events, and all others but the gateway, have no public address (P8).
func TestClusterNothingButTheGatewayIsPublic(t *testing.T) {
	c := onCluster(t)
	door := os.Getenv("USHER_INGRESS")
	if door == "" {
		door = strings.TrimPrefix(c.url, "http://")
	}
	for name := range c.instances() {
		if name == "gateway" {
			continue
		}
		for _, host := range []string{name + ".usher.svc.cluster.local", name + ".usher", strings.Replace(strings.TrimPrefix(c.url, "http://"), "gateway", name, 1)} {
			resp, err := knock("POST", "http://"+door+"/", host, "ce-id", "1", "ce-type", "x", "ce-source", "/x", "ce-specversion", "1.0")
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s answered %s from outside", host, resp.Status)
			}
		}
	}
}

// Whoever is in the cluster reaches the address of a function that hears events, and is told no: only the Broker's deliveries are signed (P8).
func TestClusterEventsOfStrangersAreRefused(t *testing.T) {
	c := onCluster(t)
	for _, function := range []string{"tickets-on-order", "orders-on-payment", "payments-on-order", "expiration-tick"} {
		resp, err := c.private("POST", function, "/", "ce-id", "1", "ce-type", "usher.order.cancelled.v1", "ce-source", "/usher/orders", "ce-specversion", "1.0")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s answered %s", function, resp.Status)
		}
	}
}

// A new revision of the gateway and of a function takes over under load; no request is lost.
func TestClusterRollingRevision(t *testing.T) {
	c := onCluster(t)
	p := c.stranger()
	p.must(http.StatusOK, p.do("GET", "/api/tickets", nil), nil) // warm
	var asked, lost atomic.Int64
	var first sync.Once
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			p := c.stranger()
			for {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
				asked.Add(1)
				if a := p.do("GET", "/api/tickets", nil); a.err != nil || a.status != http.StatusOK {
					lost.Add(1)
					first.Do(func() { t.Errorf("a request was answered %d %s %v", a.status, a.body, a.err) })
				}
			}
		})
	}
	for _, name := range []string{"tickets-list", "gateway"} {
		before := c.kubectl("get", "services.serving.knative.dev", name, "-o", "jsonpath={.status.latestReadyRevisionName}")
		c.kubectl("patch", "services.serving.knative.dev", name, "--type", "merge", "-p",
			fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"usher.example/rolled":"%d"}}}}}`, time.Now().UnixNano()))
		within(t, 2*time.Minute, name+" has a new revision that takes requests", func() bool {
			time.Sleep(200 * time.Millisecond)
			now := c.kubectl("get", "services.serving.knative.dev", name, "-o", "jsonpath={.status.traffic[0].revisionName}")
			return now != before
		})
	}
	time.Sleep(10 * time.Second) // the old ones end
	close(stop)
	load.Wait()
	t.Logf("FIGURE %d requests while the gateway and a function were replaced: %d lost", asked.Load(), lost.Load())
	if asked.Load() < 100 {
		t.Errorf("only %d requests", asked.Load())
	}
}

// The Broker's conditions say what is; a Trigger that cannot deliver says so; one that was deleted delivers no more.
func TestClusterTriggers(t *testing.T) {
	c := onCluster(t)
	if got := c.conditions("brokers.eventing.knative.dev", "usher"); got["Ready"] != "True" || got["Addressable"] != "True" {
		t.Errorf("the Broker's conditions are %v", got)
	}
	apply := func(name, subscriber string) {
		t.Helper()
		manifest := fmt.Sprintf(`{"apiVersion":"eventing.knative.dev/v1","kind":"Trigger","metadata":{"name":%q},"spec":{"broker":"usher","filters":[{"exact":{"type":"test.passing"}}],
			"subscriber":{"ref":{"apiVersion":"serving.knative.dev/v1","kind":"Service","name":%q}}}}`, name, subscriber)
		if _, err := c.try(manifest, "apply", "-f", "-"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = c.try("", "delete", "triggers.eventing.knative.dev", name, "--ignore-not-found") })
	}
	apply("to-nobody", "nobody")
	within(t, time.Minute, "a Trigger to nobody is not ready", func() bool {
		got := c.conditions("triggers.eventing.knative.dev", "to-nobody")
		return got["Ready"] == "False" && got["SubscriberResolved"] == "False"
	})
	apply("passing", "hello-0")
	within(t, time.Minute, "a Trigger becomes ready", func() bool { return c.conditions("triggers.eventing.knative.dev", "passing")["Ready"] == "True" })
	id := c.say("test.passing")
	within(t, time.Minute, "its event arrives", func() bool { _, ok := c.heard("hello-0", id); return ok })
	c.kubectl("delete", "triggers.eventing.knative.dev", "passing")
	time.Sleep(10 * time.Second) // until the dispatcher has followed
	late := c.say("test.passing")
	mark := c.say("test.hello.0") // sent after it, by a Trigger that is there
	within(t, time.Minute, "another Trigger's event arrives", func() bool { _, ok := c.heard("hello-0", mark); return ok })
	time.Sleep(2 * time.Second)
	if _, ok := c.heard("hello-0", late); ok {
		t.Error("a deleted Trigger delivered an event")
	}
}

// conditions are an object's, by type.
func (c *cluster) conditions(kind, name string) map[string]string {
	c.t.Helper()
	var object struct {
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	if err := json.Unmarshal([]byte(c.kubectl("get", kind, name, "-o", "json")), &object); err != nil {
		c.t.Fatal(err)
	}
	got := map[string]string{}
	for _, one := range object.Status.Conditions {
		got[one.Type] = one.Status
	}
	return got
}

// Pods are killed by turns while people buy. Each purchase that was begun ends, and is paid once (P1, P3, P7).
func TestClusterKills(t *testing.T) {
	c := onCluster(t)
	if _, err := c.charges(); err != nil {
		t.Fatal(err)
	}
	victims := []struct{ namespace, selector string }{
		{"usher", "serving.knative.dev/service"},
		{"usher-broker", "app=broker-ingress"},
		{"usher", "serving.knative.dev/service"},
		{"usher-broker", "app=broker-dispatcher"},
		{"usher", "app=store"},
		{"usher-broker", "app=broker-stan"},
	}
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killed := map[string]int{}
	killer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(6 * time.Second):
			}
			v := victims[i%len(victims)]
			out, err := c.try("", "-n", v.namespace, "get", "pods", "-l", v.selector, "--field-selector", "status.phase=Running", "-o", "name")
			if err != nil || out == "" {
				continue
			}
			pods := strings.Fields(out)
			if _, err := c.try("", "-n", v.namespace, "delete", pods[rand.IntN(len(pods))], "--grace-period=0", "--force", "--wait=false"); err == nil {
				killed[v.selector]++
			}
		}
	})
	var buyers sync.WaitGroup
	orders := make(chan order, 100)
	until := time.Now().Add(75 * time.Second)
	for i := range 4 {
		buyers.Go(func() {
			for time.Now().Before(until) {
				if o, ok := c.purchase(fmt.Sprint("kills-", i)); ok {
					orders <- o
				}
			}
		})
	}
	buyers.Wait()
	close(stop)
	killer.Wait()
	close(orders)
	done := 0
	books, err := c.charges()
	if err != nil {
		t.Fatal(err)
	}
	for o := range orders {
		done++
		if err := books[o.ID].right(o); err != nil {
			t.Error(err)
		}
	}
	t.Logf("FIGURE %d purchases completed while pods were killed: %v", done, killed)
	if done < 4 || len(killed) < 4 {
		t.Errorf("%d purchases, killed %v", done, killed)
	}
}

// purchase sells and buys one ticket, trying again what was not answered, as people do; it fails the test unless the order is complete and
// captured in the end.
func (c *cluster) purchase(name string) (order, bool) {
	deadline := time.Now().Add(4 * time.Minute)
	insist := func(p *person, method, path string, body any, out any, accept ...int) bool {
		var last answer
		for time.Now().Before(deadline) {
			last = p.do(method, path, body)
			for _, status := range accept {
				if last.err == nil && last.status == status && (out == nil || json.Unmarshal(last.body, out) == nil) {
					return true
				}
			}
			time.Sleep(500 * time.Millisecond)
		}
		c.t.Errorf("%s %s was answered %d %s %v to the end", method, path, last.status, last.body, last.err)
		return false
	}
	seller, buyer := c.stranger(), c.stranger()
	for i, p := range []*person{seller, buyer} {
		email := fmt.Sprintf("%s-%d-%d@example.com", name, i, time.Now().UnixNano())
		credentials := map[string]string{"email": email, "password": password}
		// An account whose answer was lost is there all the same.
		if !insist(p, "POST", "/api/users/signup", credentials, nil, http.StatusCreated, http.StatusConflict) ||
			!insist(p, "POST", "/api/users/signin", credentials, nil, http.StatusOK) {
			return order{}, false
		}
	}
	var sold ticket
	var o order
	var state payment
	ok := insist(seller, "POST", "/api/tickets", map[string]any{"title": "Front row", "price": "42.00"}, &sold, http.StatusCreated)
	// An order whose answer was lost is found among the buyer's.
	for ok && o.ID == "" && time.Now().Before(deadline) {
		if a := buyer.do("POST", "/api/orders", map[string]string{"ticket_id": sold.ID}); a.err == nil && a.status == http.StatusCreated {
			_ = json.Unmarshal(a.body, &o)
		} else {
			var mine list[order]
			if a := buyer.do("GET", "/api/orders", nil); a.err == nil && a.status == http.StatusOK && json.Unmarshal(a.body, &mine) == nil && len(mine.Items) > 0 {
				o = mine.Items[0]
			}
			time.Sleep(500 * time.Millisecond)
		}
	}
	ok = ok && insist(buyer, "POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"}, nil, http.StatusCreated)
	for ok && o.Status != "complete" && time.Now().Before(deadline) {
		ok = insist(buyer, "GET", "/api/orders/"+o.ID, nil, &o, http.StatusOK)
		time.Sleep(200 * time.Millisecond)
	}
	for ok && state.Status != "captured" && time.Now().Before(deadline) {
		ok = insist(buyer, "GET", "/api/payments/"+o.ID, nil, &state, http.StatusOK)
		time.Sleep(200 * time.Millisecond)
	}
	if ok && (o.Status != "complete" || state.Status != "captured") {
		c.t.Errorf("order %s is %s, its payment %s", o.ID, o.Status, state.Status)
		ok = false
	}
	return o, ok
}
