package users

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// told is a Broker that keeps what it is told.
type told struct {
	mu  sync.Mutex
	all []events.Snapshot
}

func (b *told) Publish(_ context.Context, s events.Snapshot) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, s)
	return nil
}

// take are the types of what was told since the last time.
func (b *told) take(t *testing.T) (types []events.Type) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.all {
		e, err := s.Envelope()
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, e.Type)
	}
	b.all = nil
	return types
}

// rig are the functions of this package over a store in memory, with a clock that is set by hand.
type rig struct {
	t      *testing.T
	now    time.Time
	env    *function.Env
	broker *told
	routes *http.ServeMux
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, memory.New())
}

func newRigOn(t *testing.T, api store.API) *rig {
	t.Helper()
	r := &rig{t: t, now: now, broker: &told{}, routes: http.NewServeMux()}
	keys, err := session.ParseKeys(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	r.env = &function.Env{
		Store: store.New(api, ""), Broker: r.broker, Sessions: keys, Now: func() time.Time { return r.now }, NewID: id.New,
		Sleep: func(ctx context.Context, d time.Duration) error { return ctx.Err() }, Getenv: func(string) string { return "" },
		Log: slog.New(slog.DiscardHandler),
	}
	if err := r.env.Store.EnsureTables(t.Context(), Schema, Accounts); err != nil {
		t.Fatal(err)
	}
	for route, build := range map[string]function.HTTP{
		"POST /api/users/signup": Signup, "POST /api/users/signin": Signin, "GET /api/users/currentuser": Current,
		"POST /api/users/password": ChangePassword, "DELETE /api/users/current": Delete,
		"POST /api/users/recover": Recover, "POST /api/users/recover/confirm": ConfirmRecovery,
	} {
		h, err := function.NewHTTP(build, r.env, route)
		if err != nil {
			t.Fatal(err)
		}
		r.routes.Handle(route, h)
	}
	return r
}

// ask sends a request with a session's cookie, if any.
func (r *rig) ask(method, path, body, cookie string) *httptest.ResponseRecorder {
	r.t.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	q.Header.Set("Usher-Client-Address", "192.0.2.1")
	if cookie != "" {
		q.AddCookie(&http.Cookie{Name: session.CookieName, Value: cookie})
	}
	w := httptest.NewRecorder()
	r.routes.ServeHTTP(w, q)
	return w
}

// cookie is the session that an answer begins.
func cookie(w *httptest.ResponseRecorder) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == session.CookieName {
			return c.Value
		}
	}
	return ""
}

func (r *rig) status(want int, w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	r.t.Helper()
	if w.Code != want {
		r.t.Fatalf("got %d, want %d: %s", w.Code, want, w.Body)
	}
	return w
}

const first, second = "correct horse", "battery staple"

func credentialsOf(password string) string {
	return `{"email":"ann@example.com","password":"` + password + `"}`
}

