package users

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// forgets asks for a mail, and returns what is told of that.
func (r *rig) forgets(email string) events.Recovery {
	r.t.Helper()
	r.broker.take(r.t)
	w := r.status(http.StatusAccepted, r.ask("POST", "/api/users/recover", `{"email":"`+email+`"}`, ""))
	if w.Body.Len() > 0 || len(w.Result().Cookies()) > 0 {
		r.t.Errorf("the answer says %q, %v", w.Body, w.Result().Cookies())
	}
	r.broker.mu.Lock()
	defer r.broker.mu.Unlock()
	for _, s := range r.broker.all {
		if told, ok := s.(events.Recovery); ok {
			return told
		}
	}
	r.t.Fatal("nobody is told of it")
	return events.Recovery{}
}

// mailed is the token of the mail that follows.
func (r *rig) mailed(told events.Recovery) string {
	r.t.Helper()
	token, err := r.env.Sessions.SignRecovery(session.Recovery{UserID: told.UserID, Epoch: told.Epoch}, told.At)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

func (r *rig) confirm(token, password string) *httptest.ResponseRecorder {
	r.t.Helper()
	return r.ask("POST", "/api/users/recover/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, token, password), "")
}

func TestRecover(t *testing.T) {
	r := newRig(t)
	_, id := r.signup()
	told := r.forgets("  ANN@example.com ")
	if told.UserID != id || told.Epoch != 0 || !told.At.Equal(now) || told.ID == "" {
		t.Errorf("told %+v", told)
	}
	if told := r.forgets("nobody@example.com"); told.UserID != "" || told.ID == "" {
		t.Errorf("of nobody's address is told %+v", told)
	}
	for name, c := range map[string]struct{ body, fields string }{
		"ErrNoEmail":  {`{}`, "email"},
		"ErrBadEmail": {`{"email":"ann"}`, "email"},
		"ErrType":     {`{"email":1}`, "email"},
		"ErrUnknown":  {`{"email":"ann@example.com","token":"x"}`, "token"},
		"ErrNoJSON":   {`{`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := r.ask("POST", "/api/users/recover", c.body, "")
			if w.Code != http.StatusBadRequest || strings.Join(fields(t, w), " ") != c.fields {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
		})
	}
}

// counted is a store that keeps what it is asked for.
type counted struct {
	store.API
	asked []string
}

func (c *counted) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	c.asked = append(c.asked, "get "+*in.TableName)
	return c.API.GetItem(ctx, in, o...)
}

func (c *counted) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	c.asked = append(c.asked, "put "+*in.TableName)
	return c.API.PutItem(ctx, in, o...)
}

func (c *counted) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	c.asked = append(c.asked, "update "+*in.TableName)
	return c.API.UpdateItem(ctx, in, o...)
}

// An address that has an account and one that has none take the same requests to the store, in the same order, and one event.
func TestRecoverTellsNothingByItsTime(t *testing.T) {
	api := &counted{API: memory.New()}
	r := newRigOn(t, api)
	r.signup()
	take := func(email string) string {
		api.asked = nil
		r.forgets(email)
		return strings.Join(api.asked, ", ")
	}
	known, unknown := take("ann@example.com"), take("nobody@example.com")
	if known != unknown || len(r.broker.all) != 1 {
		t.Errorf("known: %s\nunknown: %s", known, unknown)
	}
}

// Whoever tries passwords for an address is answered alike, after the same requests to the store, whether or not it has an account.
func TestSigninTellsNothing(t *testing.T) {
	api := &counted{API: memory.New()}
	r := newRigOn(t, api)
	r.signup()
	took := map[string][]string{}
	for range ofAccount.free + 1 {
		for _, email := range []string{"ann@example.com", "nobody@example.com"} {
			api.asked = nil
			w := r.ask("POST", "/api/users/signin", `{"email":"`+email+`","password":"wrong wrong"}`, "")
			took[email] = append(took[email], fmt.Sprint(w.Code, w.Header()["Retry-After"], w.Body.String(), api.asked))
		}
	}
	for i, known := range took["ann@example.com"] {
		if unknown := took["nobody@example.com"][i]; known != unknown {
			t.Fatalf("try %d\nknown:   %s\nunknown: %s", i+1, known, unknown)
		}
	}
	r.status(http.StatusTooManyRequests, r.signin(first))
}

