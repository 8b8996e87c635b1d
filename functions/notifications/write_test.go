package notifications

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"usher.example/events"
)

var paper = writer{base: "https://tickets.example.com"}

func TestWrite(t *testing.T) {
	for kind, want := range map[Kind][]string{
		Expiring:     {"Pay soon: Front row", "/orders/" + orderID, "Pay until", "13:15 CET"},
		Bought:       {"You bought: Front row", "/orders/" + orderID, "yours"},
		Sold:         {"Sold: Front row", "/tickets/" + ticketID},
		Cancelled:    {"Order cancelled: Front row", "/orders/" + orderID, "not charged"},
		Refunded:     {"Refunded: Front row", "/orders/" + orderID},
		SaleFailed:   {"Not sold after all: Front row", "/tickets/" + ticketID},
		SaleRefunded: {"Sale refunded: Front row", "/tickets/" + ticketID},
	} {
		t.Run(string(kind), func(t *testing.T) {
			m := paper.write(kind, "ann@example.com", complete())
			facts := []string{"Front row", "Zauberflöte, Oper, Köln", "Tuesday, 3 November 2026, 13:00 CET", "Section A, Seat 2", "42.00 USD", orderID}
			for _, text := range []string{m.Text, m.Rich} {
				for _, part := range append(facts, want[1:]...) {
					if !strings.Contains(text, part) {
						t.Errorf("%q is not in\n%s", part, text)
					}
				}
			}
			if m.Subject != want[0] {
				t.Errorf("subject %q", m.Subject)
			}
		})
	}
}

func TestAmount(t *testing.T) {
	for want, m := range map[string]events.Money{
		"42.00 USD": {Amount: 4200, Currency: "USD"}, "0.05 EUR": {Amount: 5, Currency: "EUR"}, "4200 JPY": {Amount: 4200, Currency: "JPY"},
		"1.234 KWD": {Amount: 1234, Currency: "KWD"}, "0.00 USD": {Currency: "USD"}, "0.07 ???": {Amount: 7, Currency: "???"},
	} {
		if got := amount(m); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"Front row": "Front row", " a\t b ": "a b", "a\r\nBcc: x@example.com": "a Bcc: x@example.com", "a\u2028b\u2029c\u0085d\x00e": "a b c d e",
		"a\u202eb": "a b", "\xff\xfe": "", "Zauberflöte 🎟": "Zauberflöte 🎟",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// read takes a mail apart as its receiver's program does.
func read(t testing.TB, raw []byte) (header mail.Header, text, rich string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q: %v", m.Header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, to := range []*string{&text, &rich} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		*to = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("there is a third part: %v", err)
	}
	return m.Header, text, rich
}

// composed sends what a seller may have written through writer and composer, and looks at it as its receiver would.
func composed(t testing.TB, o events.Order) (header mail.Header, text, rich string) {
	t.Helper()
	c, err := compose(paper.write(Bought, "ann@example.com", o), localSender, now)
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := c.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	return read(t, raw.Bytes())
}

// No title makes a header, a second receiver or a line of its own.
func FuzzNoInjection(f *testing.F) {
	for _, title := range []string{
		"Front row", "a\r\nBcc: eve@example.com", "a\nTo: eve@example.com\n\nbody", "a\rX: y", "=?utf-8?q?=0D=0ABcc:_eve@example.com?=", "a\u2028Order: 1",
		"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", strings.Repeat("long ", 500), "Zauberflöte 🎟", "\x00\x1b[2J", ".\r\n.\r\nQUIT",
	} {
		f.Add(title)
	}
	plainHeader, plainText, _ := composed(f, complete())
	f.Fuzz(func(t *testing.T, title string) {
		o := complete()
		o.Ticket.Title = title
		header, text, rich := composed(t, o)
		if len(header) != len(plainHeader) {
			t.Errorf("the headers are %v", header)
		}
		for name, values := range header {
			if len(values) != 1 || plainHeader[name] == nil {
				t.Errorf("%s: %q", name, values)
			}
		}
		if to := header.Get("To"); to != "<ann@example.com>" {
			t.Errorf("it goes to %q", to)
		}
		if got, want := strings.Count(text, "\n"), strings.Count(plainText, "\n"); oneLine(title) != "" && got != want {
			t.Errorf("it has %d lines, want %d:\n%s", got, want, text)
		}
		if got := strings.Count(rich, "<"); oneLine(title) != "" && got != strings.Count(rich, ">") || strings.Contains(rich, "<script") || strings.Contains(rich, "<img") {
			t.Errorf("it has tags of its own:\n%s", rich)
		}
	})
}
