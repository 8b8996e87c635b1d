package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

func env(t *testing.T, log *bytes.Buffer) *function.Env {
	t.Helper()
	keys, err := session.ParseKeys(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	return &function.Env{
		Sessions: keys, Now: time.Now, Log: slog.New(slog.NewJSONHandler(log, nil)),
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
}

// answers makes a function that answers each request with what f says.
func answers(f function.Handler) function.HTTP {
	return func(*function.Env) (function.Handler, error) { return f, nil }
}

func call(t *testing.T, f function.Handler, r *http.Request) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	h, err := function.NewHTTP(answers(f), env(t, &log), "POST /api/things/{id}", "GET /api/things/{id}")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w, log.String()
}

func TestJSON(t *testing.T) {
	read := func(_ context.Context, r *function.Request) (*function.Response, error) {
		var in struct {
			TicketID string `json:"ticket_id"`
			N        int    `json:"n"`
		}
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusCreated, Body: in}, nil
	}
	for body, c := range map[string]struct {
		status int
		field  string
	}{
		`{"ticket_id":"a","n":1}`:          {201, ""},
		`{"ticketId":"a"}`:                 {201, ""},
		`{"ticketId":"a","ticket_id":"b"}`: {400, "ticketId"},
		`{"n":"one"}`:                      {400, "n"},
		`{"n":1.5}`:                        {400, "n"},
		`{"x":1}`:                          {400, "x"},
		`{"n":1}{}`:                        {400, ""},
		`{`:                                {400, ""},
		``:                                 {400, ""},
		`null`:                             {400, ""},
		`[]`:                               {400, ""},
		"{\"ticket_id\":\"\xff\"}":         {400, ""},
		`{"ticket_id":"` + strings.Repeat("x", 2<<20) + `"}`: {413, ""},
	} {
		t.Run(fmt.Sprintf("%.30q", body), func(t *testing.T) {
			w, _ := call(t, read, httptest.NewRequest(http.MethodPost, "/api/things/1", strings.NewReader(body)))
			if w.Code != c.status {
				t.Fatalf("got %d: %s", w.Code, w.Body)
			}
			if c.status == 201 {
				return
			}
			var doc problem.Document
			if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.Status != c.status || doc.Errors[0].Field != c.field {
				t.Errorf("got %s, %v", w.Body, err)
			}
		})
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	w, log := call(t, func(context.Context, *function.Request) (*function.Response, error) { panic("boom") },
		httptest.NewRequest(http.MethodGet, "/api/things/1", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "boom") || !strings.Contains(log, "boom") {
		t.Errorf("answered %d %s, logged %s", w.Code, w.Body, log)
	}
}

func TestUnknownErrorStaysInTheLog(t *testing.T) {
	w, log := call(t, func(context.Context, *function.Request) (*function.Response, error) {
		return nil, errors.New("password of the database is 1234")
	}, httptest.NewRequest(http.MethodGet, "/api/things/1", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "1234") || !strings.Contains(log, "1234") {
		t.Errorf("answered %d %s, logged %s", w.Code, w.Body, log)
	}
}

func TestETag(t *testing.T) {
	f := func(_ context.Context, r *function.Request) (*function.Response, error) {
		if err := r.IfMatch(`"3"`); err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: 1, ETag: `"3"`}, nil
	}
	for name, c := range map[string]struct {
		header, value string
		want          int
	}{
		"None": {"X", "", 200}, "Same": {"If-None-Match", `"3"`, 304}, "Weak": {"If-None-Match", `W/"3"`, 304}, "OneOf": {"If-None-Match", `"1", "3"`, 304},
		"Other": {"If-None-Match", `"4"`, 200}, "Match": {"If-Match", `"3"`, 200}, "Any": {"If-Match", `*`, 200}, "NoMatch": {"If-Match", `"2"`, 412},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/api/things/1", nil)
			r.Header.Set(c.header, c.value)
			if w, _ := call(t, f, r); w.Code != c.want {
				t.Errorf("got %d", w.Code)
			}
		})
	}
}

