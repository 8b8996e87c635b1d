package dispatcher

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/store"
)

// acks counts acknowledgements by handle.
type acks map[string]int

func (a acks) message(sequence uint64, handle string) store.Message {
	return store.Message{
		Record: &store.Record{}, Sequence: sequence, Stored: time.Unix(int64(sequence), 0),
		Ack: func() error { a[handle]++; return nil },
	}
}

func TestFlights(t *testing.T) {
	now := time.Unix(100, 0)
	t.Run("a repetition of what is under way is dropped, its handle kept", func(t *testing.T) {
		fs, a := newFlights(), acks{}
		f := fs.begin("", a.message(1, "old"), now)
		if fs.begin("", a.message(1, "new"), now) != nil {
			t.Fatal("it was taken up twice")
		}
		if err := fs.finish(f); err != nil || a["old"] != 0 || a["new"] != 1 {
			t.Errorf("acknowledged %v (%v)", a, err)
		}
	})
	t.Run("a repetition of what is finished is acknowledged again", func(t *testing.T) {
		fs, a := newFlights(), acks{}
		_ = fs.finish(fs.begin("", a.message(1, "first"), now))
		if fs.begin("", a.message(1, "again"), now) != nil || a["again"] != 1 {
			t.Errorf("acknowledged %v", a)
		}
	})
	t.Run("what was given up is taken up again, unacknowledged before", func(t *testing.T) {
		fs, a := newFlights(), acks{}
		fs.abandon(fs.begin("", a.message(1, "x"), now))
		if fs.begin("", a.message(1, "x"), now) == nil || a["x"] != 0 {
			t.Errorf("acknowledged %v", a)
		}
	})
	t.Run("another record with the same number is another", func(t *testing.T) {
		fs, a := newFlights(), acks{}
		_ = fs.finish(fs.begin("", a.message(1, "x"), now))
		wiped := a.message(1, "y")
		wiped.Stored = wiped.Stored.Add(time.Hour)
		if fs.begin("", wiped, now) == nil || fs.begin(store.RetrySuffix, a.message(1, "z"), now) == nil {
			t.Error("it was taken for the finished one")
		}
	})
	t.Run("what is remembered is bounded", func(t *testing.T) {
		fs, a := newFlights(), acks{}
		for i := range uint64(3 * rememberDone) {
			_ = fs.finish(fs.begin("", a.message(i, "x"), now))
		}
		if len(fs.done) != rememberDone || len(fs.ring) != rememberDone {
			t.Errorf("%d and %d are remembered", len(fs.done), len(fs.ring))
		}
	})
}

func TestAckWaitOutlastsTheWork(t *testing.T) {
	for _, timeout := range []string{"PT0.1S", "PT30S", "PT90S", "PT1H"} {
		c := newConfig(&contract.Broker{}, contract.Trigger{Delivery: &eventingduckv1.DeliverySpec{Timeout: &timeout}}, false)
		if c.problem != nil || c.ackWait() <= c.policy.Timeout+holdBudget {
			t.Errorf("timeout %s: the store waits %s (%v)", timeout, c.ackWait(), c.problem)
		}
	}
}

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		ctx, cancel := context.WithCancel(t.Context())
		if !s.acquire(ctx) {
			t.Fatal("the first was not taken")
		}
		var got []string
		for _, name := range []string{"a", "b"} {
			go func() {
				if s.acquire(t.Context()) {
					got = append(got, name)
				}
			}()
			synctest.Wait()
		}
		given := make(chan bool)
		go func() { given <- s.acquire(ctx) }()
		synctest.Wait()
		cancel()
		if <-given {
			t.Error("a slot was given to who no longer wants it")
		}
		s.release()
		synctest.Wait()
		s.resize(2)
		synctest.Wait()
		if fmt.Sprint(got) != "[a b]" {
			t.Errorf("slots went to %v", got)
		}
	})
}

// memory is a store that keeps what is appended, and hands nothing out by itself.
type memory struct {
	mu       sync.Mutex
	appended []*store.Record
	channel  []string
}

func (m *memory) Append(_ context.Context, channel string, r *store.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.appended, m.channel = append(m.appended, r), append(m.channel, channel)
	return nil
}

// last is how much has been appended, and what and where last.
func (m *memory) last() (n int, r *store.Record, channel string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n = len(m.appended); n > 0 {
		r, channel = m.appended[n-1], m.channel[n-1]
	}
	return n, r, channel
}

func (m *memory) Want([]store.Subscription) {}
func (m *memory) Fetch(context.Context, string, uint64) (*store.Record, error) {
	return nil, store.ErrNotFound
}
func (m *memory) Status() store.Status { return store.Status{Live: true} }

// silent observes nothing.
type silent struct{}

func (silent) Dispatched(string, string, int, time.Duration) {}
func (silent) Processed(string, string, time.Duration)       {}
func (silent) Settled(string, string, string)                {}
func (silent) Forget(string, string)                         {}

// TestLongWaitsRotate follows a retry that is due in 70 s through a lane whose
// records are held for 30 s at most, so that a shorter wait behind it gets its turn.
func TestLongWaitsRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		d, err := New(Options{Store: m, Sender: delivery.NewSender(time.Now, nil), Observer: silent{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		zero := int32(0)
		subs := d.Apply(&contract.Contract{Brokers: []contract.Broker{{UID: "b", Channel: "kn.b", Triggers: []contract.Trigger{{
			UID: "t", Name: "t", Subscriber: "http://127.0.0.1:1", Delivery: &eventingduckv1.DeliverySpec{Retry: &zero},
		}}}}})
		lane := subs[0]
		e := event.New()
		e.SetID("1")
		e.SetSource("/s")
		e.SetType("t")
		due := time.Now().Add(70 * time.Second)
		record := &store.Record{Event: e, Retry: &store.Retry{Trigger: "t", Attempt: 1, NotBefore: due}}
		acknowledged := 0
		for turn := uint64(1); ; turn++ {
			lane.Handle(store.Message{Record: record, Sequence: turn, Stored: time.Now(), Ack: func() error { acknowledged++; return nil }})
			appended, next, last := m.last()
			for ; appended < int(turn); appended, next, last = m.last() {
				time.Sleep(time.Second)
			}
			synctest.Wait()
			if acknowledged != int(turn) {
				t.Fatalf("turn %d: %d acknowledged", turn, acknowledged)
			}
			if last == "kn.b.dlq" {
				if turn != 3 || time.Now().Before(due) {
					t.Errorf("tried in turn %d at %s, due at %s", turn, time.Now(), due)
				}
				break
			}
			record = next
			if last != "kn.b.r" || record.Retry == nil || !record.Retry.NotBefore.Equal(due) || record.Retry.Attempt != 1 {
				t.Fatalf("turn %d went to %s as %+v", turn, last, record.Retry)
			}
		}
		d.Drain(t.Context())
	})
}
