// Package dataplane puts the Broker's parts together into a process: ingress,
// dispatcher and dead letters over one store, following one contract file.
package dataplane

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/deadletter"
	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/dispatcher"
	"usher.example/knative/broker/ingress"
	"usher.example/knative/broker/metrics"
	"usher.example/knative/broker/signing"
	"usher.example/knative/broker/store"
)

const (
	// subscribeBefore is how long ingress waits for a new contract's subscriptions
	// before it accepts by it: a new Trigger sees what is accepted after it exists
	// (D15). Beyond it, serving the Triggers that do exist matters more.
	subscribeBefore = 5 * time.Second
	subscribePoll   = 5 * time.Millisecond
)

// Roles choose the parts of a process; the laptop's has both.
type Roles struct {
	Ingress, Dispatcher bool
}

// Options are what a Plane needs.
type Options struct {
	Roles  Roles
	Store  store.Store
	Signer *signing.Signer // nil: a Trigger whose subscriber states an audience is paused
	Now    func() time.Time
	Log    *slog.Logger
}

// Plane is the running parts.
type Plane struct {
	store      store.Store
	log        *slog.Logger
	ingress    *ingress.Handler
	dispatcher *dispatcher.Dispatcher
	sender     *delivery.Sender
	dead       *deadletter.Queues
	metrics    *metrics.Metrics
	applied    chan struct{} // closed once a contract is in force
}

// New makes a Plane without a contract.
func New(o Options) (*Plane, error) {
	if !o.Roles.Ingress && !o.Roles.Dispatcher {
		return nil, errors.New("dataplane: no role chosen")
	}
	p := &Plane{store: o.Store, log: o.Log, metrics: metrics.New(), applied: make(chan struct{})}
	var err error
	if o.Roles.Ingress {
		if p.ingress, err = ingress.New(o.Store, p.metrics, o.Log, o.Now); err != nil {
			return nil, err
		}
	}
	if o.Roles.Dispatcher {
		p.sender = delivery.NewSender(o.Now, o.Signer)
		p.dispatcher, err = dispatcher.New(dispatcher.Options{
			Store: o.Store, Sender: p.sender, Observer: p.metrics, Now: o.Now, Log: o.Log,
		})
		if err != nil {
			return nil, err
		}
		p.dead = deadletter.New(o.Store, o.Log, o.Now, p.metrics.DeadLetters)
	}
	p.metrics.Watch(o.Store, p.dispatcher)
	return p, nil
}

// Follow applies the contract file and each change of it, until ctx ends.
func (p *Plane) Follow(ctx context.Context, path string, poll time.Duration) {
	contract.Watch(ctx, path, poll, p.log, func(c *contract.Contract) { p.Apply(ctx, c) })
}

// Apply puts a contract in force: subscriptions first, then ingress.
func (p *Plane) Apply(ctx context.Context, c *contract.Contract) {
	if p.dispatcher != nil {
		subs := p.dispatcher.Apply(c)
		subs = append(subs, p.dead.Apply(c)...)
		p.store.Want(subs)
		p.awaitSubscriptions(ctx)
	}
	if p.ingress != nil {
		p.ingress.Apply(c)
	}
	select {
	case <-p.applied:
	default:
		close(p.applied)
	}
	p.log.Info("contract in force", "brokers", len(c.Brokers))
}

func (p *Plane) awaitSubscriptions(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, subscribeBefore)
	defer cancel()
	for !p.store.Status().Ready() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(subscribePoll):
		}
	}
}

// Ready is whether a contract is in force and everything in it is served.
func (p *Plane) Ready() bool {
	select {
	case <-p.applied:
		return p.store.Status().Ready()
	default:
		return false
	}
}

// Handler serves everything on one listener: Brokers, dead letters, metrics and
// health. What is no route of the others' is a Broker's path.
func (p *Plane) Handler() http.Handler {
	mux := http.NewServeMux()
	p.registerAdmin(mux)
	if p.ingress != nil {
		mux.Handle("/", p.ingress)
	}
	return mux
}

// PublicHandler serves the Brokers alone.
func (p *Plane) PublicHandler() http.Handler { return p.ingress }

// AdminHandler serves all but the Brokers, for a process whose public port is
// another one.
func (p *Plane) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	p.registerAdmin(mux)
	return mux
}

func (p *Plane) registerAdmin(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", p.health)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Handle("GET /metrics", p.metrics.Handler())
	if p.dispatcher != nil {
		mux.HandleFunc("GET /status", p.status)
		p.dead.Register(mux)
	}
}

func (p *Plane) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	s := p.store.Status()
	if !p.Ready() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": p.Ready(), "live": s.Live, "epoch": s.Epoch, "missing": s.Missing})
}

func (p *Plane) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(contract.Status{
		Ready: p.Ready(), Missing: p.store.Status().Missing, Triggers: p.TriggerStatus(),
	})
}

// TriggerStatus tells about every Trigger that is served here.
func (p *Plane) TriggerStatus() []contract.TriggerStatus { return p.dispatcher.Status() }

// Drain finishes the deliveries under way, as far as ctx allows. Close the store
// after it.
func (p *Plane) Drain(ctx context.Context) {
	if p.dispatcher != nil {
		p.dispatcher.Drain(ctx)
		p.sender.Close()
	}
}
