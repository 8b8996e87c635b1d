package orders

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

// lived is an order that went through these steps, a minute after each other.
func lived(steps ...func(events.Order, time.Time) events.Order) *item {
	i := unmarked(New("a", "buyer", heldBy("a"), now, 15*time.Minute))
	for n, step := range steps {
		i = i.became(step(i.Snapshot, now.Add(time.Duration(n+1)*time.Minute)))
	}
	return i
}

func held(o events.Order, at time.Time) events.Order { return to(o, events.OrderIsAwaiting, "", at) }
func paid(o events.Order, at time.Time) events.Order { return to(o, events.OrderIsComplete, "", at) }
func refunded(o events.Order, at time.Time) events.Order {
	return Refunded(o, at, at.Add(time.Second))
}
func expired(o events.Order, at time.Time) events.Order {
	return to(o, events.OrderIsCancelled, events.CancelledExpired, at)
}
func failed(o events.Order, at time.Time) events.Order { return PaymentFailed(o, at) }

func TestTimeline(t *testing.T) {
	old := lived(held, paid)
	old.Moments = moments{}
	oldRefunded := lived(held, paid, refunded)
	oldRefunded.Moments = moments{}
	for name, c := range map[string]struct {
		item *item
		want string
	}{
		"Created":       {lived(), "0 created"},
		"Held":          {lived(held), "0 created, 1 held"},
		"Paid":          {lived(held, paid), "0 created, 1 held, 2 paid"},
		"Refunded":      {lived(held, paid, refunded), "0 created, 1 held, 2 paid, 3 refunded"},
		"Expired":       {lived(held, expired), "0 created, 1 held, 2 cancelled expired"},
		"NeverHeld":     {lived(expired), "0 created, 1 cancelled expired"},
		"PaymentFailed": {lived(held, paid, failed), "0 created, 1 held, 2 paid, 3 cancelled payment_failed"},
		"Old/Paid":      {old, "0 created, 2 paid"},
		"Old/Refunded":  {oldRefunded, "0 created, 3 refunded"},
	} {
		t.Run(name, func(t *testing.T) {
			var line []string
			for _, h := range timeline(c.item.Snapshot, c.item.Moments) {
				line = append(line, strings.TrimSpace(fmt.Sprintf("%.0f %s %s", h.At.Sub(now).Minutes(), h.What, h.Reason)))
			}
			if got := strings.Join(line, ", "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestReceipt(t *testing.T) {
	buyer := session.User{ID: "buyer", Email: "buyer@example.com"}
	for name, i := range map[string]*item{"Created": lived(), "Held": lived(held), "Expired": lived(held, expired), "PaymentFailed": lived(held, paid, failed)} {
		if _, err := receiptOf(*i, buyer); !problem.Is(err, problem.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := receiptOf(*lived(held, paid, refunded), buyer)
	if err != nil {
		t.Fatal(err)
	}
	if !got.IssuedAt.Equal(now.Add(2*time.Minute)) || got.Total.Amount != 4200 || got.Buyer.Email != buyer.Email || got.SellerID != "seller" || got.Refunded == nil {
		t.Errorf("got %+v", got)
	}
}

func TestStatuses(t *testing.T) {
	for filter, want := range map[string]int{"": 0, "complete": 1, "created,awaiting_payment": 2, "complete,complete": 1, "paid": -1, "complete,": -1, "COMPLETE": -1, ",": -1} {
		got, err := statuses(filter)
		if (err != nil) != (want < 0) || err == nil && len(got) != want || err != nil && !problem.Is(err, problem.Invalid) {
			t.Errorf("%q: %v, %v", filter, got, err)
		}
	}
}
