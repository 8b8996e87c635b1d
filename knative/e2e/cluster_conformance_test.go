package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// What Knative asks of every Broker, held to what runs on a real cluster, behind Eventing's own admission. The statements are those of
// https://github.com/knative/specs/blob/main/specs/eventing (control-plane.md, data-plane.md) and of the conformance features that upstream keeps in
// knative.dev/eventing/test/rekt/features/broker; hello functions are the subscribers and the dead letter sinks.

// delivery is the part of a Broker's or Trigger's specification that is played with; nil is unset.
type delivery map[string]any

// deadLetters sends what cannot be delivered to a hello function, after so many more attempts.
func deadLetters(function string, retry int) delivery {
	d := retries(retry)
	d["deadLetterSink"] = map[string]any{"ref": serviceRef(function)}
	return d
}

func retries(n int) delivery {
	return delivery{"retry": n, "backoffPolicy": "linear", "backoffDelay": "PT0.1S"}
}

func serviceRef(name string) map[string]any {
	return map[string]any{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name}
}

// broker applies a Broker of our class, which the test's end deletes.
func (c *cluster) broker(name string, d delivery) {
	spec := map[string]any{}
	if d != nil {
		spec["delivery"] = d
	}
	c.object("brokers.eventing.knative.dev", map[string]any{
		"apiVersion": "eventing.knative.dev/v1", "kind": "Broker",
		"metadata": map[string]any{"name": name, "annotations": map[string]string{"eventing.knative.dev/broker.class": "NatsStreaming"}},
		"spec":     spec,
	}, name)
}

// trigger applies a Trigger whose subscriber is a path of a hello function, which the test's end deletes.
func (c *cluster) trigger(name, broker, function, path string, d delivery, filters ...map[string]any) {
	spec := map[string]any{"broker": broker, "subscriber": map[string]any{"ref": serviceRef(function), "uri": path}}
	if d != nil {
		spec["delivery"] = d
	}
	if filters != nil {
		spec["filters"] = filters
	}
	c.object("triggers.eventing.knative.dev", map[string]any{
		"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": map[string]any{"name": name}, "spec": spec,
	}, name)
}

func (c *cluster) object(kind string, object map[string]any, name string) {
	c.t.Helper()
	manifest, err := json.Marshal(object)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.try(string(manifest), "apply", "-f", "-"); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _, _ = c.try("", "delete", kind, name, "--ignore-not-found") })
}

// ready waits until a condition of an object is true.
func (c *cluster) ready(kind, name string) {
	c.t.Helper()
	within(c.t, 2*time.Minute, kind+" "+name+" becomes ready", func() bool {
		time.Sleep(200 * time.Millisecond)
		return c.conditions(kind+".eventing.knative.dev", name)["Ready"] == "True"
	})
}

// refused holds that admission refuses a patch, and that its reason names the field.
func (c *cluster) refused(kind, name, patch, field string) {
	c.t.Helper()
	_, err := c.try("", "patch", kind+".eventing.knative.dev", name, "--type", "merge", "-p", patch)
	if err == nil {
		c.t.Errorf("%s %s took %s", kind, name, patch)
	} else if !strings.Contains(err.Error(), field) {
		c.t.Errorf("%s %s refused %s without naming %s: %v", kind, name, patch, field, err)
	}
}

// produce posts to a Broker of the product's namespace.
func (c *cluster) produce(method, broker, body string, headers map[string]string) *http.Response {
	c.t.Helper()
	door, err := c.address("broker", "USHER_BROKER")
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+door+"/usher/"+broker, bytes.NewReader([]byte(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

// awake wakes hello functions and keeps them so until the test ends: one at zero has forgotten what it heard.
func (c *cluster) awake(functions ...string) {
	c.t.Helper()
	ctx, stop := context.WithCancel(c.t.Context())
	var asking sync.WaitGroup
	c.t.Cleanup(func() { stop(); asking.Wait() })
	ask := func(function string) {
		if resp, err := c.private("GET", function, "/"); err == nil {
			_ = resp.Body.Close()
		}
	}
	for _, function := range functions {
		ask(function)
		asking.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Second):
					ask(function)
				}
			}
		})
	}
}

