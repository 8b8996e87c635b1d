package simulation

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"usher.example/events"
	"usher.example/functions/notifications"
	"usher.example/functions/payments"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/function"
	"usher.example/shared/store"
)

// target is one event function behind HTTP, as the Broker calls it, on a store of its own.
type target struct {
	trigger Trigger
	handler http.Handler
	store   *memory.Store
}

func targets(tb testing.TB) []target {
	tb.Helper()
	var out []target
	for _, trigger := range Triggers {
		out = append(out, newTarget(tb, trigger))
	}
	return out
}

func newTarget(tb testing.TB, trigger Trigger) target {
	tb.Helper()
	w, err := newWorld(&Plan{Profile: Profile{TTL: ample}})
	if err != nil {
		tb.Fatal(err)
	}
	env := w.env(&fn{name: trigger.Name}, store.New(w.store, "").WithSpawn(inTurn))
	env.Broker = nowhere{}
	env.Sleep = func(context.Context, time.Duration) error { return nil }
	h, err := function.NewEvents(trigger.build(outside{payments.At{Backend: noMoney{w.bank}}, notifications.At{Post: w.post}}), env)
	if err != nil {
		tb.Fatal(err)
	}
	return target{trigger, h, w.store}
}

func (x target) send(typ, subject, data string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(data))
	for name, value := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": "x.1", "Ce-Source": "/elsewhere", "Ce-Type": typ, "Ce-Subject": subject,
		"Content-Type": "application/json",
	} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	rec := httptest.NewRecorder()
	x.handler.ServeHTTP(rec, r)
	return rec
}

// written counts what is in the store.
func (x target) written() (n int) {
	for _, table := range []string{"tickets", "orders", "payments", "expirations", "notifications", "accounts"} {
		x.store.Items(table, func(memory.Key, memory.Item) { n++ })
	}
	return n
}

const (
	someID   = "019ca945-4c68-7c54-8540-df18ce076dca"
	otherID  = "019ca945-5053-71b2-9b2e-f0b246596fa3"
	goodData = `{"id":"` + someID + `","version":1,"revision":1,"status":"created","seller_id":"` + otherID + `","buyer_id":"` + otherID + `",` +
		`"order_id":"` + otherID + `","title":"T","price":{"amount":1,"currency":"USD"},"amount":{"amount":1,"currency":"USD"},` +
		`"reservation":1,"ticket":{"id":"` + otherID + `","revision":1},"expires_at":"2026-03-01T12:15:00Z"}`
)

// An event that breaks the contract goes to the dead letters at once: it is answered 400, and changes nothing (P7).
func TestHostileEventsAreRefused(t *testing.T) {
	for _, x := range targets(t) {
		first := string(x.trigger.Types[0])
		for name, e := range map[string]struct{ typ, subject, data string }{
			"TypeOfAnother":     {"usher.user.created.v1", someID, goodData},
			"TypeUnknownMajor":  {strings.TrimSuffix(first, "1") + "2", someID, goodData},
			"TypeMissing":       {"", someID, goodData},
			"DataMissing":       {first, someID, ""},
			"DataNotJSON":       {first, someID, "<xml/>"},
			"DataCut":           {first, someID, goodData[:len(goodData)/2]},
			"DataArray":         {first, someID, "[]"},
			"DataNull":          {first, someID, "null"},
			"DataEmpty":         {first, someID, "{}"},
			"VersionZero":       {first, someID, strings.Replace(goodData, `"version":1`, `"version":0`, 1)},
			"VersionText":       {first, someID, strings.Replace(goodData, `"version":1`, `"version":"one"`, 1)},
			"VersionTooLarge":   {first, someID, strings.Replace(goodData, `"version":1`, `"version":99999999999999999999`, 1)},
			"IDNotOne":          {first, someID, strings.ReplaceAll(goodData, someID, "../x")},
			"StatusUnknown":     {first, someID, strings.Replace(goodData, `"status":"created"`, `"status":"stolen"`, 1)},
			"SubjectOfAnother":  {first, "somebody", goodData},
			"SubjectMissing":    {first, "", goodData},
			"DataDeeplyNested":  {first, someID, strings.Repeat("[", 20_000)},
			"DataLargerThan1MB": {first, someID, `{"id":"` + strings.Repeat("x", 2<<20) + `"}`},
		} {
			if first == string(events.Ping) && !strings.HasPrefix(name, "Type") {
				continue // a ping says nothing
			}
			t.Run(x.trigger.Name+"/"+name, func(t *testing.T) {
				rec := x.send(e.typ, e.subject, e.data)
				if rec.Code != http.StatusBadRequest {
					t.Errorf("answers %d %s", rec.Code, rec.Body)
				}
				if n := x.written(); n != 0 {
					t.Errorf("%d items were written", n)
				}
			})
		}
	}
}

// A field that a newer sender adds is no reason to refuse an event.
func TestFutureFieldsAreIgnored(t *testing.T) {
	data := strings.Replace(goodData, `"version":1`, `"version":1,"seats":[{"row":1}]`, 1)
	for _, x := range targets(t) {
		if x.trigger.Name != "expiration-on-order" {
			continue
		}
		if rec := x.send(string(events.OrderCreated), someID, data); rec.Code != http.StatusOK {
			t.Errorf("answers %d %s", rec.Code, rec.Body)
		}
		if n := x.written(); n != 1 {
			t.Errorf("%d timers were filed, want 1", n)
		}
	}
}

// Whatever comes, a function answers: done, never (400), or try again (409 and such). It never breaks, and what it refuses
// changes nothing.
func FuzzEvent(f *testing.F) {
	for n, trigger := range Triggers {
		for _, typ := range trigger.Types {
			f.Add(uint8(n), string(typ), someID, []byte(goodData))
		}
	}
	f.Add(uint8(0), "usher.order.created.v2", someID, []byte(`{"id":1e999}`))
	f.Fuzz(func(t *testing.T, n uint8, typ, subject string, data []byte) {
		x := newTarget(t, Triggers[int(n)%len(Triggers)])
		rec := x.send(printable(typ), printable(subject), string(bytes.ToValidUTF8(data, nil)))
		switch {
		case rec.Code == http.StatusInternalServerError:
			t.Errorf("%s breaks: %s", x.trigger.Name, rec.Body)
		case rec.Code == http.StatusBadRequest && x.written() != 0:
			t.Errorf("%s refuses, and writes %d items", x.trigger.Name, x.written())
		}
	})
}

// printable keeps of a text what a header can carry.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' {
			return -1
		}
		return c
	}, s)
}

// noMoney is a Stripe that holds no money.
type noMoney struct{ *bank }

// CallRaw implements stripe.Backend: it finds nothing.
func (noMoney) CallRaw(string, string, string, *form.Values, *stripe.Params, stripe.LastResponseSetter) error {
	return nil
}

// nowhere is a Broker that takes everything.
type nowhere struct{}

// Publish implements publish.Publisher.
func (nowhere) Publish(context.Context, events.Snapshot) error { return nil }
