package simulation

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/functions/tickets"
)

const (
	// prompt is how soon after its time an unpaid order ends in a warm system (P4).
	prompt = 2 * time.Second
	// ample is a TTL that leaves time for every retry: an order must become payable within it if its ticket can be held.
	ample = 15 * time.Minute
	// lookahead is how long before a timer is due a ping may find something to do: its buyer is to be reminded. Where
	// schedules are enumerated nobody is, and only a tick may be the one to take it.
	lookahead           = 7 * time.Minute
	enumeratedLookahead = 2 * time.Minute
)

// owed says from when on a ping finds something to do; false: nothing is owed.
func (o *oracle) owed() (from time.Time, owed bool) {
	sooner := func(t time.Time) {
		if !owed || t.Before(from) {
			from, owed = t, true
		}
	}
	ahead := lookahead
	if o.w.choose != nil {
		ahead = enumeratedLookahead
	}
	o.w.store.Items("expirations", func(_ memory.Key, item memory.Item) {
		if item["expires_at"] != nil { // not the cursor of reminders
			sooner(moment(item, "expires_at").Add(-ahead))
		}
	})
	for _, table := range []string{"tickets", "orders", "payments", "accounts"} {
		o.w.store.Items(table, func(_ memory.Key, item memory.Item) {
			if item["unpublished"] != nil {
				sooner(moment(item, "unpublished_since"))
			}
		})
	}
	o.w.store.Items("notifications", func(_ memory.Key, item memory.Item) {
		if item["unsent"] != nil {
			sooner(moment(item, "next"))
		}
	})
	return from, owed
}

// rest checks what is left when the world has come to rest.
func (o *oracle) rest() {
	for _, dead := range o.w.broker.dead {
		o.w.fail("P7", "a good event is a dead letter: %s", dead)
	}
	for _, p := range o.w.people {
		if !p.done && o.w.choose == nil {
			o.w.fail("P9", "%s still waits", p.t.name)
		}
	}
	for _, x := range o.orders {
		o.restingOrder(x)
		o.restingMail(x)
	}
	for _, id := range o.sale {
		t := o.tickets[id]
		switch {
		case t == nil:
			o.w.fail("P6", "ticket %s was acknowledged and is gone", short(id))
		case t.version < o.promised[id]:
			o.w.fail("P6", "ticket %s is at version %d, %d was acknowledged", short(id), t.version, o.promised[id])
		case o.withdrawn[id] && t.status != events.TicketIsWithdrawn:
			o.w.fail("P6", "ticket %s was withdrawn and is %s", short(id), t.status)
		}
	}
	for _, t := range o.tickets {
		o.restingTicket(t)
		if o.w.choose == nil {
			o.restingListing(t)
		}
	}
	o.restingPeople()
	for id, told := range o.bought {
		if x := o.orders[id]; x == nil || x.buyer != told.buyer {
			o.w.fail("P6", "order %s was acknowledged and is gone", short(id))
		}
	}
	for id := range o.cancelled {
		if x := o.orders[id]; x.status != events.OrderIsCancelled {
			o.w.fail("P6", "order %s was cancelled and is %s", short(id), x.status)
		}
	}
	for id := range o.uncharged {
		if taken, _, _ := o.captures(id); taken > 0 {
			o.w.fail("P3", "order %s is charged though its buyer was told it is not", short(id))
		}
	}
}

// restingOrder: paid and complete, or unpaid and cancelled (P3, P4); and payments knows.
func (o *oracle) restingOrder(x *order) {
	taken, amount, held := o.captures(x.id)
	pay := o.w.store.Item(memory.Key{Table: "payments", PK: x.id})
	switch x.status {
	case events.OrderIsComplete:
		if taken != 1 || amount != x.price {
			o.w.fail("P3", "order %s of %d is complete; taken were %d in %d captures", short(x.id), x.price, amount, taken)
		}
		if status := events.PaymentStatus(str(pay, "snapshot", "status")); status != events.PaymentIsCaptured && status != events.PaymentIsRefunded {
			o.w.fail("P9", "order %s is complete, its payment is %q", short(x.id), status)
		}
		o.restingRefund(x, pay)
	case events.OrderIsCancelled:
		if taken != 0 || held {
			o.w.fail("P3", "order %s is cancelled (%s); money taken: %v, held: %v", short(x.id), x.reason, taken > 0, held)
		}
		if x.reason == events.CancelledExpired {
			o.expired(x)
		}
	default:
		o.w.fail("P4", "order %s is still %s", short(x.id), x.status)
	}
	if pay != nil && str(pay, "order", "status") != string(x.status) {
		o.w.fail("P9", "order %s is %s, payments believes it is %s", short(x.id), x.status, str(pay, "order", "status"))
	}
	for _, in := range o.w.bank.intents {
		if in.order == x.id && pay != nil {
			o.restingPayment(in, events.PaymentStatus(str(pay, "snapshot", "status")))
		}
	}
}

func (o *oracle) restingPayment(in *intent, believed events.PaymentStatus) {
	agree := map[stripe.PaymentIntentStatus][]events.PaymentStatus{
		stripe.PaymentIntentStatusSucceeded: {events.PaymentIsCaptured, events.PaymentIsRefunded},
		stripe.PaymentIntentStatusCanceled:  {events.PaymentIsVoided, events.PaymentIsFailed},
	}[in.Status]
	for _, status := range agree {
		if status == believed {
			return
		}
	}
	o.w.fail("P9", "Stripe has %s for order %s, payments believes it is %q", in.Status, short(in.order), believed)
}

