package users

import (
	"context"
	"time"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// pace is how often something may be tried: so many times at once, then after a wait that doubles with each further try.
type pace struct {
	free  int           // tries that cost nothing
	first time.Duration // the wait after those
	says  string        // why one has to wait, to people
}

const tooManyFailures = "There were too many failed attempts. Please wait a moment and try again."

var (
	// People mistype, and many share an address.
	ofAccount = pace{10, time.Second, tooManyFailures}
	ofAddress = pace{100, time.Second, tooManyFailures}
	// Mails are what somebody else gets, who did not ask for them.
	ofMails = pace{3, time.Minute, "A mail to this address was asked for several times. Please look for it, also among spam, or try again in a moment."}
)

const (
	// forgiveAfter is how long after the last failure all is forgotten.
	forgiveAfter = 15 * time.Minute
	// maxWait bounds the wait: nobody can lock somebody else out for longer.
	maxWait = 5 * time.Minute
)

// tries is the item of what is slowed down and is no account: a network address, or an e-mail address that is tried to sign in with, or
// that mails are asked for.
type tries struct {
	Throttle throttle `dynamodbav:"throttle"`
}

// oneMore counts a try; nil are none yet.
func (t *tries) oneMore(now time.Time) *tries {
	next := tries{}
	if t != nil {
		next = *t
	}
	next.Throttle = next.Throttle.failed(now)
	return &next
}

// throttle counts failures to sign in, of an account or from an address; or mails that were asked for.
type throttle struct {
	Failures int       `dynamodbav:"failures"`
	LastAt   time.Time `dynamodbav:"last_at"`
}

// wait is how long from now on a further try is refused: each failure beyond the free ones doubles it.
func (t throttle) wait(p pace, now time.Time) time.Duration {
	over := t.Failures - p.free
	if over < 0 || now.Sub(t.LastAt) >= forgiveAfter {
		return 0
	}
	wait := maxWait
	if over < 9 { // 2⁹ s is more than maxWait
		wait = min(maxWait, p.first<<over)
	}
	return max(0, t.LastAt.Add(wait).Sub(now))
}

// failed is the throttle after one more failure.
func (t throttle) failed(now time.Time) throttle {
	if now.Sub(t.LastAt) >= forgiveAfter {
		t.Failures = 0
	}
	return throttle{t.Failures + 1, now.UTC()}
}

// refuse says that a try must wait, or nothing.
func (t throttle) refuse(p pace, now time.Time) error {
	if wait := t.wait(p, now); wait > 0 {
		return problem.New(problem.TooMany, "%s", p.says).After(wait)
	}
	return nil
}

// spend counts a try of a key, or refuses it with TooMany: of two at once, none goes uncounted.
func (p pace) spend(ctx context.Context, env *function.Env, table *store.Table, key store.Key) error {
	_, _, err := store.Update(ctx, table, key, func(cur *tries) (*tries, error) {
		if cur != nil {
			if err := cur.Throttle.refuse(p, env.Now()); err != nil {
				return nil, err
			}
		}
		return cur.oneMore(env.Now()), nil
	})
	if problem.Is(err, problem.Conflict) { // so many at once
		return problem.New(problem.TooMany, "%s", p.says).After(time.Second)
	}
	return err
}
