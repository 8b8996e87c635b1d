package simulation

import (
	"context"
	"errors"

	"usher.example/events"
	"usher.example/functions/notifications"
	"usher.example/functions/simulation/memory"
)

// post is a mail server: it counts what it accepted.
type post struct {
	w        *World
	accepted map[mailed]int
}

// mailed names a mail as its Message-ID does.
type mailed struct {
	order string
	kind  notifications.Kind
}

func newPost(w *World) *post { return &post{w, map[mailed]int{}} }

var errPost = errors.New("simulated: the mail server does not answer")

// Send implements notifications.Post. It goes wrong as a call to Stripe does: somebody else's server.
func (p *post) Send(_ context.Context, messages []notifications.Message) []error {
	errs := make([]error, len(messages))
	for i, m := range messages {
		f := p.w.task.call(callStripe, "mail "+string(m.Kind)+" "+short(m.OrderID))
		if f == refused {
			errs[i] = errPost
			continue
		}
		p.accepted[mailed{m.OrderID, m.Kind}]++
		switch f {
		case unanswered:
			errs[i] = errPost
		case dieAfter:
			panic(crash{})
		}
	}
	return errs
}

// restingMail: each mail that an order asks for was sent to who still has an account, once where no process died and no answer was lost (P5).
func (o *oracle) restingMail(x *order) {
	if o.w.choose != nil {
		return
	}
	var due []notifications.Kind
	switch {
	case x.status == events.OrderIsComplete && x.refunded:
		due = []notifications.Kind{notifications.Bought, notifications.Sold, notifications.Refunded, notifications.SaleRefunded}
	case x.status == events.OrderIsComplete:
		due = []notifications.Kind{notifications.Bought, notifications.Sold}
	case x.status == events.OrderIsCancelled && x.reason != events.CancelledAbandoned:
		due = []notifications.Kind{notifications.Cancelled}
		if o.w.post.accepted[mailed{x.id, notifications.Sold}] > 0 {
			due = append(due, notifications.SaleFailed)
		}
	}
	if x.reason == events.CancelledExpired && o.w.plan.Profile.TTL >= ample { // things went wrong long before it was time to remind
		due = append(due, notifications.Expiring)
	}
	for _, kind := range due {
		to := x.buyer
		if kind == notifications.Sold || kind == notifications.SaleFailed || kind == notifications.SaleRefunded {
			to = str(o.w.store.Item(memory.Key{Table: "tickets", PK: x.ticket}), "seller")
		}
		if str(o.w.store.Item(memory.Key{Table: "accounts", PK: to}), "snapshot", "status") == string(events.UserIsDeleted) {
			continue // nobody is there any more
		}
		if n := o.w.post.accepted[mailed{x.id, kind}]; n == 0 || n > 1 && o.w.plan.Profile.steady() {
			o.w.fail("P5", "order %s is %s (%s); its mail %q was sent %d times", short(x.id), x.status, x.reason, kind, n)
		}
	}
}

// steady says whether in this world no function dies or misses an answer, so that everything is done once.
func (p *Profile) steady() bool {
	for _, rate := range p.Faults {
		if rate > 0 {
			return false
		}
	}
	return p.Slow == 0
}
