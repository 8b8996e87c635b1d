package dispatcher_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

func TestDrain(t *testing.T) {
	server := brokertest.StartServer(t)
	first := brokertest.Start(t, brokertest.Options{Server: server})
	begun, release := make(chan struct{}), make(chan struct{})
	slow := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
		if n == 1 {
			close(begun)
			<-release
		}
	})
	failing := brokertest.NewSubscriber(t, brokertest.Answer(503))
	waiting := quick(50)
	waiting.BackoffDelay = brokertest.Ptr("PT20S")
	b := first.Broker(t, contract.Trigger{Name: "slow", Subscriber: slow.URL},
		contract.Trigger{Name: "waiting", Subscriber: failing.URL, Delivery: waiting})
	b.MustSend(t, brokertest.NewEvent("1", "x"))
	<-begun
	brokertest.Until(t, "one waits in the retry lane", func() bool { return b.Settled(t, "waiting", "retried") == 1 })

	drained := make(chan struct{})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), brokertest.Deadline)
		defer cancel()
		first.Plane.Drain(ctx)
		close(drained)
	}()
	select {
	case <-drained:
		t.Fatal("it did not wait for the delivery under way")
	case <-time.After(50 * time.Millisecond): // as long as it does, nothing can be seen
	}
	began := time.Now()
	close(release)
	<-drained
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it waited %s, for a retry that is due in 40 s", took)
	}
	if n := b.Settled(t, "slow", "delivered"); n != 1 {
		t.Errorf("%d delivered, the one under way should be", n)
	}
	first.Client.Close()

	second := brokertest.Start(t, brokertest.Options{Server: server, ClientID: "second"})
	second.Plane.Apply(context.Background(), first.Contract())
	again := brokertest.NewEvent("2", "x")
	b.URL = second.URL + b.URL[len(first.URL):]
	b.MustSend(t, again)
	got := slow.Wait(t, 2)
	if got[1].Event.ID() != "2" {
		t.Errorf("what was delivered came again:%s", brokertest.Describe(got))
	}
}
