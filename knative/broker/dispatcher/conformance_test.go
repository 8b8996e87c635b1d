package dispatcher_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

// quick is a delivery spec that retries soon.
func quick(retries int32) *eventingduckv1.DeliverySpec {
	return &eventingduckv1.DeliverySpec{
		Retry: &retries, BackoffDelay: brokertest.Ptr("PT0.005S"),
		BackoffPolicy: brokertest.Ptr(eventingduckv1.BackoffPolicyLinear), Timeout: brokertest.Ptr("PT5S"),
	}
}

func TestDeliveryOncePerTrigger(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	a, b, c := brokertest.NewSubscriber(t, nil), brokertest.NewSubscriber(t, nil), brokertest.NewSubscriber(t, nil)
	t.Run("D1 one delivery per matching Trigger", func(t *testing.T) {
		br := rig.Broker(t,
			contract.Trigger{Subscriber: a.URL, Filter: map[string]string{"type": "x"}},
			contract.Trigger{Subscriber: b.URL, Filter: map[string]string{"type": "x"}},
			contract.Trigger{Subscriber: c.URL, Filter: map[string]string{"type": "y"}})
		br.MustSend(t, brokertest.NewEvent("1", "x"))
		a.Wait(t, 1)
		b.Wait(t, 1)
		brokertest.Until(t, "the third has looked at it", func() bool { return br.Settled(t, "t2", "filtered") == 1 })
		brokertest.Until(t, "both are settled", func() bool {
			return br.Settled(t, "t0", "delivered") == 1 && br.Settled(t, "t1", "delivered") == 1
		})
		if len(a.Got()) != 1 || len(b.Got()) != 1 || len(c.Got()) != 0 {
			t.Errorf("delivered %d, %d and %d times", len(a.Got()), len(b.Got()), len(c.Got()))
		}
	})
	t.Run("D1 events of another Broker are not seen", func(t *testing.T) {
		one, two := brokertest.NewSubscriber(t, nil), brokertest.NewSubscriber(t, nil)
		first, second := rig.Broker(t, contract.Trigger{Subscriber: one.URL}), rig.Broker(t, contract.Trigger{Subscriber: two.URL})
		first.MustSend(t, brokertest.NewEvent("for-first", "x"))
		second.MustSend(t, brokertest.NewEvent("for-second", "x"))
		if got := two.Wait(t, 1)[0].Event.ID(); got != "for-second" {
			t.Errorf("got %s", got)
		}
		if got := one.Wait(t, 1)[0].Event.ID(); got != "for-first" {
			t.Errorf("got %s", got)
		}
	})
}

func TestRetryByStatus(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	for _, tc := range []struct {
		status   int
		attempts int
	}{
		{200, 1}, {201, 1}, {202, 1}, {204, 1}, {299, 1},
		{500, 3}, {501, 3}, {502, 3}, {503, 3}, {504, 3}, {599, 3}, {404, 3}, {408, 3}, {409, 3}, {429, 3}, {600, 3}, {799, 3},
		{300, 1}, {301, 1}, {302, 1}, {307, 1}, {400, 1}, {401, 1}, {403, 1}, {405, 1}, {406, 1}, {410, 1}, {413, 1}, {415, 1}, {422, 1},
	} {
		t.Run("D2 D3 status "+http.StatusText(tc.status)+itoa(tc.status), func(t *testing.T) {
			t.Parallel()
			sub := brokertest.NewSubscriber(t, func(_ int, _ brokertest.Received, w http.ResponseWriter) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tc.status)
			})
			b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: quick(2)})
			b.MustSend(t, brokertest.NewEvent("1", "x"))
			how := "parked"
			if tc.status/100 == 2 {
				how = "delivered"
			}
			brokertest.Until(t, "it is "+how, func() bool { return b.Settled(t, "t0", how) == 1 })
			if got := len(sub.Got()); got != tc.attempts {
				t.Errorf("%d attempts, want %d", got, tc.attempts)
			}
		})
	}
	t.Run("D2 101 is not retried", func(t *testing.T) {
		sub := brokertest.NewSubscriber(t, func(_ int, _ brokertest.Received, w http.ResponseWriter) {
			w.Header().Set("Upgrade", "nothing")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(http.StatusSwitchingProtocols)
		})
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: quick(2)})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		brokertest.Until(t, "it is parked", func() bool { return b.Settled(t, "t0", "parked") == 1 })
		if got := len(sub.Got()); got != 1 {
			t.Errorf("%d attempts", got)
		}
	})
	t.Run("D2 no response is retried", func(t *testing.T) {
		sub := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
			if n < 3 {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					conn.Close()
				}
				return
			}
			w.WriteHeader(http.StatusOK)
		})
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: quick(2)})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		sub.Wait(t, 3)
		brokertest.Until(t, "it is delivered", func() bool { return b.Settled(t, "t0", "delivered") == 1 })
	})
	t.Run("D2 nobody listening is retried and parked with the reason", func(t *testing.T) {
		b := rig.Broker(t, contract.Trigger{Subscriber: "http://127.0.0.1:1", Delivery: quick(1)})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		brokertest.Until(t, "it is parked", func() bool { return b.Settled(t, "t0", "parked") == 1 })
	})
}

