package users

import (
	"fmt"
	"maps"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// sweepAgain is how long after an account is deleted the others are told of it once more. By then every session of it is over
// (session.Trust) and every request ended that one of them began, and indexes show what they wrote: what slipped in is found.
const sweepAgain = 15 * time.Minute

// askedOf are those who must give clearance.
var askedOf = []string{events.ByTickets, events.ByOrders}

// Closing is the question whether an account may go, and what was answered. It is kept until the next one.
type Closing struct {
	Version int64          `dynamodbav:"version"` // of the account, when it was asked
	Live    map[string]int `dynamodbav:"live"`    // how much is live, by who answered
}

// Close asks whether an account may be deleted; a question that stands is not asked again. was is the hash that the password
// was checked against. Conflict where the password is another one by now, or the account is gone.
func (a account) Close(was string, now time.Time) (account, error) {
	switch {
	case a.Snapshot.Status == events.UserIsClosing:
		return a, nil
	case a.Hash != was || a.Snapshot.Status != events.UserIsActive:
		return a, problem.New(problem.Conflict, "Your account was just changed elsewhere. Please try again.")
	}
	a.Snapshot.Status = events.UserIsClosing
	a = a.changed(now)
	a.Closing = &Closing{Version: a.Snapshot.Version, Live: map[string]int{}}
	return a, nil
}

// asks says whether the question of this version stands.
func (a account) asks(version int64) bool {
	return a.Snapshot.Status == events.UserIsClosing && a.Closing != nil && a.Closing.Version == version
}

// Clear takes an answer into account. When all have answered, the account is deleted, or active again where something is
// live. Answers to another question say nothing.
func (a account) Clear(c events.Clearance, now time.Time) (next account, changed bool) {
	if !a.asks(c.Version) {
		return a, false
	}
	if known, ok := a.Closing.Live[c.By]; ok && known >= c.Live {
		return a, false
	}
	live := maps.Clone(a.Closing.Live)
	if live == nil {
		live = map[string]int{}
	}
	live[c.By] = c.Live
	a.Closing = &Closing{a.Closing.Version, live}
	for _, by := range askedOf {
		if _, ok := live[by]; !ok {
			return a, true
		}
	}
	for _, n := range live {
		if n > 0 {
			return a.Reopen(now), true
		}
	}
	return a.Delete(now), true
}

// Reopen takes the question back: the account is as it was.
func (a account) Reopen(now time.Time) account {
	a.Snapshot.Status = events.UserIsActive
	return a.changed(now)
}

// Delete leaves nothing personal of an account but the address, until that is free again. It is marked for later: then the
// others are told once more.
func (a account) Delete(now time.Time) account {
	a.Address = a.Snapshot.Email
	a.Snapshot.Status, a.Snapshot.Email, a.Hash, a.Closing = events.UserIsDeleted, "", "", nil
	a.Snapshot.Epoch++
	a = a.changed(now)
	a.Outbox = store.Mark(a.Snapshot.ID, now.Add(sweepAgain))
	return a
}

// Later marks a deleted account for another sweep, where something of it is still live; changed is false where nothing is. A
// mark that is there may be about to be cleared, so it is written anew.
func (a account) Later(c events.Clearance, now time.Time) (next account, changed bool) {
	if a.Snapshot.Status != events.UserIsDeleted || c.Version != a.Snapshot.Version || c.Live == 0 {
		return a, false
	}
	a.Outbox = store.Mark(a.Snapshot.ID, now.Add(sweepAgain))
	return a, true
}

// Concluded says whether the account is as the answers to this question made it: then whoever made it so tells of it, again if
// its answer was lost.
func (a account) Concluded(version int64) bool {
	return a.Snapshot.Version == version+1 && a.Snapshot.Status != events.UserIsClosing &&
		(a.Snapshot.Status == events.UserIsDeleted || a.Closing != nil && a.Closing.Version == version)
}

// refusal says why an account was not deleted: what is live, one item for each kind.
func (c Closing) refusal() error {
	e := &problem.Error{Code: problem.Conflict}
	if n := c.Live[events.ByTickets]; n > 0 {
		e.Items = append(e.Items, problem.Item{Field: "listings", Message: fmt.Sprintf("You have %s for sale or held by a buyer. Withdraw it, or wait until it is sold.", count(n, "ticket"))})
	}
	if n := c.Live[events.ByOrders]; n > 0 {
		e.Items = append(e.Items, problem.Item{Field: "orders", Message: fmt.Sprintf("You have %s. Pay or cancel it first.", count(n, "unpaid order"))})
	}
	if len(e.Items) == 0 {
		return problem.New(problem.Unavailable, "It could not be found out in time whether something of yours is live. Your account is as it was; please try again.").After(time.Second)
	}
	return e
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
