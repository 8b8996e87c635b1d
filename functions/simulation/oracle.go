package simulation

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/functions/tickets"
	"usher.example/shared/id"
)

// oracle knows what people asked and were told, what Stripe did and what the store holds: never what a function meant. It
// looks at each write (this file) and at what is left at rest (rest.go).
type oracle struct {
	w       *World
	orders  map[string]*order
	tickets map[string]*ticket
	live    map[string]string // ticket to its live order

	sale      []string // tickets in the order their sellers were told of them
	promised  map[string]int64
	bought    map[string]*bought
	withdrawn map[string]bool
	cancelled map[string]bool // orders whose buyers were told so
	uncharged map[string]bool
	refunded  map[string]bool // orders whose operator was told so
	left      map[string]bool // people who were told that their accounts are deleted
	hands     map[string]*hand
	doors     doors
}

// order is what the store holds of an order.
type order struct {
	id, ticket, buyer            string
	version                      int64
	status                       events.OrderStatus
	reason                       events.Reason
	revision, price, reservation int64
	expires                      time.Time
	updated, made                time.Time
	was                          events.OrderStatus // before it was cancelled
	authorised, takings          int
	refunded                     bool
}

// ticket is what the store holds of a ticket.
type ticket struct {
	id                       string
	status                   events.TicketStatus
	version, revision, price int64
	holder, seller           string
}

// bought is what a buyer was told of their order.
type bought struct {
	buyer, ticket string
	price         int64
}

func newOracle(w *World) *oracle {
	return &oracle{
		w: w, orders: map[string]*order{}, tickets: map[string]*ticket{}, live: map[string]string{}, promised: map[string]int64{},
		bought: map[string]*bought{}, withdrawn: map[string]bool{}, cancelled: map[string]bool{}, uncharged: map[string]bool{}, refunded: map[string]bool{},
		hands: map[string]*hand{}, left: map[string]bool{}, doors: newDoors(),
	}
}

// field reads a path of maps in an item; nil where there is none.
func field(item memory.Item, path ...string) types.AttributeValue {
	for _, name := range path[:len(path)-1] {
		m, ok := item[name].(*types.AttributeValueMemberM)
		if !ok {
			return nil
		}
		item = m.Value
	}
	return item[path[len(path)-1]]
}