// A mail can be asked for thrice, then after waits that double; that nobody has the address changes nothing about that.
func TestMailsAreThrottled(t *testing.T) {
	for name, email := range map[string]string{"Known": "ann@example.com", "Unknown": "nobody@example.com"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.signup()
			for range ofMails.free {
				r.forgets(email)
			}
			ask := func() *httptest.ResponseRecorder {
				return r.ask("POST", "/api/users/recover", `{"email":"`+email+`"}`, "")
			}
			if got := r.status(http.StatusTooManyRequests, ask()).Header().Get("Retry-After"); got != "60" {
				t.Errorf("Retry-After %q", got)
			}
			r.forgets("another@example.com")
			r.now = r.now.Add(ofMails.first)
			r.forgets(email)
			r.status(http.StatusTooManyRequests, ask())
			r.status(http.StatusOK, r.signin(first)) // mails keep nobody out
		})
	}
	t.Run("Address", func(t *testing.T) {
		r := newRig(t)
		for i := range ofAddress.free {
			r.forgets(fmt.Sprintf("nobody-%d@example.com", i))
		}
		r.status(http.StatusTooManyRequests, r.ask("POST", "/api/users/recover", `{"email":"ann@example.com"}`, ""))
	})
}

// deaf is a Broker that takes nothing.
type deaf struct{}

func (deaf) Publish(context.Context, events.Snapshot) error { return errors.New("no answer") }

func TestRecoverWithoutBroker(t *testing.T) {
	r := newRig(t)
	r.signup()
	r.env.Broker = deaf{}
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		r.status(http.StatusServiceUnavailable, r.ask("POST", "/api/users/recover", `{"email":"`+email+`"}`, ""))
	}
}

func TestConfirmRecovery(t *testing.T) {
	r := newRig(t)
	mine, id := r.signup()
	good := r.mailed(r.forgets("ann@example.com"))
	sign := func(of session.Recovery, at time.Time) string {
		token, err := r.env.Sessions.SignRecovery(of, at)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, c := range map[string]struct{ token, password, fields string }{
		"ErrNoToken":   {"", second, "token"},
		"ErrNonsense":  {"nonsense", second, "token"},
		"ErrAltered":   {good[:len(good)-8] + "AAAAAAAA", second, "token"},
		"ErrExpired":   {sign(session.Recovery{UserID: id}, now.Add(-session.RecoveryLifetime-time.Minute)), second, "token"},
		"ErrPurpose":   {mine, second, "token"},
		"ErrEpoch":     {sign(session.Recovery{UserID: id, Epoch: 1}, now), second, "token"},
		"ErrNobodys":   {sign(session.Recovery{UserID: r.env.NewID()}, now), second, "token"},
		"ErrBoth":      {"nonsense", "short", "token"},
		"ErrShort":     {good, "short", "password"},
		"ErrTooLong":   {good, strings.Repeat("ü", 257), "password"},
		"ErrCommon":    {good, "iloveyou", "password"},
		"ErrNoneGiven": {good, "", "password"},
	} {
		t.Run(name, func(t *testing.T) {
			w := r.confirm(c.token, c.password)
			if w.Code != http.StatusBadRequest || strings.Join(fields(t, w), " ") != c.fields {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
			if got := strings.Contains(w.Body.String(), "new mail"); got != (c.fields == "token") {
				t.Errorf("it says %s", w.Body)
			}
		})
	}
	r.status(http.StatusOK, r.signin(first))
	r.now = r.now.Add(session.RecoveryLifetime - time.Minute)
	anew := cookie(r.status(http.StatusOK, r.confirm(good, second)))
	r.status(http.StatusUnauthorized, r.signin(first))
	r.status(http.StatusOK, r.signin(second))
	r.status(http.StatusBadRequest, r.confirm(good, "once more, once more")) // it works once
	r.now = r.now.Add(session.Trust)
	if r.current(mine) || !r.current(anew) {
		t.Error("the session of before holds, or the new one does not")
	}
}

// A mail is over with any change of the password, and with the account.
func TestMailsEnd(t *testing.T) {
	for name, end := range map[string]func(r *rig, session, other string){
		"Changed": func(r *rig, session, _ string) {
			r.status(http.StatusOK, r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+second+`"}`, session))
		},
		"OtherMail": func(r *rig, _, other string) { r.status(http.StatusOK, r.confirm(other, second)) },
		"Closing": func(r *rig, session, _ string) {
			_, err := closeOf(r, session)
			if err != nil {
				r.t.Fatal(err)
			}
		},
		"Deleted": func(r *rig, session, _ string) {
			r.env.Broker = &services{r: r, live: map[string]int{events.ByTickets: 0, events.ByOrders: 0}}
			r.status(http.StatusNoContent, r.ask("DELETE", "/api/users/current", `{"password":"`+first+`"}`, session))
			r.env.Broker = r.broker
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			mine, id := r.signup()
			token, other := r.mailed(r.forgets("ann@example.com")), r.mailed(r.forgets("ann@example.com"))
			end(r, mine, other)
			w := r.status(http.StatusBadRequest, r.confirm(token, "once more, once more"))
			if got := fields(t, w); len(got) != 1 || got[0] != "token" {
				t.Errorf("refused about %v", got)
			}
			told := r.forgets("ann@example.com")
			if gone := name == "Closing" || name == "Deleted"; gone != (told.UserID == "") || !gone && told.UserID != id {
				t.Errorf("asked for again, told %+v", told)
			}
		})
	}
}

