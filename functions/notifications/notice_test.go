package notifications

import (
	"strings"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

func TestNotices(t *testing.T) {
	epoch := func(n int64) *int64 { return &n }
	known := addressee{ID: buyerID, Version: 3, Status: events.UserIsActive, Email: "a@b.co", Epoch: epoch(1)}
	legacy := known
	legacy.Epoch = nil
	gone := addressee{ID: buyerID, Version: 5, Status: events.UserIsDeleted, Epoch: epoch(2)}
	state := func(version, epoch int64, status events.UserStatus) events.User {
		u := user(buyerID, "a@b.co", version, status)
		u.Epoch = epoch
		return u
	}
	for name, c := range map[string]struct {
		known addressee
		u     events.User
		want  Kind
	}{
		"OK/Changed":        {known, state(4, 2, events.UserIsActive), PasswordChanged},
		"OK/ChangedTwice":   {known, state(5, 3, events.UserIsActive), PasswordChanged},
		"OK/ThenClosing":    {known, state(5, 2, events.UserIsClosing), PasswordChanged},
		"OK/Deleted":        {known, state(5, 2, events.UserIsDeleted), AccountDeleted},
		"OK/LegacyDeleted":  {legacy, state(5, 2, events.UserIsDeleted), AccountDeleted},
		"None/Reopened":     {known, state(5, 1, events.UserIsActive), ""},
		"None/Old":          {known, state(3, 2, events.UserIsActive), ""},
		"None/Legacy":       {legacy, state(4, 2, events.UserIsActive), ""},
		"None/DeletedAgain": {gone, state(6, 3, events.UserIsDeleted), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got Kind
			if n := c.known.Notices(c.u); n != nil {
				got = n.Kind
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The owner is told once of each change, and of the deletion at the address that there was; a mail server that is away gets it later.
func TestOwnersAreTold(t *testing.T) {
	for name, away := range map[string]bool{"AtOnce": false, "Later": true} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := newRig(t, s.listener.Addr().String())
			r.people()
			if away {
				s.refusing(func(string) string { return "421 away" })
			}
			changed := user(buyerID, "buyer@example.com", 2, events.UserIsActive)
			changed.Epoch = 1
			deleted := user(buyerID, "", 4, events.UserIsDeleted)
			deleted.Epoch = 2
			for range 2 {
				r.must(r.hear(OnUser, changed))
			}
			s.refusing(nil)
			for range 5 {
				r.minute()
			}
			if away {
				s.refusing(func(string) string { return "421 away" })
			}
			for range 2 {
				r.must(r.hear(OnUser, deleted))
			}
			s.refusing(nil)
			for range 5 {
				r.minute()
			}
			r.must(r.hear(OnUser, changed))
			r.want(s, "1.password-changed buyer@example.com", "2.account-deleted buyer@example.com")
			left, err := store.Get[item](t.Context(), r.store.Table(Schema.Name), Notice{UserID: buyerID, Epoch: 2}.key())
			if err != nil || left.Notice.Email != "" || left.Unsent != "" {
				t.Errorf("kept after it was sent: %+v, %v", left, err)
			}
		})
	}
}

// A password can be changed before the event of the account's creation has come.
func TestChangedBeforeItIsKnown(t *testing.T) {
	s := newServer(t)
	r := newRig(t, s.listener.Addr().String())
	changed := user(buyerID, "buyer@example.com", 2, events.UserIsActive)
	changed.Epoch = 1
	r.must(r.hear(OnUser, changed))
	r.must(r.hear(OnUser, user(buyerID, "buyer@example.com", 1, events.UserIsActive)))
	r.minute()
	r.want(s, "1.password-changed buyer@example.com")
}

// asked is a mail that was asked for at the time of the tests.
func asked() events.Recovery {
	return events.Recovery{ID: orderID, UserID: buyerID, Epoch: 2, At: now}
}

func TestLost(t *testing.T) {
	nobodys := asked()
	nobodys.UserID = ""
	if n := Lost(nobodys); n != nil {
		t.Errorf("nobody is told %+v", n)
	}
	n := Lost(asked())
	if n == nil || n.Kind != PasswordLost || n.UserID != buyerID || n.Epoch != 2 || n.id() != orderID || n.Email != "" {
		t.Fatalf("got %+v", n)
	}
	for after, want := range map[time.Duration]bool{0: true, session.RecoveryLifetime - time.Second: true, session.RecoveryLifetime: false} {
		if got := len(Letters{}.HearNotice(*n).left(now.Add(after))) == 1; got != want {
			t.Errorf("after %s it is to be sent: %v", after, got)
		}
	}
}

// The mail's link lets its reader in, to that account in that epoch, and is the same each time that it is written.
func TestWriteLost(t *testing.T) {
	keys, err := session.ParseKeys(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	w := writer{"https://shop.example", keys}
	m, err := w.notice(*Lost(asked()), "ann@example.com")
	if err != nil || m.Subject != "Set a new password" || m.OrderID != orderID {
		t.Fatalf("got %+v, %v", m, err)
	}
	_, rest, _ := strings.Cut(m.Text, "Set a new password: https://shop.example/recover#")
	token, _, _ := strings.Cut(rest, "\n")
	got, err := keys.CheckRecovery(token, now)
	if want := (session.Recovery{UserID: buyerID, Epoch: 2}); err != nil || got != want {
		t.Errorf("lets in %+v, %v", got, err)
	}
	for _, text := range []string{m.Text, m.Rich} {
		if !strings.Contains(text, "/recover#"+token) || !strings.Contains(text, now.Add(session.RecoveryLifetime).Format("15:04")+" UTC") {
			t.Errorf("it says\n%s", text)
		}
	}
	if again, err := w.notice(*Lost(asked()), "ann@example.com"); err != nil || again != m {
		t.Errorf("written again it is %+v, %v", again, err)
	}
	if _, err := (writer{base: "https://shop.example"}).notice(*Lost(asked()), "ann@example.com"); err == nil {
		t.Error("it is written without a key")
	}
}

// Who forgot a password gets one mail, at the address that is known, however often the event comes; nobody else gets one.
func TestWhoForgotAPassword(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *rig, s *server)
		late   time.Duration // until the mail server answers; 0: it does
		want   []string
	}{
		"OK":           {nil, 0, []string{"password-lost buyer@example.com"}},
		"OK/Later":     {nil, 10 * time.Minute, []string{"password-lost buyer@example.com"}},
		"None/TooLate": {nil, session.RecoveryLifetime, nil},
		"None/Deleted": {func(r *rig, _ *server) {
			r.settings["SMTP_HOST"] = "" // nothing but the mail that was asked for is of interest
			r.must(r.hear(OnUser, user(buyerID, "", 2, events.UserIsDeleted)))
			r.settings["SMTP_HOST"] = "127.0.0.1"
		}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := newRig(t, s.listener.Addr().String())
			r.people()
			if c.change != nil {
				c.change(r, s)
			}
			if c.late > 0 {
				s.refusing(func(string) string { return "421 away" })
			}
			for range 2 {
				r.must(r.hear(OnRecovery, asked()))
			}
			nobodys := asked()
			nobodys.ID, nobodys.UserID = ticketID, ""
			r.must(r.hear(OnRecovery, nobodys))
			for left := c.late; left > 0; left -= time.Minute {
				r.minute()
			}
			s.refusing(nil)
			for range 15 {
				r.minute()
			}
			r.want(s, c.want...)
			left, err := store.Get[item](t.Context(), r.store.Table(Schema.Name), Lost(asked()).key())
			if err != nil || left == nil || left.Unsent != "" {
				t.Errorf("kept: %+v, %v", left, err)
			}
		})
	}
}

// Nothing that lets anybody in is kept: not in the store, not in the event.
func TestTokensAreKeptNowhere(t *testing.T) {
	s := newServer(t)
	r := newRig(t, s.listener.Addr().String())
	r.people()
	s.refusing(func(string) string { return "421 away" })
	r.must(r.hear(OnRecovery, asked()))
	kept, err := store.Get[map[string]any](t.Context(), r.store.Table(Schema.Name), Lost(asked()).key())
	if err != nil || kept == nil {
		t.Fatal(kept, err)
	}
	for name, value := range *kept {
		if text, ok := value.(string); ok && strings.Contains(text, "eyJ") {
			t.Errorf("%s is kept as %s", name, text)
		}
	}
}