func str(item memory.Item, path ...string) string {
	s, _ := field(item, path...).(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func num(item memory.Item, path ...string) int64 {
	n, _ := field(item, path...).(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64) // the store holds what was a number
	return v
}

func moment(item memory.Item, path ...string) time.Time {
	t, _ := time.Parse(time.RFC3339, str(item, path...)) // zero where there is none
	return t
}

// wrote looks at a write.
func (o *oracle) wrote(k memory.Key, _, after memory.Item) {
	switch {
	case k.Table == "tickets":
		o.wroteTicket(k, after)
	case k.Table == tickets.Attachments.Name:
		o.wroteAttachment(k, after)
	case k.Table == "orders" && !strings.Contains(k.PK, "#"):
		o.wroteOrder(k, after)
	}
}

func (o *oracle) wroteTicket(k memory.Key, after memory.Item) {
	if after == nil {
		o.w.fail("P6", "ticket %s is gone", k.PK)
		return
	}
	t := &ticket{
		id: k.PK, status: events.TicketStatus(str(after, "snapshot", "status")), version: num(after, "snapshot", "version"),
		revision: num(after, "snapshot", "revision"), price: num(after, "snapshot", "price", "amount"),
		holder: str(after, "snapshot", "hold", "order_id"), seller: str(after, "seller"),
	}
	if o.w.trace != nil {
		o.w.say("", "      ticket %s is %s v%d r%d %s", short(t.id), t.status, t.version, t.revision, short(t.holder))
	}
	o.tickets[k.PK] = t
	o.payable(k.PK)
}

func (o *oracle) wroteOrder(k memory.Key, after memory.Item) {
	was := o.orders[k.SK]
	if after == nil {
		o.w.fail("P6", "order %s is gone", k.SK)
		return
	}
	now := &order{
		id: k.SK, buyer: k.PK, ticket: str(after, "snapshot", "ticket", "id"), version: num(after, "snapshot", "version"),
		status: events.OrderStatus(str(after, "snapshot", "status")), reason: events.Reason(str(after, "snapshot", "reason")),
		revision: num(after, "snapshot", "ticket", "revision"), reservation: num(after, "snapshot", "reservation"), price: num(after, "snapshot", "ticket", "price", "amount"),
	}
	now.refunded = str(after, "snapshot", "refunded_at") != ""
	now.expires = moment(after, "snapshot", "expires_at")
	if now.status == events.OrderIsCancelled {
		now.updated = moment(after, "snapshot", "updated_at")
	}
	if o.w.trace != nil {
		o.w.say("", "      order %s is %s v%d %s", short(now.id), now.status, now.version, now.reason)
	}
	if was != nil {
		now.was, now.authorised, now.takings = was.was, was.authorised, was.takings
	}
	now.made = moment(after, "snapshot", "created_at")
	if was == nil && (now.made.Before(id.Time(now.id).Truncate(time.Second)) || now.made.After(o.w.now.Add(o.w.plan.Profile.Skew))) {
		o.w.fail("P2", "order %s says that it was made at %s", short(now.id), now.made)
	}
	o.orders[k.SK] = now
	o.transition(was, now)
	o.hand(now.buyer).changed(was, now)
	switch holder := o.live[now.ticket]; {
	case now.status.Live() && holder != "" && holder != now.id:
		o.w.fail("P1", "ticket %s has two live orders: %s and %s", short(now.ticket), short(holder), short(now.id))
	case now.status.Live():
		o.live[now.ticket] = now.id
	case holder == now.id:
		delete(o.live, now.ticket)
	}
	o.payable(now.ticket)
}

// transition holds an order to its life: it only goes on, one version at a time.
func (o *oracle) transition(was, now *order) {
	if was == nil {
		if now.status != events.OrderIsCreated && now.reason != events.CancelledAbandoned {
			o.w.fail("P3", "order %s begins as %s", short(now.id), now.status)
		}
		return
	}
	if was.version == now.version && was.status == now.status {
		return // its mark was cleared
	}
	if now.version != was.version+1 {
		o.w.fail("P5", "order %s goes from version %d to %d", short(now.id), was.version, now.version)
	}
	legal := false
	switch was.status {
	case events.OrderIsCreated:
		legal = now.status == events.OrderIsAwaiting || now.status == events.OrderIsCancelled
	case events.OrderIsAwaiting:
		legal = now.status == events.OrderIsComplete || now.status == events.OrderIsCancelled
	case events.OrderIsComplete:
		refunded := now.status == events.OrderIsComplete && now.refunded && !was.refunded
		legal = refunded || now.reason == events.CancelledPayment && now.takings == 0
	}
	if now.was = was.status; legal {
		return
	}
	o.w.fail("P3", "order %s goes from %s to %s (%s)", short(now.id), was.status, now.status, now.reason)
}

// payable holds the ticket's live order, once it can be paid, to the ticket as it is: the buyer pays what is sold (P2).
func (o *oracle) payable(id string) {
	t, x := o.tickets[id], o.orders[o.live[id]]
	if x == nil || x.status == events.OrderIsCreated {
		return
	}
	switch {
	case t == nil:
		o.w.fail("P2", "order %s is %s for a ticket that does not exist", short(x.id), x.status)
	case t.revision != x.revision || t.price != x.price:
		o.w.fail("P2", "order %s is %s at revision %d for %d; its ticket is at %d for %d", short(x.id), x.status, x.revision, x.price, t.revision, t.price)
	case t.holder != x.id:
		o.w.fail("P2", "order %s is %s; its ticket is %s for %q", short(x.id), x.status, t.status, short(t.holder))
	}
}

// authorised is told of each authorisation at Stripe.
func (o *oracle) authorised(in *intent) {
	x := o.orders[in.order]
	if x == nil {
		o.w.fail("P3", "money is authorised for an order %s that does not exist", short(in.order))
		return
	}
	if in.Amount != x.price {
		o.w.fail("P2", "%d is authorised for order %s of %d", in.Amount, short(x.id), x.price)
	}
	if told := o.bought[x.id]; told != nil && told.price != in.Amount {
		o.w.fail("P2", "%d is authorised for order %s that was shown for %d", in.Amount, short(x.id), told.price)
	}
	if x.authorised++; x.authorised > 1 {
		o.w.fail("P3", "order %s is authorised twice", short(x.id))
	}
}

// captured is told of each capture at Stripe.
func (o *oracle) captured(in *intent) {
	x := o.orders[in.order]
	if x == nil || x.status != events.OrderIsComplete {
		o.w.fail("P3", "money is taken for order %s, which is not complete", short(in.order))
		return
	}
	if x.takings++; x.takings > 1 {
		o.w.fail("P3", "money is taken twice for order %s", short(x.id))
	}
}