// restingRefund: what an operator was told is refunded is so at Stripe, and everybody knows; nothing else is (P3, P9).
func (o *oracle) restingRefund(x *order, pay memory.Item) {
	given := 0
	for _, in := range o.w.bank.intents {
		if in.order == x.id {
			given += in.refunds
		}
	}
	believed := str(pay, "snapshot", "status") == string(events.PaymentIsRefunded)
	order := o.w.store.Item(memory.Key{Table: "orders", PK: x.buyer, SK: x.id})
	known := str(order, "snapshot", "refunded_at") != ""
	sellerKnows := str(o.w.store.Item(memory.Key{Table: "tickets", PK: x.ticket}), "snapshot", "hold", "refunded_at") != ""
	switch {
	case given > 1:
		o.w.fail("P3", "order %s was refunded %d times", short(x.id), given)
	case believed && given == 0, o.refunded[x.id] && !believed:
		o.w.fail("P3", "order %s: refunds at Stripe %d, payments believes it is refunded: %v, an operator was told: %v", short(x.id), given, believed, o.refunded[x.id])
	case believed != known, known != sellerKnows:
		o.w.fail("P9", "order %s: its payment is refunded: %v, the order: %v, its ticket: %v", short(x.id), believed, known, sellerKnows)
	}
}

// expired checks that an order did not expire for our fault, and in time.
func (o *oracle) expired(x *order) {
	hurried := o.w.choose != nil && o.w.choose.world.Expiry // its time may pass at any moment
	if x.was == events.OrderIsCreated && o.w.plan.Profile.TTL >= ample && !hurried {
		o.w.fail("P9", "order %s waited for its ticket until it expired", short(x.id))
	}
	if late := x.updated.Sub(x.expires); o.w.plan.Profile.warm() && o.w.choose == nil && late > prompt {
		o.w.fail("P4", "order %s ended %s after its time", short(x.id), late)
	}
}

// restingTicket: sold to its complete order or free, and orders' replica agrees (P9).
func (o *oracle) restingTicket(t *ticket) {
	x := o.orders[o.live[t.id]]
	replica := o.w.store.Item(memory.Key{Table: "orders", PK: "ticket#" + t.id, SK: "ticket"})
	holder := str(replica, "holder", "order_id")
	switch {
	case x != nil && (t.status != events.TicketSold || t.holder != x.id || holder != x.id):
		o.w.fail("P9", "order %s is %s, its ticket is %s for %q, and orders has it for %q", short(x.id), x.status, t.status, short(t.holder), short(holder))
	case x == nil && t.status != events.TicketAvailable && t.status != events.TicketIsWithdrawn:
		o.w.fail("P9", "ticket %s is %s for %s, which is not alive", short(t.id), t.status, short(t.holder))
	case x == nil && o.stale(replica):
		o.w.fail("P9", "orders has ticket %s for %s, which is over", short(t.id), short(holder))
	case num(replica, "revision") != t.revision || num(replica, "price", "amount") != t.price:
		o.w.fail("P9", "ticket %s is at revision %d for %d, orders has %d for %d", short(t.id), t.revision, t.price, num(replica, "revision"), num(replica, "price", "amount"))
	}
}

// restingListing: what can be bought is in the search index as it is, with all its words, and nothing else is (P9).
func (o *oracle) restingListing(t *ticket) {
	item := o.w.store.Item(memory.Key{Table: tickets.Listings.Name, PK: t.id, SK: "listing"})
	switch isOpen := str(item, "shard") != ""; {
	case t.status != events.TicketAvailable && isOpen:
		o.w.fail("P9", "ticket %s is %s, and in the search index", short(t.id), t.status)
	case t.status == events.TicketAvailable && !isOpen:
		o.w.fail("P9", "ticket %s is free, and not in the search index", short(t.id))
	case isOpen:
		card := strings.Split(str(item, "card"), "#")
		if card[1] != strconv.FormatInt(t.revision, 10) || card[2] != strconv.FormatInt(t.price, 10) {
			o.w.fail("P9", "ticket %s is at revision %d for %d, the search index has %v", short(t.id), t.revision, t.price, card)
		}
		for w := range strings.FieldsSeq(card[6]) {
			k := memory.Key{Table: tickets.Listings.Name, PK: "w:" + w[:1], SK: fmt.Sprintf("%s#%s#%d", w, t.id, num(item, "epoch"))}
			if str(o.w.store.Item(k), "card") != str(item, "card") {
				o.w.fail("P9", "ticket %s cannot be found by the word %q", short(t.id), w)
			}
		}
	}
}

// stale says whether orders still has a ticket for an order that is over and told of it. Two holders are left to the next
// buyer, who takes over at once (probe): of a creator that died before it announced anything, buried or not, and of the slow
// retry of one.
func (o *oracle) stale(replica memory.Item) bool {
	x := o.orders[str(replica, "holder", "order_id")]
	return x != nil && x.reason != events.CancelledAbandoned && num(replica, "holder", "reservation") == x.reservation
}

// free are the tickets that anybody can buy at rest.
func (o *oracle) free() (numbers []int) {
	for n, id := range o.sale {
		if t := o.tickets[id]; t != nil && t.status == events.TicketAvailable {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// probed checks that a new buyer got what was free, at once, and paid it: nothing that went wrong before stands in the way (P4).
func (o *oracle) probed(p *person, n int) {
	id, _ := o.onSale(n)
	if t := o.tickets[id]; t.status != events.TicketSold || !strings.HasPrefix(t.holder, "0") || o.orders[t.holder].buyer != p.id {
		o.w.fail("P4", "ticket %s is free, and a new buyer cannot have it: it is %s", short(id), t.status)
	}
}
