// Package publish sends snapshots to the Broker, and sees to it that none is lost between the store and the Broker (P6).
package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"usher.example/events"
	"usher.example/shared/trace"
)

const (
	// timeout bounds one publication: people wait for it, and what fails is sent later by the relay.
	timeout = 2 * time.Second
	// rest is how long a Broker that did not answer is left alone: one caller has waited for it, the next need not.
	rest = time.Second
	// idleConnections keeps as many connections open as a busy function has requests under way.
	idleConnections = 64
	// maxAnswer bounds what is read of the Broker's answer, in bytes: it is only for the log.
	maxAnswer = 1 << 10
)

// Publisher sends a snapshot and returns once the Broker has stored it.
type Publisher interface {
	Publish(ctx context.Context, s events.Snapshot) error
}

// Broker is the Publisher of a Knative Broker.
type Broker struct {
	url    string
	client *http.Client
	silent atomic.Int64 // until when it is left alone, in Unix nanoseconds
}

// FromEnv finds the Broker at BROKER_URL.
func FromEnv(getenv func(string) string) (*Broker, error) {
	address := getenv("BROKER_URL")
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return nil, fmt.Errorf("BROKER_URL %q is not a URL", address)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = idleConnections, idleConnections
	return &Broker{url: address, client: &http.Client{Transport: transport, Timeout: timeout}}, nil
}

// Publish implements Publisher.
func (b *Broker) Publish(ctx context.Context, s events.Snapshot) error {
	e, err := events.New(s)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	end := trace.Publish(ctx, &e)
	err = b.send(ctx, e)
	end(err)
	return err
}

func (b *Broker) send(ctx context.Context, e cloudevents.Event) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, nil)
	if err != nil {
		return fmt.Errorf("publish %s: %w", e.ID(), err)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&e), req); err != nil {
		return fmt.Errorf("publish %s: %w", e.ID(), err)
	}
	if time.Now().UnixNano() < b.silent.Load() {
		return fmt.Errorf("publish %s: the Broker did not answer a moment ago", e.ID())
	}
	resp, err := b.client.Do(req)
	if err != nil {
		if ctx.Err() == nil { // it was not the caller who gave up
			b.silent.Store(time.Now().Add(rest).UnixNano())
		}
		return fmt.Errorf("publish %s: %w", e.ID(), err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode != http.StatusAccepted && resp.StatusCode != http.StatusOK {
		return fmt.Errorf("publish %s: the Broker answered %s: %.200s", e.ID(), resp.Status, answer)
	}
	return nil
}

// NotSent says whether err only means that nobody is told of this state.
func NotSent(err error) bool { return errors.Is(err, events.ErrNotSent) }
