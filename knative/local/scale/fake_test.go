package scale

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// fakeWorker is a process that ends when it is told to.
type fakeWorker struct {
	name string
	once sync.Once
	done chan struct{}
}

func (w *fakeWorker) Address() string       { return w.name }
func (w *fakeWorker) Done() <-chan struct{} { return w.done }
func (w *fakeWorker) Stop(time.Duration)    { w.die() }
func (w *fakeWorker) die()                  { w.once.Do(func() { close(w.done) }) }

// fake launches workers after delay, or fails while fail is set, and keeps what it is told.
type fake struct {
	mu       sync.Mutex
	delay    time.Duration
	fail     error
	launched []*fakeWorker
	tries    int
	said     []string
}

func (f *fake) launch(ctx context.Context) (Worker, error) {
	f.mu.Lock()
	f.tries++
	delay, fail := f.delay, f.fail
	f.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if fail != nil {
		return nil, fail
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &fakeWorker{name: fmt.Sprint("w", len(f.launched)+1), done: make(chan struct{})}
	f.launched = append(f.launched, w)
	return w, nil
}

func (f *fake) say(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *fake) Up(_ string, took time.Duration, n int) { f.say("up %v %d", took, n) }
func (f *fake) Down(_ string, n int)                   { f.say("down %d", n) }
func (f *fake) Died(_ string, w Worker, requests int)  { f.say("died %s %d", w.Address(), requests) }
func (f *fake) Failed(_ string, err error)             { f.say("failed %v", err) }
func (f *fake) count() (launched, tries int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.launched), f.tries
}
func (f *fake) worker(i int) *fakeWorker { f.mu.Lock(); defer f.mu.Unlock(); return f.launched[i] }
func (f *fake) set(delay time.Duration, fail error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay, f.fail = delay, fail
}
func (f *fake) last() string { f.mu.Lock(); defer f.mu.Unlock(); return f.said[len(f.said)-1] }
func newService(f *fake, change func(*Config)) *Service {
	c := Config{Name: "x", MaxScale: 1, Window: time.Minute, Launch: f.launch, Observe: f}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// must acquires a place now or as soon as there is one.
func must(t *testing.T, s *Service) *Lease {
	t.Helper()
	l, err := s.Acquire(t.Context())
	if err != nil {
		t.Fatalf("acquire: %v", err)
	}
	return l
}

// acquiring acquires in the background; what comes of it is sent.
func acquiring(ctx context.Context, s *Service) <-chan result {
	answer := make(chan result, 1)
	go func() {
		l, err := s.Acquire(ctx)
		answer <- result{l, err}
	}()
	return answer
}

type result struct {
	lease *Lease
	err   error
}

// waits says whether the request still has no answer.
func waits(answer <-chan result) bool {
	return len(answer) == 0
}

var errBroken = errors.New("broken")
