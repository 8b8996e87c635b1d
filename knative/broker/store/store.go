// Package store is the port between the Broker and whatever keeps its events.
//
// The Broker needs little of a store: a durable append, durable subscriptions
// with an explicit acknowledgement, and a second look at one kept event.
// Everything above this port speaks CloudEvents; package stan is the only one
// that knows NATS Streaming.
package store

import (
	"context"
	"errors"
	"time"
)

// Lanes of a Broker. Its channel takes what was accepted; beside it lie one lane
// for deliveries that wait for their next attempt and one for what is parked.
const (
	RetrySuffix  = ".r"
	ParkedSuffix = ".dlq"
)

// MaxRecordBytes bounds what an encoded record may take when it is accepted.
// NATS carries 1 MiB by default; records grow on their way to the dead letter
// queue (the reason, the subscriber's answer), so the server is given Headroom
// more than ingress accepts: what was accepted can always be parked.
const (
	MaxRecordBytes = 1 << 20
	Headroom       = 64 << 10
)

var (
	// ErrUnavailable says that the store cannot be reached now; trying again later
	// may succeed. The record may or may not have been kept.
	ErrUnavailable = errors.New("the event store is not reachable")
	// ErrTooLarge says that the record will never fit.
	ErrTooLarge = errors.New("the event is larger than the store takes")
	// ErrNotFound says that no record has this sequence.
	ErrNotFound = errors.New("no such record in the event store")
)

// Store keeps records in channels. Implementations reconnect by themselves and
// keep the wanted subscriptions alive through every loss of the connection.
type Store interface {
	// Append returns nil only once the record is durable. Errors: ErrUnavailable,
	// ErrTooLarge, or the context's.
	Append(ctx context.Context, channel string, r *Record) error
	// Want declares the whole set of subscriptions that should exist; those of
	// one durable are made in this order, so that one may rely on those before. Durables that are no longer in the set are deleted, and with them their position.
	Want(subs []Subscription)
	// Fetch reads one record again. Errors: ErrNotFound, ErrUnavailable.
	Fetch(ctx context.Context, channel string, sequence uint64) (*Record, error)
	// Status tells whether events flow.
	Status() Status
}

// Subscription is one wanted flow of records.
type Subscription struct {
	Channel string
	// Durable names the position, shared by every process that uses the same name:
	// each record goes to one of them. Empty means a private reading of the whole
	// channel from its start, with no position and no acknowledgements.
	Durable string
	// AckWait is after how long an unacknowledged record is delivered again, maybe
	// to another process; whole seconds.
	AckWait time.Duration
	// MaxInFlight bounds the records delivered and not acknowledged.
	MaxInFlight int
	// Exclusive lets one process at a time read the durable, so that order holds;
	// the others stand by.
	Exclusive bool
	// Paused keeps the durable's position without reading from it.
	Paused bool
	// Handle is called serially per subscription and must not block: the records
	// behind wait for it.
	Handle func(Message)
}

// Key names a subscription within a set.
func (s *Subscription) Key() string { return s.Channel + " " + s.Durable }

// Message is one delivered record.
type Message struct {
	Record *Record
	// Sequence grows by one with each record of a channel.
	Sequence uint64
	// Stored is when the record was appended, by the store's clock. With Sequence
	// it identifies a record even if a channel was wiped and counts from 1 again.
	Stored time.Time
	// Ack tells the store that the record need not be delivered again.
	Ack func() error
}

// Status is a snapshot of the connection.
type Status struct {
	// Live is whether appends can succeed.
	Live bool
	// Epoch counts connections since the process started; 0 means none yet.
	Epoch int
	// Missing names the wanted subscriptions that do not exist yet.
	Missing []string
}

// Ready is whether the store is live and everything wanted is subscribed.
func (s Status) Ready() bool { return s.Live && len(s.Missing) == 0 }

// InitialTTL is how many times an event and the replies to it may go through the
// Broker, the eventing specification's value.
const InitialTTL = 255
