package dispatcher

import (
	"errors"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/filter"
	"usher.example/knative/broker/signing"
)

const (
	// DefaultParallelism is how many events may be with a subscriber at once: enough
	// to hide 100 ms of latency at 1000 events a second.
	DefaultParallelism = 100
	// holdLongest is the longest wait before a retry that is held in process; a
	// longer one goes through the retry lane, where it holds up nobody.
	holdLongest = time.Second
	// holdBudget is how long a record may be held and tried altogether before it
	// goes through the retry lane. It bounds what the store has to wait for.
	holdBudget = 3 * time.Second
	// ackMargin is for what a delivery does beside waiting: storing the reply, the
	// dead letter, the retry.
	ackMargin = 10 * time.Second
	// retryWindow is how many waiting retries of a Trigger are held at once, and
	// retryHold how long one of them at most; it then goes to the end of the lane,
	// so that long waits do not block short ones behind them.
	retryWindow = 1024
	retryHold   = 30 * time.Second
	// orderedLookahead is how many events of an ordered Trigger are fetched for
	// each that may be with the subscriber, to find other keys behind a busy one.
	orderedLookahead = 8
)

// config is a Trigger's contract entry, understood. It never changes; an edited
// Trigger gets a new one.
type config struct {
	contract.Trigger
	broker string // namespace/name, for logs and metrics
	// channel is the Broker's; its lanes hang on it.
	channel string
	filter  *filter.Filter
	policy  delivery.Policy
	// problem is why events cannot be delivered; the Trigger pauses meanwhile.
	problem error
}

func newConfig(b *contract.Broker, t contract.Trigger, signs bool) *config {
	c := &config{Trigger: t, broker: b.Namespace + "/" + b.Name, channel: b.Channel}
	if c.Parallelism == 0 {
		c.Parallelism = DefaultParallelism
	}
	var filterErr, policyErr error
	c.filter, filterErr = filter.Compile(t.Filter, t.Filters)
	c.policy, policyErr = delivery.NewPolicy(t.Delivery)
	var unsigned error
	if t.Audience != "" && !signs {
		unsigned = signing.ErrNoKey
	}
	c.problem = errors.Join(filterErr, policyErr, unsigned)
	return c
}

// ackWait is longer than anything this process does with a record, so that the
// store hands it to another process only if this one is dead.
func (c *config) ackWait() time.Duration {
	return c.policy.Timeout + holdBudget + ackMargin
}

func (c *config) maxInFlight() int {
	if c.Ordered {
		return c.Parallelism * orderedLookahead
	}
	return c.Parallelism
}

// orderKey is what order is kept by: the partitionkey extension, or else the subject.
func orderKey(extensions map[string]any, subject string) string {
	if key, ok := extensions["partitionkey"].(string); ok && key != "" {
		return key
	}
	return subject
}
