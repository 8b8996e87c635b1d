package payments

import (
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func order(version int64, s events.OrderStatus) events.Order {
	return events.Order{ID: "o", Version: version, Status: s, BuyerID: "b", ExpiresAt: now.Add(time.Minute), Ticket: events.OrderTicket{Price: events.Money{Amount: 29, Currency: "USD"}}}
}

func heard(s events.OrderStatus) Payment {
	p, _ := Payment{}.HearOrder(order(2, s))
	return p
}

// paid is a payment of an order at a status, as far as Stripe's intent is.
func paid(s events.OrderStatus, intents ...Intent) Payment {
	p, err := heard(events.OrderIsAwaiting).Begin("p", now)
	if err != nil {
		panic(err)
	}
	for _, in := range intents {
		p = p.Record(in, now)
	}
	if s != events.OrderIsAwaiting {
		p, _ = p.HearOrder(order(3, s))
	}
	return p
}

var (
	authorized = Intent{ID: "pi", Status: IntentAuthorized}
	captured   = Intent{ID: "pi", Status: IntentCaptured}
	canceled   = Intent{ID: "pi", Status: IntentCanceled}
	refused    = Intent{ID: "pi", Status: IntentOpen, Decline: &Decline{Code: "card_declined"}}
)

func TestBegin(t *testing.T) {
	awaiting, complete, cancelled := events.OrderIsAwaiting, events.OrderIsComplete, events.OrderIsCancelled
	for name, c := range map[string]struct {
		payment Payment
		now     time.Time
		refused problem.Code
		attempt int
	}{
		"OK":                 {heard(awaiting), now, "", 1},
		"OK/SecondClick":     {paid(awaiting), now, "", 1},
		"OK/AnotherCard":     {paid(awaiting, refused), now, "", 2},
		"OK/Authorized":      {paid(awaiting, authorized), now, "", 1},
		"OK/Captured":        {paid(complete, authorized, captured), now, "", 1}, // the second click charges nothing
		"ErrExpired":         {heard(awaiting), now.Add(time.Minute), problem.Conflict, 0},
		"ErrCancelled":       {heard(cancelled), now, problem.Conflict, 0},
		"ErrComplete":        {heard(complete), now, problem.Conflict, 0},
		"ErrNotHeld":         {heard(events.OrderIsCreated), now, problem.Conflict, 0},
		"ErrVoided":          {paid(awaiting, authorized, canceled), now, problem.Conflict, 1},
		"ErrExpiredDeclined": {paid(awaiting, refused), now.Add(time.Hour), problem.Conflict, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.payment.Begin("p", c.now)
			if code(err) != c.refused || got.Attempt != c.attempt {
				t.Errorf("attempt %d, %v", got.Attempt, err)
			}
			if err == nil && (got.ID != "p" || got.Amount.Amount != 29) {
				t.Errorf("got %+v", got.Payment)
			}
		})
	}
}