// A list has no version of its own: the same content is not sent twice.
func TestETagOfList(t *testing.T) {
	f := func(context.Context, *function.Request) (*function.Response, error) {
		return &function.Response{Status: http.StatusOK, Body: []int{1, 2}}, nil
	}
	r := httptest.NewRequest(http.MethodGet, "/api/things/1", nil)
	w, _ := call(t, f, r)
	tag := w.Header().Get("ETag")
	if w.Code != 200 || tag == "" {
		t.Fatalf("got %d with tag %q", w.Code, tag)
	}
	r.Header.Set("If-None-Match", tag)
	if w, _ := call(t, f, r); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("got %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestPage(t *testing.T) {
	f := func(_ context.Context, r *function.Request) (*function.Response, error) {
		page, err := r.Page(func(key string) bool { return key == "k" })
		return &function.Response{Status: http.StatusOK, Body: page}, err
	}
	for query, want := range map[string]int{
		"": 200, "?limit=1": 200, "?limit=100&cursor=" + function.Cursor("k"): 200,
		"?limit=0": 400, "?limit=101": 400, "?limit=x": 400, "?cursor=" + function.Cursor("z"): 400, "?cursor=%25": 400, "?cursor=" + strings.Repeat("a", 300): 400,
	} {
		t.Run(query, func(t *testing.T) {
			if w, _ := call(t, f, httptest.NewRequest(http.MethodGet, "/api/things/1"+query, nil)); w.Code != want {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
		})
	}
}

// TestEvents: what a function answers the Broker, and so whether the event is tried again (P7).
func TestEvents(t *testing.T) {
	expiry := events.Expiry{OrderID: "01990000-0000-7000-8000-000000000003", BuyerID: "01990000-0000-7000-8000-000000000004", ExpiresAt: time.Now()}
	payment := events.Payment{ID: expiry.OrderID, Version: 1, Status: events.PaymentAuthorizing}
	for name, c := range map[string]struct {
		reply events.Snapshot
		err   error
		panic bool
		want  int
		event string
	}{
		"OK/Silent":      {want: 200},
		"OK/Reply":       {reply: expiry, want: 200, event: string(events.OrderExpired)},
		"OK/NotSent":     {reply: payment, want: 200},
		"BadEvent":       {err: &events.BadEventError{Why: "no"}, want: 400},
		"Conflict":       {err: problem.New(problem.Conflict, "later"), want: 409},
		"Unavailable":    {err: problem.New(problem.Unavailable, "later"), want: 503},
		"RefusalIsFault": {err: problem.New(problem.NotFound, "gone"), want: 500},
		"Unknown":        {err: errors.New("x"), want: 500},
		"Panic":          {panic: true, want: 500},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			h, err := function.NewEvents(func(*function.Env) (function.EventHandler, error) {
				return func(context.Context, cloudevents.Event) (events.Snapshot, error) {
					if c.panic {
						panic("boom")
					}
					return c.reply, c.err
				}, nil
			}, env(t, &log))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
			for k, v := range map[string]string{"specversion": "1.0", "id": "1", "source": "/x", "type": "x", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"} {
				r.Header.Set("ce-"+k, v)
			}
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want || w.Header().Get("ce-type") != c.event {
				t.Errorf("got %d %q: %s", w.Code, w.Header().Get("ce-type"), w.Body)
			}
			if c.event != "" && !strings.Contains(w.Header().Get("ce-traceparent"), "0af7651916cd43dd8448eb211c80319c") {
				t.Errorf("the reply is of another trace: %v", w.Header())
			}
		})
	}
	t.Run("NotAnEvent", func(t *testing.T) {
		var log bytes.Buffer
		h, err := function.NewEvents(func(*function.Env) (function.EventHandler, error) { return nil, nil }, env(t, &log))
		if err != nil {
			t.Fatal(err)
		}
		for method, want := range map[string]int{http.MethodPost: 400, http.MethodGet: 405} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, "/", strings.NewReader("hello")))
			if w.Code != want {
				t.Errorf("%s: got %d", method, w.Code)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"ticketId":"a"}`, `{"a":{"b":[1,2]}}`, `{`, "\x00", `{"A":1,"a":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w, _ := call(t, func(_ context.Context, r *function.Request) (*function.Response, error) {
			var in struct {
				TicketID string `json:"ticket_id"`
			}
			if err := r.JSON(&in); err != nil {
				return nil, err
			}
			return &function.Response{Status: http.StatusOK, Body: in}, nil
		}, httptest.NewRequest(http.MethodPost, "/api/things/1", bytes.NewReader(body)))
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("%q: %d", body, w.Code)
		}
	})
}

// silent is a store that does not answer.
type silent struct{ store.API }

func (silent) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return nil, errors.New("no answer")
}

// Who asks for nobody's name is answered though it cannot be found out whether their session still holds; who does is told to
// try again, and not that they are signed out.
func TestSessionThatCannotBeChecked(t *testing.T) {
	now := time.Now()
	var log bytes.Buffer
	e := env(t, &log)
	e.Store = store.New(silent{}, "")
	token, err := e.Sessions.Sign(session.User{ID: "01990000-0000-7000-8000-000000000001"}, now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		handle function.Handler
		want   int
	}{
		"NotAsked": {func(context.Context, *function.Request) (*function.Response, error) {
			return &function.Response{Status: http.StatusOK}, nil
		}, 200},
		"User": {func(_ context.Context, r *function.Request) (*function.Response, error) {
			_, err := r.User()
			return &function.Response{Status: http.StatusOK}, err
		}, 503},
		"Viewer": {func(_ context.Context, r *function.Request) (*function.Response, error) {
			if _, ok := r.Viewer(); ok {
				return &function.Response{Status: http.StatusTeapot}, nil
			}
			return &function.Response{Status: http.StatusOK}, nil
		}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := function.NewHTTP(answers(c.handle), e, "GET /api/things/{id}")
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/api/things/1", nil)
			r.AddCookie(&http.Cookie{Name: session.CookieName, Value: token})
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != c.want {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
		})
	}
}
