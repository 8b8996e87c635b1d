// Package notifications tells people by e-mail what became of their orders, tickets and accounts.
//
// Which mails a state of an order asks for is in mail.go, and who is sending them in letters.go; both are pure. Mail is
// sent beside everything else: nobody waits for it, and a mail server that does not answer delays no event but is asked
// again each minute (resend).
//
// Each mail is sent once, but for one case: a process that dies between the mail server's yes and its own note of it. The
// mail is then sent again with the same Message-ID, by which mail programs recognise it.
package notifications

import (
	"time"

	"usher.example/events"
)

// Kind is what a mail says. It is part of the mail's Message-ID.
type Kind string

// The kinds of mail, by whom they go to.
const (
	Expiring  Kind = "expiring"  // buyer: it is to be paid within minutes
	Bought    Kind = "bought"    // buyer: it is paid and yours
	Cancelled Kind = "cancelled" // buyer: the order is over, nothing was charged
	Refunded  Kind = "refunded"  // buyer: the money is on its way back

	Sold         Kind = "sold"          // seller: somebody bought your ticket
	SaleFailed   Kind = "sale-failed"   // seller: what was said to be sold was not paid after all
	SaleRefunded Kind = "sale-refunded" // seller: the buyer got the money back
)

// Mail is one mail that is due.
type Mail struct {
	Kind Kind
	To   string // the id of a user
}

// Due says which mails an order in this state asks for, sent or not. It depends on nothing but the state: whichever events
// of the order came before, late or never, the newest says all (P5). sold says whether the seller may have been told of the
// sale: a mail server can accept a mail without our hearing of that.
func Due(o events.Order, sold bool) []Mail {
	buyer, seller := o.BuyerID, o.Ticket.SellerID
	switch o.Status {
	case events.OrderIsComplete:
		due := []Mail{{Bought, buyer}, {Sold, seller}}
		if o.RefundedAt != nil {
			due = append(due, Mail{Refunded, buyer}, Mail{SaleRefunded, seller})
		}
		return due
	case events.OrderIsCancelled:
		if o.Reason == events.CancelledAbandoned {
			return nil // its buyer was never told that there is an order
		}
		due := []Mail{{Cancelled, buyer}}
		if sold {
			due = append(due, Mail{SaleFailed, seller})
		}
		return due
	}
	return nil
}

// Reminds says whether a buyer is still to be reminded of an order: nothing is known of its end, and it can be paid yet.
// told says whether a mail was sent already.
func Reminds(x *events.Expiring, end events.Order, told func(Kind) bool, now time.Time) bool {
	return x != nil && end.Version == 0 && now.Before(x.ExpiresAt) && !told(Expiring)
}
