package dataplane_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

const (
	// manyAtOnce is how many send at once, none of which waits: three times what the ingress takes on, and a hundred times
	// what keeps it busy.
	manyAtOnce = 6144
	// recovery is how long after an overload it may take to answer as before.
	recovery = 5 * time.Second
	// overloadAtMost bounds the wait for the first event that is refused, on a machine that is too slow to send too much in
	// the time asked for.
	overloadAtMost = time.Minute
	// overFiles is how many files a part may have open under overload.
	overFiles = 16_384
)

// TestOverload sends as fast as this machine can, from more senders than the Broker takes on at once, while the event store
// does a tenth of what it could: the rest is refused with 429, memory and descriptors stay bounded, nothing that was
// accepted is lost, and soon after it all is as before.
//
// USHER_BROKER_OVERLOAD sets for how long, such as 30s.
func TestOverload(t *testing.T) {
	length := 4 * time.Second
	if text := os.Getenv("USHER_BROKER_OVERLOAD"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("USHER_BROKER_OVERLOAD: %v", err)
		}
	}
	l := &ledger{came: []map[string]int{{}}}
	path := writeContract(t, contract.Trigger{Subscriber: newCounter(t, l, l.came[0], 0)})
	port := freePort(t)
	server := startChild(t, childSpec{Server: true, Dir: t.TempDir(), ServerPort: port})
	broker := startChild(t, childSpec{Ingress: true, Dispatcher: true, ServerPort: port, Contract: path, Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t))})
	brokertest.Until(t, "the broker is healthy", broker.healthy)
	f := &flood{addr: broker.spec.Addr, ledger: l, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: manyAtOnce, MaxConnsPerHost: manyAtOnce, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	}}}
	capacity := f.capacity(time.Second)
	use := watch(t, broker.cmd.Process.Pid)
	normal := throttle(t, server.cmd.Process.Pid)
	sent, lasted := f.pour(length)
	normal()
	memory, files := use()
	began := time.Now()
	brokertest.Until(t, "an event is accepted at once", func() bool {
		sent := time.Now()
		return f.post() == http.StatusAccepted && time.Since(sent) < 100*time.Millisecond
	})
	recovered := time.Since(began)
	brokertest.Until(t, "what was accepted has come", func() bool { missing, _, _ := l.tally(); return missing == 0 })
	t.Logf("takes %d events/s from 64 senders; %d senders sent %d/s for %s: %d accepted, %d × 429, %d × 503, %d not answered; at most %d MiB and %d open files; as before after %s",
		capacity, manyAtOnce, int(float64(sent)/lasted.Seconds()), lasted.Round(time.Millisecond), f.accepted.Load(), f.refused.Load(), f.unavailable.Load(), f.failed.Load(), memory>>20, files, recovered.Round(time.Millisecond))
	switch {
	case f.refused.Load() == 0:
		t.Error("nothing was refused with 429: it was no overload, or the Broker takes on what it cannot do")
	case f.other.Load() > 0:
		t.Errorf("%d answers were neither 202, 429 nor 503", f.other.Load())
	case memory > overMemory || files > overFiles:
		t.Errorf("%d MiB and %d open files", memory>>20, files)
	case recovered > recovery:
		t.Errorf("recovered after %s", recovered)
	}
}

// flood sends events and counts their answers.
type flood struct {
	addr   string
	client *http.Client
	ledger *ledger
	last   atomic.Int64

	accepted, refused, unavailable, failed, other atomic.Int64
}

// post sends one event and returns the status, 0 where there is none.
func (f *flood) post() int {
	id := strconv.FormatInt(f.last.Add(1), 10)
	req, _ := http.NewRequest(http.MethodPost, "http://"+f.addr+"/test/broker", strings.NewReader("x"))
	for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": id, "ce-source": "/flood", "ce-type": "t"} {
		req.Header.Set(name, value)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		f.failed.Add(1)
		return 0
	}
	resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusAccepted:
		f.ledger.accept(id)
		f.accepted.Add(1)
	case http.StatusTooManyRequests:
		f.refused.Add(1)
	case http.StatusServiceUnavailable:
		f.unavailable.Add(1)
	default:
		f.other.Add(1)
	}
	return resp.StatusCode
}

// capacity is how many events a second are accepted from 64 senders that each wait for their answer.
func (f *flood) capacity(d time.Duration) int {
	var senders sync.WaitGroup
	end := time.Now().Add(d)
	for range 64 {
		senders.Go(func() {
			for time.Now().Before(end) {
				f.post()
			}
		})
	}
	senders.Wait()
	return int(float64(f.accepted.Load()) / d.Seconds())
}

// pour sends from as many senders at once, none of which waits before it sends again, for d and until something was
// refused. It returns how many it sent in how long.
func (f *flood) pour(d time.Duration) (sent int64, lasted time.Duration) {
	var senders sync.WaitGroup
	before, began := f.last.Load(), time.Now()
	enough := func() bool {
		lasts := time.Since(began)
		return lasts >= d && (f.refused.Load() > 0 || lasts >= overloadAtMost)
	}
	for range manyAtOnce {
		senders.Go(func() {
			for !enough() {
				f.post()
			}
		})
	}
	senders.Wait()
	return f.last.Load() - before, time.Since(began)
}

// throttle lets a process run for a tenth of the time, until its result is called.
func throttle(t *testing.T, pid int) (normal func()) {
	t.Helper()
	// Stopped long enough that what comes meanwhile is more than is taken on, and shorter than the Broker waits for the
	// store's word (5 s).
	const period = 5 * time.Second
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
		for {
			for _, step := range []struct {
				signal syscall.Signal
				lasts  time.Duration
			}{{syscall.SIGSTOP, period * 9 / 10}, {syscall.SIGCONT, period / 10}} {
				_ = syscall.Kill(pid, step.signal)
				select {
				case <-stop:
					return
				case <-time.After(step.lasts):
				}
			}
		}
	}()
	return sync.OnceFunc(func() { close(stop); <-stopped })
}

// watch looks at a process's memory and open files until its result is asked for: the most of each.
func watch(t *testing.T, pid int) func() (memory int64, files int) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	var memory int64
	var files int
	go func() {
		defer close(stopped)
		for {
			if content, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err == nil {
				if fields := strings.Fields(string(content)); len(fields) > 1 {
					pages, _ := strconv.ParseInt(fields[1], 10, 64)
					memory = max(memory, pages*int64(os.Getpagesize()))
				}
			}
			if open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
				files = max(files, len(open))
			}
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() (int64, int) {
		close(stop)
		<-stopped
		return memory, files
	}
}