func itoa(n int) string {
	return string([]byte{' ', byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

func TestBackoff(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	gaps := func(rs []brokertest.Received) (out []time.Duration) {
		for i := 1; i < len(rs); i++ {
			out = append(out, rs[i].At.Sub(rs[i-1].At))
		}
		return out
	}
	for _, tc := range []struct {
		name   string
		policy eventingduckv1.BackoffPolicyType
		want   []time.Duration
	}{
		{"D4 exponential waits delay times 2 to the n", eventingduckv1.BackoffPolicyExponential, []time.Duration{100, 200, 400}},
		{"D4 linear waits delay times n", eventingduckv1.BackoffPolicyLinear, []time.Duration{50, 100, 150}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sub := brokertest.NewSubscriber(t, brokertest.Answer(500))
			b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: &eventingduckv1.DeliverySpec{
				Retry: brokertest.Ptr[int32](3), BackoffPolicy: &tc.policy, BackoffDelay: brokertest.Ptr("PT0.05S"),
			}})
			b.MustSend(t, brokertest.NewEvent("1", "x"))
			for i, gap := range gaps(sub.Wait(t, 4)) {
				if want := tc.want[i] * time.Millisecond; gap < want-time.Millisecond || gap > 2*want+time.Second {
					t.Errorf("retry %d came after %s, want %s", i+1, gap, want)
				}
			}
		})
	}
	t.Run("D4 a timeout ends an attempt", func(t *testing.T) {
		t.Parallel()
		released := make(chan struct{})
		defer close(released)
		sub := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
			if n == 1 {
				<-released
			}
		})
		spec := quick(1)
		spec.Timeout = brokertest.Ptr("PT0.1S")
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: spec})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		if gap := gaps(sub.Wait(t, 2))[0]; gap < 100*time.Millisecond || gap > 2*time.Second {
			t.Errorf("the second attempt came after %s", gap)
		}
	})
	t.Run("D4 a long wait goes through the retry lane", func(t *testing.T) {
		t.Parallel()
		sub := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
			if n < 2 {
				w.WriteHeader(503)
			}
		})
		spec := quick(3)
		spec.BackoffDelay = brokertest.Ptr("PT1.2S")
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: spec, Parallelism: 1})
		b.MustSend(t, brokertest.NewEvent("slow", "x"), brokertest.NewEvent("next", "x"))
		got := sub.Wait(t, 3)
		if got[1].Event.ID() != "next" {
			t.Errorf("the waiting event held up the next:%s", brokertest.Describe(got))
		}
		if gap := got[2].At.Sub(got[0].At); gap < 1200*time.Millisecond || got[2].Event.ID() != "slow" {
			t.Errorf("the retry came after %s:%s", gap, brokertest.Describe(got))
		}
		if n := b.Settled(t, "t0", "retried"); n != 1 {
			t.Errorf("%d records went through the retry lane", n)
		}
	})
	for _, tc := range []struct {
		name, header, max string
		status            int
		least, most       time.Duration
	}{
		{"D5 Retry-After is honoured on 429", "1", "PT10S", 429, time.Second, 5 * time.Second},
		{"D5 Retry-After is honoured on 503", "1", "PT10S", 503, time.Second, 5 * time.Second},
		{"D5 Retry-After is bounded", "3600", "PT0.3S", 429, 300 * time.Millisecond, 4 * time.Second},
		{"D5 Retry-After is ignored on 500", "3600", "PT1H", 500, 0, 4 * time.Second},
		{"D5 Retry-After is ignored when its bound is zero", "3600", "PT0S", 503, 0, 4 * time.Second},
		{"D5 Retry-After as a past date asks for no wait", "Wed, 21 Oct 2015 07:28:00 GMT", "PT1H", 503, 0, 4 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sub := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
				if n == 1 {
					w.Header().Set("Retry-After", tc.header)
					w.WriteHeader(tc.status)
				}
			})
			spec := quick(1)
			spec.RetryAfterMax = &tc.max
			b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: spec})
			b.MustSend(t, brokertest.NewEvent("1", "x"))
			if gap := gaps(sub.Wait(t, 2))[0]; gap < tc.least || gap > tc.most {
				t.Errorf("retried after %s, want between %s and %s", gap, tc.least, tc.most)
			}
		})
	}
}

