package webhook_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// arrives runs a sender on one delivery until nothing is left to deliver, and
// returns how often the application was asked.
func arrives(t *testing.T, status int, d webhook.Delivery) int32 {
	t.Helper()
	var asked atomic.Int32
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(status)
	}))
	t.Cleanup(shop.Close)
	s, err := store.Open(filepath.Join(t.TempDir(), "stripe.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(func(tx *store.Tx) error {
		if err := tx.Put(store.Events, d.Event, webhook.Event{ID: d.Event, PendingWebhooks: 1, Data: webhook.Data{Object: []byte("{}")}}); err != nil {
			return err
		}
		return tx.Put(store.Deliveries, d.Event, d)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	sender := webhook.NewSender(s, shop.URL, "whsec_1", time.Now, slog.New(slog.NewTextHandler(io.Discard, nil)))
	running.Go(func() { sender.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	deadline := time.Now().Add(10 * time.Second)
	for pending := true; pending; time.Sleep(5 * time.Millisecond) {
		err := s.View(func(tx *store.Tx) (err error) {
			pending, err = tx.Get(store.Deliveries, d.Event, &webhook.Delivery{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if pending && time.Now().After(deadline) {
			t.Fatalf("the delivery is still there after %d attempts", asked.Load())
		}
	}
	return asked.Load()
}

func TestSender(t *testing.T) {
	now := time.Now()
	t.Run("SendsWhatAnEarlierRunPutOff", func(t *testing.T) {
		d := webhook.Delivery{Event: "evt_1", Attempts: 20, Since: now.Add(-time.Hour), Next: now.Add(time.Hour)}
		if n := arrives(t, http.StatusOK, d); n != 1 {
			t.Fatalf("sent %d times", n)
		}
	})
	t.Run("GivesUpAfterADay", func(t *testing.T) {
		d := webhook.Delivery{Event: "evt_2", Attempts: 1500, Since: now.Add(-webhook.GiveUpAfter), Next: now}
		if n := arrives(t, http.StatusInternalServerError, d); n != 1 {
			t.Fatalf("sent %d times", n)
		}
	})
	t.Run("FollowsNoRedirect", func(t *testing.T) {
		d := webhook.Delivery{Event: "evt_3", Since: now.Add(-webhook.GiveUpAfter), Next: now}
		if n := arrives(t, http.StatusTemporaryRedirect, d); n != 1 {
			t.Fatalf("sent %d times", n)
		}
	})
}
