package dataplane

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/signing"
	"usher.example/knative/broker/store"
)

// DefaultDrain is how long a stopping process waits for deliveries under way. Those
// that take longer are delivered again by the next process.
const DefaultDrain = 10 * time.Second

// Process is one process of the data plane, over a store that somebody else opens
// and closes.
type Process struct {
	Roles Roles
	Store store.Store
	// Addr is where events are accepted and, without AdminAddr, everything else.
	Addr string
	// AdminAddr, if set, keeps health, metrics, status and dead letters off Addr.
	AdminAddr string
	// Contract is the file that is followed.
	Contract string
	// SigningKey is the file with the key that signs deliveries, for subscribers who state an audience.
	SigningKey string
	Drain      time.Duration
	Log        *slog.Logger
	// Failed, if set, tells that the store's server stopped by itself.
	Failed <-chan error
}

// Run serves until ctx ends, then finishes what is under way. It returns an error
// if it cannot begin, or if a listener or the store fails.
func (p Process) Run(ctx context.Context) error {
	if p.Contract == "" {
		return errors.New("a contract file is required; give one with -contract")
	}
	if _, err := contract.Load(p.Contract); err != nil {
		return err
	}
	var signer *signing.Signer
	if p.SigningKey != "" {
		var err error
		if signer, err = signing.New(p.SigningKey, time.Now); err != nil {
			return err
		}
	}
	plane, err := New(Options{Roles: p.Roles, Store: p.Store, Signer: signer, Now: time.Now, Log: p.Log})
	if err != nil {
		return err
	}
	public, admin, err := p.listen(plane)
	if err != nil {
		return err
	}
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		plane.Follow(following, p.Contract, 0)
	}()
	select {
	case <-ctx.Done():
	case err = <-public.Failed():
	case err = <-admin.Failed():
	case err = <-p.Failed:
	}
	unfollow()
	<-followed
	p.Log.Info("broker stopping")
	draining, cancel := context.WithTimeout(context.Background(), p.Drain)
	defer cancel()
	_ = public.Shutdown(draining) // what is cut off gets no 202 and is sent again
	plane.Drain(draining)
	_ = admin.Shutdown(draining)
	return err
}

// listen binds the listeners; without an AdminAddr both are the same.
func (p Process) listen(plane *Plane) (public, admin *Server, err error) {
	if p.AdminAddr == "" {
		public, err = Listen(p.Addr, plane.Handler())
		if err != nil {
			return nil, nil, err
		}
		p.Log.Info("broker listening", "addr", public.Addr())
		return public, public, nil
	}
	admin, err = Listen(p.AdminAddr, plane.AdminHandler())
	if err != nil {
		return nil, nil, err
	}
	if !p.Roles.Ingress {
		p.Log.Info("broker listening", "admin", admin.Addr())
		return admin, admin, nil
	}
	public, err = Listen(p.Addr, plane.PublicHandler())
	if err != nil {
		return nil, nil, err
	}
	p.Log.Info("broker listening", "addr", public.Addr(), "admin", admin.Addr())
	return public, admin, nil
}
