package simulation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/function"
	"usher.example/shared/session"
)

// What sellers attach to their tickets, who gets to read it, and whom it lets in (P8).

// ticketKey seals attachments and signs passes.
const ticketKey = "the key of the tickets of simulated worlds"

// secret begins everything that is attached, so that it is recognised where it must not be.
const secret = "admit one, number "

// attached is what the oracle knows of a ticket's attachment. Empty content stands for none.
type attached struct {
	sent   map[string]bool // whatever was asked for
	unsure map[string]bool // asked for, and nobody knows whether it was done, or will be
	last   string          // acknowledged last
}

// may says whether the attachment can be this when the world is at rest.
func (a *attached) may(content string) bool { return a.last == content || a.unsure[content] }

// doors is what the oracle knows of deliveries.
type doors struct {
	attached map[string]*attached
	shown    map[string]string // by order: what its buyer has read
	codes    map[string]string // by order: its pass
	admitted map[string]int    // by order: how often its pass was accepted
	unsure   map[string]bool   // orders whose passes may have been accepted
}

func newDoors() doors {
	return doors{map[string]*attached{}, map[string]string{}, map[string]string{}, map[string]int{}, map[string]bool{}}
}

func (d *doors) of(ticket string) *attached {
	if d.attached[ticket] == nil {
		d.attached[ticket] = &attached{sent: map[string]bool{}, unsure: map[string]bool{}}
	}
	return d.attached[ticket]
}

// deliver adds to some worlds that sellers attach something, and that buyers and others want to see it. The worlds that
// TestFoundOnce keeps stay as they were.
func (p *Plan) deliver(r *rand.Rand) {
	if kind := p.Seed % 7; kind != 0 && kind != 3 {
		return
	}
	calm := p.Profile.TTL / 4
	seller := &p.People[0]
	for range 1 + r.IntN(3) {
		s := Step{Wait: wait(r, calm), Do: Attach, Ticket: r.IntN(2), Price: r.Int64N(1_000_000), Tries: r.IntN(3), Key: r.IntN(2) == 0}
		if r.IntN(5) == 0 {
			s.Do = Detach
		}
		seller.Steps = slices.Insert(seller.Steps, 1+r.IntN(len(seller.Steps)), s)
	}
	for n := range p.People[1:] {
		b := &p.People[n+1]
		for at := len(b.Steps) - 1; at >= 0; at-- {
			if b.Steps[at].Do == Pay && r.IntN(3) > 0 {
				b.Steps = slices.Insert(b.Steps, at+1, Step{Wait: wait(r, calm), Do: Show, Tabs: 1 + r.IntN(2), Tries: r.IntN(3)})
			}
		}
	}
	var stranger Person
	for range 1 + r.IntN(3) {
		stranger.Steps = append(stranger.Steps, Step{Wait: wait(r, 2*calm), Do: Show, Ticket: r.IntN(2), Tabs: 1})
	}
	p.People = append(p.People, stranger)
}

// attach attaches something to a ticket, or takes away what is attached.
func (p *person) attach(s Step) {
	ticket, ok := p.w.oracle.onSale(s.Ticket)
	if !ok {
		return
	}
	content := fmt.Sprint(secret, s.Price)
	body, err := json.Marshal(map[string]string{"code": content})
	if err != nil {
		p.w.fail("P8", "no attachment: %v", err)
		return
	}
	q := request{route: "tickets-attach", method: http.MethodPut, id: ticket, body: body}
	if s.Do == Detach {
		content, q = "", request{route: "tickets-detach", method: http.MethodDelete, id: ticket}
	}
	if s.Key {
		q.header = map[string]string{"If-Match": function.VersionTag(p.w.oracle.tickets[ticket].version)}
	}
	p.w.oracle.doors.of(ticket).sent[content] = true
	for try := 0; try <= s.Tries; try++ {
		a := p.send(q, 1)[0]
		p.w.oracle.attachAnswered(p.id, ticket, content, a)
		if !a.unknown() {
			return
		}
		p.t.pause(time.Second, true)
	}
}

