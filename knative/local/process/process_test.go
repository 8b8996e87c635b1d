package process

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain makes this test's binary a program that behaves as PROCESS_TEST says.
func TestMain(m *testing.M) {
	what, address, _ := strings.Cut(os.Getenv("PROCESS_TEST"), " ")
	switch what {
	case "":
		os.Exit(m.Run())
	case "fail":
		fmt.Println("first")
		fmt.Fprintln(os.Stderr, "the reason")
		os.Exit(1)
	case "serve":
		serve(address)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		serve(address)
	case "parent":
		parent(address)
	}
}

func serve(address string) {
	ready := time.Now().Add(20 * time.Millisecond)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if time.Now().Before(ready) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err := http.ListenAndServe(address, handler); err != nil { //nolint:gosec // for a moment, on the loopback interface
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// parent starts a child, says its number, and waits to be killed.
func parent(address string) {
	s := NewSpawner(nothing{})
	child, err := s.Start(spec("serve", address, nil))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(child.PID)
	select {}
}

type nothing struct{}

func (nothing) Started(*Process) {}
func (nothing) Ended(*Process)   {}

func spec(what, address string, line func(string)) Spec {
	return Spec{Name: what, Kind: "test", Path: os.Args[0], Env: []string{"PROCESS_TEST=" + what + " " + address}, Address: address, Line: line}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func start(t *testing.T, s *Spawner, spec Spec) *Process {
	t.Helper()
	p, err := s.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); <-p.Done() })
	return p
}

func TestProcess(t *testing.T) {
	s := NewSpawner(nothing{})
	t.Run("PassesOnLinesAndTellsWhyItFailed", func(t *testing.T) {
		var mu sync.Mutex
		var said []string
		p := start(t, s, spec("fail", "", func(line string) { mu.Lock(); defer mu.Unlock(); said = append(said, line) }))
		<-p.Done()
		mu.Lock()
		defer mu.Unlock()
		if want := []string{"first", "the reason"}; !reflect.DeepEqual(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
		if p.Err() == nil || p.Failure().Error() != "the reason" {
			t.Errorf("err %v, failure %v", p.Err(), p.Failure())
		}
	})
	t.Run("MissingBinary", func(t *testing.T) {
		if _, err := s.Start(Spec{Name: "x", Path: "/nowhere/x"}); err == nil {
			t.Error("no error")
		}
	})
}

func TestReady(t *testing.T) {
	s := NewSpawner(nothing{})
	t.Run("IsReadyWhenItsPathAnswers2xx", func(t *testing.T) {
		p := start(t, s, spec("serve", freeAddress(t), nil))
		if err := p.Ready(t.Context(), http.DefaultClient, "/"); err != nil {
			t.Error(err)
		}
		resp, err := http.Get("http://" + p.Address)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("taken for ready while it answers %d", resp.StatusCode)
		}
		p.Stop(10 * time.Second)
		if p.Err() == nil {
			t.Error("it ended with status 0 though a signal ended it")
		}
	})
	t.Run("NotReadyWhenItEnds", func(t *testing.T) {
		p := start(t, s, spec("fail", freeAddress(t), nil))
		if err := p.Ready(t.Context(), http.DefaultClient, ""); err == nil || !strings.Contains(err.Error(), "the reason") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("NotReadyInTime", func(t *testing.T) {
		p := start(t, s, Spec{Name: "serve", Path: os.Args[0], Env: []string{"PROCESS_TEST=serve " + freeAddress(t)}, Address: freeAddress(t)})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := p.Ready(ctx, http.DefaultClient, ""); err == nil || !strings.Contains(err.Error(), "is not ready after") {
			t.Errorf("error %v", err)
		}
	})
}

func TestEnd(t *testing.T) {
	s := NewSpawner(nothing{})
	t.Run("StubbornIsKilled", func(t *testing.T) {
		p := start(t, s, spec("stubborn", freeAddress(t), nil))
		if err := p.Ready(t.Context(), http.DefaultClient, "/"); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		const grace = 50 * time.Millisecond
		p.Stop(grace)
		if took := time.Since(begin); took < grace {
			t.Errorf("killed after %v, before its grace of %v was over", took, grace)
		}
	})
	t.Run("KillAllLeavesNothing", func(t *testing.T) {
		s := NewSpawner(nothing{})
		a, b := start(t, s, spec("serve", freeAddress(t), nil)), start(t, s, spec("stubborn", freeAddress(t), nil))
		s.KillAll()
		<-a.Done()
		<-b.Done()
		p, err := s.Start(spec("serve", freeAddress(t), nil))
		if err == nil {
			t.Error("something was started after KillAll")
		}
		if p != nil {
			<-p.Done()
		}
	})
}

// A killed parent takes its children with it.
func TestChildrenDieWithTheirParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("this system cannot end children with their parent: the next start ends them, which package state tests")
		return
	}
	address := freeAddress(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"PROCESS_TEST=parent " + address}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return answers(address) })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	until(t, func() bool { return !answers(address) })
}

func answers(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func TestSupervisor(t *testing.T) {
	supervisor := func(spec Spec) (*Supervisor, <-chan *Process) {
		back := make(chan *Process, 100)
		return &Supervisor{
			Spawner: NewSpawner(nothing{}), Spec: spec, Path: "/", Client: http.DefaultClient,
			Restarting: func(*Process) {}, Restarted: func(p *Process, _ time.Duration) { back <- p },
		}, back
	}
	t.Run("BringsItBackAtTheSameAddress", func(t *testing.T) {
		s, back := supervisor(spec("serve", freeAddress(t), nil))
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			s.Spawner.mu.Lock()
			for p := range s.Spawner.running {
				p.Kill()
			}
			s.Spawner.mu.Unlock()
			select {
			case p := <-back:
				if !answers(p.Address) {
					t.Error("it is back but does not answer")
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it did not come back")
			}
		}
		s.Stop(10 * time.Second)
		if answers(s.Spec.Address) {
			t.Error("it runs on after Stop")
		}
	})
	t.Run("FirstFailureIsAnError", func(t *testing.T) {
		s, _ := supervisor(spec("fail", freeAddress(t), nil))
		if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "the reason") {
			t.Errorf("error %v", err)
		}
		s.Stop(0) // never started: nothing to do
	})
	t.Run("StopsWhileItComesBack", func(t *testing.T) {
		s, _ := supervisor(spec("serve", freeAddress(t), nil))
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Spawner.KillAll() // and no start succeeds any more
		s.Stop(time.Second)
	})
}

func TestLines(t *testing.T) {
	var said []string
	l := &lines{to: func(line string) { said = append(said, line) }}
	for _, piece := range []string{"a", "b\nc\r\n\n", "  d", "\n", strings.Repeat("x", maxLine), "end"} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	l.flush()
	want := []string{"ab", "c", "  d", strings.Repeat("x", maxLine), "end"}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("got %d lines, want %d", len(said), len(want))
	}
	if l.last() != "end" {
		t.Errorf("last %q", l.last())
	}
}

// until waits for a condition.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass")
		}
	}
}
