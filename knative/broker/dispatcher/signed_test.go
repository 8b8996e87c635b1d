package dispatcher_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/signing"
)

// signingKey is one that openssl genpkey -algorithm ed25519 made, for tests alone.
const signingKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n-----END PRIVATE KEY-----\n"

func TestSignedDeliveries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, []byte(signingKey), 0o600); err != nil {
		t.Fatal(err)
	}
	signer, err := signing.New(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	rig := brokertest.Start(t, brokertest.Options{Signer: signer})
	t.Run("a subscriber who states an audience gets a token", func(t *testing.T) {
		sub, other := brokertest.NewSubscriber(t, nil), brokertest.NewSubscriber(t, nil)
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Audience: "me"}, contract.Trigger{Subscriber: other.URL})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		if got := sub.Wait(t, 1)[0].Header.Get("Authorization"); !strings.HasPrefix(got, "Bearer ") {
			t.Errorf("it got %q", got)
		}
		if got := other.Wait(t, 1)[0].Header.Get("Authorization"); got != "" {
			t.Errorf("one who states none got %q", got)
		}
	})
	t.Run("a token that is refused is tried again: the subscriber may not know a new key yet", func(t *testing.T) {
		sub := brokertest.NewSubscriber(t, func(n int, _ brokertest.Received, w http.ResponseWriter) {
			if n < 3 {
				w.WriteHeader(http.StatusUnauthorized)
			}
		})
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Audience: "me", Delivery: quick(3)})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		brokertest.Until(t, "it is delivered", func() bool { return b.Settled(t, "t0", "delivered") == 1 })
	})
	t.Run("the dead letter sink gets none", func(t *testing.T) {
		sub, sink := brokertest.NewSubscriber(t, brokertest.Answer(http.StatusBadRequest)), brokertest.NewSubscriber(t, nil)
		b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Audience: "me", DeadLetterSink: sink.URL, Delivery: quick(0)})
		b.MustSend(t, brokertest.NewEvent("1", "x"))
		if got := sink.Wait(t, 1)[0].Header.Get("Authorization"); got != "" {
			t.Errorf("it got %q", got)
		}
	})
	t.Run("without a key such a Trigger pauses and says why", func(t *testing.T) {
		rig, sub := brokertest.Start(t, brokertest.Options{}), brokertest.NewSubscriber(t, nil)
		rig.Broker(t, contract.Trigger{Subscriber: sub.URL, Audience: "me"})
		statuses := rig.Plane.TriggerStatus()
		if len(statuses) != 1 || statuses[0].Subscribed || !strings.Contains(statuses[0].Problem, "-signing-key-file") {
			t.Errorf("%+v", statuses)
		}
	})
}
