// Package deadletters lets operators see the events that could not be delivered, send them again, or give them up (P7). The
// Broker keeps them, and the decisions about them; nothing of either is stored here.
package deadletters

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

// letter is an event that could not be delivered, without what it says.
type letter struct {
	ID       string    `json:"id"` // the number that its Broker gave it
	EventID  string    `json:"event_id"`
	Type     string    `json:"type"`
	Subject  string    `json:"subject,omitempty"`
	For      string    `json:"for"` // the Trigger, which is named like the function that would not take it
	At       time.Time `json:"at"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	Answer   string    `json:"answer,omitempty"` // the start of what the subscriber said last
}

// show is an entry of the Broker as people see it. An answer that is no text is left out.
func show(e entry) letter {
	l := letter{
		ID: strconv.FormatUint(e.Sequence, 10), EventID: e.ID, Type: e.Type, Subject: e.Subject, For: e.Parked.TriggerName,
		At: e.Parked.At.UTC(), Reason: e.Parked.Failure.Reason, Attempts: e.Parked.Failure.Attempts,
	}
	if answer := e.Parked.Failure.Body; utf8.Valid(answer) {
		l.Answer = strings.TrimSpace(string(answer))
	}
	return l
}

// number reads the id of a dead letter. What cannot be one is NotFound, as nothing has it.
func number(id string) (uint64, error) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != id {
		return 0, noLetter()
	}
	return n, nil
}

func noLetter() error {
	return problem.New(problem.NotFound, "There is no such dead letter. It may have been sent again or dropped already.")
}

// List is a page of them, oldest first: GET /api/operator/dead-letters?limit=&cursor= → 200. For operators alone.
func List(env *function.Env) (function.Handler, error) {
	b, err := open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		if _, err := operator(r); err != nil {
			return nil, err
		}
		page, err := r.Page(func(key string) bool { _, err := number(key); return err == nil })
		if err != nil {
			return nil, err
		}
		entries, err := b.list(ctx, page.Limit+1, page.After)
		if err != nil {
			return nil, err
		}
		letters := make([]letter, len(entries))
		for i, e := range entries {
			letters[i] = show(e)
		}
		list := function.NewList(letters, page.Limit, func(l letter) string { return l.ID })
		return &function.Response{Status: http.StatusOK, Private: true, Body: list}, nil
	}, nil
}

// Replay sends one again, to the function that it was for: POST /api/operator/dead-letters/{id}/replay → 204. 409 where its
// Trigger is gone. One that fails again is a new dead letter.
func Replay(env *function.Env) (function.Handler, error) {
	return decide(env, "replayed a dead letter", (*broker).replay)
}

// Drop gives one up: DELETE /api/operator/dead-letters/{id} → 204. Nobody handles that event any more.
func Drop(env *function.Env) (function.Handler, error) {
	return decide(env, "dropped a dead letter", (*broker).drop)
}

// decide lets an operator do something about the dead letter that the path names, and notes who it was.
func decide(env *function.Env, done string, act func(*broker, context.Context, uint64) error) (function.Handler, error) {
	b, err := open(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		user, err := operator(r)
		if err != nil {
			return nil, err
		}
		n, err := number(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if err := act(b, ctx, n); err != nil {
			return nil, err
		}
		env.Log.Info(done, "number", n, "operator", user.ID)
		return &function.Response{Status: http.StatusNoContent}, nil
	}, nil
}

// operator is who asks, if they run the place. Forbidden for anybody else.
func operator(r *function.Request) (session.User, error) {
	user, err := r.User()
	if err == nil && user.Role != session.Operator {
		err = problem.New(problem.Forbidden, "Only an operator can see or decide about dead letters.")
	}
	return user, err
}