func TestRequestShape(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	deliver := func(t *testing.T, format *eventingduckv1.FormatType, headers map[string]string) brokertest.Received {
		sub := brokertest.NewSubscriber(t, nil)
		spec := quick(0)
		spec.Format = format
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Delivery: spec})
		req, _ := http.NewRequest(http.MethodPost, b.URL, strings.NewReader(`{"a":1}`))
		for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "Content-Type": "application/json"} {
			req.Header.Set(name, value)
		}
		for name, value := range headers {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return sub.Wait(t, 1)[0]
	}
	t.Run("D6 every send asks for a reply", func(t *testing.T) {
		if got := deliver(t, nil, nil).Header.Get("Prefer"); got != "reply" {
			t.Errorf("Prefer is %q", got)
		}
	})
	t.Run("D9 the time to live is hidden", func(t *testing.T) {
		got := deliver(t, nil, map[string]string{"ce-knativebrokerttl": "9"})
		if _, there := got.Event.Extensions()["knativebrokerttl"]; there {
			t.Error("the subscriber sees it")
		}
	})
	t.Run("D13 binary is the default", func(t *testing.T) {
		if got := deliver(t, nil, nil); got.Header.Get("ce-id") != "1" || string(got.Body) != `{"a":1}` {
			t.Errorf("came as %v %s", got.Header, got.Body)
		}
	})
	t.Run("D13 json is structured mode", func(t *testing.T) {
		got := deliver(t, brokertest.Ptr(eventingduckv1.DeliveryFormatJson), nil)
		if !strings.HasPrefix(got.Header.Get("Content-Type"), "application/cloudevents+json") || !strings.Contains(string(got.Body), `"data":{"a":1}`) {
			t.Errorf("came as %v %s", got.Header, got.Body)
		}
	})
	t.Run("D14 trace and pass-through headers travel, others do not", func(t *testing.T) {
		const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		headers := map[string]string{
			"traceparent": trace, "tracestate": "a=b", "X-Request-Id": "r1", "Knative-Thing": "k", "X-B3-Traceid": "b3",
		}
		got := deliver(t, nil, map[string]string{
			"traceparent": trace, "tracestate": "a=b", "X-Request-Id": "r1", "Knative-Thing": "k", "X-B3-Traceid": "b3", "Cookie": "secret", "Authorization": "secret",
		})
		for name, value := range headers {
			if got.Header.Get(name) != value {
				t.Errorf("%s came as %q", name, got.Header.Get(name))
			}
		}
		if got.Header.Get("Cookie")+got.Header.Get("Authorization") != "" {
			t.Error("credentials were passed on")
		}
	})
	t.Run("D14 a trace that is an attribute becomes a header too", func(t *testing.T) {
		const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		if got := deliver(t, nil, map[string]string{"ce-traceparent": trace}).Header.Get("traceparent"); got != trace {
			t.Errorf("traceparent came as %q", got)
		}
	})
}

