package manifest

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"usher.example/knative/local/plan"
)

// objects are the manifests by kind, in the order they came.
type objects struct {
	services   []*servingv1.Service
	brokers    []*eventingv1.Broker
	triggers   []*eventingv1.Trigger
	pings      []*sourcesv1.PingSource
	jobs       []*batchv1.Job
	configMaps []*corev1.ConfigMap
	secrets    []*corev1.Secret
	ignored    []string
}

// slot makes room for one more object of a kind, and says which version of the kind it holds; nil for unknown kinds.
func (o *objects) slot(kind schema.GroupKind) (into any, version string) {
	switch kind {
	case schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"}:
		return push(&o.services), "v1"
	case schema.GroupKind{Group: "eventing.knative.dev", Kind: "Broker"}:
		return push(&o.brokers), "v1"
	case schema.GroupKind{Group: "eventing.knative.dev", Kind: "Trigger"}:
		return push(&o.triggers), "v1"
	case schema.GroupKind{Group: "sources.knative.dev", Kind: "PingSource"}:
		return push(&o.pings), "v1"
	case schema.GroupKind{Group: "batch", Kind: "Job"}:
		return push(&o.jobs), "v1"
	case schema.GroupKind{Kind: "ConfigMap"}:
		return push(&o.configMaps), "v1"
	case schema.GroupKind{Kind: "Secret"}:
		return push(&o.secrets), "v1"
	}
	return nil, ""
}

func push[T any](list *[]*T) *T {
	object := new(T)
	*list = append(*list, object)
	return object
}

func (o *objects) plan(at Addresses) (*plan.Plan, error) {
	p := &plan.Plan{
		ConfigMaps: map[string]map[string]string{},
		Secrets:    map[string]map[string]string{},
		Ignored:    o.ignored,
	}
	for _, m := range o.configMaps {
		if len(m.BinaryData) > 0 {
			return nil, fmt.Errorf("ConfigMap %s: binaryData cannot become environment variables; use data", m.Name)
		}
		p.ConfigMaps[m.Name] = m.Data
	}
	for _, s := range o.secrets {
		p.Secrets[s.Name] = secretValues(s)
	}
	for _, b := range o.brokers {
		p.Brokers = append(p.Brokers, b.Namespace+"/"+b.Name)
	}
	for _, s := range o.services {
		service, err := o.service(s)
		if err != nil {
			return nil, fmt.Errorf("Service %s: %w", s.Name, err)
		}
		p.Services = append(p.Services, service)
	}
	for _, j := range o.jobs {
		job, err := jobOf(j)
		if err != nil {
			return nil, fmt.Errorf("Job %s: %w", j.Name, err)
		}
		p.Jobs = append(p.Jobs, job)
	}
	for _, s := range o.pings {
		ping, err := o.ping(s, at)
		if err != nil {
			return nil, fmt.Errorf("PingSource %s: %w", s.Name, err)
		}
		p.Pings = append(p.Pings, ping)
	}
	return p, check(p)
}

// check holds what concerns more than one manifest.
func check(p *plan.Plan) error {
	seen, public := map[string]bool{}, ""
	for _, s := range p.Services {
		if seen[s.Name] {
			return fmt.Errorf("Service %s: there are two of this name; the local runtime knows one namespace", s.Name)
		}
		seen[s.Name] = true
		if s.Public && public != "" {
			return fmt.Errorf("Services %s and %s are both public; label all but one networking.knative.dev/visibility: cluster-local", public, s.Name)
		}
		if s.Public {
			public = s.Name
		}
	}
	if public == "" {
		return fmt.Errorf("no Service is public; one must go without the label networking.knative.dev/visibility: cluster-local")
	}
	return nil
}

func secretValues(s *corev1.Secret) map[string]string {
	values := map[string]string{}
	for k, v := range s.Data {
		values[k] = string(v)
	}
	for k, v := range s.StringData {
		values[k] = v
	}
	return values
}
