package notifications

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// server is a mail server in this process: it keeps what it accepts.
type server struct {
	listener net.Listener
	mu       sync.Mutex
	accepted []letter
	refuse   func(line string) string // an answer in place of the usual one
	wg       sync.WaitGroup
}

type letter struct{ to, data string }

func newServer(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: l}
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); s.wg.Wait() })
	return s
}

func (s *server) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	say := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	say("220 here")
	var to string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		refuse := s.refuse
		s.mu.Unlock()
		if refuse != nil {
			if answer := refuse(line); answer != "" {
				say(answer)
				continue
			}
		}
		switch verb, rest, _ := strings.Cut(line, " "); verb {
		case "EHLO", "HELO", "MAIL", "RSET", "NOOP":
			say("250 fine")
		case "RCPT":
			to = strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>")
			say("250 fine")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mu.Lock()
			s.accepted = append(s.accepted, letter{to, data.String()})
			s.mu.Unlock()
			say("250 accepted")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("500 what?")
		}
	}
}

// got lists the accepted mails as kind to address, sorted.
func (s *server) got(t *testing.T) (list []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.accepted {
		header, _, _ := read(t, []byte(l.data))
		messageID := strings.Trim(header.Get("Message-Id"), "<>")
		rest, ok := strings.CutPrefix(messageID, orderID+".")
		if about, isNotice := strings.CutPrefix(messageID, buyerID+"."); isNotice {
			rest, ok = about, true
		}
		if !ok || !strings.HasSuffix(rest, "@shop.example") {
			t.Errorf("Message-ID %q", messageID)
		}
		list = append(list, strings.TrimSuffix(rest, "@shop.example")+" "+l.to)
	}
	slices.Sort(list)
	return list
}

func (s *server) refusing(f func(line string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// rig are the functions, with a store in memory, a clock that is set by hand, and a mail server.
type rig struct {
	t        *testing.T
	now      time.Time
	settings map[string]string
	store    *store.Store
}

func newRig(t *testing.T, address string) *rig {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	r := &rig{t: t, now: now, store: store.New(memory.New(), ""), settings: map[string]string{
		"SMTP_HOST": host, "SMTP_PORT": port, "SMTP_TLS": "none", "SMTP_FROM": "Usher <tickets@shop.example>", "PUBLIC_URL": "https://shop.example", "JWT_SECRET_KEY": strings.Repeat("k", 32),
	}}
	if err := r.store.EnsureTables(t.Context(), Schema); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) env() *function.Env {
	return &function.Env{
		Store: r.store, Now: func() time.Time { return r.now }, NewID: id.New, Sleep: store.Sleep,
		Getenv: func(name string) string { return r.settings[name] }, Log: slog.New(slog.DiscardHandler),
	}
}

// hear lets a new process handle an event.
func (r *rig) hear(build function.Event, s events.Snapshot) error {
	r.t.Helper()
	handle, err := build(r.env())
	if err != nil {
		r.t.Fatal(err)
	}
	e, err := events.New(s)
	if err != nil {
		r.t.Fatal(err)
	}
	reply, err := handle(r.t.Context(), e)
	if reply != nil {
		r.t.Errorf("it replies %+v", reply)
	}
	return err
}

// minute lets a minute pass and the ping come.
func (r *rig) minute() {
	r.t.Helper()
	r.now = r.now.Add(time.Minute)
	handle, err := Resend(r.env())
	if err != nil {
		r.t.Fatal(err)
	}
	e := cloudevents.NewEvent()
	e.SetID("1")
	e.SetSource("/test")
	e.SetType(string(events.Ping))
	if _, err := handle(r.t.Context(), e); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func user(id, email string, version int64, status events.UserStatus) events.User {
	return events.User{ID: id, Version: version, Status: status, Email: email, CreatedAt: now, UpdatedAt: now}
}

// people makes both addresses known.
func (r *rig) people() {
	r.t.Helper()
	r.must(r.hear(OnUser, user(buyerID, "buyer@example.com", 1, events.UserIsActive)))
	r.must(r.hear(OnUser, user(sellerID, "seller@example.com", 1, events.UserIsActive)))
}

func (r *rig) want(s *server, want ...string) {
	r.t.Helper()
	if got := s.got(r.t); !slices.Equal(got, want) {
		r.t.Errorf("mails %q, want %q", got, want)
	}
}

var (
	bought = []string{"bought buyer@example.com", "sold seller@example.com"}
	all    = []string{"bought buyer@example.com", "refunded buyer@example.com", "sale-refunded seller@example.com", "sold seller@example.com"}
)

func TestMailsOfAPurchase(t *testing.T) {
	s := newServer(t)
	r := newRig(t, s.listener.Addr().String())
	r.people()
	r.must(r.hear(OnOrder, complete()))
	r.want(s, bought...)
	r.must(r.hear(OnOrder, refunded()))
	r.want(s, all...)
}

// Each mail is sent once, however often and in whatever order the events come (P5).
func TestDuplicatedAndReordered(t *testing.T) {
	for name, sequence := range map[string][]events.Order{
		"Twice":     {complete(), complete(), refunded(), refunded()},
		"Reordered": {refunded(), complete(), refunded(), complete()},
		"Lost":      {refunded()}, // the event of the completion was never sent: its successor was
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := newRig(t, s.listener.Addr().String())
			r.people()
			for _, o := range sequence {
				r.must(r.hear(OnOrder, o))
			}
			for range 10 {
				r.minute()
			}
			r.want(s, all...)
		})
	}
	t.Run("AtOnce", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.people()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := r.hear(OnOrder, complete()); err != nil && !problem.Is(err, problem.Conflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		r.must(r.hear(OnOrder, complete())) // those in conflict come again
		r.want(s, bought...)
	})
}

// A mail server that is not there fails no event and loses no mail.
func TestDeadServer(t *testing.T) {
	s := newServer(t)
	r := newRig(t, "127.0.0.1:1") // nobody listens there
	r.people()
	begun := time.Now()
	r.must(r.hear(OnOrder, complete()))
	for range 5 {
		r.minute()
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it held up events for %s", took)
	}
	_, r.settings["SMTP_PORT"], _ = net.SplitHostPort(s.listener.Addr().String())
	for range 20 {
		r.minute()
	}
	r.want(s, bought...)
}

// One that accepts connections and says nothing is left alone after a while.
func TestMuteServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	r := newRig(t, l.Addr().String())
	r.people()
	handle, err := OnOrder(r.env())
	r.must(err)
	e, err := events.New(complete())
	r.must(err)
	other := complete()
	other.ID = ticketID
	next, err := events.New(other)
	r.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*connTimeout)
	defer cancel()
	_, err = handle(ctx, e)
	r.must(err)
	begun := time.Now()
	_, err = handle(ctx, next)
	r.must(err)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the next order waits for it again: %s", took)
	}
}

