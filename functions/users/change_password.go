package users

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// passwords is the request to change a password.
type passwords struct {
	Current string `json:"current"`
	New     string `json:"new"`
}

// check says everything that is wrong with it, at once.
func (p passwords) check() error {
	e := &problem.Error{Code: problem.Invalid}
	if p.Current == "" {
		e.Items = append(e.Items, problem.Item{Message: "Please give your current password.", Field: "current"})
	}
	weak, err := weakness(p.New)
	switch {
	case err != nil:
		return err
	case weak != "":
		e.Items = append(e.Items, problem.Item{Message: weak, Field: "new"})
	case p.New == p.Current:
		e.Items = append(e.Items, problem.Item{Message: "The new password must be another one.", Field: "new"})
	}
	if len(e.Items) > 0 {
		return e
	}
	return nil
}

// ChangePassword gives the caller's account another password: POST /api/users/password {current, new} → 200 with a new
// session. Every other session of the account ends, within session.Trust. 403 where current is wrong; wrong ones are
// throttled as those at sign-in are.
func ChangePassword(env *function.Env) (function.Handler, error) {
	o, err := newOwner(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		user, err := r.User()
		if err != nil {
			return nil, err
		}
		var in passwords
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		if err := in.check(); err != nil {
			return nil, err
		}
		mine, err := o.prove(ctx, r, user, in.Current, "current")
		if err != nil {
			return nil, err
		}
		return o.renew(ctx, r, user.ID, in.New, session.Over(), func(cur account, hash string) (account, error) {
			return cur.Rehash(mine.Hash, hash, env.Now())
		})
	}, nil
}

// owner finds out whether who asks for something grave is the account's owner: a session alone could be a browser that was
// left open.
type owner struct {
	env       *function.Env
	logins    *store.Table
	accounts  *store.Table
	operators map[string]bool
}

func newOwner(env *function.Env) (*owner, error) {
	operators, err := operators(env.Getenv("OPERATORS"))
	if err != nil {
		return nil, err
	}
	return &owner{env, env.Store.Table(Schema.Name), env.Store.Table(Accounts.Name), operators}, nil
}

func (o *owner) role(id string) string {
	if o.operators[id] {
		return session.Operator
	}
	return ""
}

// prove checks the password of a signed-in user, and returns their account. Forbidden, about the field, where it is wrong:
// the session is not over. Unauthenticated where there is no such account any more.
func (o *owner) prove(ctx context.Context, r *function.Request, user session.User, password, field string) (*account, error) {
	ip := clientAddress(r)
	found, _, err := admit(ctx, o.env, o.logins, user.Email, ip)
	if err != nil {
		return nil, err
	}
	if found == nil || found.ID != user.ID {
		return nil, session.Over()
	}
	mine, err := ensure(ctx, o.env, *found)
	if err != nil {
		return nil, err
	}
	right, err := verifyPassword(ctx, password, mine.Hash)
	if err != nil {
		return nil, fmt.Errorf("verify password: %w", err)
	}
	if !right {
		return nil, fail(ctx, o.env, o.logins, user.Email, ip, &problem.Error{
			Code: problem.Forbidden, Items: []problem.Item{{Message: "This is not your current password.", Field: field}},
		})
	}
	return mine, nil
}

// renew gives an account another password, as a rule allows, and answers with a new session; gone is said where there is no such account.
func (o *owner) renew(ctx context.Context, r *function.Request, id, password string, gone error, rule func(cur account, hash string) (account, error)) (*function.Response, error) {
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	changed, err := function.Change(ctx, o.env, o.accounts, accountKey(id), func(cur *account) (*account, error) {
		switch {
		case cur == nil:
			return nil, gone
		case cur.Hash == hash: // our own write, whose answer was lost
			return nil, nil
		}
		next, err := rule(*cur, hash)
		if err != nil {
			return nil, err
		}
		return &next, nil
	})
	if err != nil {
		return nil, err
	}
	o.forget(ctx, changed.Snapshot.Email)
	return signedIn(o.env, r.Request, changed.user(o.role(id)), http.StatusOK)
}

// forget clears what is kept of an account beside it: failures to sign in, and the hash of the password that it was opened
// with. Nothing depends on it.
func (o *owner) forget(ctx context.Context, email string) {
	_, _, err := store.Update(ctx, o.logins, loginKey(email), func(cur *login) (*login, error) {
		if cur == nil || cur.Hash == "" {
			return nil, nil
		}
		next := *cur
		next.Hash = ""
		return &next, nil
	})
	if err := errors.Join(err, forgive(ctx, o.logins, email)); err != nil {
		o.env.Log.Warn("password changed, the hash of the first one or failures to sign in are still kept", "error", err)
	}
}
