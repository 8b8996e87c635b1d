package e2e

import (
	"sync"
	"syscall"
)

// halted is a process that is stopped: it neither runs nor ends.
type halted struct {
	pid  int
	once sync.Once
}

// stopped halts a process, until goOn or the end of the test.
func (s *system) stopped(name string) *halted {
	s.t.Helper()
	s.signal(name, syscall.SIGSTOP)
	p, _ := s.process(name)
	h := &halted{pid: p.PID}
	s.t.Cleanup(h.goOn)
	return h
}

func (h *halted) goOn() {
	h.once.Do(func() { _ = syscall.Kill(h.pid, syscall.SIGCONT) })
}
