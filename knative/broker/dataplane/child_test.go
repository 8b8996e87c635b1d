package dataplane_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/dataplane"
	"usher.example/knative/broker/stan"
	"usher.example/knative/broker/store"
)

// childSpec tells this very test binary, started once more, to be a part of the
// Broker that can be killed.
type childSpec struct {
	// Server opens the event store at ServerPort; ingress and dispatcher use it.
	Server, Ingress, Dispatcher bool
	Dir, Addr, Contract         string
	ServerPort                  int
	// KillAt names the point at which the process kills itself; see killer.
	KillAt string
}

const (
	childVariable = "USHER_BROKER_TEST_CHILD"
	childToken    = "for-tests"
)

func TestMain(m *testing.M) {
	if raw := os.Getenv(childVariable); raw != "" {
		if err := beChild(raw); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beChild(raw string) error {
	var spec childSpec
	if err := json.Unmarshal([]byte(raw), &spec); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	url := fmt.Sprintf("nats://127.0.0.1:%d", spec.ServerPort)
	if spec.Server {
		server, err := stan.StartServer(stan.ServerOptions{Dir: spec.Dir, Port: spec.ServerPort, Token: childToken, Log: brokertest.Log()})
		if err != nil {
			return err
		}
		defer server.Close()
		if !spec.Ingress && !spec.Dispatcher {
			<-ctx.Done()
			return nil
		}
	}
	client := stan.NewClient(stan.Config{
		URL: url, Token: childToken, ClientID: fmt.Sprintf("child-%d", os.Getpid()), ExclusiveID: "ordered", Log: brokertest.Log(),
	})
	defer client.Close()
	return dataplane.Process{
		Roles: dataplane.Roles{Ingress: spec.Ingress, Dispatcher: spec.Dispatcher},
		Store: &killer{Store: client, at: spec.KillAt}, Addr: spec.Addr, Contract: spec.Contract,
		Drain: time.Second, Log: brokertest.Log(),
	}.Run(ctx)
}

// killer is a store that ends the process, without a chance to clean up, at one
// point of an event's way.
type killer struct {
	store.Store
	at string
}

func (k *killer) reached(point string) {
	if k.at == point {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// Append knows the points before-X and after-X, X being event, reply, retry or parked.
func (k *killer) Append(ctx context.Context, channel string, r *store.Record) error {
	what := "event"
	switch {
	case strings.HasSuffix(channel, store.RetrySuffix):
		what = "retry"
	case strings.HasSuffix(channel, store.ParkedSuffix):
		what = "parked"
	case r.Event.Type() == "answer":
		what = "reply"
	}
	k.reached("before-" + what)
	err := k.Store.Append(ctx, channel, r)
	if err == nil {
		k.reached("after-" + what)
	}
	return err
}

// Want knows the point before-ack.
func (k *killer) Want(subs []store.Subscription) {
	for i := range subs {
		handle, durable := subs[i].Handle, subs[i].Durable != ""
		subs[i].Handle = func(m store.Message) {
			if ack := m.Ack; durable {
				m.Ack = func() error {
					k.reached("before-ack")
					return ack()
				}
			}
			handle(m)
		}
	}
	k.Store.Want(subs)
}

// child is a running part.
type child struct {
	spec childSpec
	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{}
}

// startChild runs a part until the test ends.
func startChild(t *testing.T, spec childSpec) *child {
	t.Helper()
	c := &child{spec: spec}
	c.start(t)
	t.Cleanup(c.kill)
	return c
}

func (c *child) start(t *testing.T) {
	t.Helper()
	raw, err := json.Marshal(c.spec)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(raw))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait() // a killed process is what these tests are about
		close(gone)
	}()
	c.mu.Lock()
	c.cmd, c.gone = cmd, gone
	c.mu.Unlock()
}

// kill ends the process at once and waits until it is gone.
func (c *child) kill() {
	c.mu.Lock()
	cmd, gone := c.cmd, c.gone
	c.mu.Unlock()
	_ = cmd.Process.Kill()
	<-gone
}

// awaitEnd waits until the process has ended by itself.
func (c *child) awaitEnd(t *testing.T) {
	t.Helper()
	select {
	case <-c.gone:
	case <-time.After(brokertest.Deadline):
		t.Fatal("the process did not reach its kill point")
	}
}

func (c *child) healthy() bool {
	resp, err := http.Get("http://" + c.spec.Addr + "/healthz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

// freePort is a port nobody listens on right now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// writeContract writes a contract file of one Broker "test/broker".
func writeContract(t *testing.T, triggers ...contract.Trigger) string {
	t.Helper()
	for i := range triggers {
		triggers[i].Namespace = "test"
		if triggers[i].Name == "" {
			triggers[i].Name = fmt.Sprintf("t%d", i)
		}
		triggers[i].UID = "uid-" + triggers[i].Name
	}
	path := filepath.Join(t.TempDir(), "contract.json")
	c := &contract.Contract{Brokers: []contract.Broker{{UID: "b", Namespace: "test", Name: "broker", Triggers: triggers}}}
	if err := contract.Save(path, c); err != nil {
		t.Fatal(err)
	}
	return path
}
