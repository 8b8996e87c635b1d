package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"usher.example/knative/stripe/store"
)

// Limits of sending: the application may be cold, so it gets long to answer; a
// handful of deliveries at once keeps a slow one from holding up the others.
const (
	answerWait  = 30 * time.Second
	atOnce      = 8
	drainAnswer = 4 << 10
)

// Hold changes how webhooks travel, for tests.
type Hold struct {
	mu sync.Mutex
	// held keeps webhooks back until released; lose drops as many as it says, and
	// repeat sends as many twice.
	held         bool
	lose, repeat int
}

// Sender delivers what lies in store.Deliveries.
type Sender struct {
	Store  *store.Store
	URL    string
	Secret string
	Client *http.Client
	Now    func() time.Time
	Log    *slog.Logger
	Hold   *Hold

	wake chan struct{}
}

// NewSender returns a sender of signed events to url.
func NewSender(s *store.Store, url, secret string, now func() time.Time, log *slog.Logger) *Sender {
	client := &http.Client{
		Timeout: answerWait,
		// As Stripe does: an address that moved is an address that fails.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: atOnce, MaxConnsPerHost: atOnce, IdleConnTimeout: time.Minute},
	}
	return &Sender{Store: s, URL: url, Secret: secret, Client: client, Now: now, Log: log, Hold: &Hold{}, wake: make(chan struct{}, 1)}
}

// Wake tells the sender that there is something new to deliver.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Deliveries left over from an earlier run are sent
// at once, whatever they were waiting for.
func (s *Sender) Run(ctx context.Context) {
	busy := map[string]bool{}
	done := make(chan string, atOnce)
	if err := s.hurry(); err != nil {
		s.Log.Error("cannot bring forward the webhooks of an earlier run", "error", err)
	}
	for {
		due, next, err := s.due(busy, atOnce-len(busy))
		if err != nil {
			s.Log.Error("cannot read the webhooks to deliver", "error", err)
			next = firstWait
		}
		for _, d := range due {
			busy[d.Event] = true
			go func() {
				s.deliver(ctx, d)
				done <- d.Event
			}()
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			for range len(busy) {
				<-done
			}
			return
		case event := <-done:
			delete(busy, event)
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// hurry makes every delivery due now: what it waited for may have come back with us.
func (s *Sender) hurry() error {
	now := s.Now()
	return s.Store.Update(func(tx *store.Tx) error {
		var waiting []Delivery
		err := store.Oldest(tx, store.Deliveries, func(_ string, d Delivery) (bool, error) {
			waiting = append(waiting, d)
			return true, nil
		})
		for _, d := range waiting {
			d.Next = now
			err = errors.Join(err, tx.Put(store.Deliveries, d.Event, d))
		}
		return err
	})
}

// due returns at most room deliveries whose time has come, and how long it is until
// the next one's.
func (s *Sender) due(busy map[string]bool, room int) ([]Delivery, time.Duration, error) {
	next := longestWait
	if s.Hold.isHeld() || room <= 0 {
		return nil, next, nil
	}
	now := s.Now()
	var due []Delivery
	err := s.Store.View(func(tx *store.Tx) error {
		return store.Oldest(tx, store.Deliveries, func(_ string, d Delivery) (bool, error) {
			wait := d.Next.Sub(now)
			switch {
			case busy[d.Event]:
			case wait <= 0:
				due = append(due, d)
			default:
				next = min(next, wait)
			}
			return len(due) < room, nil
		})
	})
	return due, next, err
}

// deliver makes one attempt and writes down how it went.
func (s *Sender) deliver(ctx context.Context, d Delivery) {
	var event Event
	err := s.Store.View(func(tx *store.Tx) error {
		found, err := tx.Get(store.Events, d.Event, &event)
		if err == nil && !found {
			return fmt.Errorf("event %s is gone", d.Event)
		}
		return err
	})
	if err == nil {
		err = s.send(ctx, &event)
	}
	if ctx.Err() != nil {
		return // the attempt was cut short by our own end, and is made again
	}
	if err := s.record(d, err); err != nil {
		s.Log.Error("cannot record a webhook's delivery; it will be sent again", "event", d.Event, "error", err)
	}
}

func (s *Sender) send(ctx context.Context, event *Event) error {
	times := s.Hold.times()
	if times == 0 {
		s.Log.Warn("webhook lost on purpose", "event", event.ID, "type", event.Type)
		return nil
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", event.ID, err)
	}
	var failures []error
	for range times {
		failures = append(failures, s.post(ctx, payload))
	}
	// One arrival is enough.
	if slices.Contains(failures, nil) {
		return nil
	}
	return errors.Join(failures...)
}

func (s *Sender) post(ctx context.Context, payload []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("address webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (Usher test double; not Stripe)")
	req.Header.Set(SignatureHeader, Sign(payload, s.Secret, s.Now()))
	res, err := s.Client.Do(req)
	if err != nil {
		return fmt.Errorf("send webhook: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, drainAnswer) // so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("%s answered %s", s.URL, res.Status)
	}
	return nil
}

// record forgets a delivery that arrived or was tried for too long, and plans the
// next attempt of any other.
func (s *Sender) record(d Delivery, failure error) error {
	now := s.Now()
	d.Attempts++
	over := failure == nil
	if failure != nil {
		d.Reason = failure.Error()
		d.Next = now.Add(Wait(d.Attempts))
		if over = d.Next.Sub(d.Since) > GiveUpAfter; over {
			s.Log.Error("webhook given up", "event", d.Event, "attempts", d.Attempts, "reason", d.Reason)
		} else {
			s.Log.Warn("webhook not delivered", "event", d.Event, "attempts", d.Attempts, "next", d.Next, "reason", d.Reason)
		}
	}
	return s.Store.Update(func(tx *store.Tx) error {
		// It may have been cleared meanwhile.
		if found, err := tx.Get(store.Deliveries, d.Event, &Delivery{}); err != nil || !found {
			return err
		}
		if !over {
			return tx.Put(store.Deliveries, d.Event, d)
		}
		if err := tx.Delete(store.Deliveries, d.Event); err != nil {
			return err
		}
		var event Event
		found, err := tx.Get(store.Events, d.Event, &event)
		if err != nil || !found {
			return err
		}
		event.PendingWebhooks = 0
		return tx.Put(store.Events, d.Event, event)
	})
}
