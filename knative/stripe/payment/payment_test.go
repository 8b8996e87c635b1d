package payment_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"usher.example/knative/stripe/card"
	"usher.example/knative/stripe/payment"
)

// books are the moves of one payment, added up.
type books struct{ authorized, captured, released, refunded, disputed int64 }

func (b *books) add(moves []payment.Move) {
	for _, m := range moves {
		switch m.Kind {
		case payment.MoveAuthorized:
			b.authorized += m.Amount
		case payment.MoveCaptured:
			b.captured += m.Amount
		case payment.MoveReleased:
			b.released += m.Amount
		case payment.MoveRefunded:
			b.refunded += m.Amount
		case payment.MoveDisputed:
			b.disputed += m.Amount
		}
	}
}

// world is one payment, driven by random commands.
type world struct {
	t      *testing.T
	r      *rand.Rand
	env    payment.Env
	intent payment.Intent
	charge payment.Charge
	method payment.MethodRecord
	books  books
}

func (w *world) step() {
	var c payment.Change
	switch w.r.IntN(7) {
	case 0, 1:
		cards := card.All()
		bank := &cards[w.r.IntN(len(cards))]
		w.method = payment.NewMethod(bank, card.Details{}, payment.Billing{}, w.env.Now, w.env.IDs)
		c = payment.Confirm(w.intent, payment.Confirmation{Method: &w.method, OffSession: w.r.IntN(4) == 0}, w.env)
	case 2:
		c = payment.Authenticate(w.intent, &w.method, w.r.IntN(2) == 0, w.env)
	case 3:
		bank, err := w.method.Card()
		if err != nil {
			return // nothing was confirmed yet
		}
		c = payment.Capture(w.intent, w.charge, bank, w.r.Int64N(w.intent.Amount+10), w.env)
	case 4:
		c = payment.Cancel(w.intent, &w.charge, "abandoned", w.env)
	case 5:
		c = payment.Return(w.charge, payment.Giving{Amount: w.r.Int64N(w.intent.Amount + 10)}, w.env)
	case 6:
		c = payment.Complain(w.charge, "fraudulent", w.env)
	}
	if c.Intent != nil {
		w.intent = *c.Intent
	}
	if c.Charge != nil {
		w.charge = *c.Charge
	}
	w.books.add(c.Moves)
	w.env.Now = w.env.Now.Add(time.Duration(w.r.IntN(36)) * time.Hour)
	if c.Intent == nil && c.Charge == nil && (len(c.Moves) > 0 || len(c.Events) > 0) {
		w.t.Fatalf("money moved, or was told of, without a change: %+v", c)
	}
}

// check holds what the objects say against the moves.
func (w *world) check() {
	b := w.books
	held := b.authorized - b.captured - b.released
	switch {
	case held != w.intent.AmountCapturable:
		w.t.Fatalf("%d are held; the intent says %d can be captured (%s)", held, w.intent.AmountCapturable, w.intent.Status)
	case (w.intent.Status == payment.RequiresCapture) != (held > 0):
		w.t.Fatalf("status %s with %d held", w.intent.Status, held)
	case b.captured != w.intent.AmountReceived:
		w.t.Fatalf("%d were captured; the intent says %d", b.captured, w.intent.AmountReceived)
	case (w.intent.Status == payment.Succeeded) != (b.captured > 0):
		w.t.Fatalf("status %s with %d captured", w.intent.Status, b.captured)
	case b.captured > w.intent.Amount || b.refunded+b.disputed > b.captured:
		w.t.Fatalf("more was taken or given back than there was: %+v", b)
	case (w.intent.Status == payment.RequiresAction) != (w.intent.NextAction != nil):
		w.t.Fatalf("status %s with next action %+v", w.intent.Status, w.intent.NextAction)
	}
}

func TestMoneyIsWhereTheObjectsSay(t *testing.T) {
	reached := map[payment.Status]int{}
	for seed := range uint64(3000) {
		now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		w := &world{t: t, r: rand.New(rand.NewPCG(seed, 1))}
		w.env = payment.Env{Now: now, IDs: &payment.RandomIDs{Now: func() time.Time { return now }}}
		method := payment.CaptureManual
		if seed%4 == 0 {
			method = payment.CaptureAutomatic
		}
		w.intent = *payment.Create(payment.Creation{Amount: 1000, Currency: "usd", CaptureMethod: method}, w.env).Intent
		for range 12 {
			w.step()
			w.check()
			reached[w.intent.Status]++
		}
	}
	for _, status := range []payment.Status{payment.RequiresMethod, payment.RequiresAction, payment.RequiresCapture, payment.Succeeded, payment.Canceled} {
		if reached[status] == 0 {
			t.Errorf("no run reached %s", status)
		}
	}
}

func TestCaptureAfterSevenDaysIsTooLate(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	env := payment.Env{Now: now, IDs: &payment.RandomIDs{Now: time.Now}}
	bank, _ := card.ByName("visa")
	method := payment.NewMethod(bank, card.Details{}, payment.Billing{}, now, env.IDs)
	in := *payment.Create(payment.Creation{Amount: 1000, Currency: "usd", CaptureMethod: payment.CaptureManual}, env).Intent
	paid := payment.Confirm(in, payment.Confirmation{Method: &method}, env)

	env.Now = now.Add(payment.AuthorizationLasts)
	if c := payment.Capture(*paid.Intent, *paid.Charge, bank, 0, env); c.Refusal != nil {
		t.Fatalf("in the last second: %v", c.Refusal)
	}
	env.Now = env.Now.Add(time.Second)
	c := payment.Capture(*paid.Intent, *paid.Charge, bank, 0, env)
	if c.Refusal == nil || c.Refusal.Code != "charge_expired_for_capture" || c.Intent.Status != payment.Canceled {
		t.Fatalf("a second later: %+v", c)
	}
}

func TestIDsSortByTheirTime(t *testing.T) {
	stopped := &payment.RandomIDs{Now: func() time.Time { return time.Unix(1_800_000_000, 0) }}
	var ids []string
	for range 1000 {
		ids = append(ids, stopped.New("pi_3"))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 1000 {
		t.Fatal("ids are not unique and in order")
	}
	if !strings.HasPrefix(ids[0], "pi_3") {
		t.Fatalf("%s has not its prefix", ids[0])
	}
}

// What is stored comes back as it was, nulls included.
func TestObjectsSurviveStorage(t *testing.T) {
	env := payment.Env{Now: time.Unix(1_800_000_000, 0), IDs: &payment.RandomIDs{Now: time.Now}}
	in := *payment.Create(payment.Creation{Amount: 1000, Currency: "usd", Metadata: map[string]string{"a": "b"}, MethodTypes: []string{"card"}, MethodOptions: map[string]any{}}, env).Intent
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var back payment.Intent
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(in, back) {
		t.Fatalf("%+v came back as %+v, %v", in, back, err)
	}
	for _, null := range []string{"canceled_at", "latest_charge", "customer", "next_action"} {
		if !strings.Contains(string(raw), `"`+null+`":null`) {
			t.Errorf("%s is not null in %s", null, raw)
		}
	}
}
