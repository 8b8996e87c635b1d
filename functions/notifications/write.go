package notifications

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the image of a function has no zone files
	"unicode"

	"golang.org/x/text/currency"

	"usher.example/events"
	"usher.example/shared/session"
)

// maxSubject bounds a subject, in characters: mail programs show no more.
const maxSubject = 120

// writer writes the text of mails.
type writer struct {
	base string        // the address people reach the gateway at, without a slash at its end
	keys *session.Keys // nil: no mail that lets its reader in can be written
}

var errNoKey = errors.New("JWT_SECRET_KEY is not set")

// newWriter reads PUBLIC_URL, which links in mails begin with, and JWT_SECRET_KEY, if it is set.
func newWriter(getenv func(string) string) (writer, error) {
	base := strings.TrimRight(getenv("PUBLIC_URL"), "/")
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return writer{}, errors.New("PUBLIC_URL must be the address that people reach this place at, such as https://tickets.example.com")
	}
	w := writer{base: base}
	if secret := getenv("JWT_SECRET_KEY"); secret != "" {
		if w.keys, err = session.ParseKeys(secret); err != nil {
			return writer{}, err
		}
	}
	return w, nil
}

// wording is what a kind of mail says: subject (%s is the ticket's title), what happened, and what the link leads to.
type wording struct{ subject, says, link string }

var wordings = map[Kind]wording{
	Expiring:        {"Pay soon: %s", "Your order is not paid yet, and the ticket is kept for you for a few more minutes only. If you have just paid, all is well.", "Pay now"},
	Bought:          {"You bought: %s", "Your order is complete: the ticket is yours.", "Your order and your ticket"},
	Cancelled:       {"Order cancelled: %s", "Your order was cancelled. You were not charged.", "Your order"},
	Refunded:        {"Refunded: %s", "Your money is on its way back. Your bank may take some days to show it.", "Your order"},
	Sold:            {"Sold: %s", "Somebody bought your ticket.", "Your ticket"},
	SaleFailed:      {"Not sold after all: %s", "The payment for your ticket could not be taken, so the sale is off. The ticket is for sale again.", "Your ticket"},
	PasswordChanged: {"Your password was changed", "The password of your account was changed, and every other session of it has ended. If that was not you, somebody else has your account: please write to whoever runs this place.", "Usher"},
	AccountDeleted:  {"Your account was deleted", "Your account was deleted, as somebody asked who knew its password. If that was not you, please write to whoever runs this place.", "Usher"},
	PasswordLost:    {"Set a new password", "Somebody, we hope it was you, forgot the password of your account. The link below lets you set a new one; it works once. If it was not you, you need not do anything: nothing has changed.", "Set a new password"},

	SaleRefunded: {"Sale refunded: %s", "The buyer of your ticket got the money back. The ticket stays sold.", "Your ticket"},
}

// because says why an order was cancelled.
var because = map[events.Reason]string{
	events.CancelledByBuyer: "You cancelled it.",
	events.CancelledExpired: "It was not paid in time.",
	events.CancelledChanged: "The seller changed the ticket just before you ordered it. Please look at it again.",
	events.CancelledPayment: "Your payment could not be taken.",
}

// write writes a mail about an order.
func (w writer) write(kind Kind, to string, o events.Order) Message {
	said := wordings[kind]
	says := said.says
	if kind == Cancelled && because[o.Reason] != "" {
		says = because[o.Reason] + " You were not charged."
	}
	link := w.base + "/orders/" + url.PathEscape(o.ID)
	switch kind {
	case Sold, SaleFailed, SaleRefunded:
		link = w.base + "/tickets/" + url.PathEscape(o.Ticket.ID)
	}
	facts := facts(o)
	if kind == Expiring {
		facts = append(facts, fact{"Pay until", clock(o.ExpiresAt, o.Ticket.Occasion)})
	}
	return Message{
		Kind: kind, OrderID: o.ID, To: to, Subject: shorten(oneLine(fmt.Sprintf(said.subject, o.Ticket.Title)), maxSubject),
		Text: plain(says, facts, said.link, link), Rich: rich(says, facts, said.link, link),
	}
}

