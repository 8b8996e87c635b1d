package deadletter_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/deadletter"
)

// call makes one request and reads the answer.
func call(t *testing.T, method, url string, into any, headers ...string) int {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s %s answered %d %q: %v", method, url, resp.StatusCode, body, err)
		}
	}
	return resp.StatusCode
}

func listing(t *testing.T, rig *brokertest.Rig, query string) deadletter.Listing {
	t.Helper()
	var l deadletter.Listing
	if status := call(t, http.MethodGet, rig.URL+"/dead-letters?"+query, &l); status != http.StatusOK {
		t.Fatalf("the listing answered %d", status)
	}
	return l
}

func TestDeadLetters(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	var healed atomic.Bool
	sub := brokertest.NewSubscriber(t, func(_ int, _ brokertest.Received, w http.ResponseWriter) {
		if !healed.Load() {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte("no such ticket"))
		}
	})
	b := rig.Broker(t, contract.Trigger{Name: "picky", Subscriber: sub.URL, Delivery: &eventingduckv1.DeliverySpec{Retry: brokertest.Ptr[int32](0)}})
	query := "broker=" + b.Name
	park := func(t *testing.T, ids ...string) {
		t.Helper()
		before := len(listing(t, rig, query+"&limit=1000").Items)
		for _, id := range ids {
			b.MustSend(t, brokertest.NewEvent(id, "x"))
		}
		brokertest.Until(t, "they are listed", func() bool { return len(listing(t, rig, query+"&limit=1000").Items) == before+len(ids) })
	}
	t.Run("P7 what cannot be processed is listed with the reason", func(t *testing.T) {
		park(t, "a")
		got := listing(t, rig, query).Items[0]
		f := got.Parked.Failure
		if got.ID != "a" || got.Parked.TriggerName != "picky" || f.Code != 422 || string(f.Body) != "no such ticket" || f.Attempts != 1 || !strings.Contains(f.Reason, "422") {
			t.Errorf("listed as %+v", got)
		}
		if n := rig.Metric(t, "usher_broker_dead_letters", `broker="`+b.Name+`"`); n != 1 {
			t.Errorf("the metric says %d", n)
		}
	})
	t.Run("one is shown with its event", func(t *testing.T) {
		item := listing(t, rig, query).Items[0]
		var shown deadletter.Shown
		if status := call(t, http.MethodGet, fmt.Sprintf("%s/dead-letters/%s/%d", rig.URL, b.Name, item.Sequence), &shown); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		var event struct {
			ID   string
			Data struct{ ID string }
		}
		if err := json.Unmarshal(shown.Event, &event); err != nil || event.ID != "a" || event.Data.ID != "a" {
			t.Errorf("shown as %s (%v)", shown.Event, err)
		}
	})
	t.Run("a replay that fails again is parked again", func(t *testing.T) {
		item := listing(t, rig, query).Items[0]
		var n deadletter.Count
		if status := call(t, http.MethodPost, fmt.Sprintf("%s/dead-letters/%s/%d/replay", rig.URL, b.Name, item.Sequence), &n); status != http.StatusOK || n.Count != 1 {
			t.Fatalf("answered %d %+v", status, n)
		}
		brokertest.Until(t, "it is parked again", func() bool {
			items := listing(t, rig, query).Items
			return len(items) == 1 && items[0].Sequence > item.Sequence
		})
	})
	t.Run("a replay after the cause is mended is delivered once", func(t *testing.T) {
		healed.Store(true)
		defer healed.Store(false)
		before := len(sub.Got())
		item := listing(t, rig, query).Items[0]
		url := fmt.Sprintf("%s/dead-letters/%s/%d/replay", rig.URL, b.Name, item.Sequence)
		if status := call(t, http.MethodPost, url, nil); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		if status := call(t, http.MethodPost, url, nil); status != http.StatusNotFound {
			t.Errorf("the second replay answered %d", status)
		}
		sub.Wait(t, before+1)
		if left := listing(t, rig, query).Items; len(left) != 0 {
			t.Errorf("%d are left", len(left))
		}
	})
	t.Run("listings are paged", func(t *testing.T) {
		park(t, "p1", "p2", "p3", "p4", "p5")
		var ids []string
		after := ""
		for page := 0; ; page++ {
			l := listing(t, rig, query+"&limit=2&after="+after)
			for _, e := range l.Items {
				ids = append(ids, e.ID)
			}
			if after = l.Next; after == "" || page > 5 {
				break
			}
		}
		if got := strings.Join(ids, " "); got != "p1 p2 p3 p4 p5" {
			t.Errorf("pages gave %s", got)
		}
	})
	t.Run("decisions survive a new reading of the lane", func(t *testing.T) {
		item := listing(t, rig, query).Items[0]
		if status := call(t, http.MethodDelete, fmt.Sprintf("%s/dead-letters/%s/%d", rig.URL, b.Name, item.Sequence), nil); status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		second := brokertest.Start(t, brokertest.Options{Server: rig.Server, ClientID: "second"})
		second.Plane.Apply(t.Context(), rig.Contract())
		brokertest.Until(t, "another process lists the same", func() bool { return len(listing(t, second, query).Items) == 4 })
	})
	t.Run("all of a trigger are dropped", func(t *testing.T) {
		var n deadletter.Count
		if status := call(t, http.MethodDelete, rig.URL+"/dead-letters?trigger=picky", &n); status != http.StatusOK || n.Count != 4 {
			t.Errorf("answered %d %+v", status, n)
		}
	})
	t.Run("a deleted trigger's event can only be dropped", func(t *testing.T) {
		park(t, "orphan")
		rig.Update(t, b.UID, func(cb *contract.Broker) { cb.Triggers = nil })
		item := listing(t, rig, query).Items[0]
		url := fmt.Sprintf("%s/dead-letters/%s/%d", rig.URL, b.Name, item.Sequence)
		if status := call(t, http.MethodPost, url+"/replay", nil); status != http.StatusConflict {
			t.Errorf("the replay answered %d", status)
		}
		if status := call(t, http.MethodDelete, url, nil); status != http.StatusOK {
			t.Errorf("the drop answered %d", status)
		}
	})
	for name, tc := range map[string]struct {
		method, path string
		status       int
		headers      []string
	}{
		"an unknown one is not found":           {http.MethodGet, "/" + b.Name + "/999999", http.StatusNotFound, nil},
		"a number that is none is not found":    {http.MethodPost, "/" + b.Name + "/x/replay", http.StatusNotFound, nil},
		"a Broker that is none is not found":    {http.MethodGet, "/no/body/1", http.StatusNotFound, nil},
		"dropping everything needs a selection": {http.MethodDelete, "", http.StatusBadRequest, nil},
		"a bad limit is refused":                {http.MethodGet, "?limit=many", http.StatusBadRequest, nil},
		"a bad position is refused":             {http.MethodGet, "?after=5", http.StatusBadRequest, nil},
		"a foreign web page is refused":         {http.MethodPost, "/replay", http.StatusForbidden, []string{"Origin: http://evil.example", "Sec-Fetch-Site: cross-site"}},
	} {
		t.Run(name, func(t *testing.T) {
			if status := call(t, tc.method, rig.URL+"/dead-letters"+tc.path, nil, tc.headers...); status != tc.status {
				t.Errorf("answered %d, want %d", status, tc.status)
			}
		})
	}
}
