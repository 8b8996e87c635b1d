package notifications

import (
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
)

const (
	// lease is how long somebody who sends an order's mails has the sole right to. Sending takes less, see sendTimeout.
	lease = time.Minute
	// firstPause and lastPause bound the distances at which an unanswering mail server is asked again; they double.
	firstPause = 30 * time.Second
	lastPause  = time.Hour
	// keepTrying is how long a mail is tried to be sent before it is given up, as mail servers do (RFC 5321, 4.5.4.1).
	keepTrying = 5 * 24 * time.Hour
)

// Letters is what is known of the mails of an order, or about an account.
type Letters struct {
	Order  events.Order     `dynamodbav:"snapshot"` // the newest state that was heard of, once the order has ended
	Remind *events.Expiring `dynamodbav:"remind,omitempty"`
	Notice *Notice          `dynamodbav:"notice,omitempty"` // about an account; then there is no order
	Sent   []Kind           `dynamodbav:"sent"`             // or given up
	Sold   bool             `dynamodbav:"sold,omitempty"`   // the seller may have been told of the sale: it was begun to send that
	Sender string           `dynamodbav:"sender,omitempty"`
	// Until is when the sender's right ends; zero when nobody sends.
	Until time.Time `dynamodbav:"until"`
	// Tries counts how often mails of this state could not be sent; Since is when that began.
	Tries int       `dynamodbav:"tries,omitempty"`
	Since time.Time `dynamodbav:"since"`
}

func (l Letters) told(k Kind) bool {
	for _, sent := range l.Sent {
		if sent == k {
			return true
		}
	}
	return false
}

// left are the mails that are still to be sent.
func (l Letters) left(now time.Time) (left []Mail) {
	if Reminds(l.Remind, l.Order, l.told, now) {
		left = append(left, Mail{Expiring, l.Remind.BuyerID})
	}
	if n := l.Notice; n != nil && n.matters(now) && !l.told(n.Kind) {
		left = append(left, Mail{n.Kind, n.UserID})
	}
	for _, m := range Due(l.Order, l.Sold || l.told(Sold)) {
		if !l.told(m.Kind) {
			left = append(left, m)
		}
	}
	return left
}

// Hear takes an order's state into account, unless a newer one is known.
func (l Letters) Hear(o events.Order) Letters {
	if o.Version > l.Order.Version {
		l.Order = o
	}
	return l
}

// HearExpiring takes into account that an order's time will soon be over.
func (l Letters) HearExpiring(x events.Expiring) Letters {
	if l.Remind == nil {
		l.Remind = &x
	}
	return l
}

// about is the order that a mail is about.
func (l Letters) about(k Kind) events.Order {
	if x := l.Remind; k == Expiring && x != nil {
		return events.Order{ID: x.OrderID, BuyerID: x.BuyerID, ExpiresAt: x.ExpiresAt, Ticket: x.Ticket}
	}
	return l.Order
}

// Claim gives a sender the sole right to send what is due, for a while. There is nothing to send where it returns false,
// and Conflict while another sender is at it. A claim made again by the same sender is the one it has.
func (l Letters) Claim(sender string, now time.Time) (Letters, bool, error) {
	if len(l.left(now)) == 0 {
		return l, false, nil
	}
	if l.Sender != "" && l.Sender != sender && now.Before(l.Until) {
		return l, false, problem.New(problem.Conflict, "the mails of the order are being sent")
	}
	l.Sender, l.Until = sender, now.UTC().Add(lease)
	l.Sold = l.Sold || l.Order.Status == events.OrderIsComplete
	return l, true, nil
}

// Done notes what a sender has sent. What is left is due again at next; the zero time means that nothing is. Somebody else
// may have the right by now: it stays with them.
func (l Letters) Done(sender string, sent []Kind, now time.Time) (done Letters, next time.Time) {
	l.Sent = append([]Kind(nil), l.Sent...)
	for _, k := range sent {
		if !l.told(k) {
			l.Sent = append(l.Sent, k)
		}
	}
	if l.Sender == sender {
		l.Sender, l.Until = "", time.Time{}
	}
	left := l.left(now)
	if len(left) == 0 {
		l = l.forgetful()
		l.Tries, l.Since = 0, time.Time{}
		return l, time.Time{}
	}
	if l.Tries == 0 {
		l.Since = now.UTC()
	}
	if now.Sub(l.Since) >= keepTrying {
		for _, m := range left {
			l.Sent = append(l.Sent, m.Kind)
		}
		l = l.forgetful()
		l.Tries, l.Since = 0, time.Time{}
		return l, time.Time{}
	}
	l.Tries++
	return l, now.UTC().Add(pause(l.Tries))
}

// forgetful is without the address of an account that is gone.
func (l Letters) forgetful() Letters {
	if l.Notice != nil {
		n := *l.Notice
		n.Email = ""
		l.Notice = &n
	}
	return l
}

// pause is the distance to the next try after so many that failed.
func pause(tries int) time.Duration {
	if tries > 7 { // 2⁷ × 30 s is more than an hour
		return lastPause
	}
	return min(lastPause, firstPause<<(tries-1))
}