// What the server refuses for now is sent later; what it refuses for good is given up, and holds up nothing.
func TestRefusals(t *testing.T) {
	t.Run("ForNow", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.people()
		s.refusing(func(line string) string {
			if strings.Contains(line, "seller@") {
				return "451 greylisted"
			}
			return ""
		})
		r.must(r.hear(OnOrder, complete()))
		r.want(s, bought[0])
		s.refusing(nil)
		for range 3 {
			r.minute()
		}
		r.want(s, bought...)
	})
	t.Run("ForGood", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.people()
		tries := 0
		s.refusing(func(line string) string {
			if strings.HasPrefix(line, "RCPT") && strings.Contains(line, "buyer@") {
				tries++
				return "550 no such mailbox"
			}
			return ""
		})
		r.must(r.hear(OnOrder, complete()))
		for range 3 {
			r.minute()
		}
		r.want(s, bought[1])
		if tries != 1 {
			t.Errorf("it was tried %d times", tries)
		}
	})
}

// A buyer is reminded once of what is not paid, and not at all of what is over.
func TestReminder(t *testing.T) {
	reminder := "expiring buyer@example.com"
	t.Run("Unpaid", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.people()
		for range 3 {
			r.must(r.hear(OnExpiring, expiring()))
		}
		r.want(s, reminder)
		r.must(r.hear(OnOrder, order(3, events.OrderIsCancelled, events.CancelledExpired)))
		r.must(r.hear(OnExpiring, expiring()))
		r.want(s, "cancelled buyer@example.com", reminder)
	})
	t.Run("Paid", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.people()
		r.must(r.hear(OnOrder, complete()))
		r.must(r.hear(OnExpiring, expiring()))
		r.want(s, bought...)
	})
	t.Run("ServerAwayUntilPaid", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, "127.0.0.1:1")
		r.people()
		r.must(r.hear(OnExpiring, expiring()))
		_, r.settings["SMTP_PORT"], _ = net.SplitHostPort(s.listener.Addr().String())
		r.must(r.hear(OnOrder, complete()))
		for range 3 {
			r.minute()
		}
		r.want(s, bought...)
	})
	t.Run("ServerAwayTooLong", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, "127.0.0.1:1")
		r.people()
		r.must(r.hear(OnExpiring, expiring()))
		r.now = r.now.Add(5 * time.Minute)
		_, r.settings["SMTP_PORT"], _ = net.SplitHostPort(s.listener.Addr().String())
		for range 3 {
			r.minute()
		}
		r.want(s)
		r.minute()
		if found, err := store.FindMerged(t.Context(), r.store.Table(Schema.Name), store.Query{
			Index: unsent.Name, Hash: unsent.Hash, Range: unsent.Range, Limit: page,
		}, func(p pointer) string { return p.Next }); len(found) > 0 || err != nil {
			t.Errorf("still to be sent: %v, %v", found, err)
		}
	})
}

