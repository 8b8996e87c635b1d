package dispatcher_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/store"
)

// flaky is a store whose appends to one channel can be made to fail.
type flaky struct {
	store.Store
	mu   sync.Mutex
	fail func(channel string, r *store.Record) error
}

func (f *flaky) Append(ctx context.Context, channel string, r *store.Record) error {
	f.mu.Lock()
	fail := f.fail
	f.mu.Unlock()
	if fail != nil {
		if err := fail(channel, r); err != nil {
			return err
		}
	}
	return f.Store.Append(ctx, channel, r)
}

func (f *flaky) failing(fail func(string, *store.Record) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func TestReplies(t *testing.T) {
	f := &flaky{}
	rig := brokertest.Start(t, brokertest.Options{Wrap: func(s store.Store) store.Store { f.Store = s; return f }})
	question, answer := map[string]string{"type": "question"}, map[string]string{"type": "answer"}
	replying := func(t *testing.T) *brokertest.Subscriber {
		return brokertest.NewSubscriber(t, func(_ int, r brokertest.Received, w http.ResponseWriter) {
			brokertest.Reply(t, w, brokertest.NewEvent("re-"+r.Event.ID(), "answer"))
		})
	}
	t.Run("D8 a reply is seen by all Triggers", func(t *testing.T) {
		a, b := brokertest.NewSubscriber(t, nil), brokertest.NewSubscriber(t, nil)
		br := rig.Broker(t, contract.Trigger{Subscriber: replying(t).URL, Filter: question},
			contract.Trigger{Subscriber: a.URL, Filter: answer}, contract.Trigger{Subscriber: b.URL, Filter: answer})
		br.MustSend(t, brokertest.NewEvent("1", "question"))
		if a.Wait(t, 1)[0].Event.ID() != "re-1" || b.Wait(t, 1)[0].Event.ID() != "re-1" {
			t.Error("another event came")
		}
	})
	t.Run("D8 a reply that is not kept repeats the delivery", func(t *testing.T) {
		q, a := replying(t), brokertest.NewSubscriber(t, nil)
		br := rig.Broker(t, contract.Trigger{Subscriber: q.URL, Filter: question, Delivery: quick(0)}, contract.Trigger{Subscriber: a.URL, Filter: answer})
		failures := 2
		f.failing(func(_ string, r *store.Record) error {
			if r.Event.Type() == "answer" && failures > 0 {
				failures--
				return store.ErrUnavailable
			}
			return nil
		})
		defer f.failing(nil)
		br.MustSend(t, brokertest.NewEvent("1", "question"))
		a.Wait(t, 1)
		if got := len(q.Got()); got != 3 {
			t.Errorf("the subscriber was asked %d times", got)
		}
	})
	for _, tc := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		how    string
	}{
		{"D7 a reply in a 202 is ignored", func(w http.ResponseWriter) {
			w.Header().Set("ce-specversion", "1.0")
			w.Header().Set("ce-id", "no")
			w.Header().Set("ce-source", "/s")
			w.Header().Set("ce-type", "answer")
			w.WriteHeader(202)
		}, "delivered"},
		{"D7 an empty 200 is no reply", func(w http.ResponseWriter) { w.WriteHeader(200) }, "delivered"},
		{"D7 a 200 that is no event fails", func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) }, "parked"},
		{"D7 a malformed event fails", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/cloudevents+json")
			_, _ = w.Write([]byte(`{"specversion":"1.0"`))
		}, "parked"},
		{"D7 an incomplete event fails", func(w http.ResponseWriter) {
			w.Header().Set("ce-specversion", "1.0")
			w.Header().Set("ce-id", "1")
			w.WriteHeader(200)
		}, "parked"},
		{"D7 a 204 needs no reply", func(w http.ResponseWriter) { w.WriteHeader(204) }, "delivered"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := brokertest.NewSubscriber(t, func(_ int, _ brokertest.Received, w http.ResponseWriter) { tc.answer(w) })
			a := brokertest.NewSubscriber(t, nil)
			br := rig.Broker(t, contract.Trigger{Subscriber: q.URL, Filter: question, Delivery: quick(1)}, contract.Trigger{Subscriber: a.URL, Filter: answer})
			br.MustSend(t, brokertest.NewEvent("1", "question"))
			brokertest.Until(t, "it is "+tc.how, func() bool { return br.Settled(t, "t0", tc.how) == 1 })
			// A fence: once the other Trigger has looked at a later event, it has seen
			// whatever the reply would have been.
			br.MustSend(t, brokertest.NewEvent("fence", "answer"))
			if got := a.Wait(t, 1); got[0].Event.ID() != "fence" {
				t.Errorf("a reply was read:%s", brokertest.Describe(got))
			}
		})
	}
	t.Run("D8 two subscribers cannot answer each other for ever", func(t *testing.T) {
		var mu sync.Mutex
		count := 0
		echo := brokertest.NewSubscriber(t, func(n int, r brokertest.Received, w http.ResponseWriter) {
			mu.Lock()
			count++
			mu.Unlock()
			brokertest.Reply(t, w, brokertest.NewEvent("echo"+strconv.Itoa(n), "echo"))
		})
		br := rig.Broker(t, contract.Trigger{Subscriber: echo.URL, Delivery: quick(0)})
		start := brokertest.NewEvent("start", "echo")
		start.SetExtension("knativebrokerttl", 6)
		br.MustSend(t, start)
		brokertest.Until(t, "the loop is cut and kept", func() bool { return br.Settled(t, "t0", "parked") == 1 })
		mu.Lock()
		defer mu.Unlock()
		if count != 5 {
			t.Errorf("%d rounds with a time to live of 5", count)
		}
	})
	t.Run("D14 a reply inherits the trace", func(t *testing.T) {
		const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		a := brokertest.NewSubscriber(t, nil)
		br := rig.Broker(t, contract.Trigger{Subscriber: replying(t).URL, Filter: question}, contract.Trigger{Subscriber: a.URL, Filter: answer})
		e := brokertest.NewEvent("1", "question")
		e.SetExtension("traceparent", trace)
		br.MustSend(t, e)
		if got := a.Wait(t, 1)[0].Header.Get("traceparent"); got != trace {
			t.Errorf("traceparent came as %q", got)
		}
	})
}

