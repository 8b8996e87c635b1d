package dataplane_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/stan.go"
	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	brokerstan "usher.example/knative/broker/stan"
)

// samples are durations, to take percentiles of.
type samples struct {
	mu sync.Mutex
	ds []time.Duration
}

func (s *samples) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ds = append(s.ds, d)
}

func (s *samples) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ds)
}

// report adds p50 and p99, in milliseconds, to the benchmark's line.
func (s *samples) report(b *testing.B, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ds) == 0 {
		return
	}
	slices.Sort(s.ds)
	for _, p := range []int{50, 99} {
		d := s.ds[min(len(s.ds)-1, len(s.ds)*p/100)]
		b.ReportMetric(float64(d)/float64(time.Millisecond), fmt.Sprintf("%s-p%d-ms", name, p))
	}
}

// fsyncs measures the disk under the same folder tree: 1 KB appended and synced.
func fsyncs(b *testing.B) {
	b.Helper()
	f, err := os.CreateTemp(b.TempDir(), "fsync")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var s samples
	kilobyte := bytes.Repeat([]byte("x"), 1024)
	for range 200 {
		start := time.Now()
		if _, err := f.Write(kilobyte); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		s.add(time.Since(start))
	}
	s.report(b, "fsync")
}

// paced calls act for each i at the given rate, each in its own goroutine, so that
// a slow answer does not slow the senders.
func paced(n, perSecond int, act func(i int)) {
	var all sync.WaitGroup
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		all.Go(func() { act(i) })
	}
	all.Wait()
}

// BenchmarkBroker measures 1 KB events to three Triggers at fixed rates: from the
// request to its 202, and from the request to the subscriber.
//
//	go test ./broker/dataplane -run '^$' -bench . -benchtime 5s
func BenchmarkBroker(b *testing.B) {
	for _, rate := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d-a-second", rate), func(b *testing.B) {
			sent := make([]time.Time, b.N)
			var accepted, delivered samples
			subscriber := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if i, err := strconv.Atoi(r.Header.Get("ce-id")); err == nil {
					delivered.add(time.Since(sent[i]))
				}
				w.WriteHeader(http.StatusAccepted)
			}))
			defer subscriber.Close()
			rig := brokertest.Start(b, brokertest.Options{})
			const triggers = 3
			var ts []contract.Trigger
			for range triggers {
				ts = append(ts, contract.Trigger{Subscriber: subscriber.URL})
			}
			broker := rig.Broker(b, ts...)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
			body := bytes.Repeat([]byte("x"), 1024)
			b.ResetTimer()
			paced(b.N, rate, func(i int) {
				req, _ := http.NewRequest(http.MethodPost, broker.URL, bytes.NewReader(body))
				for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": strconv.Itoa(i), "ce-source": "/b", "ce-type": "t"} {
					req.Header.Set(name, value)
				}
				sent[i] = time.Now()
				resp, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusAccepted {
					b.Errorf("answered %d", resp.StatusCode)
				}
				accepted.add(time.Since(sent[i]))
			})
			brokertest.Until(b, "all are delivered", func() bool { return delivered.len() >= triggers*b.N })
			b.StopTimer()
			fsyncs(b)
			accepted.report(b, "accepted")
			delivered.report(b, "delivered")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkNeighbour measures what a dead Trigger with a dead letter sink costs the one beside it: the delivery of 200