// fact is a line of a mail.
type fact struct{ name, value string }

// facts are what the order is about. Texts of sellers are put on one line, so that none of them can pass for ours.
func facts(o events.Order) []fact {
	t := o.Ticket
	all := []fact{{"Ticket", t.Title}}
	if t.Occasion != nil {
		where := strings.Join(present(t.Occasion.Venue, t.Occasion.City), ", ")
		all = append(all, fact{"Event", strings.Join(present(t.Occasion.Name, where), ", ")}, fact{"Begins", when(*t.Occasion)})
	}
	if t.Seat != nil {
		var parts []string
		for _, p := range []fact{{"Section", t.Seat.Section}, {"Row", t.Seat.Row}, {"Seat", t.Seat.Number}} {
			if p.value != "" {
				parts = append(parts, p.name+" "+p.value)
			}
		}
		all = append(all, fact{"Seat", strings.Join(parts, ", ")})
	}
	all = append(all, fact{"Price", amount(t.Price)}, fact{"Order", o.ID})
	var told []fact
	for _, f := range all {
		if f.value = oneLine(f.value); f.value != "" {
			told = append(told, f)
		}
	}
	return told
}

func present(texts ...string) (some []string) {
	for _, t := range texts {
		if t != "" {
			some = append(some, t)
		}
	}
	return some
}

// when is the beginning of an event as the clocks at its place show it.
func when(o events.Occasion) string {
	return o.StartsAt.In(zoneOf(o)).Format("Monday, 2 January 2006, 15:04 MST")
}

// clock is a time of today as the clocks at the event's place show it, or in UTC.
func clock(t time.Time, o *events.Occasion) string {
	zone := time.UTC
	if o != nil {
		zone = zoneOf(*o)
	}
	return t.In(zone).Format("15:04 MST")
}

func zoneOf(o events.Occasion) *time.Location {
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// amount writes money with as many decimals as its currency has: 42.00 USD, 4200 JPY.
func amount(m events.Money) string {
	digits := 2
	if unit, err := currency.ParseISO(m.Currency); err == nil {
		digits, _ = currency.Standard.Rounding(unit)
	}
	s := strconv.FormatInt(m.Amount, 10)
	if digits > 0 {
		s = strings.Repeat("0", max(0, digits+1-len(s))) + s
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	return s + " " + m.Currency
}

func plain(says string, facts []fact, what, link string) string {
	var b strings.Builder
	b.WriteString("Hello,\n\n" + says + "\n\n")
	for _, f := range facts {
		b.WriteString(f.name + ": " + f.value + "\n")
	}
	b.WriteString("\n" + what + ": " + link + "\n\nUsher\n")
	return b.String()
}

func rich(says string, facts []fact, what, link string) string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\"><body style=\"font-family:sans-serif\">\n<p>Hello,</p>\n<p>" + html.EscapeString(says) + "</p>\n<table>\n")
	for _, f := range facts {
		b.WriteString("<tr><th align=\"left\">" + html.EscapeString(f.name) + "</th><td>" + html.EscapeString(f.value) + "</td></tr>\n")
	}
	b.WriteString("</table>\n<p><a href=\"" + html.EscapeString(link) + "\">" + html.EscapeString(what) + "</a></p>\n<p>Usher</p>\n</body></html>\n")
	return b.String()
}

// isControl says whether a character could end a line or steer what shows it: controls, line separators, and what turns the
// direction of a text around.
func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == unicode.ReplacementChar
}

// oneLine makes one line of a text, whatever it holds.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts a text to so many characters.
func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimRight(string(r[:most-1]), " ") + "…"
	}
	return s
}
