package users

import (
	"context"
	"net/http"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

const (
	// answers bounds the wait for what tickets and orders say, and firstLook is when it is looked for first.
	answers   = 15 * time.Second
	firstLook = 20 * time.Millisecond
)

// Delete deletes the caller's account for good: DELETE /api/users/current {password} → 204. 403 where the password is wrong,
// 409 while listings are for sale or held, or orders unpaid.
//
// Tickets and orders know what is live. They are asked by an event and answer by one; OnClearance decides when both have, so
// that the account is deleted or kept even when this process dies waiting. Nobody is kept from listing or ordering in
// between: of a deleted account, tickets and orders end whatever they still find, at once and again when all its sessions are
// over.
func Delete(env *function.Env) (function.Handler, error) {
	o, err := newOwner(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		user, err := r.User()
		if err != nil {
			return nil, err
		}
		var in struct {
			Password string `json:"password"`
		}
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		if in.Password == "" {
			return nil, problem.Field("password", "Please give your password.")
		}
		mine, err := o.prove(ctx, r, user, in.Password, "password")
		if err != nil {
			return nil, err
		}
		if err := o.close(ctx, *mine); err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusNoContent, Cookie: session.Cookie(r.Request, "")}, nil
	}, nil
}

// close asks whether the account may go, and waits for the outcome: nil where it is deleted.
func (o *owner) close(ctx context.Context, mine account) error {
	key := accountKey(mine.Snapshot.ID)
	asked, err := function.Change(ctx, o.env, o.accounts, key, func(cur *account) (*account, error) {
		if cur == nil {
			return nil, session.Over()
		}
		next, err := cur.Close(mine.Hash, o.env.Now())
		if err != nil || next.Snapshot.Version == cur.Snapshot.Version {
			return nil, err
		}
		return &next, nil
	})
	if err != nil {
		return err
	}
	version := asked.Closing.Version
	var got *account
	done, err := o.env.Poll(ctx, firstLook, answers, func() (bool, error) {
		var err error
		got, err = store.Get[account](ctx, o.accounts, key)
		return got != nil && !got.asks(version) && got.Address == "", err
	})
	if err != nil {
		return err
	}
	if !done {
		if got, err = o.takeBack(ctx, key, version); err != nil {
			return err
		}
	}
	switch {
	case got.Snapshot.Status == events.UserIsDeleted:
		return nil
	case got.Closing == nil || got.Closing.Version != version:
		return problem.New(problem.Conflict, "Your account was just changed elsewhere. Please try again.")
	}
	return got.Closing.refusal()
}

// takeBack ends a question that was not answered in time, unless it just was.
func (o *owner) takeBack(ctx context.Context, key store.Key, version int64) (*account, error) {
	return function.Change(ctx, o.env, o.accounts, key, func(cur *account) (*account, error) {
		if cur == nil {
			return nil, session.Over()
		}
		if !cur.asks(version) {
			return nil, nil
		}
		next := cur.Reopen(o.env.Now())
		return &next, nil
	})
}

// OnClearance takes the answers of tickets and orders: when both have answered, it deletes the account or keeps it, and tells
// which.
func OnClearance(env *function.Env) (function.EventHandler, error) {
	logins, accounts := env.Store.Table(Schema.Name), env.Store.Table(Accounts.Name)
	return func(ctx context.Context, e cloudevents.Event) (events.Snapshot, error) {
		c, err := events.Parse[events.Clearance](e, events.ClearanceGiven, events.ClearanceRefused)
		if err != nil {
			return nil, err
		}
		a, _, err := store.Update(ctx, accounts, accountKey(c.UserID), func(cur *account) (*account, error) {
			if cur == nil {
				return nil, nil
			}
			next, changed := cur.Clear(c, env.Now())
			if !changed {
				next, changed = cur.Later(c, env.Now())
			}
			if !changed {
				return nil, nil
			}
			if next.Snapshot.Status == events.UserIsActive {
				next.Outbox = store.Outbox{} // the reply tells of it
			}
			return &next, nil
		})
		if err != nil || a == nil {
			return nil, err
		}
		if err := free(ctx, logins, accounts, *a); err != nil {
			return nil, err
		}
		if a.Concluded(c.Version) {
			return a.Snapshot, nil
		}
		return nil, nil
	}, nil
}

// free lets others have the e-mail address of a deleted account, and forgets it.
func free(ctx context.Context, logins, accounts *store.Table, a account) error {
	if a.Snapshot.Status != events.UserIsDeleted || a.Address == "" {
		return nil
	}
	if err := logins.DeleteIf(ctx, loginKey(a.Address), "id", a.Snapshot.ID); err != nil {
		return err
	}
	_, _, err := store.Update(ctx, accounts, accountKey(a.Snapshot.ID), func(cur *account) (*account, error) {
		if cur == nil || cur.Address == "" {
			return nil, nil
		}
		next := *cur
		next.Address = ""
		return &next, nil
	})
	return err
}
