package tickets

import (
	"testing"

	"usher.example/events"
	"usher.example/shared/problem"
)

const (
	buyer    = "01990000-0000-7000-8000-000000000002"
	stranger = "01990000-0000-7000-8000-000000000003"
	orderID  = "01990000-0000-7000-8000-0000000000bb"
)

// inStatus is the listed ticket, with something attached or not, in a status that an order brought it to.
func inStatus(status events.TicketStatus, attached bool) Ticket {
	t := listed()
	if attached {
		t.Delivery, t.Attached = Pointer{Serial: 3, Present: true}, true
	}
	t.Status = status
	if status == events.TicketHeld || status == events.TicketSold {
		t.Hold = &events.Hold{OrderID: orderID, BuyerID: buyer, Reservation: 1}
	}
	return t
}

func TestAttachAndDetach(t *testing.T) {
	for name, c := range map[string]struct {
		status         events.TicketStatus
		attached       bool
		by             string
		attach, detach problem.Code
	}{
		"Available":          {events.TicketAvailable, false, seller, "", ""},
		"AvailableAttached":  {events.TicketAvailable, true, seller, "", ""},
		"HeldOwing":          {events.TicketHeld, false, seller, "", ""},
		"HeldAttached":       {events.TicketHeld, true, seller, problem.Conflict, problem.Conflict},
		"SoldOwing":          {events.TicketSold, false, seller, "", ""},
		"SoldAttached":       {events.TicketSold, true, seller, problem.Conflict, problem.Conflict},
		"Withdrawn":          {events.TicketIsWithdrawn, false, seller, problem.Conflict, ""},
		"WithdrawnAttached":  {events.TicketIsWithdrawn, true, seller, problem.Conflict, ""},
		"Stranger":           {events.TicketAvailable, false, stranger, problem.Forbidden, problem.Forbidden},
		"PayingBuyer":        {events.TicketSold, true, buyer, problem.Forbidden, problem.Forbidden},
		"NobodyIsNoSeller":   {events.TicketAvailable, false, "", problem.Forbidden, problem.Forbidden},
		"BuyerWhereNothings": {events.TicketSold, false, buyer, problem.Forbidden, problem.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			before := inStatus(c.status, c.attached)
			next, err := before.Attach(c.by, 9, now)
			if code(err) != c.attach {
				t.Errorf("attach: %v, want %q", err, c.attach)
			}
			if err == nil && (next.Delivery != Pointer{9, true} || !next.Attached || next.Version != before.Version+1 || next.Revision != before.Revision) {
				t.Errorf("attached: %+v", next)
			}
			next, err = before.Detach(c.by, now)
			if code(err) != c.detach {
				t.Errorf("detach: %v, want %q", err, c.detach)
			}
			if err == nil && c.attached && (next.Delivery != Pointer{4, false} || next.Attached || next.Revision != before.Revision+1) {
				t.Errorf("detached: %+v", next)
			}
			if err == nil && !c.attached && next.Version != before.Version {
				t.Error("nothing to detach, and changed")
			}
		})
	}
}

// The newest attachment wins: an older upload that comes late is refused, also after a removal.
func TestAttachSerial(t *testing.T) {
	ticket := inStatus(events.TicketAvailable, true) // serial 3
	for serial, want := range map[int64]problem.Code{2: problem.Conflict, 3: problem.Conflict, 4: "", 7: ""} {
		if _, err := ticket.Attach(seller, serial, now); code(err) != want {
			t.Errorf("serial %d: %v, want %q", serial, err, want)
		}
	}
	gone, err := ticket.Detach(seller, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Attach(seller, 4, now); code(err) != problem.Conflict {
		t.Errorf("an upload older than the removal: %v", err)
	}
}

func refunded() Ticket {
	t := inStatus(events.TicketSold, true)
	t.Hold.RefundedAt = &now
	return t
}

func TestRefundedBuyer(t *testing.T) {
	if err := refunded().MayRead(buyer); code(err) != problem.Forbidden {
		t.Errorf("reads on: %v", err)
	}
	if _, err := refunded().Pass(buyer); code(err) != problem.Forbidden {
		t.Errorf("still has a pass: %v", err)
	}
}

func TestMayReadAndPass(t *testing.T) {
	for name, c := range map[string]struct {
		status     events.TicketStatus
		by         string
		read, pass problem.Code
	}{
		"Seller":       {events.TicketSold, seller, "", problem.Forbidden},
		"PayingBuyer":  {events.TicketSold, buyer, "", ""},
		"UnpaidBuyer":  {events.TicketHeld, buyer, problem.Forbidden, problem.Forbidden},
		"FormerBuyer":  {events.TicketAvailable, buyer, problem.Forbidden, problem.Forbidden},
		"Stranger":     {events.TicketSold, stranger, problem.Forbidden, problem.Forbidden},
		"Nobody":       {events.TicketSold, "", problem.Forbidden, problem.Forbidden},
		"SellerBefore": {events.TicketAvailable, seller, "", problem.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			ticket := inStatus(c.status, true)
			if err := ticket.MayRead(c.by); code(err) != c.read {
				t.Errorf("read: %v, want %q", err, c.read)
			}
			if _, err := ticket.Pass(c.by); code(err) != c.pass {
				t.Errorf("pass: %v, want %q", err, c.pass)
			}
		})
	}
}

func TestAdmit(t *testing.T) {
	sold, pass := inStatus(events.TicketSold, true), Pass{TicketID: listed().ID, OrderID: orderID}
	for name, c := range map[string]struct {
		ticket   Ticket
		pass     Pass
		by       string
		operator bool
		want     problem.Code
	}{
		"Seller":     {sold, pass, seller, false, ""},
		"Operator":   {sold, pass, stranger, true, ""},
		"Buyer":      {sold, pass, buyer, false, problem.Forbidden},
		"Stranger":   {sold, pass, stranger, false, problem.Forbidden},
		"Refunded":   {refunded(), pass, seller, false, problem.Conflict},
		"Undone":     {inStatus(events.TicketAvailable, true), pass, seller, false, problem.Conflict},
		"Held":       {inStatus(events.TicketHeld, true), pass, seller, false, problem.Conflict},
		"OtherOrder": {sold, Pass{pass.TicketID, stranger}, seller, false, problem.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			admitted, err := c.ticket.Admit(c.pass, c.by, c.operator, "a1", now)
			if code(err) != c.want {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if err != nil {
				return
			}
			if at := admitted.usedAt(); at == nil || !at.Equal(now) || admitted.Version != c.ticket.Version {
				t.Errorf("admitted: %+v", admitted)
			}
			if _, err := admitted.Admit(c.pass, c.by, c.operator, "a1", now); err != nil {
				t.Errorf("its own write again: %v", err)
			}
			if _, err := admitted.Admit(c.pass, c.by, c.operator, "a2", now); code(err) != problem.Conflict {
				t.Errorf("replayed: %v", err)
			}
			again := admitted // sold once more, after a refund
			again.Hold = &events.Hold{OrderID: stranger, BuyerID: buyer, Reservation: 2}
			if again.usedAt() != nil {
				t.Error("the next order's pass counts as used")
			}
			if _, err := again.Admit(Pass{pass.TicketID, stranger}, c.by, c.operator, "a3", now); err != nil {
				t.Errorf("the next order's pass: %v", err)
			}
		})
	}
}
