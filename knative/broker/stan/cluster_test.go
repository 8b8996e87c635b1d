package stan_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/stan"
	"usher.example/knative/broker/store"
)

// group is three servers that replicate to each other, over TLS.
type group struct {
	options []stan.ServerOptions
	servers []*stan.Server
	tls     *tls.Config
}

func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	var held []net.Listener
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	for _, l := range held {
		_ = l.Close()
	}
	return ports
}

func startGroup(t *testing.T) *group {
	t.Helper()
	const size, token = 3, "group"
	ports := freePorts(t, 2*size)
	cert, key, pool := selfSigned(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	g := &group{servers: make([]*stan.Server, size), tls: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
	for i := range size {
		c := stan.Cluster{NodeID: string(rune('a' + i)), Peers: []string{"a", "b", "c"}, Token: token, Listen: fmt.Sprintf("127.0.0.1:%d", ports[size+i])}
		for j := range size {
			if j != i {
				c.Routes = append(c.Routes, fmt.Sprintf("nats-route://127.0.0.1:%d", ports[size+j]))
			}
		}
		g.options = append(g.options, stan.ServerOptions{
			Dir: t.TempDir(), Port: ports[i], Token: token, Cluster: c, Log: brokertest.Log(),
			TLSCert: cert, TLSKey: key, TLSCA: cert, TLSName: "broker-stan",
		})
	}
	var all sync.WaitGroup
	for i := range size {
		all.Go(func() { g.start(t, i) })
	}
	all.Wait()
	t.Cleanup(func() {
		for _, s := range g.servers {
			if s != nil {
				s.Close()
			}
		}
	})
	return g
}

func (g *group) start(t *testing.T, i int) {
	s, err := stan.StartServer(g.options[i])
	if err != nil {
		t.Errorf("start node %d: %v", i, err)
		return
	}
	g.servers[i] = s
}

func (g *group) urls() string {
	var urls []string
	for _, o := range g.options {
		urls = append(urls, fmt.Sprintf("tls://127.0.0.1:%d", o.Port))
	}
	return strings.Join(urls, ",")
}

// TestThreeNodes stops each of three nodes in turn, the leader among them, while
// events are appended: none that was confirmed may be lost, and the two that are
// left go on within seconds.
func TestThreeNodes(t *testing.T) {
	g := startGroup(t)
	if t.Failed() {
		return
	}
	c := stan.NewClient(stan.Config{URL: g.urls(), Token: "group", ClientID: "c", ExclusiveID: "x", TLS: g.tls, Log: brokertest.Log()})
	defer c.Close()
	brokertest.Until(t, "the group has a leader", func() bool { return c.Status().Live })
	box := &inbox{}
	// What was on its way when a node stopped comes again once the wait for its acknowledgement is over.
	subscription := sub("ch", "d", box.handle(true))
	subscription.AckWait = 2 * time.Second
	want(t, c, subscription)

	var confirmed []string
	next := 0
	appendSome := func(n int) {
		end := time.Now().Add(2 * brokertest.Deadline)
		for done := 0; done < n; {
			id := strconv.Itoa(next)
			next++
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			err := c.Append(ctx, "ch", &store.Record{Event: brokertest.NewEvent(id, "t")})
			cancel()
			if err == nil {
				confirmed = append(confirmed, id)
				done++
				continue
			}
			if time.Now().After(end) {
				t.Fatalf("the group does not go on: %v", err)
			}
			time.Sleep(20 * time.Millisecond) // a sender's pause before it tries again
		}
	}
	appendSome(50)
	for i := range g.servers {
		g.servers[i].Close()
		g.servers[i] = nil
		stopped := time.Now()
		appendSome(1)
		took := time.Since(stopped)
		t.Logf("node %d stopped: events are taken again after %s", i, took.Round(10*time.Millisecond))
		if took > brokertest.Deadline {
			t.Errorf("the group took %s to go on", took)
		}
		appendSome(50)
		g.start(t, i)
		brokertest.Until(t, "everything is subscribed", func() bool { return c.Status().Ready() })
	}
	brokertest.Until(t, "all that was confirmed has come", func() bool {
		got := strings.Fields(box.ids())
		slices.Sort(got)
		for _, id := range confirmed {
			if _, found := slices.BinarySearch(got, id); !found {
				return false
			}
		}
		return true
	})
}