// event posts one in binary mode; it has to be taken.
func (c *cluster) event(broker, typ, id string) {
	c.t.Helper()
	headers := map[string]string{"Ce-Specversion": "1.0", "Ce-Id": id, "Ce-Type": typ, "Ce-Source": "/conformance", "Content-Type": "application/json"}
	if resp := c.produce(http.MethodPost, broker, `{"n":1}`, headers); resp.StatusCode/100 != 2 {
		c.t.Fatalf("an event was answered %s", resp.Status)
	}
}

func TestClusterBrokerControlPlane(t *testing.T) {
	c := onCluster(t)
	const name = "control"
	c.trigger("early", name, "hello-1", "/", nil)
	time.Sleep(2 * time.Second)
	if got := c.conditions("triggers.eventing.knative.dev", "early")["Ready"]; got == "True" {
		t.Error("a Trigger is ready before its Broker exists")
	}
	c.broker(name, deadLetters("hello-3", 1))
	c.ready("brokers", name)
	c.ready("triggers", "early") // a Trigger MAY be created before its Broker, and SHOULD progress to Ready when that is
	read := func(kind, object, path string) string {
		return c.kubectl("get", kind+".eventing.knative.dev", object, "-o", "jsonpath={"+path+"}")
	}
	for _, of := range []struct{ kind, object, path, want string }{
		{"brokers", name, ".status.address.url", "http://broker-ingress.usher-broker.svc.cluster.local/usher/control"},
		{"brokers", name, ".status.deadLetterSinkUri", "http://hello-3.usher.svc.cluster.local"},
		{"brokers", name, ".status.observedGeneration", read("brokers", name, ".metadata.generation")},
		{"triggers", "early", ".status.subscriberUri", "http://hello-1.usher.svc.cluster.local/"},
		{"triggers", "early", ".status.observedGeneration", read("triggers", "early", ".metadata.generation")},
	} {
		if got := read(of.kind, of.object, of.path); got != of.want {
			t.Errorf("%s %s: %s is %q, want %q", of.kind, of.object, of.path, got, of.want)
		}
	}
	c.refused("brokers", name, `{"metadata":{"annotations":{"eventing.knative.dev/broker.class":"Other"}}}`, "class")
	c.refused("brokers", name, `{"spec":{"config":{"apiVersion":"v1","kind":"ConfigMap","name":"other"}}}`, "config")
	c.refused("triggers", "early", `{"spec":{"broker":"usher"}}`, "broker")
	for _, attribute := range []string{"SOURCE", "Source", "souRce", "s pace s", "s_pace_s", "s-pace-s", "123", "😊", "!@#$%^&*()-_=_`~+", "{}[];':<>,./?"} {
		patch, err := json.Marshal(map[string]any{"spec": map[string]any{"filter": map[string]any{"attributes": map[string]string{attribute: "x"}}}})
		if err != nil {
			t.Fatal(err)
		}
		c.refused("triggers", "early", string(patch), "filter")
	}
}

func TestClusterBrokerDataPlane(t *testing.T) {
	c := onCluster(t)
	const name = "data"
	c.broker(name, nil)
	c.ready("brokers", name)
	c.trigger("all", name, "hello-1", "/reply/test.answer", nil, map[string]any{"prefix": map[string]string{"type": "test.question"}})
	c.trigger("answers", name, "hello-2", "/", nil, map[string]any{"exact": map[string]string{"type": "test.answer"}})
	c.awake("hello-1", "hello-2")
	c.ready("triggers", "all")
	c.ready("triggers", "answers")

	stamp := time.Now().UnixNano()
	binary, structured := fmt.Sprint("binary-", stamp), fmt.Sprint("structured-", stamp)
	attributes := map[string]string{"Ce-Specversion": "1.0", "Ce-Id": binary, "Ce-Type": "test.question", "Ce-Source": "/conformance", "Ce-Subject": "a",
		"Ce-Time": "2030-01-02T03:04:05Z", "Ce-Myextension": "kept", "Content-Type": "text/plain", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	if resp := c.produce(http.MethodPost, name, "as it is", attributes); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("binary mode was answered %s", resp.Status)
	}
	event := fmt.Sprintf(`{"specversion":"1.0","id":%q,"type":"test.question","source":"/conformance","datacontenttype":"application/json","data":{"n":1}}`, structured)
	if resp := c.produce(http.MethodPost, name, event, map[string]string{"Content-Type": "application/cloudevents+json"}); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("structured mode was answered %s", resp.Status)
	}
	for _, id := range []string{binary, structured} {
		within(t, time.Minute, id+" and the reply to it arrive", func() bool {
			_, first := c.heard("hello-1", id)
			_, reply := c.heard("hello-2", id+"-reply")
			return first && reply
		})
		if _, ok := c.heard("hello-2", id); ok {
			t.Errorf("%s passed a filter that asks for another type", id)
		}
		if _, ok := c.heard("hello-1", id+"-reply"); ok {
			t.Errorf("the reply to %s passed a filter that asks for another type", id)
		}
	}
	got, _ := c.heard("hello-1", binary)
	for attribute, want := range attributes {
		if attribute == "Traceparent" { // the trace goes on, by spans of its own
			want = want[:35]
			got.Header[attribute] = got.Header[attribute][:min(35, len(got.Header[attribute]))]
		}
		if got.Header[attribute] != want {
			t.Errorf("%s arrived as %q, want %q", attribute, got.Header[attribute], want)
		}
	}
	if got.Body != "as it is" {
		t.Errorf("the data arrived as %q", got.Body)
	}

	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if resp := c.produce(method, name, "", nil); resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s was answered %s", method, resp.Status)
		}
	}
	for _, missing := range []string{"Ce-Specversion", "Ce-Id", "Ce-Type", "Ce-Source"} {
		without := map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "x", "Ce-Type": "test.question", "Ce-Source": "/conformance"}
		delete(without, missing)
		if resp := c.produce(http.MethodPost, name, "", without); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("an event without %s was answered %s", missing, resp.Status)
		}
	}
	if resp := c.produce(http.MethodPost, "nobody", "", attributes); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a Broker that does not exist answered %s", resp.Status)
	}
}

