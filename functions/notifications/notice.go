package notifications

import (
	"fmt"
	"time"

	"usher.example/events"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// The kinds of mail about an account. They go to its owner, who may not be the one who did it.
const (
	PasswordChanged Kind = "password-changed"
	AccountDeleted  Kind = "account-deleted"
	PasswordLost    Kind = "password-lost" // holds what sets a new one
)

// Notice is what an account's owner is to be told: one for each time that its sessions were ended, and for each mail asked for to set a
// new password.
type Notice struct {
	Kind   Kind   `dynamodbav:"kind"`
	UserID string `dynamodbav:"user_id"`
	Epoch  int64  `dynamodbav:"epoch"`
	// Email is the address of a deleted account, which nothing else knows any more; it is forgotten once the mail is sent.
	Email string `dynamodbav:"email,omitempty"`
	// Asked says which mail was asked for, and when. What the mail lets its reader in with is made when it is written, and kept nowhere.
	Asked *events.Recovery `dynamodbav:"asked,omitempty"`
}

// Lost is the notice that was asked for; nil where nobody has the account.
func Lost(r events.Recovery) *Notice {
	if r.UserID == "" {
		return nil
	}
	return &Notice{Kind: PasswordLost, UserID: r.UserID, Epoch: r.Epoch, Asked: &r}
}

// until is when a mail that was asked for is no use any more.
func (n Notice) until() time.Time { return n.Asked.At.Add(session.RecoveryLifetime) }

// matters says whether the mail is still worth sending.
func (n Notice) matters(now time.Time) bool { return n.Asked == nil || now.Before(n.until()) }

// id names what the notice is about, in its key and its Message-ID.
func (n Notice) id() string {
	if n.Asked != nil {
		return n.Asked.ID
	}
	return fmt.Sprintf("%s.%d", n.UserID, n.Epoch)
}

func (n Notice) key() store.Key { return store.Key{PK: "notice#" + n.id()} }

// Notices says what a user's newest state tells its owner, given what was known before; nil for nothing. An epoch that was never
// noted, as of who was known before it was, says nothing: the change may be long ago.
func (a addressee) Notices(u events.User) *Notice {
	switch {
	case u.Version <= a.Version:
		return nil
	case u.Status == events.UserIsDeleted && a.Email != "":
		return &Notice{Kind: AccountDeleted, UserID: u.ID, Epoch: u.Epoch, Email: a.Email}
	case u.Status != events.UserIsDeleted && a.Epoch != nil && u.Epoch > *a.Epoch:
		return &Notice{Kind: PasswordChanged, UserID: u.ID, Epoch: u.Epoch}
	}
	return nil
}

// HearNotice takes into account what an account's owner is to be told.
func (l Letters) HearNotice(n Notice) Letters {
	if l.Notice == nil {
		l.Notice = &n
	}
	return l
}

// notice writes a mail about an account. It fails where one that was asked for cannot be signed.
func (w writer) notice(n Notice, to string) (Message, error) {
	said := wordings[n.Kind]
	link, facts := w.base+"/", []fact(nil)
	if n.Asked != nil {
		token, err := w.sign(n)
		if err != nil {
			return Message{}, err
		}
		link += "recover#" + token // behind #: no server is sent it, and no log has it
		facts = []fact{{"Works until", n.until().UTC().Format("15:04 MST")}}
	}
	return Message{
		Kind: n.Kind, OrderID: n.id(), To: to, Subject: said.subject,
		Text: plain(said.says, facts, said.link, link), Rich: rich(said.says, facts, said.link, link),
	}, nil
}

// sign makes what the mail lets its reader in with: the same each time that it is sent.
func (w writer) sign(n Notice) (string, error) {
	if w.keys == nil {
		return "", errNoKey
	}
	token, err := w.keys.SignRecovery(session.Recovery{UserID: n.UserID, Epoch: n.Epoch}, n.Asked.At)
	if err != nil {
		return "", fmt.Errorf("sign recovery: %w", err)
	}
	return token, nil
}
