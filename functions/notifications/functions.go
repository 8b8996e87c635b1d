package notifications

import (
	"context"
	"errors"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	// sendTimeout bounds the sending of an order's mails together. It ends well before the Broker stops waiting, and before
	// the sender's right to send does.
	sendTimeout = 20 * time.Second
	// page is how many orders with unsent mails one look takes.
	page = 100
)

// At makes the functions of this package that send mail by another way than the environment names, such as a simulation's.
// Its zero value sends as the environment says.
type At struct{ Post Post }

// OnUser keeps where mail reaches a user, and forgets it when the account is deleted. It tells the owner of both a changed password
// and the deletion; what cannot be sent now is left to Resend.
func OnUser(env *function.Env) (function.EventHandler, error) { return At{}.OnUser(env) }

// OnUser is the function OnUser with another Post.
func (a At) OnUser(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		u, err := events.Parse[events.User](e, events.UserCreated, events.UserUpdated, events.UserDeleted)
		if err != nil {
			return nil, err
		}
		see := func(cur *addressee) (*addressee, error) {
			var old addressee
			if cur != nil {
				old = *cur
			}
			if next, news := old.See(u); news {
				return &next, nil
			}
			return nil, nil
		}
		change := store.Update[addressee]
		if u.Version == 1 {
			change = store.Insert[addressee]
		} else if err := s.notify(ctx, u); err != nil {
			return nil, err
		}
		_, _, err = change(ctx, s.table, userKey(u.ID), see)
		return nil, err
	}, nil
}

// notify tells an account's owner what a new state of it asks for. It comes before the state is noted: what dies in between does it
// again, and finds it done.
func (s *service) notify(ctx context.Context, u events.User) error {
	if s.post == nil {
		return nil
	}
	known, err := store.Get[addressee](ctx, s.table, userKey(u.ID))
	if err != nil {
		return err
	}
	if known == nil { // the event of its creation comes later
		known = &addressee{Epoch: new(int64)}
	}
	notice := known.Notices(u)
	if notice == nil {
		return nil
	}
	return s.send(ctx, notice.key(), store.Insert[item], func(l Letters) Letters { return l.HearNotice(*notice) })
}

// OnOrder sends the mails that an order's state asks for. What cannot be sent now is left to Resend: the event is handled
// all the same, so that a mail server that does not answer holds up nothing.
func OnOrder(env *function.Env) (function.EventHandler, error) { return At{}.OnOrder(env) }

// OnOrder is the function OnOrder with another Post.
func (a At) OnOrder(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		order, err := events.Parse[events.Order](e, events.OrderCompleted, events.OrderCancelled)
		if err != nil || s.post == nil || len(Due(order, false)) == 0 {
			return nil, err
		}
		return nil, s.send(ctx, orderKey(order.ID), store.Insert[item], func(l Letters) Letters { return l.Hear(order) })
	}, nil
}

// OnExpiring reminds the buyer of an order whose time will soon be over. It is told of orders that are paid, too.
func OnExpiring(env *function.Env) (function.EventHandler, error) { return At{}.OnExpiring(env) }

// OnExpiring is the function OnExpiring with another Post.
func (a At) OnExpiring(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		x, err := events.Parse[events.Expiring](e, events.OrderExpiring)
		if err != nil || s.post == nil {
			return nil, err
		}
		return nil, s.send(ctx, orderKey(x.OrderID), store.Update[item], func(l Letters) Letters { return l.HearExpiring(x) })
	}, nil
}

// OnRecovery sends who forgot a password the mail that lets them set a new one, and makes what the mail lets them in with.
func OnRecovery(env *function.Env) (function.EventHandler, error) { return At{}.OnRecovery(env) }

// OnRecovery is the function OnRecovery with another Post.
func (a At) OnRecovery(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	if s.writer.keys == nil {
		return nil, errNoKey
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		r, err := events.Parse[events.Recovery](e, events.RecoveryAsked)
		if err != nil || s.post == nil {
			return nil, err
		}
		notice := Lost(r)
		if notice == nil {
			return nil, nil
		}
		return nil, s.send(ctx, notice.key(), store.Insert[item], func(l Letters) Letters { return l.HearNotice(*notice) })
	}, nil
}

// Resend tries each minute to send what could not be sent.
func Resend(env *function.Env) (function.EventHandler, error) { return At{}.Resend(env) }

// Resend is the function Resend with another Post.
func (a At) Resend(env *function.Env) (function.EventHandler, error) {
	s, err := a.open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		if err := events.CheckPing(e); err != nil {
			return nil, err
		}
		if s.post == nil {
			return nil, nil
		}
		return nil, s.resend(ctx)
	}, nil
}

// service is what the functions of this package share.
type service struct {
	env    *function.Env
	table  *store.Table
	writer writer
	post   Post // nil: no mail is sent
}

func (a At) open(env *function.Env) (*service, error) {
	w, err := newWriter(env.Getenv)
	if err != nil {
		return nil, err
	}
	if a.Post == nil {
		if a.Post, err = postFromEnv(env); err != nil {
			return nil, err
		}
	}
	if a.Post == nil {
		env.Log.Warn("no mail is sent: neither SMTP_HOST nor MAIL_FOLDER is set")
	}
	return &service{env, env.Store.Table(Schema.Name), w, a.Post}, nil
}