// Which delivery specification counts, the Broker's or the Trigger's: hello-1 and hello-2 subscribe and fail so many times; hello-3 is the Broker's
// dead letter sink, hello-4 the Trigger's.
func TestClusterBrokerDelivery(t *testing.T) {
	c := onCluster(t)
	c.awake("hello-1", "hello-2", "hello-3", "hello-4")
	for i, row := range []struct {
		name          string
		broker        delivery
		first, second delivery
		fail          [2]int
		heard         [4]int // how often each hello hears the event
	}{
		{name: "nothing is configured", heard: [4]int{1, 1, 0, 0}},
		{name: "the Broker's alone", broker: deadLetters("hello-3", 3), fail: [2]int{3, 4}, heard: [4]int{4, 4, 1, 0}},
		{name: "the Trigger's alone", broker: retries(0), first: deadLetters("hello-4", 3), second: retries(1), fail: [2]int{3, 2}, heard: [4]int{4, 2, 0, 0}},
		{name: "the Trigger's before the Broker's", broker: deadLetters("hello-3", 1), first: deadLetters("hello-4", 3), fail: [2]int{3, 2}, heard: [4]int{4, 2, 1, 0}},
		{name: "each its own sink", broker: deadLetters("hello-3", 1), first: deadLetters("hello-4", 3), fail: [2]int{4, 2}, heard: [4]int{4, 2, 1, 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := &cluster{c.system, t}
			name := fmt.Sprint("delivery-", i)
			c.broker(name, row.broker)
			c.ready("brokers", name)
			c.trigger(name+"-first", name, "hello-1", fmt.Sprint("/fail/", row.fail[0]), row.first)
			c.trigger(name+"-second", name, "hello-2", fmt.Sprint("/fail/", row.fail[1]), row.second)
			c.ready("triggers", name+"-first")
			c.ready("triggers", name+"-second")
			id := fmt.Sprintf("%s-%d", name, time.Now().UnixNano())
			c.event(name, "test.delivery", id)
			times := func() (got [4]int) {
				for n := range got {
					event, _ := c.heard(fmt.Sprint("hello-", n+1), id)
					got[n] = event.Times
				}
				return got
			}
			within(t, time.Minute, fmt.Sprintf("the event is heard %v times", row.heard), func() bool { return times() == row.heard })
			time.Sleep(time.Second)
			if got := times(); got != row.heard {
				t.Errorf("the event was heard %v times, want %v", got, row.heard)
			}
			for _, sink := range []string{"hello-3", "hello-4"} {
				if event, dead := c.heard(sink, id); dead && (event.Header["Ce-Knativeerrorcode"] != "500" || event.Header["Ce-Knativeerrordest"] == "" || event.Body != `{"n":1}`) {
					t.Errorf("a dead letter says %v %s", event.Header, event.Body)
				}
			}
		})
	}
}
