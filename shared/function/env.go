package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"usher.example/shared/id"
	"usher.example/shared/metrics"
	"usher.example/shared/publish"
	"usher.example/shared/session"
	"usher.example/shared/store"
	"usher.example/shared/trace"
)

// Env is what a function may use of the world outside; a simulation gives it another world.
type Env struct {
	Store    *store.Store
	Broker   publish.Publisher
	Sessions *session.Keys     // HTTP functions only
	Standing *session.Standing // nil: NewHTTP makes one of Store; without either, every session that is signed holds
	Now      func() time.Time
	NewID    func() string
	Sleep    func(context.Context, time.Duration) error
	Go       func(*sync.WaitGroup, func()) // runs a part of a request's work beside the rest; nil: (*sync.WaitGroup).Go
	Getenv   func(string) string
	Log      *slog.Logger
	Traces   *trace.Recorder // nil: what is done is not recorded
	Metrics  *metrics.Set    // nil: nothing is counted
}

// fromProcess makes the Env of a real process, from its environment.
func fromProcess(p process, people bool) (*Env, error) {
	s, err := store.FromEnv(p.getenv)
	if err != nil {
		return nil, err
	}
	b, err := publish.FromEnv(p.getenv)
	if err != nil {
		return nil, err
	}
	s = s.WithLosses(func(table string) { p.counts.Add(metrics.Conflicts, 1, table) })
	env := &Env{
		Store: s, Broker: b, Now: time.Now, NewID: id.New, Sleep: store.Sleep, Getenv: p.getenv, Log: p.log, Traces: p.traces, Metrics: p.counts,
	}
	if people {
		if env.Sessions, err = session.ParseKeys(p.getenv("JWT_SECRET_KEY")); err != nil {
			return nil, err
		}
	}
	return env, nil
}

// Duration reads a setting such as 15m; zero and negative ones are errors. Unset, it is def.
func (e *Env) Duration(name string, def time.Duration) (time.Duration, error) {
	s := e.Getenv(name)
	if s == "" {
		return def, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s: %q is not a positive duration such as 15m", name, s)
	}
	return d, nil
}

// Spawn runs f beside its caller, who waits for wg.
func (e *Env) Spawn(wg *sync.WaitGroup, f func()) {
	if e.Go == nil {
		wg.Go(f)
		return
	}
	e.Go(wg, f)
}

// Poll calls try, at first after pause and then at doubling distances, until it says done or fails, or limit has passed;
// then it returns false.
func (e *Env) Poll(ctx context.Context, pause, limit time.Duration, try func() (done bool, err error)) (bool, error) {
	for waited := time.Duration(0); waited < limit; pause *= 2 {
		pause = min(pause, limit-waited)
		if err := e.Sleep(ctx, pause); err != nil {
			return false, fmt.Errorf("wait: %w", err)
		}
		waited += pause
		if done, err := try(); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// newLog writes JSON lines to standard error. LOG_LEVEL: debug, info (default), warn, error.
func newLog(getenv func(string) string) (*slog.Logger, error) {
	var level slog.Level
	if s := getenv("LOG_LEVEL"); s != "" {
		if err := level.UnmarshalText([]byte(s)); err != nil {
			return nil, fmt.Errorf("LOG_LEVEL: %q is none of debug, info, warn, error", s)
		}
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	if name := getenv("K_SERVICE"); name != "" {
		log = log.With("function", name)
	}
	return log, nil
}

// routes reads ROUTE: the patterns of http.ServeMux that the gateway sends here, separated by commas.
func routes(getenv func(string) string) ([]string, error) {
	var patterns []string
	for p := range strings.SplitSeq(getenv("ROUTE"), ",") {
		if p = strings.TrimSpace(p); p != "" {
			patterns = append(patterns, p)
		}
	}
	if len(patterns) == 0 {
		return nil, errors.New("ROUTE must state the function's route, such as: POST /api/orders")
	}
	return patterns, nil
}
