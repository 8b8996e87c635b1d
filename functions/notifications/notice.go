package notifications

import (
	"fmt"

	"usher.example/events"
	"usher.example/shared/store"
)

// The kinds of mail about an account. They go to its owner, who may not be the one who did it.
const (
	PasswordChanged Kind = "password-changed"
	AccountDeleted  Kind = "account-deleted"
)

// Notice is what an account's owner is to be told: one for each time that its sessions were ended.
type Notice struct {
	Kind   Kind   `dynamodbav:"kind"`
	UserID string `dynamodbav:"user_id"`
	Epoch  int64  `dynamodbav:"epoch"`
	// Email is the address of a deleted account, which nothing else knows any more; it is forgotten once the mail is sent.
	Email string `dynamodbav:"email,omitempty"`
}

// id names what the notice is about, in its key and its Message-ID.
func (n Notice) id() string { return fmt.Sprintf("%s.%d", n.UserID, n.Epoch) }

func (n Notice) key() store.Key { return store.Key{PK: "notice#" + n.id()} }

// Notices says what a user's newest state tells its owner, given what was known before; nil for nothing. An epoch that was never
// noted, as of who was known before it was, says nothing: the change may be long ago.
func (a addressee) Notices(u events.User) *Notice {
	switch {
	case u.Version <= a.Version:
		return nil
	case u.Status == events.UserIsDeleted && a.Email != "":
		return &Notice{AccountDeleted, u.ID, u.Epoch, a.Email}
	case u.Status != events.UserIsDeleted && a.Epoch != nil && u.Epoch > *a.Epoch:
		return &Notice{PasswordChanged, u.ID, u.Epoch, ""}
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

// notice writes a mail about an account.
func (w writer) notice(n Notice, to string) Message {
	said := wordings[n.Kind]
	return Message{
		Kind: n.Kind, OrderID: n.id(), To: to, Subject: said.subject,
		Text: plain(said.says, nil, said.link, w.base+"/"), Rich: rich(said.says, nil, said.link, w.base+"/"),
	}
}
