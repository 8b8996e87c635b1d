// Package scale decides how many processes a Service has, and which of them a request goes to: none while nobody asks, one
// on the first request, more only when a manifest limits what one may do at once and allows more.
//
// Requests wait, in their order, while no process has room for them. How many wait and how long is bounded.
package scale

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// MaxHeld bounds the requests that wait for one Service. A held request costs a connection and some 20 KB; this is
	// more than a rush of 500 buyers, and less than the 4,096 deliveries that a Trigger may have under way.
	MaxHeld = 2048
	// MaxHold bounds how long one of them waits for a process to have room.
	MaxHold = 60 * time.Second
	// StartLimit bounds how long a process may take until it is ready.
	StartLimit = 30 * time.Second
	// startTries is how often a process is started before those who wait for it are told that it does not start: the
	// first failure may be a port that somebody took in between.
	startTries = 2
	// firstPause and lastPause bound the distance between starts of a Service that does not start.
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	// shortLife: a process that ends by itself sooner, without a request, is as one that did not start.
	shortLife = time.Second
	// lostWait is how long it may take to learn that a process has ended whose connections are closed already.
	lostWait = 100 * time.Millisecond
	// Grace is how long an idle process may take to end; it has nothing left to do.
	Grace = 5 * time.Second
)

var (
	// ErrHeldTooMany means that MaxHeld requests wait already.
	ErrHeldTooMany = errors.New("too many requests are waiting for this function")
	// ErrHeldTooLong means that no process had room within MaxHold.
	ErrHeldTooLong = errors.New("the function had no room for the request in time")
	// ErrStopping means that the system is being stopped.
	ErrStopping = errors.New("the system is stopping")
)

// StartError says why a process does not start.
type StartError struct{ Err error }

func (e *StartError) Error() string { return "the function does not start: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *StartError) Unwrap() error { return e.Err }

// Worker is a ready process.
type Worker interface {
	// Address is where it listens, as host:port.
	Address() string
	// Done is closed when it has ended.
	Done() <-chan struct{}
	// Stop asks it to end, kills it after grace, and returns when it has ended.
	Stop(grace time.Duration)
}

// Config is what the manifest says, and who starts the processes.
type Config struct {
	Name string
	// Concurrency is how many requests one process may have; 0 is any number.
	Concurrency int
	MinScale    int
	MaxScale    int
	// Window is how long a process lives without a request.
	Window time.Duration
	// Launch starts a process and returns when it is ready.
	Launch func(context.Context) (Worker, error)
	// Observe is told what happens; it must not block.
	Observe Observer
}

// Observer is told what happens to a Service's processes.
type Observer interface {
	// Up: a process is ready, after took; processes is how many there are now.
	Up(name string, took time.Duration, processes int)
	// Down: a process is stopped because it was idle.
	Down(name string, processes int)
	// Died: a process ended by itself, or was killed.
	Died(name string, w Worker, requests int)
	// Failed: a process did not start.
	Failed(name string, err error)
}

// Service is one Service's processes and the requests that wait for them.
type Service struct {
	Config
	mu        sync.Mutex
	instances []*instance
	starting  int
	held      []*held
	failures  int       // starts that failed in a row
	notBefore time.Time // of the next start
	closed    bool
	stop      context.CancelFunc
	ctx       context.Context
	busy      sync.WaitGroup // starts and stops under way
}

type instance struct {
	worker   Worker
	requests int
	idle     *time.Timer // set while it has no request
	gone     bool        // no longer in instances
	since    time.Time   // it has been ready
}

// held is a request that waits.
type held struct{ answer chan grant }

type grant struct {
	to  *instance
	err error
}

// New makes a Service without processes.
func New(c Config) *Service {
	s := &Service{Config: c}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Keep starts the processes that always run.
func (s *Service) Keep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fill()
}

// Lease is a request's place in a process. It ends with Release.
type Lease struct {
	service *Service
	to      *instance
	once    sync.Once
}

// Address is where the process listens.
func (l *Lease) Address() string { return l.to.worker.Address() }

// Release gives the place to the next.
func (l *Lease) Release() { l.once.Do(func() { l.service.release(l.to) }) }

// Lost waits a moment for the end of a process that has let its request down. If it has ended, the next request gets
// another; if it has not, it stays in service: it may have closed just this connection.
func (l *Lease) Lost() {
	t := time.NewTimer(lostWait)
	defer t.Stop()
	select {
	case <-l.to.worker.Done():
		l.service.died(l.to)
	case <-t.C:
	}
}

// Broken releases the lease of a process that accepts no connection, and takes that out of service.
func (l *Lease) Broken() {
	l.service.remove(l.to)
	l.Release()
}

// Acquire finds a process with room for one more request, starting one if it must. Its errors are those above, and
// ctx's.
func (s *Service) Acquire(ctx context.Context) (*Lease, error) {
	h, in, err := s.enter()
	if err != nil {
		return nil, err
	}
	if in != nil {
		return &Lease{service: s, to: in}, nil
	}
	limit := time.NewTimer(MaxHold)
	defer limit.Stop()
	select {
	case g := <-h.answer:
		return s.granted(g)
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-limit.C:
		err = ErrHeldTooLong
	}
	if !s.leave(h) { // answered just now
		if l, grantErr := s.granted(<-h.answer); grantErr == nil {
			l.Release()
		}
	}
	return nil, err
}

func (s *Service) granted(g grant) (*Lease, error) {
	if g.err != nil {
		return nil, g.err
	}
	return &Lease{service: s, to: g.to}, nil
}

// enter gives a request a place, or puts it among those who wait.
func (s *Service) enter() (*held, *instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, ErrStopping
	}
	if in := s.room(); in != nil { // then nobody waits: serve gives all room away
		s.occupy(in)
		return nil, in, nil
	}
	if len(s.held) >= MaxHeld {
		return nil, nil, ErrHeldTooMany
	}
	h := &held{answer: make(chan grant, 1)}
	s.held = append(s.held, h)
	s.fill()
	return h, nil, nil
}

