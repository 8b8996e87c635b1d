package dispatcher

import (
	"context"
	"sync"
)

// lanes run jobs of the same key one after the other, in the order they were
// added, and jobs of different keys side by side.
type lanes struct {
	run   func(job)
	mu    sync.Mutex
	queue map[string][]job
}

// add queues a job behind those with its key. A lane lives as long as it has jobs.
func (l *lanes) add(key string, j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue == nil {
		l.queue = map[string][]job{}
	}
	waiting, busy := l.queue[key]
	l.queue[key] = append(waiting, j)
	if !busy {
		go l.work(key)
	}
}

func (l *lanes) work(key string) {
	for {
		l.mu.Lock()
		waiting := l.queue[key]
		if len(waiting) == 0 {
			delete(l.queue, key)
			l.mu.Unlock()
			return
		}
		l.queue[key] = waiting[1:]
		l.mu.Unlock()
		j := waiting[0]
		j.began = j.flight.began
		l.run(j)
	}
}

// slots are a semaphore whose size can change: how many events may be with a
// subscriber at once.
type slots struct {
	mu    sync.Mutex
	size  int
	taken int
	queue []chan struct{}
}

func newSlots(size int) *slots { return &slots{size: size} }

// acquire waits for a slot; false means that ctx ended first.
func (s *slots) acquire(ctx context.Context) bool {
	s.mu.Lock()
	if s.taken < s.size && ctx.Err() == nil {
		s.taken++
		s.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	s.queue = append(s.queue, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
		s.leave(turn)
		return false
	}
}

// leave takes a waiter out of the queue; if its turn has just come, the slot goes
// to the next.
func (s *slots) leave(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, waiting := range s.queue {
		if waiting == turn {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			return
		}
	}
	s.taken--
	s.admit()
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	s.admit()
}

func (s *slots) resize(size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = size
	s.admit()
}

// admit gives free slots to those who wait. The caller holds the lock.
func (s *slots) admit() {
	for s.taken < s.size && len(s.queue) > 0 {
		close(s.queue[0])
		s.queue = s.queue[1:]
		s.taken++
	}
}
