// Package process starts and ends the programs of the local runtime.
//
// Each gets a process group of its own, so that Ctrl-C reaches only the runtime, which then stops everything in order.
// And each dies with the runtime, even when that is killed (see parent_linux.go).
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// outputDelay is how long the output is read on after a program's end, should something it started still hold it.
const outputDelay = time.Second

// Spec is a program to start.
type Spec struct {
	// Name is what people call it; Kind is store, broker, stripe, function or job.
	Name, Kind string
	// Path is the binary; Env is all of its environment, as NAME=value.
	Path string
	Args []string
	Env  []string
	// Dir is where it runs; empty: where this program does.
	Dir string
	// Address is where it will listen, as host:port; empty if it does not.
	Address string
	// Line is called with each line the program writes.
	Line func(string)
	// Output gets what it writes to its standard output instead, if set.
	Output io.Writer
}

// Process is a running program, or one that has ended.
type Process struct {
	Spec
	PID     int
	Started time.Time
	lines   *lines
	done    chan struct{}
	err     error // of Wait; read it after done
}

// Done is closed when the program has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how it ended: nil for exit status 0. Call it after Done.
func (p *Process) Err() error { return p.err }

// LastLine is the last line it wrote: for a program that fails at its start, the reason.
func (p *Process) LastLine() string { return p.lines.last() }

// Failure is the reason of its end in one line. Call it after Done.
func (p *Process) Failure() error {
	if last := p.LastLine(); last != "" {
		return errors.New(last)
	}
	if p.err != nil {
		return p.err
	}
	return errors.New("it ended without a word")
}

// Wait returns how the program ended. When ctx ends first, the program is stopped, and ctx's cause is returned.
func (p *Process) Wait(ctx context.Context, grace time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.Stop(grace)
		return context.Cause(ctx)
	}
}

// Stop asks the program to end and kills it when it has not within grace. It returns when the program has ended.
func (p *Process) Stop(grace time.Duration) {
	p.signal(syscall.SIGTERM)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.done:
	case <-t.C:
		p.Kill()
		<-p.done
	}
}

// Kill ends the program, and what it started, at once. It does not wait.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// signal sends to the whole group, unless the program has ended: then its number may be another's.
func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.PID, s) // it may have ended just now
	}
}

// Spawner starts processes and keeps a list of those that run.
type Spawner struct {
	starts  chan func()
	record  Recorder
	mu      sync.Mutex
	running map[*Process]bool
	killed  bool
}

// Recorder is told of every process that starts and ends.
type Recorder interface {
	Started(*Process)
	Ended(*Process)
}

// NewSpawner makes the Spawner of this program; it lives as long as the program does.
func NewSpawner(record Recorder) *Spawner {
	s := &Spawner{starts: make(chan func()), record: record, running: map[*Process]bool{}}
	go startThread(s.starts)
	return s
}

// ErrKilled means that KillAll was called: nothing is started any more.
var ErrKilled = errors.New("everything is being killed")

// KillAll ends all that runs at once, and lets nothing new be started.
func (s *Spawner) KillAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = true
	for p := range s.running {
		p.Kill()
	}
}

func (s *Spawner) add(p *Process) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[p] = true
	if s.killed {
		p.Kill()
		return ErrKilled
	}
	return nil
}

func (s *Spawner) remove(p *Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p)
}

// Start starts a program. It fails when the binary cannot be run.
func (s *Spawner) Start(spec Spec) (*Process, error) {
	p := &Process{Spec: spec, lines: &lines{to: spec.Line}, done: make(chan struct{})}
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	cmd.Stdout, cmd.Stderr = p.lines, p.lines
	if spec.Output != nil {
		cmd.Stdout = spec.Output
	}
	cmd.WaitDelay = outputDelay
	cmd.SysProcAttr = attributes()
	result := make(chan error, 1)
	s.starts <- func() { result <- cmd.Start() }
	if err := <-result; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p.PID, p.Started = cmd.Process.Pid, time.Now()
	s.record.Started(p)
	err := s.add(p)
	go func() {
		p.err = cmd.Wait()
		p.lines.flush()
		s.remove(p)
		s.record.Ended(p)
		close(p.done)
	}()
	return p, err
}
