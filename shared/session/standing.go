package session

import (
	"context"
	"sync"
	"time"

	"usher.example/events"
	"usher.example/shared/store"
)

const (
	// Trust is for how long a session is taken to hold after it began, or after its account was last asked: so long at most
	// does one live on after its password was changed elsewhere, or its account deleted.
	Trust = 5 * time.Minute
	// maxKnown bounds how many sessions a process remembers to have asked for.
	maxKnown = 10_000
)

// Standing says whether sessions still hold. A token alone cannot: it is signed once and read by everybody. So each process
// asks the account now and then, one read of one item. It is safe for concurrent use.
type Standing struct {
	table *store.Table
	mu    sync.Mutex
	known map[known]time.Time // when it held last
}

type known struct {
	id    string
	epoch int64
}

// account is what matters of an account's item, which users keep.
type account struct {
	Snapshot events.User `dynamodbav:"snapshot"`
}

// NewStanding asks the accounts of a store.
func NewStanding(s *store.Store) *Standing {
	return &Standing{table: s.Table(Accounts), known: map[known]time.Time{}}
}

// Holds says whether the session of u, which began at began, still holds. It fails with Unavailable where the accounts cannot
// be read.
func (s *Standing) Holds(ctx context.Context, u User, began, now time.Time) (bool, error) {
	key := known{u.ID, u.Epoch}
	if now.Sub(began) < Trust || s.trusted(key, now) {
		return true, nil
	}
	a, err := store.Get[account](ctx, s.table, store.Key{PK: u.ID})
	if err != nil {
		return false, err
	}
	if !holds(a, u) {
		return false, nil
	}
	s.remember(key, now)
	return true, nil
}

// holds is the rule. A person who signed in before there were accounts by id has none until they sign in again.
func holds(a *account, u User) bool {
	if a == nil {
		return u.Epoch == 0
	}
	return a.Snapshot.Status != events.UserIsDeleted && u.Epoch >= a.Snapshot.Epoch
}

func (s *Standing) trusted(k known, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.known[k]
	return ok && now.Sub(at) < Trust
}

func (s *Standing) remember(k known, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[k] = now
}
