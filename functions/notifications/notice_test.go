package notifications

import (
	"testing"

	"usher.example/events"
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