// leave takes a request out of those who wait; false if it has its answer.
func (s *Service) leave(h *held) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.held {
		if other == h {
			s.held = append(s.held[:i], s.held[i+1:]...)
			return true
		}
	}
	return false
}

// room is the process with the fewest requests, if it may have one more.
func (s *Service) room() *instance {
	var best *instance
	for _, in := range s.instances {
		if (s.Concurrency == 0 || in.requests < s.Concurrency) && (best == nil || in.requests < best.requests) {
			best = in
		}
	}
	return best
}

func (s *Service) occupy(in *instance) {
	in.requests++
	if in.idle != nil {
		in.idle.Stop()
		in.idle = nil
	}
}

// serve gives those who wait the room there is, and starts what is missing.
func (s *Service) serve() {
	for len(s.held) > 0 {
		in := s.room()
		if in == nil {
			break
		}
		s.occupy(in)
		s.held[0].answer <- grant{to: in}
		s.held = s.held[1:]
	}
	s.fill()
}

// fill starts processes while those who wait, or MinScale, need more than there are.
func (s *Service) fill() {
	for !s.closed && len(s.instances)+s.starting < s.MaxScale {
		coming := s.starting * s.Concurrency // requests that will have room
		if s.Concurrency == 0 && s.starting > 0 {
			coming = len(s.held)
		}
		if coming >= len(s.held) && len(s.instances)+s.starting >= s.MinScale {
			return
		}
		s.starting++
		s.busy.Add(1)
		go s.start()
	}
}

func (s *Service) release(in *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in.requests--
	if in.gone {
		return
	}
	s.serve()
	s.rest(in)
}

// rest begins the time after which an instance without requests is stopped.
func (s *Service) rest(in *instance) {
	if in.requests == 0 && !in.gone && !s.closed && in.idle == nil {
		var t *time.Timer // written before retire reads it: both hold the lock
		t = time.AfterFunc(s.Window, func() { s.retire(in, &t) })
		in.idle = t
	}
}

// drop takes an instance out of service; false if it is out already.
func (s *Service) drop(in *instance) bool {
	if in.gone {
		return false
	}
	in.gone = true
	if in.idle != nil {
		in.idle.Stop()
		in.idle = nil
	}
	for i, other := range s.instances {
		if other == in {
			s.instances = append(s.instances[:i], s.instances[i+1:]...)
			break
		}
	}
	return true
}