func (o *oracle) attachAnswered(by, ticket, content string, a answer) {
	known := o.doors.of(ticket)
	switch {
	case a.unknown():
		known.unsure[content] = true
	case a.status/100 != 2: // refused
	case o.tickets[ticket].seller != by:
		o.w.fail("P8", "somebody else attached something to ticket %s", short(ticket))
	default:
		known.last = content
	}
}

// show has a person read what is attached to the ticket that they ordered last, or else to any, and go to its door with
// their pass; there it is tried as often at once as they have tabs, and again.
func (p *person) show(s Step) {
	ticket, ok := p.w.oracle.onSale(s.Ticket)
	if n := len(p.orders); n > 0 {
		ticket, ok = p.w.oracle.bought[p.orders[n-1]].ticket, true
	}
	if ok {
		p.visit(ticket, s.Tabs)
	}
}

// visit is what a person gets to see and whom the door lets in: statuses of attachment, pass, and the door's last word;
// 0 where there was no answer, and for a door that nobody went to.
func (p *person) visit(ticket string, tabs int) (attachment, pass, door int) {
	o := p.w.oracle
	seen := p.sendAll([]request{
		{route: "tickets-attachment", method: http.MethodGet, id: ticket}, {route: "tickets-pass", method: http.MethodGet, id: ticket},
	})
	o.attachmentSeen(p.id, ticket, seen[0])
	order := o.passSeen(p.id, ticket, seen[1])
	if order == "" {
		return seen[0].status, seen[1].status, 0
	}
	body := fmt.Appendf(nil, `{"code":%q}`, o.doors.codes[order])
	stranger := request{route: "tickets-verify", method: http.MethodPost, body: body}
	if a := p.send(stranger, 1)[0]; a.status == http.StatusOK && p.id != o.tickets[ticket].seller {
		o.w.fail("P8", "a stranger had the pass of order %s accepted", short(order))
	}
	operator := stranger
	operator.role = session.Operator
	for _, a := range append(p.send(operator, tabs), p.send(operator, 1)...) {
		o.admitAnswered(order, a)
		door = a.status
	}
	return seen[0].status, seen[1].status, door
}

// paid says whether a person ever completed an order of a ticket.
func (o *oracle) paid(buyer, ticket string) (order string, paid bool) {
	for _, x := range o.orders {
		if x.buyer == buyer && x.ticket == ticket && (x.status == events.OrderIsComplete || x.was == events.OrderIsComplete) {
			if paid {
				return "", true // more than one
			}
			order, paid = x.id, true
		}
	}
	return order, paid
}

func (o *oracle) attachmentSeen(reader, ticket string, a answer) {
	if a.status != http.StatusOK {
		return
	}
	var seen struct{ Code string }
	if err := json.Unmarshal(a.body, &seen); err != nil || seen.Code == "" || !o.doors.of(ticket).sent[seen.Code] {
		o.w.fail("P8", "what is attached to ticket %s is shown as %s", short(ticket), a.body)
	}
	if o.tickets[ticket].seller == reader {
		return
	}
	order, paid := o.paid(reader, ticket)
	if !paid {
		o.w.fail("P8", "what is attached to ticket %s is shown to somebody who has not paid for it", short(ticket))
	}
	if was := o.doors.shown[order]; order != "" && was != "" && was != seen.Code {
		o.w.fail("P2", "the buyer of order %s was shown %q, and then %q", short(order), was, seen.Code)
	}
	o.doors.shown[order] = seen.Code
}

// passSeen returns the order that a pass is for.
func (o *oracle) passSeen(reader, ticket string, a answer) string {
	if a.status != http.StatusOK {
		return ""
	}
	var pass struct {
		Code   string `json:"code"`
		Ticket string `json:"ticket_id"`
		Order  string `json:"order_id"`
	}
	if err := json.Unmarshal(a.body, &pass); err != nil || pass.Ticket != ticket || pass.Code == "" {
		o.w.fail("P8", "the pass of ticket %s is %s", short(ticket), a.body)
		return ""
	}
	x := o.orders[pass.Order]
	if x == nil || x.buyer != reader || x.ticket != ticket || x.status != events.OrderIsComplete && x.was != events.OrderIsComplete {
		o.w.fail("P8", "somebody who has not paid has a pass for ticket %s", short(ticket))
	}
	if was := o.doors.codes[pass.Order]; was != "" && was != pass.Code {
		o.w.fail("P8", "order %s has two passes", short(pass.Order))
	}
	o.doors.codes[pass.Order] = pass.Code
	return pass.Order
}