// signup opens Ann's account.
func (r *rig) signup() (cookieOf string, id string) {
	r.t.Helper()
	w := r.status(http.StatusCreated, r.ask("POST", "/api/users/signup", credentialsOf(first), ""))
	var got struct {
		User struct{ ID string } `json:"user"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		r.t.Fatal(err)
	}
	return cookie(w), got.User.ID
}

func (r *rig) signin(password string) *httptest.ResponseRecorder {
	r.t.Helper()
	return r.ask("POST", "/api/users/signin", credentialsOf(password), "")
}

// current says whether a session holds.
func (r *rig) current(cookie string) bool {
	r.t.Helper()
	w := r.status(http.StatusOK, r.ask("GET", "/api/users/currentuser", "", cookie))
	return !strings.Contains(w.Body.String(), `"currentUser":null`)
}

func fields(t *testing.T, w *httptest.ResponseRecorder) (list []string) {
	t.Helper()
	var doc problem.Document
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	for _, e := range doc.Errors {
		list = append(list, e.Field)
	}
	return list
}

func TestChangePassword(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
		fields string
	}{
		"OK":           {`{"current":"` + first + `","new":"` + second + `"}`, 200, ""},
		"ErrWrong":     {`{"current":"` + second + `","new":"` + second + `x"}`, 403, "current"},
		"ErrLong":      {`{"current":"` + strings.Repeat("x", 5000) + `","new":"` + second + `"}`, 403, "current"},
		"ErrNoCurrent": {`{"new":"` + second + `"}`, 400, "current"},
		"ErrNoNew":     {`{"current":"` + first + `"}`, 400, "new"},
		"ErrNeither":   {`{}`, 400, "current new"},
		"ErrShort":     {`{"current":"` + first + `","new":"short"}`, 400, "new"},
		"ErrTooLong":   {`{"current":"` + first + `","new":"` + strings.Repeat("ü", 257) + `"}`, 400, "new"},
		"ErrSame":      {`{"current":"` + first + `","new":"` + first + `"}`, 400, "new"},
		"ErrUnknown":   {`{"current":"` + first + `","new":"` + second + `","email":"eve@example.com"}`, 400, "email"},
		"ErrType":      {`{"current":1,"new":"` + second + `"}`, 400, "current"},
		"ErrNoJSON":    {`{`, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			mine, _ := r.signup()
			w := r.ask("POST", "/api/users/password", c.body, mine)
			if w.Code != c.status || c.status != 200 && strings.Join(fields(t, w), " ") != c.fields {
				t.Fatalf("got %d: %s", w.Code, w.Body)
			}
			password := first
			if c.status == 200 {
				password = second
			}
			r.status(http.StatusOK, r.signin(password))
		})
	}
	t.Run("ErrNotSignedIn", func(t *testing.T) {
		r := newRig(t)
		r.signup()
		r.status(http.StatusUnauthorized, r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+second+`"}`, ""))
	})
}

// The browser that changed the password stays signed in; all others are not after a while, and the old password is nothing.
func TestOtherSessionsEnd(t *testing.T) {
	r := newRig(t)
	mine, _ := r.signup()
	other := cookie(r.status(http.StatusOK, r.signin(first)))
	r.now = r.now.Add(time.Hour)
	if !r.current(mine) || !r.current(other) {
		t.Fatal("they hold before")
	}
	w := r.status(http.StatusOK, r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+second+`"}`, mine))
	next := cookie(w)
	r.status(http.StatusUnauthorized, r.signin(first))
	r.now = r.now.Add(session.Trust)
	for name, c := range map[string]struct {
		cookie string
		holds  bool
	}{"New": {next, true}, "OldOfMine": {mine, false}, "Other": {other, false}} {
		if got := r.current(c.cookie); got != c.holds {
			t.Errorf("%s holds: %v", name, got)
		}
	}
	r.status(http.StatusUnauthorized, r.ask("POST", "/api/users/password", `{"current":"`+second+`","new":"`+first+`"}`, other))
	if !r.current(cookie(r.status(http.StatusOK, r.signin(second)))) {
		t.Error("a session that begins with the new password does not hold")
	}
}

// Wrong passwords are counted with those at sign-in.
func TestWrongPasswordsAreThrottled(t *testing.T) {
	r := newRig(t)
	mine, _ := r.signup()
	for range ofAccount.free {
		r.status(http.StatusForbidden, r.ask("POST", "/api/users/password", `{"current":"wrong wrong","new":"`+second+`"}`, mine))
	}
	w := r.status(http.StatusTooManyRequests, r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+second+`"}`, mine))
	if w.Header().Get("Retry-After") == "" {
		t.Error("it is not said how long to wait")
	}
	r.status(http.StatusTooManyRequests, r.signin(first))
	r.now = r.now.Add(maxWait)
	r.status(http.StatusOK, r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+second+`"}`, mine))
}

