package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"

	"usher.example/knative/broker/contract"
)

const (
	// IngressService is where senders go; its endpoints list every pod's address.
	IngressService = "broker-ingress"
	// DispatcherService lists every dispatcher's address in its endpoints.
	DispatcherService = "broker-dispatcher"
	ingressPort       = 8080
	adminPort         = 9090
	// probeTimeout bounds one question; a process that is slow to answer is not ready.
	probeTimeout = 2 * time.Second
	// maxStatusBytes bounds an answer: some thousand Triggers.
	maxStatusBytes = 4 << 20
)

// DataPlane tells how far the data plane has come. The error says what is missing.
type DataPlane interface {
	// Accepts is whether every ingress accepts events at the path.
	Accepts(ctx context.Context, path string) error
	// Serves is whether every dispatcher has the Trigger subscribed at this or a
	// later generation.
	Serves(ctx context.Context, uid string, generation int64) error
}

// errPaused wraps the reason why a dispatcher cannot serve a Trigger as written.
var errPaused = errors.New("the Trigger cannot be served as it is written")

// probe asks the pods behind the Services.
type probe struct {
	slices    discoverylisters.EndpointSliceLister
	namespace string
	client    *http.Client
}

// Accepts implements DataPlane.
func (p *probe) Accepts(ctx context.Context, path string) error {
	return p.each(IngressService, func(address string) error {
		url := "http://" + net.JoinHostPort(address, strconv.Itoa(ingressPort)) + path
		_, err := p.ask(ctx, http.MethodOptions, url)
		return err
	})
}

// Serves implements DataPlane.
func (p *probe) Serves(ctx context.Context, uid string, generation int64) error {
	return p.each(DispatcherService, func(address string) error {
		body, err := p.ask(ctx, http.MethodGet, "http://"+net.JoinHostPort(address, strconv.Itoa(adminPort))+"/status")
		if err != nil {
			return err
		}
		var s contract.Status
		if err := json.Unmarshal(body, &s); err != nil {
			return fmt.Errorf("dispatcher %s: %w", address, err)
		}
		return serves(s, uid, generation)
	})
}

// serves judges one dispatcher's status.
func serves(s contract.Status, uid string, generation int64) error {
	for _, t := range s.Triggers {
		switch {
		case t.UID != uid:
			continue
		case t.Generation < generation:
			return fmt.Errorf("a dispatcher is still at generation %d", t.Generation)
		case t.Problem != "":
			return fmt.Errorf("%w: %s", errPaused, t.Problem)
		case !t.Subscribed:
			return errors.New("a dispatcher has not subscribed it yet")
		}
		return nil
	}
	return errors.New("a dispatcher does not know it yet")
}

// each asks every pod of a Service; there has to be one.
func (p *probe) each(service string, ask func(address string) error) error {
	slices, err := p.slices.EndpointSlices(p.namespace).List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service}))
	if err != nil {
		return err
	}
	asked := 0
	for _, slice := range slices {
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Terminating != nil && *endpoint.Conditions.Terminating {
				continue
			}
			for _, address := range endpoint.Addresses {
				asked++
				if err := ask(address); err != nil {
					return err
				}
			}
		}
	}
	if asked == 0 {
		return fmt.Errorf("no pod of %s is running", service)
	}
	return nil
}

func (p *probe) ask(ctx context.Context, method, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxStatusBytes))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %d", url, resp.StatusCode)
	}
	return body, nil
}
