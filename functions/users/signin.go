package users

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// clientAddress is the network address that the gateway was asked from; empty where it does not say so.
func clientAddress(r *function.Request) string { return r.Header.Get("Usher-Client-Address") }

func addressKey(ip string) store.Key { return store.Key{PK: "address#" + ip} }

// guessesKey is the item that counts wrong passwords for an e-mail address, beside the one that says whose it is: what was tried for an
// address that is nobody's is counted alike, so that having to wait tells nothing.
func guessesKey(email string) store.Key { return store.Key{PK: "guesses#" + digest(email)} }

// digest stands for an e-mail address in the key of an item that may outlive the account, or never have had one.
func digest(email string) string {
	sum := sha256.Sum256([]byte(email))
	return hex.EncodeToString(sum[:])
}

// wrong is all that is said of a failed attempt: neither whether the account exists, nor what was wrong.
var wrong = problem.New(problem.Unauthenticated, "The e-mail address or the password is wrong.")

// Signin begins a session: POST /api/users/signin {email, password} → 200. Failures are throttled per account and address.
func Signin(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	operators, err := operators(env.Getenv("OPERATORS"))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		var in credentials
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		email, ok := normalise(in.Email)
		if !ok || in.Password == "" {
			e := &problem.Error{Code: problem.Invalid}
			if !ok {
				e.Items = append(e.Items, problem.Item{Message: "Please give a valid e-mail address.", Field: "email"})
			}
			if in.Password == "" {
				e.Items = append(e.Items, problem.Item{Message: "Please give your password.", Field: "password"})
			}
			return nil, e
		}
		ip := clientAddress(r)
		found, failed, err := admit(ctx, env, table, email, ip)
		if err != nil {
			return nil, err
		}
		hash, err := hashOf(ctx, env, found)
		if err != nil {
			return nil, err
		}
		right, err := verifyPassword(ctx, in.Password, hash)
		if err != nil {
			return nil, fmt.Errorf("verify password: %w", err)
		}
		if !right || found == nil {
			return nil, fail(ctx, env, table, email, ip, wrong)
		}
		if failed {
			if err := forgive(ctx, table, email); err != nil {
				return nil, err
			}
		}
		account, err := ensure(ctx, env, *found)
		if err != nil {
			return nil, err
		}
		if account.Hash != hash { // changed while it was being checked
			return nil, wrong
		}
		role := ""
		if operators[found.ID] {
			role = session.Operator
		}
		return signedIn(env, r.Request, account.user(role), http.StatusOK)
	}, nil
}

// hashOf is the hash that the password of an e-mail address must have; where nobody has the address, one that no password
// has, after as many reads.
func hashOf(ctx context.Context, env *function.Env, l *login) (string, error) {
	key := accountKey("nobody")
	if l != nil {
		key = accountKey(l.ID)
	}
	a, err := store.Get[account](ctx, env.Store.Table(Accounts.Name), key)
	switch {
	case err != nil:
		return "", err
	case l == nil:
		return nobody, nil
	case a == nil:
		return l.Hash, nil
	}
	return a.Hash, nil
}

// operators reads OPERATORS: the ids of accounts that run the place, separated by commas. It takes ids and not e-mail
// addresses because anybody can open an account with any address.
func operators(setting string) (map[string]bool, error) {
	all := map[string]bool{}
	for account := range strings.SplitSeq(setting, ",") {
		account = strings.TrimSpace(account)
		switch {
		case account == "":
		case !id.Valid(account):
			return nil, fmt.Errorf("OPERATORS: %q is not the id of an account; GET /api/users/currentuser shows one's own", account)
		default:
			all[account] = true
		}
	}
	return all, nil
}

// counter is an item that counts failures to sign in, and its pace.
type counter struct {
	key store.Key
	pace
}

// counters are those of an e-mail address, which may be nobody's, and of a network address, where it is known.
func counters(email, ip string) []counter {
	all := []counter{{guessesKey(email), ofAccount}}
	if ip != "" {
		all = append(all, counter{addressKey(ip), ofAddress})
	}
	return all
}

// admit reads whose an e-mail address is, nil where it is nobody's, and whether there are failures to forgive. It refuses
// while e-mail or network address must wait, after the same reads for an address that has an account and one that has none.
func admit(ctx context.Context, env *function.Env, table *store.Table, email, ip string) (found *login, failed bool, err error) {
	if found, err = store.Get[login](ctx, table, loginKey(email)); err != nil {
		return nil, false, err
	}
	for i, c := range counters(email, ip) {
		from, err := store.Get[tries](ctx, table, c.key)
		if err != nil {
			return nil, false, err
		}
		if from == nil {
			continue
		}
		if err := from.Throttle.refuse(c.pace, env.Now()); err != nil {
			return nil, false, err
		}
		failed = failed || i == 0 && from.Throttle.Failures > 0
	}
	return found, failed, nil
}

// fail counts a failure, and returns what is said of it.
func fail(ctx context.Context, env *function.Env, table *store.Table, email, ip string, said error) error {
	for _, c := range counters(email, ip) {
		_, _, err := store.Update(ctx, table, c.key, func(cur *tries) (*tries, error) { return cur.oneMore(env.Now()), nil })
		if err != nil && !problem.Is(err, problem.Conflict) { // a lost race of counters: counted by who won
			return err
		}
	}
	return said
}

// forgive forgets the failures of an e-mail address.
func forgive(ctx context.Context, table *store.Table, email string) error {
	_, _, err := store.Update(ctx, table, guessesKey(email), func(cur *tries) (*tries, error) {
		if cur == nil || cur.Throttle.Failures == 0 {
			return nil, nil
		}
		return &tries{}, nil
	})
	return err
}