// events a second, with the dead one and without, by turns in one run. A subscriber is dead that refuses everything, or
// that never answers in time.
func BenchmarkNeighbour(b *testing.B) {
	timeout, retry := "PT0.2S", int32(2)
	for name, dead := range map[string]http.HandlerFunc{
		"refusing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"hanging": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the caller went away
			<-r.Context().Done()
		},
	} {
		b.Run(name, func(b *testing.B) {
			sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
			b.Cleanup(sink.Close)
			subscriber := httptest.NewServer(dead)
			b.Cleanup(subscriber.Close) // after the Brokers of the rounds, which call it until they end
			beside := contract.Trigger{Subscriber: subscriber.URL, DeadLetterSink: sink.URL, Delivery: &eventingduckv1.DeliverySpec{Timeout: &timeout, Retry: &retry}}
			alone, together := &samples{}, &samples{}
			for range 4 {
				alone.neighbour(b)
				together.neighbour(b, beside)
			}
			alone.report(b, "alone")
			together.report(b, "beside-a-dead-one")
			b.ReportMetric(together.ds[len(together.ds)*99/100].Seconds()/alone.ds[len(alone.ds)*99/100].Seconds(), "p99-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// neighbour adds how long each of 200 events a second takes to a Trigger that is well, beside others.
func (s *samples) neighbour(b *testing.B, others ...contract.Trigger) {
	b.Helper()
	var sent sync.Map
	var arrived atomic.Int64
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, ok := sent.Load(r.Header.Get("ce-id")); ok {
			s.add(time.Since(at.(time.Time)))
		}
		arrived.Add(1)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer well.Close()
	broker := brokertest.Start(b, brokertest.Options{}).Broker(b, append(others, contract.Trigger{Subscriber: well.URL})...)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	paced(b.N, 200, func(i int) {
		req, _ := http.NewRequest(http.MethodPost, broker.URL, strings.NewReader("x"))
		for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": strconv.Itoa(i), "ce-source": "/b", "ce-type": "t"} {
			req.Header.Set(name, value)
		}
		sent.Store(strconv.Itoa(i), time.Now())
		resp, err := client.Do(req)
		if err != nil {
			b.Error(err)
			return
		}
		resp.Body.Close()
	})
	brokertest.Until(b, "all have come", func() bool { return arrived.Load() >= int64(b.N) })
}

// BenchmarkFloor is the same with stan.go alone, no HTTP: what the store itself takes.
func BenchmarkFloor(b *testing.B) {
	for _, rate := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d-a-second", rate), func(b *testing.B) {
			server, err := brokerstan.StartServer(brokerstan.ServerOptions{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer server.Close()
			conn, err := stan.Connect(brokerstan.ClusterID, "floor", stan.NatsURL("nats://"+server.Token+"@"+server.URL[len("nats://"):]))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			sent := make([]time.Time, b.N)
			var accepted, delivered samples
			const triggers = 3
			for i := range triggers {
				_, err := conn.QueueSubscribe("floor", strconv.Itoa(i), func(m *stan.Msg) {
					if i, err := strconv.Atoi(string(bytes.TrimRight(m.Data, "x"))); err == nil {
						delivered.add(time.Since(sent[i]))
					}
					_ = m.Ack()
				}, stan.DurableName(strconv.Itoa(i)), stan.SetManualAckMode(), stan.MaxInflight(100))
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			paced(b.N, rate, func(i int) {
				data := append([]byte(strconv.Itoa(i)), bytes.Repeat([]byte("x"), 1020)...)
				sent[i] = time.Now()
				if err := conn.Publish("floor", data); err != nil {
					b.Error(err)
				}
				accepted.add(time.Since(sent[i]))
			})
			brokertest.Until(b, "all are delivered", func() bool { return delivered.len() >= triggers*b.N })
			b.StopTimer()
			fsyncs(b)
			accepted.report(b, "accepted")
			delivered.report(b, "delivered")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkThroughput is how many events a second are accepted from 64 senders
// that each wait for their 202.
func BenchmarkThroughput(b *testing.B) {
	rig := brokertest.Start(b, brokertest.Options{})
	broker := rig.Broker(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	body := bytes.Repeat([]byte("x"), 1024)
	b.SetParallelism(32)
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, _ := http.NewRequest(http.MethodPost, broker.URL, bytes.NewReader(body))
			for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/b", "ce-type": "t"} {
				req.Header.Set(name, value)
			}
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusAccepted {
				b.Errorf("answered %d", resp.StatusCode)
			}
		}
	})
	b.StopTimer()
	fsyncs(b)
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "events/s")
}
