package dispatcher

import (
	"sync"
	"time"

	"usher.example/knative/broker/store"
)

// rememberDone is how many finished deliveries of a Trigger are remembered. An
// acknowledgement that got lost with its connection is then repeated instead of
// delivering again; more than this cannot be between two connections.
const rememberDone = 8192

// flightKey identifies a record of one lane, even across a wiped channel.
type flightKey struct {
	lane     string
	sequence uint64
	stored   time.Time
}

// flights are a Trigger's deliveries under way. The store delivers again whatever
// has been unacknowledged for too long, even what is being worked on; here such
// repetitions end.
type flights struct {
	mu     sync.Mutex
	active map[flightKey]*flight
	done   map[flightKey]struct{}
	ring   []flightKey
	next   int
}

// flight is one delivery under way.
type flight struct {
	key    flightKey
	record *store.Record
	began  time.Time
	// ack is the newest handle: after a reconnection only that one counts.
	ack func() error
}

func newFlights() *flights {
	return &flights{active: map[flightKey]*flight{}, done: map[flightKey]struct{}{}}
}

// begin registers a delivered record; nil means that it needs no work: it is under
// way, or finished and now acknowledged once more.
func (fs *flights) begin(lane string, m store.Message, now time.Time) *flight {
	key := flightKey{lane, m.Sequence, m.Stored}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.active[key]; f != nil {
		f.ack = m.Ack
		return nil
	}
	if _, finished := fs.done[key]; finished {
		_ = m.Ack()
		return nil
	}
	f := &flight{key: key, record: m.Record, began: now, ack: m.Ack}
	fs.active[key] = f
	return f
}

// finish acknowledges the record and remembers that it is finished.
func (fs *flights) finish(f *flight) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.active, f.key)
	if len(fs.ring) < rememberDone {
		fs.ring = append(fs.ring, f.key)
	} else {
		delete(fs.done, fs.ring[fs.next])
		fs.ring[fs.next] = f.key
		fs.next = (fs.next + 1) % rememberDone
	}
	fs.done[f.key] = struct{}{}
	return f.ack()
}

// abandon forgets the record without acknowledging it: the store delivers it
// again, here or elsewhere.
func (fs *flights) abandon(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.active, f.key)
}

// count is how many deliveries are under way, and when the oldest of their events
// was stored: how far the Trigger is behind.
func (fs *flights) count() (n int, oldest time.Time) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.active {
		if oldest.IsZero() || f.key.stored.Before(oldest) {
			oldest = f.key.stored
		}
	}
	return len(fs.active), oldest
}
