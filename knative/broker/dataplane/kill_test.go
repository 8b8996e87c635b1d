package dataplane_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/deadletter"
)

// post sends one event to a Broker and gives back the status, 0 for no answer.
func post(addr, id, eventType string) int {
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/test/broker", strings.NewReader("{}"))
	if err != nil {
		return 0
	}
	for name, value := range map[string]string{
		"ce-specversion": "1.0", "ce-id": id, "ce-source": "/test", "ce-type": eventType, "Content-Type": "application/json",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func openDeadLetters(t *testing.T, addr string) []deadletter.Entry {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/dead-letters")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var l deadletter.Listing
	if err := json.NewDecoder(resp.Body).Decode(&l); err != nil {
		t.Fatal(err)
	}
	return l.Items
}

// TestKillPoints kills the whole Broker at each point of an event's way (P6), starts
// it again on the same folder, and expects the event where it belongs.
func TestKillPoints(t *testing.T) {
	spec := func(delay string, retries int32) *eventingduckv1.DeliverySpec {
		return &eventingduckv1.DeliverySpec{Retry: &retries, BackoffDelay: &delay,
			BackoffPolicy: brokertest.Ptr(eventingduckv1.BackoffPolicyLinear)}
	}
	fails := brokertest.Answer(http.StatusBadRequest)
	for _, tc := range []struct {
		point  string
		answer func(n int, r brokertest.Received, w http.ResponseWriter)
		spec   *eventingduckv1.DeliverySpec
		sink   bool
		// settled is whether the outcome has come about.
		settled func(t *testing.T, addr string, sub, answers, sink *brokertest.Subscriber) bool
	}{
		{point: "after-event", settled: func(t *testing.T, _ string, sub, _, _ *brokertest.Subscriber) bool { return len(sub.Got()) >= 1 }},
		{point: "before-ack", settled: func(t *testing.T, _ string, sub, _, _ *brokertest.Subscriber) bool { return len(sub.Got()) >= 2 }},
		{point: "before-parked", answer: fails, settled: parked},
		{point: "after-parked", answer: fails, settled: parked},
		{point: "before-ack", answer: fails, sink: true, settled: func(t *testing.T, _ string, _, _, sink *brokertest.Subscriber) bool { return len(sink.Got()) >= 2 }},
		{point: "before-reply", answer: replying(t), settled: answered},
		{point: "after-reply", answer: replying(t), settled: answered},
		{point: "before-retry", answer: failingOnce, spec: spec("PT1.1S", 3), settled: func(t *testing.T, _ string, sub, _, _ *brokertest.Subscriber) bool { return len(sub.Got()) >= 2 }},
		{point: "after-retry", answer: failingOnce, spec: spec("PT1.1S", 3), settled: func(t *testing.T, _ string, sub, _, _ *brokertest.Subscriber) bool { return len(sub.Got()) >= 2 }},
	} {
		name := tc.point
		if tc.sink {
			name += " of a dead letter"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sub, answers, sink := brokertest.NewSubscriber(t, tc.answer), brokertest.NewSubscriber(t, nil), brokertest.NewSubscriber(t, nil)
			trigger := contract.Trigger{Subscriber: sub.URL, Filter: map[string]string{"type": "question"}, Delivery: tc.spec}
			if tc.sink {
				trigger.DeadLetterSink = sink.URL
			}
			path := writeContract(t, trigger)
			if tc.answer != nil && strings.HasSuffix(tc.point, "reply") {
				path = writeContract(t, trigger, contract.Trigger{Subscriber: answers.URL, Filter: map[string]string{"type": "answer"}})
			}
			c := startChild(t, childSpec{
				Server: true, Ingress: true, Dispatcher: true, Dir: t.TempDir(), ServerPort: freePort(t),
				Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t)), Contract: path, KillAt: tc.point,
			})
			brokertest.Until(t, "the Broker is healthy", c.healthy)
			status := post(c.spec.Addr, "1", "question")
			c.awaitEnd(t)
			if tc.point == "after-event" && status != 0 {
				t.Errorf("answered %d, though it was killed before the answer", status)
			}
			c.spec.KillAt = ""
			c.start(t)
			brokertest.Until(t, "the Broker is healthy again", c.healthy)
			brokertest.Until(t, "the event is where it belongs", func() bool {
				return tc.settled(t, c.spec.Addr, sub, answers, sink)
			})
		})
	}
}

func parked(t *testing.T, addr string, _, _, _ *brokertest.Subscriber) bool {
	for _, e := range openDeadLetters(t, addr) {
		if e.ID == "1" && e.Parked.Failure.Code == http.StatusBadRequest {
			return true
		}
	}
	return false
}

func answered(_ *testing.T, _ string, _, answers, _ *brokertest.Subscriber) bool {
	got := answers.Got()
	return len(got) >= 1 && got[0].Event.ID() == "re-1"
}

func replying(t *testing.T) func(int, brokertest.Received, http.ResponseWriter) {
	return func(_ int, r brokertest.Received, w http.ResponseWriter) {
		brokertest.Reply(t, w, brokertest.NewEvent("re-"+r.Event.ID(), "answer"))
	}
}

// failingOnce answers the first request with 503.
func failingOnce(n int, _ brokertest.Received, w http.ResponseWriter) {
	if n == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}
