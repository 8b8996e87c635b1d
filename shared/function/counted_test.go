package function_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/metrics"
	"usher.example/shared/problem"
)

// What is answered is counted by its status; a bug also as one, and what the Broker is to try again by its reason.
func TestAnswersAreCounted(t *testing.T) {
	var log, text bytes.Buffer
	e := env(t, &log)
	e.Metrics = metrics.New("f", time.Now())
	people, err := function.NewHTTP(answers(func(_ context.Context, r *function.Request) (*function.Response, error) {
		switch r.PathValue("id") {
		case "bug":
			panic("boom")
		case "away":
			return nil, problem.New(problem.Unavailable, "away")
		}
		return &function.Response{Status: http.StatusOK, Body: 1}, nil
	}), e, "GET /api/things/{id}")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"bug", "away", "fine"} {
		people.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/things/"+path, nil))
	}
	broker, err := function.NewEvents(func(*function.Env) (function.EventHandler, error) {
		return func(_ context.Context, e cloudevents.Event) (events.Snapshot, error) {
			switch e.ID() {
			case "bug":
				panic("boom")
			case "race":
				return nil, problem.New(problem.Conflict, "lost")
			case "bad":
				return nil, &events.BadEventError{Why: "bad"}
			}
			return nil, nil
		}, nil
	}, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"bug", "race", "bad", "fine", ""} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		for name, value := range map[string]string{"specversion": "1.0", "id": id, "source": "/x", "type": "x"} {
			r.Header.Set("Ce-"+name, value)
		}
		broker.ServeHTTP(httptest.NewRecorder(), r)
	}
	if _, err := e.Metrics.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`requests_total{function="f",kind="http",code="200"} 1`, `requests_total{function="f",kind="http",code="500"} 1`, `requests_total{function="f",kind="http",code="503"} 1`,
		`requests_total{function="f",kind="event",code="200"} 1`, `requests_total{function="f",kind="event",code="400"} 2`,
		`requests_total{function="f",kind="event",code="409"} 1`, `requests_total{function="f",kind="event",code="500"} 1`,
		`duration_seconds_count{function="f",kind="http"} 3`, `duration_seconds_count{function="f",kind="event"} 5`,
		`panics_total{function="f",kind="http"} 1`, `panics_total{function="f",kind="event"} 1`, `retries_total{function="f",reason="conflict"} 1`,
		`in_flight{function="f",kind="http"} 0`, `in_flight{function="f",kind="event"} 0`,
	} {
		if !strings.Contains(text.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, text.String())
		}
	}
}
