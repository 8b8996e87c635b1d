package users

import (
	"context"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// Accounts is the table of accounts by id: what others are told of a person, and the password's hash.
var Accounts = store.Schema{Name: session.Accounts, Indexes: []store.Index{store.OutboxIndex}}

// account is the item of a person.
type account struct {
	Snapshot events.User `dynamodbav:"snapshot"`
	Hash     string      `dynamodbav:"hash,omitempty"`
	Closing  *Closing    `dynamodbav:"closing,omitempty"`
	// Address is the e-mail address of a deleted account, until it is free again.
	Address string `dynamodbav:"address,omitempty"`
	store.Outbox
}

func accountKey(id string) store.Key { return store.Key{PK: id} }

// Tell implements function.Publishable.
func (a *account) Tell() events.Snapshot { return a.Snapshot }

// opened is the account of an e-mail address that somebody took a moment ago, or before accounts were kept by id.
func opened(l login, now time.Time) *account {
	return &account{
		Snapshot: events.User{
			ID: l.ID, Version: 1, Status: events.UserIsActive, Email: l.Email, CreatedAt: l.CreatedAt.UTC(), UpdatedAt: now.UTC(),
		},
		Hash: l.Hash, Outbox: store.Mark(l.ID, now),
	}
}

// ensure makes the account that belongs to an e-mail address, and tells of it, unless it is there. Signing up writes the
// address first, as that decides whose it is; what dies in between is made up for by the next time one signs in.
func ensure(ctx context.Context, env *function.Env, l login) (*account, error) {
	return function.Change(ctx, env, env.Store.Table(Accounts.Name), accountKey(l.ID), func(cur *account) (*account, error) {
		if cur != nil {
			return nil, nil
		}
		return opened(l, env.Now()), nil
	})
}

func (a account) user(role string) session.User {
	return session.User{ID: a.Snapshot.ID, Email: a.Snapshot.Email, Role: role, Epoch: a.Snapshot.Epoch}
}

func show(u session.User) view { return view{u.ID, u.Email, u.Role} }

// changed is the account's next version.
func (a account) changed(now time.Time) account {
	a.Snapshot.Version++
	a.Snapshot.UpdatedAt = now.UTC()
	a.Outbox = store.Mark(a.Snapshot.ID, now)
	return a
}

// Rehash gives an account another password, and ends every session that was begun before. was is the hash that the current
// password was checked against: Conflict where the password is another one by now, or the account is about to be deleted.
func (a account) Rehash(was, hash string, now time.Time) (account, error) {
	if a.Hash != was || a.Snapshot.Status != events.UserIsActive {
		return a, problem.New(problem.Conflict, "Your account was just changed elsewhere. Please try again.")
	}
	return a.rehashed(hash, now), nil
}

// Recover gives an account another password as Rehash does, for who has a mail that was asked for in an epoch of it. Invalid where its
// password was changed since, or the account is about to be deleted or is.
func (a account) Recover(epoch int64, hash string, now time.Time) (account, error) {
	if !a.recoverable() || a.Snapshot.Epoch != epoch {
		return a, overMail()
	}
	return a.rehashed(hash, now), nil
}

// recoverable says whether a mail may let somebody set a new password.
func (a account) recoverable() bool { return a.Snapshot.Status == events.UserIsActive }

func (a account) rehashed(hash string, now time.Time) account {
	a.Hash = hash
	a.Snapshot.Epoch++
	return a.changed(now)
}
