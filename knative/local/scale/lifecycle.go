package scale

import (
	"context"
	"sync"
	"time"
)

// start starts one process and gives it to those who wait. When it does not start, and no other does or runs, they are
// told why.
func (s *Service) start() {
	defer s.busy.Done()
	var worker Worker
	var err error
	var took time.Duration
	for range startTries {
		if err = s.pause(); err != nil {
			break
		}
		begin := time.Now()
		if worker, err = s.launch(); err == nil {
			took = time.Since(begin)
			break
		}
		s.failed(err)
	}
	s.mu.Lock()
	s.starting--
	if err != nil {
		if len(s.instances) == 0 && s.starting == 0 {
			s.refuse(&StartError{err})
		}
		s.mu.Unlock()
		return
	}
	s.failures, s.notBefore = 0, time.Time{}
	if s.closed {
		s.mu.Unlock()
		worker.Stop(Grace)
		return
	}
	in := &instance{worker: worker, since: time.Now()}
	s.instances = append(s.instances, in)
	s.serve()
	s.rest(in)
	processes := len(s.instances)
	s.busy.Add(1)
	go s.watch(in)
	s.mu.Unlock()
	s.Observe.Up(s.Name, took, processes)
}

func (s *Service) launch() (Worker, error) {
	ctx, cancel := context.WithTimeout(s.ctx, StartLimit)
	defer cancel()
	return s.Launch(ctx)
}

// pause waits until a Service that failed to start may be started again.
func (s *Service) pause() error {
	s.mu.Lock()
	wait := time.Until(s.notBefore)
	s.mu.Unlock()
	if wait <= 0 {
		return s.ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

func (s *Service) failed(err error) {
	s.mu.Lock()
	s.failures++
	s.notBefore = time.Now().Add(min(firstPause<<min(s.failures-1, 10), lastPause))
	closed := s.closed
	s.mu.Unlock()
	if !closed {
		s.Observe.Failed(s.Name, err)
	}
}

// refuse answers all who wait with err.
func (s *Service) refuse(err error) {
	if s.closed {
		err = ErrStopping
	}
	for _, h := range s.held {
		h.answer <- grant{err: err}
	}
	s.held = nil
}

// watch takes an instance out of service when it ends by itself.
func (s *Service) watch(in *instance) {
	defer s.busy.Done()
	<-in.worker.Done()
	s.died(in)
}

// died takes an instance that has ended out of service, if nobody has yet.
func (s *Service) died(in *instance) {
	s.mu.Lock()
	died := s.drop(in) && !s.closed
	requests := in.requests
	if died {
		if requests == 0 && time.Since(in.since) < shortLife {
			s.notBefore = time.Now().Add(firstPause)
		}
		s.fill()
	}
	s.mu.Unlock()
	if died {
		s.Observe.Died(s.Name, in.worker, requests)
	}
}

// remove takes an instance that accepts no connection out of service, and ends it.
func (s *Service) remove(in *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drop(in) {
		s.fill()
		s.end(in, 0)
	}
}

// retire stops an instance that was idle for its window. A timer that went off just when a request came is not its
// instance's any more.
func (s *Service) retire(in *instance, timer **time.Timer) {
	s.mu.Lock()
	if in.gone || s.closed || in.idle != *timer {
		s.mu.Unlock()
		return
	}
	in.idle = nil
	if len(s.instances) <= s.MinScale {
		s.mu.Unlock()
		return
	}
	s.drop(in)
	processes := len(s.instances)
	s.end(in, Grace)
	s.mu.Unlock()
	s.Observe.Down(s.Name, processes)
}

// end stops an instance that is out of service, in the background.
func (s *Service) end(in *instance, grace time.Duration) {
	s.busy.Add(1)
	go func() {
		defer s.busy.Done()
		in.worker.Stop(grace)
	}()
}

// Close refuses all who wait, stops every process, and returns when they have ended; those that have not within grace
// are killed.
func (s *Service) Close(grace time.Duration) {
	s.mu.Lock()
	s.closed = true
	s.stop()
	s.refuse(ErrStopping)
	var stopping sync.WaitGroup
	for len(s.instances) > 0 {
		in := s.instances[0]
		s.drop(in)
		stopping.Go(func() { in.worker.Stop(grace) })
	}
	s.mu.Unlock()
	stopping.Wait()
	s.busy.Wait()
}
