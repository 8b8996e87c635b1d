// Package contract is what the Broker's data plane knows of the world: which
// Brokers exist, at which path, on which channel, and which Triggers listen.
//
// One JSON document holds it. On a cluster the controller writes it into a
// ConfigMap that is mounted as a file; on a laptop the local runtime writes the
// file itself. The data plane only ever reads it, so it never needs to talk to
// Kubernetes.
package contract

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
)

// MaxParallelism bounds how many deliveries one Trigger may have in flight: a
// held delivery costs a connection and a goroutine on both sides.
const MaxParallelism = 4096

// ChannelPrefix starts the channel name of every Broker, so that a shared NATS
// Streaming cluster shows at a glance which channels are ours.
const ChannelPrefix = "kn."

// Contract is the whole document.
type Contract struct {
	Brokers []Broker `json:"brokers"`
}

// Broker is one address that events can be posted to.
type Broker struct {
	// UID names the Broker for ever: two Brokers that share a name one after the
	// other never share events.
	UID        string `json:"uid"`
	Generation int64  `json:"generation,omitempty"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
	// Path is the ingress path, "/<namespace>/<name>"; filled in when empty.
	Path string `json:"path,omitempty"`
	// Channel is the channel events are kept in, "kn.<uid>"; filled in when empty.
	Channel  string    `json:"channel,omitempty"`
	Triggers []Trigger `json:"triggers"`
}

// Trigger is one subscription to a Broker's events.
type Trigger struct {
	// UID names the durable subscription: what has been delivered is remembered
	// under it, across restarts and edits of the Trigger.
	UID        string `json:"uid"`
	Generation int64  `json:"generation,omitempty"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
	// Subscriber is the absolute http(s) URL that events are posted to.
	Subscriber string `json:"subscriber"`
	// Audience is what the subscriber is called in the token that each delivery then carries; empty: none is sent.
	Audience string `json:"audience,omitempty"`
	// Filter is spec.filter.attributes: exact matches, all of which must hold.
	Filter map[string]string `json:"filter,omitempty"`
	// Filters is spec.filters; when not empty it overrides Filter.
	Filters []eventingv1.SubscriptionsAPIFilter `json:"filters,omitempty"`
	// Delivery is the Trigger's own delivery spec, or the Broker's when it has
	// none. Its deadLetterSink is not read: DeadLetterSink below is the resolved one.
	Delivery *eventingduckv1.DeliverySpec `json:"delivery,omitempty"`
	// DeadLetterSink is the resolved absolute URL for events that could not be
	// delivered. Without one they are parked (see package deadletter).
	DeadLetterSink string `json:"deadLetterSink,omitempty"`
	// Ordered delivers events with the same partitionkey (or, without one, the
	// same subject) one after the other in the order they were accepted.
	Ordered bool `json:"ordered,omitempty"`
	// Parallelism is how many events may be with the subscriber at once; 0 takes
	// the dispatcher's default.
	Parallelism int `json:"parallelism,omitempty"`
}

// channelName is what NATS Streaming accepts and we allow: no slash, no wildcard.
var channelName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// uidName is what may become a durable's name and a part of a channel's name.
var uidName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Complete fills in what follows from other fields: paths and channels. Empty
// lists are written as such, not as null.
func (c *Contract) Complete() {
	if c.Brokers == nil {
		c.Brokers = []Broker{}
	}
	for i := range c.Brokers {
		b := &c.Brokers[i]
		if b.Triggers == nil {
			b.Triggers = []Trigger{}
		}
		if b.Path == "" {
			b.Path = "/" + b.Namespace + "/" + b.Name
		}
		if b.Channel == "" {
			b.Channel = ChannelPrefix + b.UID
		}
	}
}

// Validate reports every reason why the data plane could not act on the
// document. Filters and delivery specs are not judged here: one Trigger's
// mistake must not stop the others, so the dispatcher closes just that Trigger.
func (c *Contract) Validate() error {
	var errs []error
	seen := map[string]string{}
	unique := func(kind, value, where string) {
		if value == "" {
			return // reported by the check of the field itself
		}
		key := kind + " " + value
		if other, taken := seen[key]; taken {
			errs = append(errs, fmt.Errorf("%s: %s %q is already used by %s", where, kind, value, other))
			return
		}
		seen[key] = where
	}
	for i := range c.Brokers {
		b := &c.Brokers[i]
		where := fmt.Sprintf("brokers[%d] (%s/%s)", i, b.Namespace, b.Name)
		errs = append(errs, b.validate(where))
		unique("broker uid", b.UID, where)
		unique("path", b.Path, where)
		unique("channel", b.Channel, where)
		for j := range b.Triggers {
			t := &b.Triggers[j]
			where := fmt.Sprintf("%s.triggers[%d] (%s)", where, j, t.Name)
			errs = append(errs, t.validate(where))
			unique("trigger uid", t.UID, where)
		}
	}
	return errors.Join(errs...)
}

func (b *Broker) validate(where string) error {
	var errs []error
	if !uidName.MatchString(b.UID) {
		errs = append(errs, fmt.Errorf("%s: uid %q must be letters, digits, '-' or '_'", where, b.UID))
	}
	if b.Namespace == "" || b.Name == "" {
		errs = append(errs, fmt.Errorf("%s: namespace and name must be set", where))
	}
	if !strings.HasPrefix(b.Path, "/") || strings.Count(b.Path, "/") != 2 || strings.HasSuffix(b.Path, "/") {
		errs = append(errs, fmt.Errorf("%s: path %q must look like /<namespace>/<name>", where, b.Path))
	}
	if !channelName.MatchString(b.Channel) {
		errs = append(errs, fmt.Errorf("%s: channel %q must be dot-separated letters, digits, '-' or '_'", where, b.Channel))
	}
	return errors.Join(errs...)
}

func (t *Trigger) validate(where string) error {
	var errs []error
	if !uidName.MatchString(t.UID) {
		errs = append(errs, fmt.Errorf("%s: uid %q must be letters, digits, '-' or '_'", where, t.UID))
	}
	if t.Name == "" {
		errs = append(errs, fmt.Errorf("%s: name must be set", where))
	}
	if err := checkURL(t.Subscriber); err != nil {
		errs = append(errs, fmt.Errorf("%s: subscriber: %w", where, err))
	}
	if t.DeadLetterSink != "" {
		if err := checkURL(t.DeadLetterSink); err != nil {
			errs = append(errs, fmt.Errorf("%s: deadLetterSink: %w", where, err))
		}
	}
	if t.Parallelism < 0 || t.Parallelism > MaxParallelism {
		errs = append(errs, fmt.Errorf("%s: parallelism %d must be between 0 (default) and %d", where, t.Parallelism, MaxParallelism))
	}
	return errors.Join(errs...)
}

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q must be an absolute http or https URL", raw)
	}
	return nil
}