func (o *oracle) admitAnswered(order string, a answer) {
	switch {
	case a.unknown():
		o.doors.unsure[order] = true
	case a.status == http.StatusOK:
		if o.doors.admitted[order]++; o.doors.admitted[order] > 1 {
			o.w.fail("P8", "the pass of order %s was accepted twice", short(order))
		}
	}
}

// wroteAttachment: nobody who reads the store's file reads what is attached.
func (o *oracle) wroteAttachment(k memory.Key, after memory.Item) {
	sealed, _ := after["sealed"].(*types.AttributeValueMemberB)
	if after != nil && (sealed == nil || bytes.Contains(sealed.Value, []byte(secret))) {
		o.w.fail("P8", "the attachment %s of ticket %s is not sealed", k.SK, short(k.PK))
	}
}

// openDoors lets everybody read what they ordered or sold, one by one, when nothing goes wrong any more: who paid and was
// not refunded gets what was attached, and in, once; nobody else does.
func (w *World) openDoors() {
	w.now = maxTime(w.now, epoch.Add(w.plan.Profile.Chaos+time.Minute))
	for _, id := range slices.Sorted(maps.Keys(w.oracle.orders)) {
		x := w.oracle.orders[id]
		w.guest(x.buyer, id, func(p *person) { w.oracle.visited(p, x) })
	}
	for _, ticket := range slices.Sorted(maps.Keys(w.oracle.doors.attached)) {
		w.guest(w.oracle.tickets[ticket].seller, ticket, func(p *person) {
			attachment, _, _ := p.visit(ticket, 1)
			w.oracle.readable(p.id, ticket, attachment)
		})
	}
}

// guest is somebody known who comes again; all else waits for them.
func (w *World) guest(id, why string, do func(*person)) {
	p := &person{w: w, id: id}
	p.t = &task{name: "guest " + short(id), id: mix(hash(id), hash(why), 97)}
	w.start(p.t, func() { do(p) }, func(bool) { p.done = true })
	w.run()
}

func (o *oracle) visited(p *person, x *order) {
	d := &o.doors
	attachment, pass, door := p.visit(x.ticket, 1)
	live := x.status == events.OrderIsComplete && !x.refunded
	if !live {
		if again, paid := o.paid(x.buyer, x.ticket); paid && again != x.id {
			return // another order of theirs has it
		}
		if attachment != http.StatusForbidden || pass != http.StatusForbidden {
			o.w.fail("P8", "order %s is %s, refunded: %v; its buyer asks for attachment and pass: %d, %d", short(x.id), x.status, x.refunded, attachment, pass)
		}
		return
	}
	o.readable(p.id, x.ticket, attachment)
	if pass != http.StatusOK || door != http.StatusConflict || d.admitted[x.id] == 0 && !d.unsure[x.id] {
		o.w.fail("P8", "order %s is complete; its pass is answered %d, and the door at last %d, after it was let in %d times (unsure: %v)",
			short(x.id), pass, door, d.admitted[x.id], d.unsure[x.id])
	}
}

// readable holds what somebody who may read an attachment was answered to what can be there.
func (o *oracle) readable(reader, ticket string, status int) {
	known := o.doors.of(ticket)
	switch {
	case status == http.StatusNotFound && known.may(""):
	case status == http.StatusOK && slices.ContainsFunc(slices.Collect(maps.Keys(known.sent)), func(c string) bool { return c != "" && known.may(c) }):
	default:
		o.w.fail("P6", "what is attached to ticket %s is answered %d to %s; acknowledged last was %q", short(ticket), status, short(reader), known.last)
	}
}