// An address that comes after the order's event is waited for; that of a deleted account never comes back.
func TestAddresses(t *testing.T) {
	t.Run("Late", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.must(r.hear(OnOrder, complete()))
		r.want(s)
		r.people()
		r.minute()
		r.want(s, bought...)
	})
	t.Run("Deleted", func(t *testing.T) {
		s := newServer(t)
		r := newRig(t, s.listener.Addr().String())
		r.people()
		r.must(r.hear(OnUser, user(buyerID, "", 3, events.UserIsDeleted)))
		r.must(r.hear(OnUser, user(buyerID, "buyer@example.com", 2, events.UserIsActive)))
		r.must(r.hear(OnOrder, complete()))
		r.minute()
		r.want(s, "0.account-deleted buyer@example.com", bought[1])
		if got, _ := store.Get[addressee](t.Context(), r.store.Table(Schema.Name), userKey(buyerID)); got == nil || got.Email != "" {
			t.Errorf("kept of a deleted account: %+v", got)
		}
	})
}

// A process that dies while it sends leaves the mail to the event's next delivery, once its right has run out.
func TestDiedSending(t *testing.T) {
	s := newServer(t)
	r := newRig(t, s.listener.Addr().String())
	r.people()
	_, _, err := store.Insert(t.Context(), r.store.Table(Schema.Name), orderKey(orderID), func(*item) (*item, error) {
		l, _, err := Letters{}.Hear(complete()).Claim("a process that died", r.now)
		return &item{Letters: l}, err
	})
	r.must(err)
	if err := r.hear(OnOrder, complete()); !problem.Is(err, problem.Conflict) {
		t.Errorf("while somebody is sending: %v", err)
	}
	r.now = r.now.Add(lease)
	r.must(r.hear(OnOrder, complete()))
	r.want(s, bought...)
}

func TestSettings(t *testing.T) {
	good := map[string]string{
		"SMTP_HOST": "mail.example.com", "SMTP_FROM": "tickets@example.com", "SMTP_USER": "u", "SMTP_PASSWORD": "p", "PUBLIC_URL": "https://example.com",
	}
	for name, c := range map[string]struct{ setting, value, says string }{
		"OK": {"SMTP_PORT", "465", ""}, "OK/TLS": {"SMTP_TLS", "tls", ""},
		"ErrPort": {"SMTP_PORT", "x", "SMTP_PORT"}, "ErrNoFrom": {"SMTP_FROM", "", "SMTP_FROM"}, "ErrFrom": {"SMTP_FROM", "a\r\nb", "SMTP_FROM"},
		"ErrTLS": {"SMTP_TLS", "maybe", "SMTP_TLS"}, "ErrPasswordInTheClear": {"SMTP_TLS", "none", "SMTP_TLS"}, "ErrURL": {"PUBLIC_URL", "example.com", "PUBLIC_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "127.0.0.1:1")
			r.settings = map[string]string{}
			for k, v := range good {
				r.settings[k] = v
			}
			r.settings[c.setting] = c.value
			_, err := OnOrder(r.env())
			if (err == nil) != (c.says == "") || err != nil && !strings.HasPrefix(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Where nothing says how, no mail is sent, and nothing fails.
func TestNoMail(t *testing.T) {
	r := newRig(t, "127.0.0.1:1")
	delete(r.settings, "SMTP_HOST")
	r.people()
	r.must(r.hear(OnOrder, complete()))
	r.minute()
}

func TestFolder(t *testing.T) {
	r := newRig(t, "127.0.0.1:1")
	delete(r.settings, "SMTP_HOST")
	r.settings["MAIL_FOLDER"] = t.TempDir()
	r.people()
	r.must(r.hear(OnOrder, complete()))
	files := mailsIn(t, r.settings["MAIL_FOLDER"])
	if len(files) != 2 {
		t.Fatalf("files %v", files)
	}
	for _, raw := range files {
		if header, text, _ := read(t, raw); header.Get("From") == "" || !strings.Contains(text, "Front row") {
			t.Errorf("a file holds\n%s", raw)
		}
	}
}

func mailsIn(t *testing.T, dir string) (mails [][]byte) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, raw)
	}
	return mails
}