// Of two who change it at once from the same password, one does.
func TestTwoChangesAtOnce(t *testing.T) {
	r := newRig(t)
	mine, _ := r.signup()
	codes := make([]int, 2)
	var wg sync.WaitGroup
	for i, password := range []string{"one one one", "two two two"} {
		wg.Go(func() {
			codes[i] = r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+password+`"}`, mine).Code
		})
	}
	wg.Wait()
	if won := codes[0] == 200; won == (codes[1] == 200) {
		t.Errorf("answers %v", codes)
	}
}

func TestRehash(t *testing.T) {
	a := account{Snapshot: events.User{ID: "a", Version: 4, Status: events.UserIsActive, Epoch: 2}, Hash: "was"}
	next, err := a.Rehash("was", "is", now)
	if err != nil || next.Hash != "is" || next.Snapshot.Epoch != 3 || next.Snapshot.Version != 5 || next.Since == "" {
		t.Errorf("got %+v, %v", next, err)
	}
	if _, err := a.Rehash("other", "is", now); !problem.Is(err, problem.Conflict) {
		t.Errorf("from another password: %v", err)
	}
	a.Snapshot.Status = events.UserIsClosing
	if _, err := a.Rehash("was", "is", now); !problem.Is(err, problem.Conflict) {
		t.Errorf("while it is closing: %v", err)
	}
}

