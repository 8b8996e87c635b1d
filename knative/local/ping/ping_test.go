package ping

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"usher.example/knative/local/plan"
)

// recorder is a sink that keeps when events came, and takes none while fail says so.
type recorder struct {
	mu    sync.Mutex
	times []string
	lost  []string
	fail  func(try int) error
	tries int
}

func (r *recorder) send(_ context.Context, _ cloudevents.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.fail != nil {
		if err := r.fail(r.tries); err != nil {
			return err
		}
	}
	r.times = append(r.times, time.Now().UTC().Format("15:04:05"))
	return nil
}

func (r *recorder) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = append(r.lost, err.Error())
}

// observe runs a PingSource for a while from midnight UTC on 2000-01-01, and returns when its events came.
func observe(t *testing.T, p plan.Ping, r *recorder, while time.Duration) {
	t.Helper()
	s, err := New(p, http.DefaultClient, r.lose)
	if err != nil {
		t.Fatal(err)
	}
	s.send = r.send
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	time.Sleep(while)
	synctest.Wait()
	stop()
	<-ended
	synctest.Wait()
}

func TestSchedule(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ping  plan.Ping
		while time.Duration
		want  []string
	}{
		{"AtOnceAndThenEachMinute", plan.Ping{Schedule: "* * * * *"}, 3*time.Minute + time.Second, []string{"00:00:00", "00:01:00", "00:02:00", "00:03:00"}},
		{"Seconds", plan.Ping{Schedule: "*/20 * * * * *"}, 41 * time.Second, []string{"00:00:00", "00:00:20", "00:00:40"}},
		{"Descriptor", plan.Ping{Schedule: "@hourly"}, time.Hour + time.Second, []string{"00:00:00", "01:00:00"}},
		{"TimeZone", plan.Ping{Schedule: "0 9 * * *", Timezone: "Asia/Tokyo"}, 25 * time.Hour, []string{"00:00:00", "00:00:00"}}, // 9:00 there
		{"NeverAgain", plan.Ping{Schedule: "0 0 30 2 *"}, time.Hour, []string{"00:00:00"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				observe(t, tt.ping, &r, tt.while)
				if !reflect.DeepEqual(r.times, tt.want) {
					t.Errorf("events at %v, want %v", r.times, tt.want)
				}
			})
		})
	}
	for _, schedule := range []string{"", "61 * * * *", "soon"} {
		t.Run("Refuses "+schedule, func(t *testing.T) {
			if _, err := New(plan.Ping{Name: "p", Schedule: schedule}, http.DefaultClient, nil); err == nil || !strings.Contains(err.Error(), "PingSource p: schedule") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	broken := errors.New("broken")
	t.Run("UntilItIsTaken", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := recorder{fail: func(try int) error {
				if try < 4 {
					return broken
				}
				return nil
			}}
			observe(t, plan.Ping{Schedule: "@hourly"}, &r, time.Minute)
			if len(r.times) != 1 || r.tries != 4 || len(r.lost) != 0 {
				t.Errorf("taken %v, %d tries, lost %v", r.times, r.tries, r.lost)
			}
		})
	})
	t.Run("LostAfterAFew", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := recorder{fail: func(int) error { return broken }}
			observe(t, plan.Ping{Name: "p", Schedule: "@hourly"}, &r, time.Minute)
			if r.tries != tries || len(r.lost) != 1 || !strings.Contains(r.lost[0], "PingSource p: the event of") {
				t.Errorf("%d tries, lost %v", r.tries, r.lost)
			}
		})
	})
	t.Run("ASlowSinkDoesNotGatherThem", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var r recorder
			s, err := New(plan.Ping{Name: "p", Schedule: "* * * * * *"}, http.DefaultClient, r.lose)
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			s.send = func(ctx context.Context, _ cloudevents.Event) error { <-ctx.Done(); return ctx.Err() }
			go s.Run(ctx)
			time.Sleep((maxSending + 9) * time.Second)
			synctest.Wait()
			stop()
			synctest.Wait()
			if len(r.lost) != 10 || len(s.sending) != 0 {
				t.Errorf("lost %d, want 10; %d still being sent", len(r.lost), len(s.sending))
			}
		})
	})
}

func TestEventOnTheWire(t *testing.T) {
	got := make(chan *http.Request, 1)
	body := make(chan string, 1)
	status := http.StatusAccepted
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got <- r
		body <- string(text)
		w.WriteHeader(status)
	}))
	defer sink.Close()
	s, err := New(plan.Ping{
		Namespace: "usher", Name: "minute", Schedule: "* * * * *", ContentType: "application/json", Data: []byte("{}"),
		Extensions: map[string]string{"colour": "red"}, Sink: sink.URL + "/usher/usher",
	}, sink.Client(), func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.event(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	r := <-got
	for name, want := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Type": "dev.knative.sources.ping", "Ce-Source": "/apis/v1/namespaces/usher/pingsources/minute",
		"Ce-Time": "2026-01-02T03:04:05Z", "Ce-Colour": "red", "Content-Type": "application/json", "Ce-Id": e.ID(),
	} {
		if r.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, r.Header.Get(name), want)
		}
	}
	if text := <-body; r.Method != http.MethodPost || r.URL.Path != "/usher/usher" || text != "{}" || e.ID() == "" {
		t.Errorf("%s %s %q", r.Method, r.URL.Path, text)
	}
	status = http.StatusServiceUnavailable
	if err := s.send(t.Context(), e); err == nil {
		t.Error("an event that was not taken counts as sent")
	}
}
