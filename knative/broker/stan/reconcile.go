package stan

import (
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/stan.go"

	"usher.example/knative/broker/store"
)

// alreadyRegistered is in the server's answer while another process holds the id.
const alreadyRegistered = "clientID already registered"

var errStandby = errors.New("another process reads the ordered triggers")

// readAhead bounds the unacknowledged records of a private reading.
const readAhead = 256

// reconcile makes the subscriptions that are wanted and missing, remakes those
// whose limits changed, closes those that pause, and deletes the forgotten. What
// fails is tried again at the next turn.
func (c *Client) reconcile(e *epoch) {
	c.mu.Lock()
	want, forget, order := maps.Clone(c.want), maps.Clone(c.forget), c.order
	c.mu.Unlock()

	for key, s := range forget {
		if err := c.unsubscribe(e, key, s); err != nil {
			c.cfg.Log.Warn("durable not deleted yet", "subscription", key, "error", err)
			continue
		}
		c.mu.Lock()
		delete(c.forget, key)
		c.mu.Unlock()
	}
	for key, active := range e.snapshot() {
		s, wanted := want[key]
		if wanted && !s.Paused && sameLimits(s, active.spec) {
			continue
		}
		if active.sub != nil {
			_ = active.sub.Close() // keeps the position
		}
		e.drop(key)
	}
	failed := map[string]bool{} // durables whose later channels have to wait
	for _, key := range order {
		s := want[key]
		if s.Paused || e.has(key) || failed[s.Durable] {
			continue
		}
		if err := c.subscribe(e, key, s); err != nil && !errors.Is(err, errStandby) {
			c.cfg.Log.Warn("not subscribed yet", "subscription", key, "error", err)
			failed[s.Durable] = s.Durable != ""
		}
	}
}

func sameLimits(a, b store.Subscription) bool {
	return a.AckWait == b.AckWait && a.MaxInFlight == b.MaxInFlight && a.Exclusive == b.Exclusive
}

func (e *epoch) snapshot() map[string]*activeSub {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.active)
}

func (e *epoch) drop(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.active, key)
}

func (e *epoch) setExclusive(conn *connection, standby bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exclusive, e.standby = conn, standby
}

func (e *epoch) set(key string, a *activeSub) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.active[key] = a
}

func (c *Client) subscribe(e *epoch, key string, s store.Subscription) error {
	conn := e.main
	if s.Exclusive {
		var err error
		if conn, err = c.exclusiveConnection(e); err != nil {
			return err
		}
	}
	sub, err := c.open(conn, s)
	if err != nil {
		return err
	}
	e.set(key, &activeSub{spec: s, sub: sub})
	return nil
}

// exclusiveConnection is the connection under the shared id. While another
// process has it this fails, and the next turn tries again: its death or its
// goodbye is what hands the id over.
func (c *Client) exclusiveConnection(e *epoch) (*connection, error) {
	e.mu.Lock()
	conn := e.exclusive
	e.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	conn, err := c.dial(e, c.cfg.ExclusiveID)
	if err != nil {
		standby := strings.Contains(err.Error(), alreadyRegistered)
		e.setExclusive(nil, standby)
		if standby {
			return nil, errStandby
		}
		return nil, err
	}
	e.setExclusive(conn, false)
	return conn, nil
}

func (c *Client) open(conn *connection, s store.Subscription) (stan.Subscription, error) {
	deliver := c.deliver(s)
	if s.Durable == "" {
		return conn.sc.Subscribe(s.Channel, deliver, stan.DeliverAllAvailable(),
			stan.SetManualAckMode(), stan.MaxInflight(readAhead))
	}
	// A new durable starts with what is accepted from now on; one that exists goes
	// on where it was.
	return conn.sc.QueueSubscribe(s.Channel, s.Durable, deliver, stan.DurableName(s.Durable),
		stan.SetManualAckMode(), stan.AckWait(ackWait(s.AckWait)), stan.MaxInflight(s.MaxInFlight))
}

// deliver hands records on. One that cannot be read was not written by a Broker;
// it is acknowledged, or it would come back for ever, and stays in the channel.
func (c *Client) deliver(s store.Subscription) stan.MsgHandler {
	return func(m *stan.Msg) {
		record, err := store.Decode(m.Data)
		if err != nil {
			c.cfg.Log.Error("record skipped", "channel", s.Channel, "sequence", m.Sequence, "error", err)
			_ = m.Ack()
			return
		}
		msg := store.Message{Record: record, Sequence: m.Sequence, Stored: time.Unix(0, m.Timestamp), Ack: m.Ack}
		if s.Durable == "" {
			_ = m.Ack()
		}
		if handle := c.handler(s.Key()); handle != nil {
			handle(msg)
		}
	}
}

// handler is looked up for each record, so that a Trigger that was deleted and
// came back under its id is served by its new self.
func (c *Client) handler(key string) func(store.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.want[key].Handle
}

// unsubscribe deletes a durable. The server only lets its reader do that, so one
// that is not being read is joined first.
func (c *Client) unsubscribe(e *epoch, key string, s store.Subscription) error {
	e.mu.Lock()
	active := e.active[key]
	e.mu.Unlock()
	if active == nil {
		conn := e.main
		if s.Exclusive {
			var err error
			if conn, err = c.exclusiveConnection(e); err != nil {
				return err
			}
		}
		sub, err := c.open(conn, s)
		if err != nil {
			return err
		}
		active = &activeSub{spec: s, sub: sub}
	}
	if err := active.sub.Unsubscribe(); err != nil {
		return err
	}
	e.drop(key)
	return nil
}

// ackWait rounds up to what the server counts in.
func ackWait(d time.Duration) time.Duration {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second))
}
