package users

import (
	"context"
	"net/http"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// mailsKey is the item that counts the mails asked for at an e-mail address. It is there also where the address has no account, and
// stays when the account goes: so it does not say whose it is.
func mailsKey(email string) store.Key { return store.Key{PK: "recovery#" + digest(email)} }

// Recover asks for a mail that lets its reader set a new password: POST /api/users/recover {email} → 202, whether or not the address has
// an account. One answer takes the same reads, writes and event as the other. Throttled per e-mail address and network address.
//
// Nothing is kept to be published later: 503 where the Broker does not take the event, and whoever asked tries again.
func Recover(env *function.Env) (function.Handler, error) {
	logins, accounts := env.Store.Table(Schema.Name), env.Store.Table(Accounts.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		var in struct {
			Email string `json:"email"`
		}
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		email, ok := normalise(in.Email)
		if !ok {
			return nil, problem.Field("email", "Please give a valid e-mail address.")
		}
		if ip := clientAddress(r); ip != "" {
			if err := ofAddress.spend(ctx, env, logins, addressKey(ip)); err != nil {
				return nil, err
			}
		}
		if err := ofMails.spend(ctx, env, logins, mailsKey(email)); err != nil {
			return nil, err
		}
		asked := events.Recovery{ID: env.NewID(), At: env.Now().UTC()}
		a, err := accountAt(ctx, env, logins, accounts, email)
		switch {
		case err != nil:
			return nil, err
		case a != nil && a.recoverable():
			asked.UserID, asked.Epoch = a.Snapshot.ID, a.Snapshot.Epoch
		}
		if err := env.Broker.Publish(ctx, asked); err != nil {
			return nil, problem.New(problem.Unavailable, "The mail could not be asked for right now. Please try again in a moment.").Because(err)
		}
		return &function.Response{Status: http.StatusAccepted}, nil
	}, nil
}

// accountAt is the account of an e-mail address; nil where nobody has it, after as many reads.
func accountAt(ctx context.Context, env *function.Env, logins, accounts *store.Table, email string) (*account, error) {
	found, err := store.Get[login](ctx, logins, loginKey(email))
	if err != nil {
		return nil, err
	}
	if found == nil {
		_, err := store.Get[account](ctx, accounts, accountKey("nobody"))
		return nil, err
	}
	return ensure(ctx, env, *found)
}

// overMail is all that is said of a token that does not let anybody in, whatever is wrong with it.
func overMail() error {
	return problem.Field("token", "This link is not valid any more: it works once, for half an hour, and until the password is changed. Please ask for a new mail.")
}

// ConfirmRecovery gives an account another password, knowing no other: POST /api/users/recover/confirm {token, password} → 200 with a new
// session. The token is the mail's. Every other session of the account ends, within session.Trust. 400, about the token, where it is
// forged, over, used, or for something else.
func ConfirmRecovery(env *function.Env) (function.Handler, error) {
	o, err := newOwner(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		var in struct {
			Token    string `json:"token"`
			Password string `json:"password"`
		}
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		lost, err := env.Sessions.CheckRecovery(in.Token, env.Now())
		if err != nil {
			return nil, overMail()
		}
		mine, err := store.Get[account](ctx, o.accounts, accountKey(lost.UserID))
		if err != nil {
			return nil, err
		}
		if mine == nil {
			return nil, overMail()
		}
		if _, err := mine.Recover(lost.Epoch, "", env.Now()); err != nil { // before the work of hashing
			return nil, err
		}
		switch weak, err := weakness(in.Password); {
		case err != nil:
			return nil, err
		case weak != "":
			return nil, problem.Field("password", "%s", weak)
		}
		return o.renew(ctx, r, lost.UserID, in.Password, overMail(), func(cur account, hash string) (account, error) {
			return cur.Recover(lost.Epoch, hash, env.Now())
		})
	}, nil
}
