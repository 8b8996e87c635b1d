package simulation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

// request is what somebody asks of a function.
type request struct {
	route  string
	method string
	id     string // in the path
	user   string
	role   string
	body   []byte
	header map[string]string
}

// answer is what they get. Its status is 0 where none came: they cannot know what happened.
type answer struct {
	status int
	body   []byte
	err    error
}

func (a answer) unknown() bool { return a.status == 0 || a.status >= 500 }

// ask calls a function as the gateway does; then is told the answer.
func (w *World) ask(q request, id uint64, then func(answer)) {
	f := w.house.routes[q.route]
	t := &task{name: f.name, fn: f, id: id, deadline: w.now.Add(patience)}
	if w.trace != nil {
		w.say(t.name, "<- %s %s %s", q.method, short(q.id), q.body[:min(len(q.body), 120)])
	}
	told := false
	tell := func(a answer) {
		if told {
			return
		}
		told = true
		t.late = nil
		if w.trace != nil {
			w.say(t.name, "-> %d %s", a.status, a.body[:min(len(a.body), 160)])
			if a.err != nil {
				w.say(t.name, "   %v", a.err)
			}
		}
		if a.status == http.StatusInternalServerError {
			w.fail("P7", "%s answers 500: %v", f.name, a.err)
		}
		then(a)
	}
	t.late = func() { tell(answer{}) }
	var resp *function.Response
	var err error
	reserves := q.route == "orders-create"
	switch q.route {
	case "orders-create":
		w.oracle.reserving(q.user)
	case "orders-cancel":
		w.oracle.hand(q.user).ended = true
	}
	w.start(t, func() { resp, err = f.people(context.Background(), q.http()) }, func(crashed bool) {
		if reserves {
			w.oracle.reserved(q.user, err, crashed || t.hurt)
		}
		if crashed {
			tell(answer{})
			return
		}
		tell(reply(resp, err))
	})
}

func (q request) http() *function.Request {
	r := &http.Request{Method: q.method, URL: &url.URL{Path: "/"}, Header: http.Header{}}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	if q.id != "" {
		r.SetPathValue("id", q.id)
		r.SetPathValue("order_id", q.id)
	}
	var user *session.User
	if q.user != "" {
		user = &session.User{ID: q.user, Email: address(q.user), Role: q.role}
	}
	return function.NewRequest(r, user, q.body)
}

func reply(resp *function.Response, err error) answer {
	if err != nil {
		return answer{status: problem.From(err).Code.Status(), err: err}
	}
	a := answer{status: resp.Status}
	if resp.Body != nil {
		a.body, a.err = json.Marshal(resp.Body)
	}
	return a
}

// person follows their steps, and remembers what they were told.
type person struct {
	w      *World
	t      *task
	id     string
	plan   Person
	orders []string // the ids they were told
	asked  uint64
	done   bool
	gone   bool // has no account any more, or does not know
}

// arrive lets a person begin.
func (w *World) arrive(n int, plan Person) *person {
	number := mix(uint64(n), 61)
	p := &person{w: w, id: newID(epoch.Add(-time.Hour), number), plan: plan}
	p.t = &task{name: fmt.Sprintf("person %d", n), id: number}
	w.people = append(w.people, p)
	w.introduce(p)
	w.start(p.t, func() {
		for _, s := range plan.Steps {
			p.t.calls++
			if s.Wait > 0 && w.choose == nil {
				p.t.pause(s.Wait, true)
			}
			p.do(s)
		}
	}, func(bool) { p.done = true })
	return p
}

// send asks the same several times at once, and waits for all answers.
func (p *person) send(q request, tabs int) []answer {
	return p.sendAll(slices.Repeat([]request{q}, tabs))
}

// sendAll asks everything at once, and waits for all answers.
func (p *person) sendAll(requests []request) []answer {
	answers := make([]answer, len(requests))
	left := len(requests)
	for i, q := range requests {
		q.user = p.id
		p.asked++
		id := mix(p.t.id, p.asked, 67)
		p.w.after(p.w.between(0, p.w.plan.Profile.Fast, id), id, func() {
			p.w.ask(q, id, func(a answer) {
				answers[i] = a
				if left--; left == 0 {
					p.w.after(0, mix(id, 71), p.t.step)
				}
			})
		})
	}
	p.t.wait()
	p.t.calls++
	for _, a := range answers {
		p.t.history = mix(p.t.history, uint64(a.status), hash(string(a.body)))
	}
	return answers
}

// again asks until there is an answer that stays, or patience ends.
func (p *person) again(q request, tries int, passing func(answer) bool) answer {
	for try := 0; ; try++ {
		a := p.send(q, 1)[0]
		if try >= tries || !a.unknown() && !passing(a) {
			return a
		}
		p.t.pause(p.w.between(0, 2*time.Second, mix(p.t.id, p.asked, 73)), true)
	}
}

func never(answer) bool { return false }

