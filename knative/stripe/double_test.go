package stripe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	stripehook "github.com/stripe/stripe-go/v76/webhook"

	"usher.example/knative/stripe"
)

const (
	formType      = "application/x-www-form-urlencoded"
	webhookSecret = "whsec_test_double"
	waitFor       = 10 * time.Second // for what happens within milliseconds
)

// double is a running test double with an application that hears its webhooks.
type double struct {
	*client.API
	t      *testing.T
	url    string
	public string // publishable key
	heard  *hearing
}

type option func(*stripe.Config)

// start runs a double that ends with the test.
func start(t *testing.T, options ...option) *double {
	t.Helper()
	heard := newHearing(t)
	server := httptest.NewUnstartedServer(nil)
	config := stripe.Config{
		Data: filepath.Join(t.TempDir(), "stripe.db"), WebhookURL: heard.url, WebhookSecret: webhookSecret,
		PublicURL: "http://" + server.Listener.Addr().String(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, change := range options {
		change(&config)
	}
	d, err := stripe.Open(config)
	if err != nil {
		t.Fatalf("open the double: %v", err)
	}
	server.Config.Handler = d.Handler()
	server.Start()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	t.Cleanup(func() {
		d.Release()
		server.Close()
		cancel()
		running.Wait()
		if err := d.Close(); err != nil {
			t.Errorf("close the double: %v", err)
		}
	})
	return &double{API: clientOf(server.URL, stripe.DefaultSecretKey), t: t, url: server.URL, public: "pk_test_usher_double", heard: heard}
}

// clientOf is stripe-go as functions use it, except that it does not retry: tests
// look at each answer.
func clientOf(url, key string) *client.API {
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		URL: stripego.String(url), MaxNetworkRetries: stripego.Int64(0), LeveledLogger: &stripego.LeveledLogger{Level: stripego.LevelNull},
		// A connection used again would let net/http retry calls that were cut off.
		HTTPClient: &http.Client{Timeout: waitFor, Transport: &http.Transport{DisableKeepAlives: true}},
	})
	return client.New(key, &stripego.Backends{API: backend, Connect: backend, Uploads: backend})
}

// authorize makes an order's payment with a card, to be captured later.
func (d *double) authorize(order, method string) (*stripego.PaymentIntent, error) {
	p := &stripego.PaymentIntentParams{
		Amount: stripego.Int64(4200), Currency: stripego.String("usd"), PaymentMethodTypes: []*string{stripego.String("card")}, CaptureMethod: stripego.String("manual"),
		PaymentMethod: stripego.String(method), Confirm: stripego.Bool(true), ReturnURL: stripego.String("http://shop.example/orders/1?tab=a#top"),
	}
	p.AddMetadata("order_id", order)
	return d.PaymentIntents.New(p)
}

func (d *double) mustAuthorize(order, method string) *stripego.PaymentIntent {
	d.t.Helper()
	in, err := d.authorize(order, method)
	if err != nil {
		d.t.Fatalf("authorize with %s: %v", method, err)
	}
	return in
}

// call sends a raw request and returns the answer and its body.
func (d *double) call(method, path, body string, headers ...string) (*http.Response, []byte) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	quiet := &http.Client{Timeout: waitFor, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := quiet.Do(req)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	return res, answer
}

// control uses one of the controls and decodes its answer into v, unless it is nil.
func (d *double) control(method, path string, body, v any) {
	d.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			d.t.Fatal(err)
		}
	}
	res, answer := d.call(method, path, string(raw), "Content-Type", "application/json")
	if res.StatusCode >= 300 {
		d.t.Fatalf("%s %s answered %s: %s", method, path, res.Status, answer)
	}
	if v != nil {
		if err := json.Unmarshal(answer, v); err != nil {
			d.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}

func (d *double) ledger(order string) stripe.Ledger {
	d.t.Helper()
	var l stripe.Ledger
	d.control(http.MethodGet, "/_double/ledger?order_id="+order, nil, &l)
	return l
}

// sums of one order, which must have payments.
func (d *double) sums(order string) stripe.Sums {
	d.t.Helper()
	l := d.ledger(order)
	if len(l.Orders) != 1 {
		d.t.Fatalf("the ledger has %d orders called %s; want 1", len(l.Orders), order)
	}
	return l.Orders[0].Sums
}

// refusal is the error as stripe-go gives it.
func refusal(t *testing.T, err error) *stripego.Error {
	t.Helper()
	var e *stripego.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v; want Stripe's error", err)
	}
	return e
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(waitFor)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, waitFor)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// hearing is an application that verifies webhooks as stripe-go does.
type hearing struct {
	url string

	mu     sync.Mutex
	events []stripego.Event
	bad    []error
	refuse int // so many of the next are answered with 503
}

func newHearing(t *testing.T) *hearing {
	h := &hearing{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, err := range h.bad {
			t.Errorf("a webhook was not acceptable: %v", err)
		}
	})
	h.url = server.URL
	return h
}

func (h *hearing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, err := body.ReadFrom(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse > 0 {
		h.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	event, signature := stripehook.ConstructEvent(body.Bytes(), r.Header.Get("Stripe-Signature"), webhookSecret)
	if err = errors.Join(err, signature); err != nil {
		h.bad = append(h.bad, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.events = append(h.events, event)
}

func (h *hearing) count(eventType string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, e := range h.events {
		if string(e.Type) == eventType {
			n++
		}
	}
	return n
}

// last returns the newest event of a type.
func (h *hearing) last(eventType string) (stripego.Event, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.events) - 1; i >= 0; i-- {
		if string(h.events[i].Type) == eventType {
			return h.events[i], true
		}
	}
	return stripego.Event{}, false
}