func code(err error) problem.Code {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func TestDuty(t *testing.T) {
	awaiting, complete, cancelled := events.OrderIsAwaiting, events.OrderIsComplete, events.OrderIsCancelled
	for name, c := range map[string]struct {
		payment Payment
		want    Duty
	}{
		"NotBegun":            {heard(cancelled), NoDuty},
		"Authorized":          {paid(awaiting, authorized), NoDuty},
		"CompleteAuthorized":  {paid(complete, authorized), Capture},
		"CompleteCaptured":    {paid(complete, authorized, captured), NoDuty},
		"CancelledAuthorized": {paid(cancelled, authorized), Void},
		"CancelledUnderWay":   {paid(cancelled), Void},
		"CancelledVoided":     {paid(cancelled, authorized).Record(canceled, now), NoDuty},
		"CancelledDeclined":   {paid(cancelled, refused), Void},
		"Failed":              {paid(complete, authorized).Fail(now), NoDuty},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.payment.Duty(); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestRecord(t *testing.T) {
	awaiting := events.OrderIsAwaiting
	for name, c := range map[string]struct {
		from    Payment
		says    Intent
		want    events.PaymentStatus
		decline bool
		changed bool
	}{
		"Authorized":           {paid(awaiting), authorized, events.PaymentIsAuthorized, false, true},
		"AuthorizedTwice":      {paid(awaiting, authorized), authorized, events.PaymentIsAuthorized, false, false},
		"RequiresAction":       {paid(awaiting), Intent{ID: "pi", Status: IntentRequiresAction}, events.PaymentRequiresAction, false, true},
		"Declined":             {paid(awaiting), refused, events.PaymentAuthorizing, true, true},
		"LateDecline":          {paid(awaiting, authorized), refused, events.PaymentIsAuthorized, false, false},
		"ApprovedAfterDecline": {paid(awaiting, refused), authorized, events.PaymentIsAuthorized, false, true},
		"Voided":               {paid(events.OrderIsCancelled, authorized), canceled, events.PaymentIsVoided, false, true},
		"LostWhileAwaiting":    {paid(awaiting, authorized), canceled, events.PaymentIsFailed, false, true}, // Stripe's doing, not ours
		"LostWhenComplete":     {paid(events.OrderIsComplete, authorized), canceled, events.PaymentIsFailed, false, true},
		"LateAuthorized":       {paid(awaiting, authorized, canceled), authorized, events.PaymentIsFailed, false, false},
		"NotBegun":             {heard(awaiting), authorized, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.from.Record(c.says, now)
			if got.Status != c.want || (got.Decline != nil) != c.decline || (got.Version != c.from.Version) != c.changed {
				t.Errorf("got %s, decline %v, version %d to %d", got.Status, got.Decline, c.from.Version, got.Version)
			}
		})
	}
}

func TestHearOrderKeepsTheNewest(t *testing.T) {
	p, _ := Payment{}.HearOrder(order(3, events.OrderIsCancelled))
	if got, news := p.HearOrder(order(2, events.OrderIsAwaiting)); news || got.Order.Status != events.OrderIsCancelled {
		t.Errorf("an old event made a cancelled order payable: %+v", got.Order)
	}
}

// What failed is told to the order that is complete, which it ends. Told to the cancelled one again, each would answer the
// other for ever (P9).
func TestTells(t *testing.T) {
	complete, cancelled := events.OrderIsComplete, events.OrderIsCancelled
	failed := paid(complete, authorized).Fail(now)
	ended, _ := failed.HearOrder(order(4, cancelled))
	for name, c := range map[string]struct {
		payment Payment
		of      events.Order
		want    bool
	}{
		"Captured":             {paid(complete, authorized, captured), order(3, complete), true},
		"Voided":               {paid(cancelled, authorized).Record(canceled, now), order(3, cancelled), true},
		"FailedOfComplete":     {failed, order(3, complete), true},
		"Silent/FailedOfEnded": {ended, order(4, cancelled), false},
		"Silent/Older":         {ended, order(3, complete), false},
		"Silent/NotSettled":    {paid(complete, authorized), order(3, complete), false},
		"Silent/NotBegun":      {heard(cancelled), order(2, cancelled), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.payment.Tells(c.of); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestRefund(t *testing.T) {
	refunded := Intent{ID: "pi", Status: IntentRefunded}
	for name, c := range map[string]struct {
		payment Payment
		allowed bool
		then    events.PaymentStatus // after Stripe says that it is refunded
	}{
		"OK":                {paid(events.OrderIsComplete, authorized, captured), true, events.PaymentIsRefunded},
		"OK/Again":          {paid(events.OrderIsComplete, authorized, captured, refunded), true, events.PaymentIsRefunded},
		"OK/CaptureUnheard": {paid(events.OrderIsComplete, authorized), false, events.PaymentIsRefunded},
		"NotCharged":        {paid(events.OrderIsAwaiting), false, events.PaymentIsRefunded},
		"Ended":             {paid(events.OrderIsCancelled, authorized, canceled), false, events.PaymentIsFailed},
		"NobodyBegan":       {heard(events.OrderIsAwaiting), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.payment.Refundable(); (err == nil) != c.allowed || err != nil && !problem.Is(err, problem.Conflict) {
				t.Errorf("refundable: %v", err)
			}
			got := c.payment.Record(refunded, now)
			if got.Status != c.then {
				t.Errorf("got %s, want %s", got.Status, c.then)
			}
			if again := got.Record(refunded, now); again.Version != got.Version {
				t.Error("hearing it again changes it")
			}
		})
	}
}

// A refund is told to an order until that knows of it; answering the order that does would never end (P9).
func TestARefundIsToldUntilTheOrderKnows(t *testing.T) {
	p := paid(events.OrderIsComplete, authorized, captured).Refund(now)
	o := order(3, events.OrderIsComplete)
	if !p.Tells(o) {
		t.Error("not told to the order that does not know")
	}
	at := now
	o.Version, o.RefundedAt = 4, &at
	heard, _ := p.HearOrder(o)
	if heard.Tells(o) || !heard.Order.Refunded {
		t.Errorf("told again: %+v", heard.Order)
	}
}

func TestDispute(t *testing.T) {
	p := paid(events.OrderIsComplete, authorized, captured).Dispute(now)
	if !p.Disputed || p.Status != events.PaymentIsCaptured || p.Dispute(now).Version != p.Version {
		t.Errorf("got %+v", p.Payment)
	}
	if heard(events.OrderIsAwaiting).Dispute(now).Disputed {
		t.Error("a payment that nobody began is disputed")
	}
}