func (p *person) do(s Step) {
	if p.gone {
		return
	}
	switch s.Do {
	case List:
		p.list(s)
	case Edit, Withdraw:
		p.change(s)
	case Order:
		p.order(s)
	case Grab:
		p.grab(s)
	case Pay:
		p.pay(s)
	case Cancel:
		if len(p.orders) > 0 {
			id := p.orders[len(p.orders)-1]
			a := p.again(request{route: "orders-cancel", method: "DELETE", id: id}, s.Tries, never)
			p.w.oracle.cancelAnswered(id, a)
		}
	case Refund:
		p.refund(s)
	case Leave:
		p.leave(s)
	case Attach, Detach:
		p.attach(s)
	case Show:
		p.show(s)
	}
}

// refund has an operator give back what the person paid last, perhaps in two tabs.
func (p *person) refund(s Step) {
	if len(p.orders) == 0 {
		return
	}
	id := p.orders[len(p.orders)-1]
	q := request{route: "payments-refund", method: "POST", id: id, role: session.Operator}
	if s.Tabs > 1 {
		for _, a := range p.send(q, s.Tabs) {
			p.w.oracle.refundAnswered(id, a)
		}
	}
	p.w.oracle.refundAnswered(id, p.again(q, s.Tries, func(a answer) bool { return a.status == http.StatusConflict })) // not yet captured
}

func terms(price int64) []byte {
	return fmt.Appendf(nil, `{"title":"Ticket for %d","price":{"amount":%d,"currency":"USD"}}`, price, price)
}

func (p *person) list(s Step) {
	a := p.again(request{route: "tickets-create", method: "POST", body: terms(s.Price)}, s.Tries, never)
	if a.status == http.StatusCreated {
		var t events.Ticket
		if err := json.Unmarshal(a.body, &t); err != nil {
			p.w.fail("P6", "a ticket's answer is not a ticket: %v", err)
			return
		}
		p.w.oracle.listed(t)
	}
}

func (p *person) change(s Step) {
	id, ok := p.w.oracle.onSale(s.Ticket)
	if !ok {
		return
	}
	q := request{route: "tickets-update", method: "PUT", id: id, body: terms(s.Price)}
	if s.Do == Withdraw {
		q = request{route: "tickets-withdraw", method: "DELETE", id: id}
	}
	p.w.oracle.changeAnswered(id, s, p.again(q, s.Tries, never))
}

func (p *person) order(s Step) {
	for wait := 0; wait < 5; wait++ { // until something is on sale
		if _, ok := p.w.oracle.onSale(s.Ticket); ok || p.w.choose != nil {
			break
		}
		p.t.calls++
		p.t.pause(time.Second, true)
	}
	ticket, ok := p.w.oracle.onSale(s.Ticket)
	if !ok {
		return
	}
	p.ordered(ticket, p.again(p.reservation(s, ticket), s.Tries, never))
}

func (p *person) reservation(s Step, ticket string) request {
	q := request{route: "orders-create", method: "POST", body: fmt.Appendf(nil, `{"ticket_id":%q}`, ticket), header: map[string]string{}}
	if s.Key {
		q.header["Idempotency-Key"] = fmt.Sprint(p.asked, ticket)
	}
	return q
}

func (p *person) ordered(ticket string, a answer) {
	if a.status != http.StatusCreated {
		return
	}
	if id := p.w.oracle.ordered(p.id, ticket, a); id != "" {
		p.orders = append(p.orders, id)
	}
}

// grab reserves all that is on sale at once; whoever may not hold as much is refused some.
func (p *person) grab(s Step) {
	sale := slices.Clone(p.w.oracle.sale)
	if len(sale) == 0 {
		return
	}
	requests := make([]request, len(sale))
	for i, ticket := range sale {
		requests[i] = p.reservation(s, ticket)
	}
	for i, a := range p.sendAll(requests) {
		p.ordered(sale[i], a)
	}
}

func (p *person) pay(s Step) {
	if len(p.orders) == 0 {
		return
	}
	id := p.orders[len(p.orders)-1]
	if p.w.choose != nil { // as soon as it can be paid
		p.w.choose.when(p.t, func() bool { return p.w.store.Item(memory.Key{Table: "payments", PK: id}) != nil })
	}
	q := request{route: "payments-create", method: "POST", body: fmt.Appendf(nil, `{"order_id":%q,"payment_method":%q}`, id, s.Method)}
	if s.Tabs > 1 {
		for _, a := range p.send(q, s.Tabs) {
			p.w.oracle.payAnswered(id, a)
		}
	}
	a := p.again(q, s.Tries, func(a answer) bool { // the ticket may not yet be held
		return (a.status == http.StatusConflict || a.status == http.StatusNotFound) && !bytes.Contains(a.body, []byte("cancelled"))
	})
	p.w.oracle.payAnswered(id, a)
	if s.Method == "pm_card_authenticationRequired" {
		p.w.bank.authenticate(id)
	}
}
