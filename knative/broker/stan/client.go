package stan

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/stan.go"

	"usher.example/knative/broker/store"
)

const (
	// ackTimeout is how long an append waits for the server's word. Group commit
	// answers within milliseconds; beyond this the caller had better try again.
	ackTimeout = 5 * time.Second
	// connectTimeout bounds each step of connecting and of subscribing.
	connectTimeout = 2 * time.Second
	// pingEvery and pingFailures find a server that holds the connection and has
	// stopped answering. A cut connection is noticed at once.
	pingEvery, pingFailures = 1, 10
	// maxUnconfirmed bounds appends that wait for the server's word.
	maxUnconfirmed = 16384
	// Waits between attempts to connect.
	firstRetry, lastRetry = 100 * time.Millisecond, 2 * time.Second
	// reconcileEvery is how often wanted subscriptions that could not be made, or
	// that another process holds, are tried again.
	reconcileEvery = time.Second
)

// Config says how to reach the server.
type Config struct {
	URL   string
	Token string
	// ClientID names this process towards the server, letters, digits, '-' and '_'.
	// A process that comes back under the same id takes over its own
	// subscriptions at once; under a new one the server first has to miss the old.
	ClientID string
	// ExclusiveID is the id under which exclusive subscriptions are read, the same
	// for all processes: the server lets one of them have it.
	ExclusiveID string
	TLS         *tls.Config
	Log         *slog.Logger
}

// Client is the store port over a NATS Streaming connection that is replaced, and
// everything subscribed anew, whenever it is lost. Each connection is an epoch.
type Client struct {
	cfg  Config
	kick chan struct{}
	done chan struct{}
	stop context.CancelFunc

	mu     sync.Mutex
	epoch  *epoch
	epochs int
	want   map[string]store.Subscription
	// order are the keys of want in the order in which they are to be made.
	order []string
	// forget holds durables to delete, by key.
	forget map[string]store.Subscription
}

var _ store.Store = (*Client)(nil)

// NewClient starts connecting in the background.
func NewClient(cfg Config) *Client {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{
		cfg: cfg, kick: make(chan struct{}, 1), done: make(chan struct{}), stop: cancel,
		want: map[string]store.Subscription{}, forget: map[string]store.Subscription{},
	}
	go c.supervise(ctx)
	return c
}

// Close gives up the connection so that other processes take over at once.
func (c *Client) Close() {
	c.stop()
	<-c.done
}

// Append implements store.Store.
func (c *Client) Append(ctx context.Context, channel string, r *store.Record) error {
	data, err := store.Encode(r)
	if err != nil {
		return err
	}
	limit := store.MaxRecordBytes
	if r.Retry != nil || r.Parked != nil || r.Settled != nil {
		limit += store.Headroom / 2
	}
	if len(data) > limit {
		return fmt.Errorf("%w: %d bytes with its attributes, at most %d", store.ErrTooLarge, len(data), limit)
	}
	e := c.current()
	if e == nil {
		return store.ErrUnavailable
	}
	return e.append(ctx, channel, data)
}

// Want implements store.Store.
func (c *Client) Want(subs []store.Subscription) {
	c.mu.Lock()
	next := make(map[string]store.Subscription, len(subs))
	c.order = make([]string, 0, len(subs))
	for _, s := range subs {
		next[s.Key()] = s
		c.order = append(c.order, s.Key())
		delete(c.forget, s.Key())
	}
	for key, s := range c.want {
		if _, kept := next[key]; !kept && s.Durable != "" {
			c.forget[key] = s
		}
	}
	c.want = next
	c.mu.Unlock()
	c.poke()
}

// Status implements store.Store.
func (c *Client) Status() store.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := store.Status{Epoch: c.epochs, Live: c.epoch != nil}
	for key, want := range c.want {
		if !want.Paused && (c.epoch == nil || !c.epoch.serves(key, want.Exclusive)) {
			s.Missing = append(s.Missing, key)
		}
	}
	return s
}

// Fetch implements store.Store.
func (c *Client) Fetch(ctx context.Context, channel string, sequence uint64) (*store.Record, error) {
	e := c.current()
	if e == nil {
		return nil, store.ErrUnavailable
	}
	return e.fetch(ctx, channel, sequence)
}

func (c *Client) current() *epoch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

func (c *Client) poke() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// supervise keeps one epoch alive at a time until ctx ends.
func (c *Client) supervise(ctx context.Context) {
	defer close(c.done)
	wait := firstRetry
	var last string
	for ctx.Err() == nil {
		e, err := c.connect()
		if err != nil {
			if err.Error() != last {
				last = err.Error()
				c.cfg.Log.Warn("event store not reachable, trying on", "error", err)
			}
			sleep(ctx, wait)
			wait = min(2*wait, lastRetry)
			continue
		}
		wait, last = firstRetry, ""
		c.begin(e)
		c.keep(ctx, e)
		c.end()
		e.close()
	}
}

// begin makes e the current epoch.
func (c *Client) begin(e *epoch) {
	c.mu.Lock()
	c.epochs++
	c.epoch = e
	n := c.epochs
	c.mu.Unlock()
	c.cfg.Log.Info("event store connected", "epoch", n)
}

func (c *Client) end() {
	c.mu.Lock()
	c.epoch = nil
	c.mu.Unlock()
}

// keep makes the epoch's subscriptions what is wanted, until it is lost.
func (c *Client) keep(ctx context.Context, e *epoch) {
	ticker := time.NewTicker(reconcileEvery)
	defer ticker.Stop()
	for {
		c.reconcile(e)
		select {
		case <-ctx.Done():
			return
		case <-e.lost:
			c.cfg.Log.Warn("event store connection lost", "error", e.reason())
			return
		case <-c.kick:
		case <-ticker.C:
		}
	}
}

func (c *Client) connect() (*epoch, error) {
	e := &epoch{log: c.cfg.Log, lost: make(chan struct{}), active: map[string]*activeSub{}}
	main, err := c.dial(e, c.cfg.ClientID)
	if err != nil {
		return nil, err
	}
	e.main = main
	return e, nil
}

// dial connects under one client id; losing the connection ends the epoch. The
// NATS client does not reconnect by itself: a streaming connection that survived
// one could have lost its subscriptions without a word.
func (c *Client) dial(e *epoch, clientID string) (*connection, error) {
	conn := &connection{}
	opts := []nats.Option{
		nats.Name(clientID), nats.NoReconnect(), nats.Timeout(connectTimeout),
		nats.ClosedHandler(func(nc *nats.Conn) {
			if !conn.deliberate.Load() {
				e.lose(errors.Join(errors.New("connection closed"), nc.LastError()))
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.cfg.Log.Warn("event store client", "error", err)
		}),
	}
	if c.cfg.Token != "" {
		opts = append(opts, nats.Token(c.cfg.Token))
	}
	if c.cfg.TLS != nil {
		opts = append(opts, nats.Secure(c.cfg.TLS))
	}
	nc, err := nats.Connect(c.cfg.URL, opts...)
	if err != nil {
		return nil, err
	}
	sc, err := stan.Connect(ClusterID, clientID,
		stan.NatsConn(nc), stan.ConnectWait(connectTimeout), stan.PubAckWait(ackTimeout),
		stan.MaxPubAcksInflight(maxUnconfirmed), stan.Pings(pingEvery, pingFailures),
		stan.SetConnectionLostHandler(func(_ stan.Conn, err error) { e.lose(err) }))
	if err != nil {
		conn.deliberate.Store(true)
		nc.Close()
		return nil, err
	}
	conn.nc, conn.sc = nc, sc
	return conn, nil
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