func TestTriggersComeAndGo(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	t.Run("D15 a Ready Trigger gets everything accepted after", func(t *testing.T) {
		first := brokertest.NewSubscriber(t, nil)
		b := rig.Broker(t, contract.Trigger{Subscriber: first.URL})
		for i := range 5 {
			late := brokertest.NewSubscriber(t, nil)
			rig.Update(t, b.UID, func(cb *contract.Broker) {
				name := "late" + strconv.Itoa(i)
				cb.Triggers = append(cb.Triggers, contract.Trigger{UID: b.UID + name, Namespace: "test", Name: name, Subscriber: late.URL})
			})
			id := "after" + strconv.Itoa(i)
			b.MustSend(t, brokertest.NewEvent(id, "x"))
			if got := late.Wait(t, 1); got[0].Event.ID() != id {
				t.Errorf("got%s", brokertest.Describe(got))
			}
		}
	})
	t.Run("D16 dead and slow Triggers do not slow the others", func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		slow := brokertest.NewSubscriber(t, func(int, brokertest.Received, http.ResponseWriter) { <-release })
		healthy := brokertest.NewSubscriber(t, nil)
		patient := quick(0)
		patient.Timeout = brokertest.Ptr("PT60S")
		b := rig.Broker(t,
			contract.Trigger{Subscriber: slow.URL, Parallelism: 5, Delivery: patient},
			contract.Trigger{Subscriber: "http://127.0.0.1:1", Delivery: quick(20)},
			contract.Trigger{Subscriber: healthy.URL})
		start := time.Now()
		const n = 300
		for i := range n {
			b.MustSend(t, brokertest.NewEvent(strconv.Itoa(i), "x"))
		}
		sent := time.Since(start)
		healthy.Wait(t, n)
		if all := time.Since(start); all > sent+2*time.Second {
			t.Errorf("the healthy Trigger took %s for what was sent in %s", all, sent)
		}
		if got := len(slow.Got()); got > 5 {
			t.Errorf("%d at once with the slow subscriber, its parallelism is 5", got)
		}
	})
	t.Run("a Trigger with a bad filter pauses and loses nothing", func(t *testing.T) {
		sub := brokertest.NewSubscriber(t, nil)
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Filter: map[string]string{"type": "x"}})
		rig.Update(t, b.UID, func(cb *contract.Broker) { cb.Triggers[0].Filter = map[string]string{"BAD": "x"} })
		b.MustSend(t, brokertest.NewEvent("meanwhile", "x"))
		statuses := rig.Plane.TriggerStatus()
		if i := slices.IndexFunc(statuses, func(s contract.TriggerStatus) bool { return s.UID == b.UID+"-t0" }); i < 0 || statuses[i].Problem == "" {
			t.Errorf("no problem is shown: %+v", statuses)
		}
		rig.Update(t, b.UID, func(cb *contract.Broker) { cb.Triggers[0].Filter = map[string]string{"type": "x"} })
		if got := sub.Wait(t, 1)[0].Event.ID(); got != "meanwhile" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("an ordered Trigger keeps the order of each key, through failures", func(t *testing.T) {
		var mu sync.Mutex
		taken := map[string][]string{}
		sub := brokertest.NewSubscriber(t, func(n int, r brokertest.Received, w http.ResponseWriter) {
			if n%5 == 0 {
				w.WriteHeader(500)
				return
			}
			mu.Lock()
			taken[r.Event.Subject()] = append(taken[r.Event.Subject()], r.Event.ID())
			mu.Unlock()
		})
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Ordered: true, Delivery: quick(10)})
		want := map[string][]string{}
		for i := range 60 {
			e := brokertest.NewEvent(strconv.Itoa(i), "x")
			e.SetSubject("k" + strconv.Itoa(i%3))
			want[e.Subject()] = append(want[e.Subject()], e.ID())
			b.MustSend(t, e)
		}
		brokertest.Until(t, "all are delivered", func() bool { return b.Settled(t, "t0", "delivered") == 60 })
		mu.Lock()
		defer mu.Unlock()
		for key, ids := range want {
			if !slices.Equal(ids, taken[key]) {
				t.Errorf("key %s: %v", key, taken[key])
			}
		}
	})
	t.Run("hundreds of long deliveries are held at once", func(t *testing.T) {
		release := make(chan struct{})
		sub := brokertest.NewSubscriber(t, func(int, brokertest.Received, http.ResponseWriter) { <-release })
		spec := quick(0)
		spec.Timeout = brokertest.Ptr("PT90S")
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Parallelism: 400, Delivery: spec})
		for i := range 400 {
			b.MustSend(t, brokertest.NewEvent(strconv.Itoa(i), "x"))
		}
		sub.Wait(t, 400)
		close(release)
		brokertest.Until(t, "all are delivered", func() bool { return b.Settled(t, "t0", "delivered") == 400 })
	})
}
