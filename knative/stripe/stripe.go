package stripe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// DefaultSecretKey is the double's own key, and all it takes for one by default.
const DefaultSecretKey = "sk_test_usher_double"

// Prefixes of Stripe's keys.
const (
	testSecretPrefix = "sk_test_"
	testPublicPrefix = "pk_test_"
	livePrefix       = "sk_live_"
	restrictedLive   = "rk_live_"
	webhookPrefix    = "whsec_"
)

// Config says what a double needs to know.
type Config struct {
	Data          string // file
	SecretKey     string // sk_test_…; empty means DefaultSecretKey
	PublicKey     string // pk_test_…; empty means the secret key with that prefix
	WebhookURL    string // empty means that nobody is told
	WebhookSecret string // whsec_…; required with WebhookURL
	WebhookEvents []string
	AnyAmount     bool   // take amounts below Stripe's minimum charge
	PublicURL     string // where browsers reach the double, without a path
	Now           func() time.Time
	Log           *slog.Logger
}

// Check completes the configuration with its defaults and tells everything that is
// wrong with it.
func (c *Config) Check() error {
	var wrong []error
	if c.SecretKey == "" {
		c.SecretKey = DefaultSecretKey
	}
	switch {
	case isLive(c.SecretKey):
		wrong = append(wrong, errors.New("the secret key is a live key; this is a test double and must not be given one"))
	case !strings.HasPrefix(c.SecretKey, testSecretPrefix):
		wrong = append(wrong, fmt.Errorf("the secret key must begin with %s", testSecretPrefix))
	case c.PublicKey == "":
		c.PublicKey = testPublicPrefix + strings.TrimPrefix(c.SecretKey, testSecretPrefix)
	case !strings.HasPrefix(c.PublicKey, testPublicPrefix):
		wrong = append(wrong, fmt.Errorf("the publishable key must begin with %s", testPublicPrefix))
	}
	if c.WebhookURL != "" {
		if !isWebURL(c.WebhookURL) {
			wrong = append(wrong, fmt.Errorf("the webhook address %q is not an http or https URL", c.WebhookURL))
		}
		if !strings.HasPrefix(c.WebhookSecret, webhookPrefix) {
			wrong = append(wrong, fmt.Errorf("webhooks need a secret that begins with %s", webhookPrefix))
		}
	}
	for _, t := range c.WebhookEvents {
		if !slices.Contains(payment.EventTypes(), t) {
			wrong = append(wrong, fmt.Errorf("no webhook event is called %q; there are %s", t, strings.Join(payment.EventTypes(), ", ")))
		}
	}
	if !isWebURL(c.PublicURL) {
		wrong = append(wrong, fmt.Errorf("the public address %q is not an http or https URL", c.PublicURL))
	}
	if c.Data == "" {
		wrong = append(wrong, errors.New("the data file is not named"))
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return errors.Join(wrong...)
}

func isLive(key string) bool {
	return strings.HasPrefix(key, livePrefix) || strings.HasPrefix(key, restrictedLive)
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// Double is a running test double.
type Double struct {
	config Config
	store  *store.Store
	ids    payment.IDs
	sender *webhook.Sender // nil when nobody is told
	faults *faults
	flight *flight
	log    *slog.Logger
	closed chan struct{}
	close  sync.Once
}

// Open checks the configuration and opens the data file. Run must be called for
// webhooks to be sent, and Close in the end.
func Open(config Config) (*Double, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	s, err := store.Open(config.Data)
	if err != nil {
		return nil, err
	}
	d := &Double{
		config: config, store: s, ids: &payment.RandomIDs{Now: config.Now}, log: config.Log,
		faults: &faults{}, flight: newFlight(), closed: make(chan struct{}),
	}
	if config.WebhookURL != "" {
		d.sender = webhook.NewSender(s, config.WebhookURL, config.WebhookSecret, config.Now, config.Log)
	}
	return d, nil
}

// forgetEvery is how often what is too old is thrown away.
const forgetEvery = time.Hour

// Run sends webhooks and forgets what is too old, until ctx ends.
func (d *Double) Run(ctx context.Context) {
	var running sync.WaitGroup
	if d.sender != nil {
		running.Go(func() { d.sender.Run(ctx) })
	}
	ticker := time.NewTicker(forgetEvery)
	defer ticker.Stop()
	for {
		if err := d.forget(); err != nil {
			d.log.Error("cannot forget what is too old", "error", err)
		}
		select {
		case <-ctx.Done():
			running.Wait()
			return
		case <-ticker.C:
		}
	}
}

// Close lets go of requests that a fault holds, and of the data file. The server
// must take no more requests.
func (d *Double) Close() error {
	d.Release()
	return d.store.Close()
}

// Release lets go of requests that a fault holds, so that a server can end.
func (d *Double) Release() { d.close.Do(func() { close(d.closed) }) }

// Handler serves the API, the controls and the pages.
func (d *Double) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, op := range operations() {
		mux.Handle(op.pattern, d.serve(op))
	}
	mux.HandleFunc("/v1/", d.unrecognized)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	own := http.NewServeMux()
	d.controls(own)
	d.pages(own)
	// A page of somebody else must not drive the controls through a browser.
	mux.Handle("/", http.NewCrossOriginProtection().Handler(own))
	return mux
}