// Others are told of an account when it is opened, when its owner signs in to one from before accounts were kept by id, and
// when it changes; not each time somebody signs in.
func TestAccountsAreToldOf(t *testing.T) {
	r := newRig(t)
	mine, _ := r.signup()
	want := func(types ...events.Type) {
		t.Helper()
		if got := r.broker.take(t); len(got) != len(types) || len(got) > 0 && got[0] != types[0] {
			t.Errorf("told %v, want %v", got, types)
		}
	}
	want(events.UserCreated)
	r.status(http.StatusOK, r.signin(first))
	want()
	r.status(http.StatusOK, r.ask("POST", "/api/users/password", `{"current":"`+first+`","new":"`+second+`"}`, mine))
	want(events.UserUpdated)

	old := login{ID: id.New(), Email: "bob@example.com", CreatedAt: now.Add(-time.Hour)}
	var err error
	if old.Hash, err = hashPassword(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, _, err = store.Insert(t.Context(), r.env.Store.Table(Schema.Name), loginKey(old.Email), func(*login) (*login, error) { return &old, nil }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r.status(http.StatusOK, r.ask("POST", "/api/users/signin", `{"email":"bob@example.com","password":"`+first+`"}`, ""))
	}
	want(events.UserCreated)
}

// services answer, in place of tickets and orders, what they find live when an account is closing.
type services struct {
	told
	r    *rig
	live map[string]int // by who answers; who is not in it does not
}

// Publish implements publish.Publisher.
func (s *services) Publish(ctx context.Context, snapshot events.Snapshot) error {
	if err := s.told.Publish(ctx, snapshot); err != nil {
		return err
	}
	u, ok := snapshot.(events.User)
	if !ok || u.Status != events.UserIsClosing {
		return nil
	}
	hear, err := OnClearance(s.r.env)
	if err != nil {
		return err
	}
	for _, by := range askedOf {
		n, answers := s.live[by]
		if !answers {
			continue
		}
		e, err := events.New(events.Clearance{UserID: u.ID, Version: u.Version, By: by, Live: n, At: u.UpdatedAt})
		if err != nil {
			return err
		}
		for range 2 { // events come twice
			reply, err := hear(ctx, e)
			if err != nil {
				return err
			}
			if reply != nil {
				if err := s.told.Publish(ctx, reply); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func TestDelete(t *testing.T) {
	tickets, orders := events.ByTickets, events.ByOrders
	password := `{"password":"` + first + `"}`
	for name, c := range map[string]struct {
		live   map[string]int
		body   string
		status int
		fields string
	}{
		"OK":             {map[string]int{tickets: 0, orders: 0}, password, 204, ""},
		"ErrListings":    {map[string]int{tickets: 2, orders: 0}, password, 409, "listings"},
		"ErrOrders":      {map[string]int{tickets: 0, orders: 1}, password, 409, "orders"},
		"ErrBoth":        {map[string]int{tickets: 1, orders: 1}, password, 409, "listings orders"},
		"ErrNoAnswer":    {nil, password, 503, ""},
		"ErrOneAnswer":   {map[string]int{tickets: 0}, password, 503, ""},
		"ErrWrong":       {map[string]int{tickets: 0, orders: 0}, `{"password":"wrong wrong"}`, 403, "password"},
		"ErrNoPassword":  {map[string]int{tickets: 0, orders: 0}, `{}`, 400, "password"},
		"ErrUnknown":     {map[string]int{tickets: 0, orders: 0}, `{"password":"` + first + `","really":true}`, 400, "really"},
		"ErrNoBody":      {map[string]int{tickets: 0, orders: 0}, ``, 400, ""},
		"ErrNotAnObject": {map[string]int{tickets: 0, orders: 0}, `[]`, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			broker := &services{r: r, live: c.live}
			r.env.Broker = broker
			mine, id := r.signup()
			r.now = r.now.Add(time.Hour)
			w := r.ask("DELETE", "/api/users/current", c.body, mine)
			if w.Code != c.status || c.status != 204 && strings.Join(fields(t, w), " ") != c.fields {
				t.Fatalf("got %d: %s", w.Code, w.Body)
			}
			if c.status != 204 {
				if !r.current(mine) {
					t.Error("it was refused, and the session is over")
				}
				r.status(http.StatusOK, r.signin(first))
				return
			}
			if got := w.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
				t.Errorf("cookies %v", got)
			}
			r.now = r.now.Add(session.Trust)
			if r.current(mine) {
				t.Error("the session holds")
			}
			r.status(http.StatusUnauthorized, r.ask("DELETE", "/api/users/current", c.body, mine))
			r.status(http.StatusUnauthorized, r.signin(first))
			if _, anew := r.signup(); anew == id {
				t.Error("the address leads to the deleted account")
			}
		})
	}
}

// What is known of a deleted account: that it was there.
func TestNothingPersonalIsLeft(t *testing.T) {
	r := newRig(t)
	r.env.Broker = &services{r: r, live: map[string]int{events.ByTickets: 0, events.ByOrders: 0}}
	mine, id := r.signup()
	r.status(http.StatusNoContent, r.ask("DELETE", "/api/users/current", `{"password":"`+first+`"}`, mine))
	left, err := store.Get[map[string]any](t.Context(), r.env.Store.Table(Accounts.Name), accountKey(id))
	if err != nil || left == nil {
		t.Fatal(left, err)
	}
	text, err := json.Marshal(left)
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"ann", "argon2id"} {
		if strings.Contains(string(text), personal) {
			t.Errorf("%s is in %s", personal, text)
		}
	}
	if login, err := store.Get[login](t.Context(), r.env.Store.Table(Schema.Name), loginKey("ann@example.com")); login != nil || err != nil {
		t.Errorf("left: %+v, %v", login, err)
	}
}

// Who answers after the question was taken back changes nothing.
func TestLateAnswers(t *testing.T) {
	r := newRig(t)
	broker := &services{r: r}
	r.env.Broker = broker
	mine, id := r.signup()
	r.status(http.StatusServiceUnavailable, r.ask("DELETE", "/api/users/current", `{"password":"`+first+`"}`, mine))
	hear, err := OnClearance(r.env)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range askedOf {
		e, err := events.New(events.Clearance{UserID: id, Version: 2, By: by, At: now})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hear(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	r.status(http.StatusOK, r.signin(first))
}