func TestDeadLetters(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	failing := brokertest.NewSubscriber(t, func(_ int, _ brokertest.Received, w http.ResponseWriter) {
		w.WriteHeader(422)
		_, _ = w.Write([]byte(strings.Repeat("why", 1000)))
	})
	t.Run("D10 D11 D12 the sink gets the event and the reason", func(t *testing.T) {
		sink := brokertest.NewSubscriber(t, nil)
		b := rig.Broker(t, contract.Trigger{Subscriber: failing.URL, DeadLetterSink: sink.URL, Delivery: quick(3)})
		sent := brokertest.NewEvent("dead", "x")
		sent.SetExtension("mine", "kept")
		b.MustSend(t, sent)
		got := sink.Wait(t, 1)[0]
		ext := got.Event.Extensions()
		data, err := base64.StdEncoding.DecodeString(ext["knativeerrordata"].(string))
		if ext["knativeerrordest"] != failing.URL || ext["knativeerrorcode"] != "422" || err != nil || !strings.HasPrefix(string(data), "whywhy") {
			t.Errorf("reasons came as %v", ext)
		}
		if n := len(ext["knativeerrordata"].(string)); n > 1024 {
			t.Errorf("knativeerrordata has %d bytes", n)
		}
		if got.Event.ID() != "dead" || got.Event.Type() != "x" || got.Event.Source() != "/test" || ext["mine"] != "kept" || string(got.Body) != string(sent.Data()) || len(ext) != 4 {
			t.Errorf("the event changed: %v", got.Event)
		}
	})
	t.Run("D10 the sink is retried", func(t *testing.T) {
		sink := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
			if n < 3 {
				w.WriteHeader(500)
			}
		})
		b := rig.Broker(t, contract.Trigger{Subscriber: failing.URL, DeadLetterSink: sink.URL, Delivery: quick(3)})
		b.MustSend(t, brokertest.NewEvent("dead", "x"))
		sink.Wait(t, 3)
		brokertest.Until(t, "it is settled", func() bool { return b.Settled(t, "t0", "deadlettered") == 1 })
	})
	t.Run("D10 the sink's retries go through the retry lane too", func(t *testing.T) {
		sink := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
			if n == 1 {
				w.WriteHeader(500)
			}
		})
		spec := quick(2)
		spec.BackoffDelay = brokertest.Ptr("PT1.1S")
		b := rig.Broker(t, contract.Trigger{Subscriber: failing.URL, DeadLetterSink: sink.URL, Delivery: spec})
		b.MustSend(t, brokertest.NewEvent("dead", "x"))
		got := sink.Wait(t, 2)
		if ext := got[1].Event.Extensions(); ext["knativeerrorcode"] != "422" || ext["knativeerrordest"] != failing.URL {
			t.Errorf("the reason got lost on the way: %v", ext)
		}
		if n := b.Settled(t, "t0", "retried"); n != 1 {
			t.Errorf("%d records went through the retry lane", n)
		}
	})
	t.Run("D10 a failing sink parks the event", func(t *testing.T) {
		sink := brokertest.NewSubscriber(t, brokertest.Answer(500))
		b := rig.Broker(t, contract.Trigger{Subscriber: failing.URL, DeadLetterSink: sink.URL, Delivery: quick(1)})
		b.MustSend(t, brokertest.NewEvent("dead", "x"))
		brokertest.Until(t, "it is parked", func() bool { return b.Settled(t, "t0", "parked") == 1 })
		if got := len(sink.Got()); got != 2 {
			t.Errorf("the sink was tried %d times", got)
		}
	})
	t.Run("D10 nobody listening has no error code", func(t *testing.T) {
		sink := brokertest.NewSubscriber(t, nil)
		b := rig.Broker(t, contract.Trigger{Subscriber: "http://127.0.0.1:1/x", DeadLetterSink: sink.URL, Delivery: quick(0)})
		b.MustSend(t, brokertest.NewEvent("dead", "x"))
		ext := sink.Wait(t, 1)[0].Event.Extensions()
		if _, there := ext["knativeerrorcode"]; there || ext["knativeerrordest"] != "http://127.0.0.1:1/x" {
			t.Errorf("reasons came as %v", ext)
		}
	})
}