// closeOf lets the owner of a session ask whether their account may go, which nobody answers yet.
func closeOf(r *rig, cookie string) (*account, error) {
	u, _, err := r.env.Sessions.Check(cookie, r.now)
	if err != nil {
		return nil, err
	}
	a, _, err := store.Update(r.t.Context(), r.env.Store.Table(Accounts.Name), accountKey(u.ID), func(cur *account) (*account, error) {
		next, err := cur.Close(cur.Hash, r.now)
		return &next, err
	})
	return a, err
}

// Who had to wait at sign-in need not once the password is set by mail; of two who use one mail at once, one does.
func TestRecoveryForgives(t *testing.T) {
	r := newRig(t)
	r.signup()
	for range ofAccount.free {
		r.status(http.StatusUnauthorized, r.signin("wrong wrong"))
	}
	r.status(http.StatusTooManyRequests, r.signin(first))
	token := r.mailed(r.forgets("ann@example.com"))
	codes := make([]int, 2)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Go(func() { codes[i] = r.confirm(token, second).Code })
	}
	wg.Wait()
	if codes[0]+codes[1] != http.StatusOK+http.StatusBadRequest {
		t.Errorf("answers %v", codes)
	}
	r.status(http.StatusOK, r.signin(second))
}

// Who signed in last before accounts were kept by id is told, too.
func TestRecoverAnOldAccount(t *testing.T) {
	r := newRig(t)
	old := login{ID: r.env.NewID(), Email: "bob@example.com", CreatedAt: now.Add(-time.Hour)}
	if _, _, err := store.Insert(t.Context(), r.env.Store.Table(Schema.Name), loginKey(old.Email), func(*login) (*login, error) { return &old, nil }); err != nil {
		t.Fatal(err)
	}
	told := r.forgets("bob@example.com")
	if told.UserID != old.ID {
		t.Errorf("told %+v", told)
	}
	r.status(http.StatusOK, r.confirm(r.mailed(told), second))
}

func TestRecoverRule(t *testing.T) {
	a := account{Snapshot: events.User{ID: "a", Version: 4, Status: events.UserIsActive, Epoch: 2}, Hash: "was"}
	for name, c := range map[string]struct {
		epoch  int64
		status events.UserStatus
		ok     bool
	}{
		"OK":         {2, events.UserIsActive, true},
		"ErrOld":     {1, events.UserIsActive, false},
		"ErrNewer":   {3, events.UserIsActive, false},
		"ErrClosing": {2, events.UserIsClosing, false},
		"ErrDeleted": {2, events.UserIsDeleted, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := a
			a.Snapshot.Status = c.status
			next, err := a.Recover(c.epoch, "is", now)
			switch {
			case !c.ok && !problem.Is(err, problem.Invalid), !c.ok && next.Hash != "was":
				t.Errorf("got %+v, %v", next, err)
			case c.ok && (err != nil || next.Hash != "is" || next.Snapshot.Epoch != 3 || next.Snapshot.Version != 5 || next.Since == ""):
				t.Errorf("got %+v, %v", next, err)
			}
		})
	}
}
