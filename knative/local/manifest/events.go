package manifest

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"usher.example/knative/broker/contract"
	"usher.example/knative/local/plan"
)

const (
	parallelismAnnotation = "usher.example/parallelism"
	orderedAnnotation     = "usher.example/ordered"
)

// contract says which Brokers there are and which Triggers listen, with every reference resolved to an address here.
func (o *objects) contract(at Addresses) (*contract.Contract, error) {
	c := &contract.Contract{Brokers: []contract.Broker{}}
	index := map[string]int{}
	for i, b := range o.brokers {
		index[b.Namespace+"/"+b.Name] = i
		c.Brokers = append(c.Brokers, contract.Broker{
			UID: uid(b.Namespace, b.Name), Namespace: b.Namespace, Name: b.Name, Triggers: []contract.Trigger{},
		})
	}
	for _, t := range o.triggers {
		i, ok := index[t.Namespace+"/"+t.Spec.Broker]
		if !ok {
			return nil, fmt.Errorf("Trigger %s: there is no Broker %s in its namespace %q", t.Name, t.Spec.Broker, t.Namespace)
		}
		trigger, err := o.trigger(t, o.brokers[i], at)
		if err != nil {
			return nil, fmt.Errorf("Trigger %s: %w", t.Name, err)
		}
		c.Brokers[i].Triggers = append(c.Brokers[i].Triggers, trigger)
	}
	c.Complete()
	return c, c.Validate()
}

// uid names an object for as long as the data folder lives, where a namespaced name means one thing. An underscore is
// in no name, so two objects never share one.
func uid(namespace, name string) string { return namespace + "_" + name }

func (o *objects) trigger(t *eventingv1.Trigger, b *eventingv1.Broker, at Addresses) (contract.Trigger, error) {
	out := contract.Trigger{
		UID: uid(t.Namespace, t.Name), Namespace: t.Namespace, Name: t.Name,
		Filters: t.Spec.Filters,
	}
	if audience := t.Spec.Subscriber.Audience; audience != nil {
		out.Audience = *audience
	}
	if t.Spec.Filter != nil {
		out.Filter = t.Spec.Filter.Attributes
	}
	var err error
	if out.Subscriber, err = o.resolve(&t.Spec.Subscriber, t.Namespace, at); err != nil {
		return out, fmt.Errorf("subscriber: %w", err)
	}
	// A Trigger's delivery replaces its Broker's as a whole.
	out.Delivery = t.Spec.Delivery
	if out.Delivery == nil && b.Spec.Delivery != nil {
		out.Delivery = b.Spec.Delivery.DeepCopy()
	}
	if out.Delivery != nil && out.Delivery.DeadLetterSink != nil {
		if out.DeadLetterSink, err = o.resolve(out.Delivery.DeadLetterSink, t.Namespace, at); err != nil {
			return out, fmt.Errorf("delivery.deadLetterSink: %w", err)
		}
	}
	if value, ok := t.Annotations[parallelismAnnotation]; ok {
		if out.Parallelism, err = strconv.Atoi(value); err != nil || out.Parallelism < 1 || out.Parallelism > contract.MaxParallelism {
			return out, fmt.Errorf("%s: %q is not a number from 1 to %d", parallelismAnnotation, value, contract.MaxParallelism)
		}
	}
	if value, ok := t.Annotations[orderedAnnotation]; ok {
		if out.Ordered, err = strconv.ParseBool(value); err != nil {
			return out, fmt.Errorf("%s: %q is neither true nor false", orderedAnnotation, value)
		}
	}
	return out, nil
}

func (o *objects) ping(s *sourcesv1.PingSource, at Addresses) (plan.Ping, error) {
	s.SetDefaults(context.Background())
	if err := s.Validate(context.Background()); err != nil {
		return plan.Ping{}, err
	}
	p := plan.Ping{
		Namespace: s.Namespace, Name: s.Name,
		Schedule: s.Spec.Schedule, Timezone: s.Spec.Timezone,
		ContentType: s.Spec.ContentType, Data: []byte(s.Spec.Data),
	}
	var err error
	if s.Spec.DataBase64 != "" {
		if p.Data, err = base64.StdEncoding.DecodeString(s.Spec.DataBase64); err != nil {
			return p, fmt.Errorf("dataBase64: %w", err)
		}
	}
	if s.Spec.CloudEventOverrides != nil {
		p.Extensions = s.Spec.CloudEventOverrides.Extensions
	}
	if p.Sink, err = o.resolve(&s.Spec.Sink, s.Namespace, at); err != nil {
		return p, fmt.Errorf("sink: %w", err)
	}
	return p, nil
}

// resolve turns a reference to a Service or a Broker, or an absolute URI, into a URL. With both, the URI is relative to
// what is referred to.
func (o *objects) resolve(d *duckv1.Destination, namespace string, at Addresses) (string, error) {
	if d.Ref == nil {
		if d.URI == nil || !d.URI.URL().IsAbs() {
			return "", fmt.Errorf("it must have a ref, or an absolute uri")
		}
		return d.URI.String(), nil
	}
	root, err := o.refer(d.Ref, namespace, at)
	if err != nil || d.URI == nil {
		return root, err
	}
	if d.URI.URL().IsAbs() {
		return "", fmt.Errorf("beside a ref, uri must be relative")
	}
	return strings.TrimSuffix(root, "/") + "/" + strings.TrimPrefix(d.URI.String(), "/"), nil
}

func (o *objects) refer(ref *duckv1.KReference, namespace string, at Addresses) (string, error) {
	if ref.Namespace != "" {
		namespace = ref.Namespace
	}
	switch group, _, _ := strings.Cut(ref.APIVersion, "/"); {
	case ref.Kind == "Service" && (group == "serving.knative.dev" || ref.Group == "serving.knative.dev"):
		for _, s := range o.services {
			if s.Name == ref.Name && s.Namespace == namespace {
				return "http://" + at.Functions + "/" + s.Name + "/", nil
			}
		}
	case ref.Kind == "Broker" && (group == "eventing.knative.dev" || ref.Group == "eventing.knative.dev"):
		for _, b := range o.brokers {
			if b.Name == ref.Name && b.Namespace == namespace {
				return "http://" + at.Broker + "/" + b.Namespace + "/" + b.Name, nil
			}
		}
	default:
		return "", fmt.Errorf("ref must be a Knative Service or a Broker, not %s %s", ref.APIVersion, ref.Kind)
	}
	return "", fmt.Errorf("there is no %s %s in namespace %q", ref.Kind, ref.Name, namespace)
}