// pointer is what the index of unsent mails shows of an order.
type pointer struct {
	PK   string `dynamodbav:"pk"`
	Next string `dynamodbav:"next"`
}

// resend takes what is due, the longest waiting first. One order whose mails cannot be sent does not stop the others, but a
// mail server that does not answer is not asked for each of them.
func (s *service) resend(ctx context.Context) error {
	found, err := store.FindMerged(ctx, s.table, store.Query{
		Index: unsent.Name, Hash: unsent.Hash, Range: unsent.Range, Until: store.Stamp(s.env.Now()), Limit: page,
	}, func(p pointer) string { return p.Next })
	if err != nil {
		return fmt.Errorf("find unsent mail: %w", err)
	}
	var failed error
	for _, p := range found {
		err := s.send(ctx, store.Key{PK: p.PK}, store.Update[item], func(l Letters) Letters { return l })
		if !problem.Is(err, problem.Conflict) { // somebody is sending them
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

type change func(ctx context.Context, t *store.Table, key store.Key, decide store.Decide[item]) (*item, store.Write, error)

// send claims the mails of a key, sends them, and notes what became of each. Conflict while somebody else is sending them.
func (s *service) send(ctx context.Context, key store.Key, write change, hear func(Letters) Letters) error {
	sender := s.env.NewID()
	var mine bool
	claimed, wrote, err := write(ctx, s.table, key, func(cur *item) (*item, error) {
		mine = false
		var now item
		if cur != nil {
			now = *cur
		}
		if now.Sender == sender { // our own write, whose answer was lost
			mine = true
			return nil, nil
		}
		next, ok, err := hear(now.Letters).Claim(sender, s.env.Now())
		switch {
		case err != nil:
			return nil, err
		case !ok && now.Unsent != "": // what could not be sent has become idle
			return newItem(key, next, time.Time{}), nil
		case !ok:
			return nil, nil
		}
		mine = true
		now.Letters = next
		return &now, nil
	})
	if err != nil || !mine {
		return err
	}
	sent := s.mail(ctx, key, claimed.Letters)
	_, _, err = store.UpdateFrom(ctx, s.table, key, store.Wrote(claimed, wrote), func(cur *item) (*item, error) {
		if cur == nil {
			return nil, nil
		}
		done, next := cur.Done(sender, sent, s.env.Now())
		return newItem(key, done, next), nil
	})
	return err
}

// mail sends what is left of the mails of a key, and says which are sent, or will never be.
func (s *service) mail(ctx context.Context, key store.Key, l Letters) (sent []Kind) {
	left := l.left(s.env.Now())
	addresses, err := s.addresses(ctx, left)
	if err != nil {
		s.env.Log.Warn("mail not sent; it will be tried again", "of", key.PK, "error", err)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var messages []Message
	notice := func(n Notice, to string) {
		m, err := s.writer.notice(n, to)
		if err != nil {
			s.env.Log.Error("mail not written; it will be tried again", "of", key.PK, "mail", n.Kind, "error", err)
			return
		}
		messages = append(messages, m)
	}
	for _, m := range left {
		to, known := addresses[m.To]
		switch n := l.Notice; {
		case n != nil && n.Email != "":
			notice(*n, n.Email)
		case !known: // its event is under way, or it signs in for the first time since there is mail
			s.env.Log.Warn("mail not sent: no address is known; it will be tried again", "of", key.PK, "mail", m.Kind, "user", m.To)
		case to.Email == "":
			sent = append(sent, m.Kind) // nobody is there any more
		case n != nil:
			notice(*n, to.Email)
		default:
			messages = append(messages, s.writer.write(m.Kind, to.Email, l.about(m.Kind)))
		}
	}
	for i, err := range s.post.Send(ctx, messages) {
		switch kind := messages[i].Kind; {
		case err == nil:
			s.env.Log.Info("mail sent", "of", key.PK, "mail", kind)
			sent = append(sent, kind)
		case errors.Is(err, ErrNeverAccepted):
			s.env.Log.Error("mail given up", "of", key.PK, "mail", kind, "error", err)
			sent = append(sent, kind)
		default:
			s.env.Log.Warn("mail not sent; it will be tried again", "of", key.PK, "mail", kind, "error", err)
		}
	}
	return sent
}

// addresses finds where mail reaches the users that it goes to.
func (s *service) addresses(ctx context.Context, mails []Mail) (map[string]addressee, error) {
	var keys []store.Key
	wanted := map[string]bool{}
	for _, m := range mails {
		if !wanted[m.To] {
			wanted[m.To] = true
			keys = append(keys, userKey(m.To))
		}
	}
	found, err := store.GetAll[addressee](ctx, s.table, keys)
	if err != nil {
		return nil, err
	}
	all := map[string]addressee{}
	for _, a := range found {
		all[a.ID] = a
	}
	return all, nil
}
