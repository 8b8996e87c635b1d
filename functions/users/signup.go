package users

import (
	"context"
	"fmt"
	"net/http"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// Signup opens an account and signs in to it: POST /api/users/signup {email, password} → 201.
func Signup(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		var in credentials
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		if err := in.check(); err != nil {
			return nil, err
		}
		hash, err := hashPassword(ctx, in.Password)
		if err != nil {
			return nil, fmt.Errorf("hash password: %w", err)
		}
		fresh := login{ID: env.NewID(), Email: in.Email, Hash: hash, CreatedAt: env.Now().UTC()}
		created, _, err := store.Insert(ctx, table, loginKey(in.Email), func(cur *login) (*login, error) {
			switch {
			case cur == nil:
				return &fresh, nil
			case cur.ID == fresh.ID: // our own write, whose answer was lost
				return nil, nil
			default:
				return nil, emailInUse
			}
		})
		if err != nil {
			return nil, err
		}
		account, err := ensure(ctx, env, *created)
		if err != nil {
			return nil, err
		}
		return signedIn(env, r.Request, account.user(""), http.StatusCreated)
	}, nil
}

var emailInUse = &problem.Error{Code: problem.Conflict, Items: []problem.Item{{Message: "This e-mail address is in use. Please sign in instead.", Field: "email"}}}

// signedIn answers with the account and the cookie of a new session.
func signedIn(env *function.Env, r *http.Request, u session.User, status int) (*function.Response, error) {
	token, err := env.Sessions.Sign(u, env.Now())
	if err != nil {
		return nil, fmt.Errorf("sign session: %w", err)
	}
	return &function.Response{
		Status: status,
		Body: struct {
			User view `json:"user"`
		}{show(u)},
		Cookie: session.Cookie(r, token),
	}, nil
}
