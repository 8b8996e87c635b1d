package local

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// functions runs test programs, without store and Broker: what Knative Serving does.
func functions(t *testing.T) *running {
	t.Helper()
	return begin(t, folder(t), "testdata/small", "IDLE=1s", "JWT_SECRET_KEY=given").up()
}

func TestFunctions(t *testing.T) {
	r := functions(t)
	t.Run("ColdStartHoldsTheRequest", func(t *testing.T) {
		if r.runs("front") {
			t.Fatal("it runs before anybody asked")
		}
		status, s, _ := get(t, r.url+"/some/path?x=1")
		if status != http.StatusOK || s.URI != "/some/path?x=1" || s.Service != "front" {
			t.Errorf("%d %+v", status, s)
		}
		if e := r.find("front"); e.PID != s.PID || e.Kind != "function" {
			t.Errorf("listed %+v, answered by %d", e, s.PID)
		}
	})
	t.Run("OnlyThePublicServiceIsPublic", func(t *testing.T) {
		if _, s, _ := get(t, r.url+"/kept/x"); s.Service != "front" || s.URI != "/kept/x" {
			t.Errorf("answered by %s for %s", s.Service, s.URI)
		}
	})
	t.Run("EnvironmentIsTheManifests", func(t *testing.T) {
		greeting := "hello from " + strings.TrimPrefix(strings.TrimSuffix(r.inside(""), "/"), "http://")
		for name, want := range map[string]string{
			"GREETING": greeting, "PLAIN": "a " + greeting, "KEY": "given", "K_SERVICE": "front", "K_CONFIGURATION": "front", "K_REVISION": "front-00001",
			"HOST": "127.0.0.1", "JWT_SECRET_KEY": "", "DATA": "",
		} {
			if _, _, got := get(t, r.url+"/?env="+name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
}

func TestFunctionLimits(t *testing.T) {
	r := functions(t)
	t.Run("ManyAtOnceShareOneProcess", func(t *testing.T) {
		pids := together(t, 100, r.url+"/?wait=50ms")
		if len(pids) != 1 {
			t.Errorf("%d processes answered", len(pids))
		}
	})
	t.Run("ConcurrencyIsAHardLimit", func(t *testing.T) {
		pids := together(t, 6, r.inside("single/?wait=30ms"))
		if len(pids) != 2 {
			t.Errorf("%d processes answered, want max-scale of 2", len(pids))
		}
		for range 10 {
			if _, s, _ := get(t, r.inside("single/")); s.Most != 1 {
				t.Errorf("process %d had %d requests at once", s.PID, s.Most)
			}
		}
	})
	t.Run("TimeoutIs504", func(t *testing.T) {
		begin := time.Now()
		if status, _, _ := get(t, r.inside("brief/?wait=30s")); status != http.StatusGatewayTimeout {
			t.Errorf("status %d", status)
		}
		if took := time.Since(begin); took < time.Second || took > 10*time.Second {
			t.Errorf("after %v, want timeoutSeconds of 1", took)
		}
	})
	t.Run("WhatDoesNotStartIs503AndSaysWhy", func(t *testing.T) {
		if status, _, _ := get(t, r.inside("broken/")); status != http.StatusServiceUnavailable {
			t.Errorf("status %d", status)
		}
		if !strings.Contains(r.out.String(), "broken did not start: SECRET must be set") {
			t.Error("the reason was not told")
		}
	})
}

func TestFunctionLives(t *testing.T) {
	r := functions(t)
	t.Run("IdleIsScaledToZero", func(t *testing.T) {
		_, s, _ := get(t, r.url)
		pid := s.PID
		until(t, func() bool { return !r.runs("front") && !alive(pid) })
		if status, s, _ := get(t, r.url); status != http.StatusOK || s.Count != 1 {
			t.Errorf("%d %+v, want a process that is new", status, s)
		}
	})
	t.Run("MinScaleIsKeptAndComesBack", func(t *testing.T) {
		kept := r.find("kept")
		if err := syscall.Kill(kept.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { e := r.find("kept"); return e.PID != kept.PID })
	})
}

func TestFunctionEnds(t *testing.T) {
	r := functions(t)
	t.Run("DeathInMidRequestIs502AndTheNextWorks", func(t *testing.T) {
		_, before, _ := get(t, r.url)
		status := make(chan int, 1)
		go func() {
			resp, err := http.Post(r.url+"/?wait=1m", "text/plain", strings.NewReader("x"))
			if err != nil {
				status <- 0
				return
			}
			_ = resp.Body.Close()
			status <- resp.StatusCode
		}()
		until(t, func() bool { _, s, _ := get(t, r.url); return s.Most > 1 }) // it is there
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got := <-status; got != http.StatusBadGateway {
			t.Errorf("status %d, want 502", got)
		}
		if got, s, _ := get(t, r.url); got != http.StatusOK || s.PID == before.PID {
			t.Errorf("the next: %d from %d, which was killed: %d", got, s.PID, before.PID)
		}
	})
	t.Run("RequestsUnderWayAreFinishedByAStop", func(t *testing.T) {
		var group sync.WaitGroup
		group.Go(func() {
			if status, _, _ := get(t, r.url+"/?wait=700ms"); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		})
		until(t, func() bool { _, s, _ := get(t, r.url); return s.Most > 1 })
		r.signal(syscall.SIGTERM)
		group.Wait()
		<-r.done
		if code := r.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit status %d", code)
		}
		if left := r.processes(); len(left) != 0 {
			t.Errorf("left over: %+v", left)
		}
	})
}

// together sends n requests at once, and returns the processes that answered.
func together(t *testing.T, n int, url string) (pids []int) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			status, s, text := get(t, url)
			if status != http.StatusOK {
				t.Errorf("%d %s", status, text)
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Contains(pids, s.PID) {
				pids = append(pids, s.PID)
			}
		})
	}
	group.Wait()
	return pids
}

// The 99th of the slowest cold requests must still be quick: this prints them, and fails only where something is wrong.
func BenchmarkColdRequest(b *testing.B) {
	r := begin(b, folder(b), "testdata/small", "IDLE=20ms").up()
	pid := 0
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		until(b, func() bool { return pid == 0 || !alive(pid) })
		b.StartTimer()
		begin := time.Now()
		status, s, text := get(b, r.url)
		took = append(took, time.Since(begin))
		if status != http.StatusOK || s.Count != 1 {
			b.Fatalf("%d %s: not from a new process", status, text)
		}
		pid = s.PID
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}
