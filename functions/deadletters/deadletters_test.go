package deadletters

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

// asked is a request that the Broker got.
type asked struct{ method, uri string }

// at is the world of a function whose Broker answers so.
func at(t *testing.T, status int, answer string) (*function.Env, *[]asked) {
	t.Helper()
	var got []asked
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, asked{r.Method, r.URL.RequestURI()})
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	settings := map[string]string{"BROKER_URL": "http://broker/usher/usher", "BROKER_ADMIN_URL": server.URL}
	return &function.Env{Getenv: func(name string) string { return settings[name] }, Log: slog.New(slog.DiscardHandler)}, &got
}

// call asks a function something by somebody of a role; nobody is signed in where the role is "nobody".
func call(t *testing.T, build function.HTTP, env *function.Env, role, query, id string) (*function.Response, error) {
	t.Helper()
	handle, err := build(env)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+query, nil)
	r.SetPathValue("id", id)
	user := &session.User{ID: "somebody", Role: role}
	if role == "nobody" {
		user = nil
	}
	return handle(t.Context(), function.NewRequest(r, user, nil))
}

func TestOperatorsAlone(t *testing.T) {
	for role, want := range map[string]problem.Code{"nobody": problem.Unauthenticated, "": problem.Forbidden} {
		for name, build := range map[string]function.HTTP{"list": List, "replay": Replay, "drop": Drop} {
			env, got := at(t, http.StatusOK, `{}`)
			if _, err := call(t, build, env, role, "", "17"); !problem.Is(err, want) || len(*got) > 0 {
				t.Errorf("%s by %q: %v, and the Broker was asked %v", name, role, err, *got)
			}
		}
	}
}

func TestList(t *testing.T) {
	env, got := at(t, http.StatusOK, `{"items":[
		{"broker":"usher/usher","sequence":18,"id":"e.1","type":"usher.order.expired.v1","source":"/x","subject":"e","parked":{"triggerName":"orders-on-expiry",
			"at":"2026-11-21T18:00:00Z","failure":{"destination":"http://secret","code":400,"body":"eyJ0aXRsZSI6Ik5vIn0K","reason":"400 Bad Request","attempts":1}}},
		{"sequence":19,"id":"f.1","type":"t","parked":{"triggerName":"x","at":"2026-11-21T18:00:00Z","failure":{"body":"/w==","reason":"timeout","attempts":8}}}],"next":"usher/usher/19"}`)
	resp, err := call(t, List, env, session.Operator, "limit=1&cursor="+function.Cursor("17"), "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(resp.Body)
	want := `{"items":[{"id":"18","event_id":"e.1","type":"usher.order.expired.v1","subject":"e","for":"orders-on-expiry","at":"2026-11-21T18:00:00Z",` +
		`"reason":"400 Bad Request","attempts":1,"answer":"{\"title\":\"No\"}"}],"next_cursor":"` + function.Cursor("18") + `"}`
	if string(body) != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", body, err, want)
	}
	if want := (asked{"GET", "/dead-letters?after=usher%2Fusher%2F17&broker=usher%2Fusher&limit=2"}); (*got)[0] != want {
		t.Errorf("asked %v, want %v", *got, want)
	}
	if resp, err = call(t, List, env, session.Operator, "", ""); err != nil || resp.Body.(function.List[letter]).Items[1].Answer != "" {
		t.Errorf("what is no text: %+v, %v", resp, err)
	}
	if _, err := call(t, List, env, session.Operator, "cursor="+function.Cursor("../x"), ""); !problem.Is(err, problem.Invalid) {
		t.Errorf("a cursor of somebody's own: %v", err)
	}
}

func TestDecide(t *testing.T) {
	env, got := at(t, http.StatusOK, `{"count":1}`)
	for _, build := range []function.HTTP{Replay, Drop} {
		if resp, err := call(t, build, env, session.Operator, "", "17"); err != nil || resp.Status != http.StatusNoContent {
			t.Errorf("got %+v, %v", resp, err)
		}
	}
	if (*got)[0] != (asked{"POST", "/dead-letters/usher/usher/17/replay"}) || (*got)[1] != (asked{"DELETE", "/dead-letters/usher/usher/17"}) {
		t.Errorf("asked %v", *got)
	}
	for _, id := range []string{"0", "-1", "017", "x", "17/replay", "..", ""} {
		if _, err := call(t, Drop, env, session.Operator, "", id); !problem.Is(err, problem.NotFound) {
			t.Errorf("id %q: %v", id, err)
		}
	}
	if len(*got) != 2 {
		t.Errorf("what cannot be an id was asked for: %v", *got)
	}
}

func TestWhatTheBrokerRefuses(t *testing.T) {
	for status, want := range map[int]problem.Code{
		http.StatusNotFound: problem.NotFound, http.StatusConflict: problem.Conflict, http.StatusServiceUnavailable: problem.Unavailable,
		http.StatusInternalServerError: problem.Internal,
	} {
		env, _ := at(t, status, `{"count":0,"error":"why"}`)
		if _, err := call(t, Replay, env, session.Operator, "", "17"); problem.From(err).Code != want {
			t.Errorf("%d: %v", status, err)
		}
	}
	env := &function.Env{Log: slog.New(slog.DiscardHandler), Getenv: func(name string) string {
		return map[string]string{"BROKER_URL": "http://broker/usher/usher", "BROKER_ADMIN_URL": "http://127.0.0.1:1"}[name]
	}}
	if _, err := call(t, List, env, session.Operator, "", ""); !problem.Is(err, problem.Unavailable) {
		t.Errorf("nobody answers: %v", err)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct{ broker, admin string }{{"http://broker", "http://admin"}, {"http://broker/usher/usher", ""}, {"http://broker/a/b/c", "http://admin"}} {
		env := &function.Env{Getenv: func(name string) string {
			return map[string]string{"BROKER_URL": c.broker, "BROKER_ADMIN_URL": c.admin}[name]
		}}
		if _, err := List(env); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
