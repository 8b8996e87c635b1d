package process

import (
	"context"
	"net/http"
	"time"
)

const (
	// readyLimit bounds how long a program may take until it is ready: the Broker reads its data first.
	readyLimit = 60 * time.Second
	// firstPause to lastPause are the distances between starts of a program that keeps ending; one that ran for steady
	// begins anew with the first.
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
	steady     = 30 * time.Second
)

// Supervisor keeps one program running until it is told to stop.
type Supervisor struct {
	Spawner *Spawner
	Spec    Spec
	// Path is asked until it answers 2xx; then the program is ready.
	Path   string
	Client *http.Client
	// Restarting is told that the program has ended, and why.
	Restarting func(p *Process)
	// Restarted is told that it is ready again, and how long it was not.
	Restarted func(p *Process, gap time.Duration)

	stop    context.CancelFunc
	stopped chan struct{}
	grace   time.Duration
}

// Start starts the program and returns when it is ready. A program that fails at once is not tried again: its error is
// the line it wrote.
func (s *Supervisor) Start(ctx context.Context) error {
	p, err := s.Spawner.Start(s.Spec)
	if err != nil {
		return err
	}
	if err := s.ready(ctx, p); err != nil {
		p.Kill()
		<-p.Done()
		return err
	}
	running, stop := context.WithCancel(context.Background())
	s.stop, s.stopped = stop, make(chan struct{})
	go s.keep(running, p)
	return nil
}

// Stop asks the program to end, kills it after grace, and returns when it has ended. Without a Start it does nothing.
func (s *Supervisor) Stop(grace time.Duration) {
	if s.stop == nil {
		return
	}
	s.grace = grace
	s.stop()
	<-s.stopped
}

func (s *Supervisor) ready(ctx context.Context, p *Process) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	return p.Ready(ctx, s.Client, s.Path)
}

func (s *Supervisor) keep(ctx context.Context, p *Process) {
	defer close(s.stopped)
	pause := firstPause
	for {
		select {
		case <-ctx.Done():
			p.Stop(s.grace)
			return
		case <-p.Done():
		}
		ended := time.Now()
		if ended.Sub(p.Started) > steady {
			pause = firstPause
		}
		s.Restarting(p)
		next, err := s.again(ctx, &pause)
		if err != nil {
			return // told to stop
		}
		p = next
		s.Restarted(p, time.Since(ended))
	}
}

// again starts the program until it is ready; its error is ctx's.
func (s *Supervisor) again(ctx context.Context, pause *time.Duration) (*Process, error) {
	for {
		t := time.NewTimer(*pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		case <-t.C:
		}
		*pause = min(*pause*2, lastPause)
		p, err := s.Spawner.Start(s.Spec)
		if err != nil {
			continue
		}
		if s.ready(ctx, p) == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			p.Stop(s.grace)
			return nil, ctx.Err()
		}
		p.Kill()
		<-p.Done()
		s.Restarting(p)
	}
}
