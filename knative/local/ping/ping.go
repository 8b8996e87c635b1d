// Package ping does what PingSources do on a cluster: it sends events by the clock.
package ping

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/uuid"
	"github.com/robfig/cron/v3"

	"usher.example/knative/local/plan"
)

const (
	// eventType is what a PingSource's events are.
	eventType = "dev.knative.sources.ping"
	// tries and firstPause are Knative's: 50 ms, doubling, five retries.
	tries      = 6
	firstPause = 50 * time.Millisecond
	// sendTimeout bounds one try. A sink that is a function may take its time; the Broker answers in milliseconds.
	sendTimeout = 2 * time.Minute
	// glance is how often the wall clock is looked at while waiting: a machine that slept is late by no more than this.
	glance = 5 * time.Second
	// maxSending bounds the events that are being sent at once: a sink that hangs must not gather them.
	maxSending = 16
	// maxAnswer bounds what is read of a sink's answer, in bytes.
	maxAnswer = 64 << 10
)

// Source sends the events of one PingSource.
type Source struct {
	ping     plan.Ping
	schedule cron.Schedule
	send     func(context.Context, cloudevents.Event) error
	fail     func(error)
	sending  chan struct{}
}

// New reads the schedule. fail is told of events that could not be sent.
func New(p plan.Ping, client *http.Client, fail func(error)) (*Source, error) {
	text := p.Schedule
	if p.Timezone != "" {
		text = "CRON_TZ=" + p.Timezone + " " + text
	}
	parser := cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	schedule, err := parser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("PingSource %s: schedule %q: %w", p.Name, p.Schedule, err)
	}
	s := &Source{ping: p, schedule: schedule, fail: fail, sending: make(chan struct{}, maxSending)}
	s.send = func(ctx context.Context, e cloudevents.Event) error { return post(ctx, client, p.Sink, e) }
	return s, nil
}

// Run sends one event now, so that what was due while nothing ran is not left until the next time, and then one whenever
// the schedule says, until ctx ends. An event that is still being sent does not hold up the next.
func (s *Source) Run(ctx context.Context) {
	for {
		now := time.Now()
		s.fire(ctx, now)
		next := s.schedule.Next(now)
		if next.IsZero() {
			return // a date that never comes
		}
		if !until(ctx, next) {
			return
		}
	}
}

// until waits for a time of the wall clock; false when ctx ended first.
func until(ctx context.Context, t time.Time) bool {
	t = t.Round(0) // without the monotonic clock, which stands still while the machine sleeps
	for {
		wait := t.Sub(time.Now().Round(0))
		if wait <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(wait, glance))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
}

// fire sends one event in the background.
func (s *Source) fire(ctx context.Context, now time.Time) {
	select {
	case s.sending <- struct{}{}:
	default:
		s.lost(now, fmt.Errorf("%d earlier ones are still being sent", maxSending))
		return
	}
	go func() {
		defer func() { <-s.sending }()
		if err := s.deliver(ctx, now); err != nil && ctx.Err() == nil {
			s.lost(now, err)
		}
	}()
}

func (s *Source) lost(now time.Time, err error) {
	s.fail(fmt.Errorf("PingSource %s: the event of %s is lost: %w", s.ping.Name, now.Format(time.TimeOnly), err))
}

// deliver tries a few times until the event is taken.
func (s *Source) deliver(ctx context.Context, now time.Time) error {
	e, err := s.event(now)
	if err != nil {
		return err
	}
	pause := firstPause
	for try := 1; ; try++ {
		err := s.send(ctx, e)
		if err == nil || try == tries {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause *= 2
	}
}

func (s *Source) event(now time.Time) (cloudevents.Event, error) {
	e := cloudevents.NewEvent()
	e.SetID(uuid.NewString())
	e.SetType(eventType)
	e.SetSource("/apis/v1/namespaces/" + s.ping.Namespace + "/pingsources/" + s.ping.Name)
	e.SetTime(now.UTC())
	for name, value := range s.ping.Extensions {
		e.SetExtension(name, value)
	}
	if len(s.ping.Data) > 0 {
		if err := e.SetData(s.ping.ContentType, s.ping.Data); err != nil {
			return e, err
		}
	}
	return e, e.Validate()
}

func post(ctx context.Context, client *http.Client, sink string, e cloudevents.Event) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sink, nil)
	if err != nil {
		return err
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&e), req); err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("the sink answers %s", strconv.Itoa(resp.StatusCode))
	}
	return nil
}
