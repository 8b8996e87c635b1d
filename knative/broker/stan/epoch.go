package stan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/stan.go"

	"usher.example/knative/broker/store"
)

// connection is one NATS connection with the streaming session on it.
type connection struct {
	nc *nats.Conn
	sc stan.Conn
	// deliberate is set before the connection is closed on purpose, which loses
	// nothing.
	deliberate atomic.Bool
}

func (c *connection) close() {
	c.deliberate.Store(true)
	_ = c.sc.Close() // tells the server, so that others take over at once
	c.nc.Close()
}

// epoch is one life of the connection. What belongs to it ends with it.
type epoch struct {
	log  *slog.Logger
	main *connection
	lost chan struct{}

	mu  sync.Mutex
	err error
	// exclusive is the connection under the shared id; standby is whether another
	// process has that id.
	exclusive *connection
	standby   bool
	active    map[string]*activeSub
}

// activeSub is a subscription as it exists on the server.
type activeSub struct {
	spec store.Subscription
	sub  stan.Subscription
}

func (e *epoch) lose(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return
	}
	if err == nil {
		err = errors.New("connection closed")
	}
	e.err = err
	close(e.lost)
}

func (e *epoch) reason() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// has is whether this process reads the subscription.
func (e *epoch) has(key string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.active[key]
	return ok
}

// serves is whether the subscription is read, here or, for an exclusive one, by
// the process that this one stands by for.
func (e *epoch) serves(key string, exclusive bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.active[key]
	return ok || (exclusive && e.standby)
}

func (e *epoch) close() {
	e.mu.Lock()
	exclusive := e.exclusive
	e.exclusive = nil
	e.mu.Unlock()
	e.lose(errors.New("closed"))
	if exclusive != nil {
		exclusive.close()
	}
	e.main.close()
}

func (e *epoch) append(ctx context.Context, channel string, data []byte) error {
	confirmed := make(chan error, 1)
	_, err := e.main.sc.PublishAsync(channel, data, func(_ string, err error) { confirmed <- err })
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	select {
	case err := <-confirmed:
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
		}
		return nil
	case <-e.lost:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, e.reason())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch reads one record by opening the channel at its sequence.
func (e *epoch) fetch(ctx context.Context, channel string, sequence uint64) (*store.Record, error) {
	got := make(chan *stan.Msg, 1)
	sub, err := e.main.sc.Subscribe(channel, func(m *stan.Msg) {
		select {
		case got <- m:
		default:
		}
	}, stan.StartAtSequence(sequence), stan.SetManualAckMode(), stan.MaxInflight(1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	defer sub.Close()
	timer := time.NewTimer(connectTimeout)
	defer timer.Stop()
	select {
	case m := <-got:
		if m.Sequence != sequence {
			return nil, store.ErrNotFound // it has expired; this is the next one
		}
		return store.Decode(m.Data)
	case <-timer.C:
		return nil, store.ErrNotFound
	case <-e.lost:
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, e.reason())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
