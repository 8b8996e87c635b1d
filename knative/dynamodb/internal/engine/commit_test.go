package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counting is an engine that counts commits and can hold them back.
type counting struct {
	Engine
	commits atomic.Int64
	gate    chan struct{} // one token a commit; nil: free
}

func (c *counting) Update(f func(Writer) error) error {
	if c.gate != nil {
		<-c.gate
	}
	c.commits.Add(1)
	return c.Engine.Update(f)
}

func openTest(t *testing.T) *Bolt {
	t.Helper()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "store"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Update(func(w Writer) error { return w.Create("s") }); err != nil {
		t.Fatal(err)
	}
	return b
}

func get(t *testing.T, e Engine, key string) string {
	t.Helper()
	var v string
	if err := e.View(func(r Reader) error { v = string(r.Get("s", []byte(key))); return nil }); err != nil {
		t.Fatal(err)
	}
	return v
}

func write(key, value string) func(Writer) error {
	return func(w Writer) error { return w.Put("s", []byte(key), []byte(value)) }
}

func TestWaitingChangesShareACommit(t *testing.T) {
	e := &counting{Engine: openTest(t)}
	c := NewCommitter(e)
	running, release := make(chan struct{}), make(chan struct{})
	const n = 50
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Do(func(w Writer) error { close(running); <-release; return w.Put("s", []byte("plug"), nil) }); err != nil {
			t.Error(err)
		}
	})
	<-running
	for i := range n {
		wg.Go(func() {
			if err := c.Do(write(fmt.Sprint(i), "x")); err != nil {
				t.Error(err)
			}
		})
	}
	for deadline := time.Now().Add(10 * time.Second); len(c.queue) < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the changes were not queued")
		}
	}
	close(release)
	wg.Wait()
	c.Close()
	if got := e.commits.Load(); got != 2 {
		t.Errorf("%d commits for a change and %d that waited for it", got, n)
	}
	for i := range n {
		if get(t, e.Engine, fmt.Sprint(i)) != "x" {
			t.Errorf("change %d is not there", i)
		}
	}
}

func TestABrokenChangeDoesNotHarmTheOthers(t *testing.T) {
	e := &counting{Engine: openTest(t), gate: make(chan struct{})}
	c := NewCommitter(e)
	defer c.Close()
	boom := errors.New("boom")
	results := make([]error, 4)
	changes := []func(Writer) error{
		write("a", "1"),
		func(w Writer) error { w.Put("s", []byte("half"), []byte("done")); return boom },
		func(w Writer) error { w.Put("s", []byte("half"), []byte("done")); panic("bug") },
		write("b", "2"),
	}
	var wg sync.WaitGroup
	for i, change := range changes {
		wg.Go(func() { results[i] = c.Do(change) })
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	for open := true; open; {
		select {
		case e.gate <- struct{}{}:
		case <-finished:
			open = false
		}
	}
	if results[0] != nil || results[3] != nil || !errors.Is(results[1], boom) || results[2] == nil {
		t.Errorf("results are %v", results)
	}
	if get(t, e.Engine, "a")+get(t, e.Engine, "b") != "12" || get(t, e.Engine, "half") != "" {
		t.Error("the store has other than the two whole changes")
	}
}

func TestARefusedChangeIsTold(t *testing.T) {
	e := &counting{Engine: openTest(t)}
	c := NewCommitter(e)
	defer c.Close()
	refused := errors.New("refused")
	if err := c.Do(func(Writer) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestAClosedCommitterSaysSo(t *testing.T) {
	c := NewCommitter(openTest(t))
	c.Close()
	c.Close()
	if err := c.Do(write("a", "1")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}
