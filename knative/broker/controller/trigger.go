package controller

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	apierrs "k8s.io/apimachinery/pkg/api/errors"
	"knative.dev/pkg/controller"
	"knative.dev/pkg/reconciler"
	"knative.dev/pkg/resolver"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	"knative.dev/eventing/pkg/apis/eventing"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	triggerreconciler "knative.dev/eventing/pkg/client/injection/reconciler/eventing/v1/trigger"
	eventinglisters "knative.dev/eventing/pkg/client/listers/eventing/v1"

	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/filter"
)

// triggerReconciler puts the Triggers of our Brokers into the contract.
type triggerReconciler struct {
	contract *contractMap
	plane    DataPlane
	resolver *resolver.URIResolver
	brokers  eventinglisters.BrokerLister
}

var (
	_ triggerreconciler.Interface = (*triggerReconciler)(nil)
	_ triggerreconciler.Finalizer = (*triggerReconciler)(nil)
)

// ReconcileKind implements triggerreconciler.Interface.
func (r *triggerReconciler) ReconcileKind(ctx context.Context, t *eventingv1.Trigger) reconciler.Event {
	t.Status.MarkDependencySucceeded() // dependencies are not supported, so none is missing
	t.Status.MarkOIDCIdentityCreatedNotSupported()
	b, err := r.brokers.Brokers(t.Namespace).Get(t.Spec.Broker)
	switch {
	case apierrs.IsNotFound(err):
		t.Status.MarkBrokerFailed("BrokerDoesNotExist", "Broker %q does not exist", t.Spec.Broker)
		return nil // the Broker's coming brings us back
	case err != nil:
		t.Status.MarkBrokerFailed("FailedToGetBroker", "Failed to get broker %q : %s", t.Spec.Broker, err)
		return err
	case !ours(b):
		return nil
	}
	t.Status.PropagateBrokerCondition(b.Status.GetTopLevelCondition())
	if err := r.resolve(ctx, b, t); err != nil {
		return err
	}
	entry, err := triggerEntry(b, t)
	if err != nil {
		t.Status.MarkNotSubscribed("Invalid", "%v", err)
		return nil // an edit brings us back
	}
	if err := r.contract.change(ctx, func(c *contract.Contract) { putTrigger(c, string(b.UID), entry) }); err != nil {
		t.Status.MarkNotSubscribed("ContractNotWritten", "%v", err)
		return err
	}
	switch err := r.plane.Serves(ctx, entry.UID, entry.Generation); {
	case errors.Is(err, errPaused):
		t.Status.MarkNotSubscribed("Paused", "%v", err)
		return nil
	case err != nil:
		t.Status.MarkSubscribedUnknown("NotSubscribedYet", "%v", err)
		return controller.NewRequeueAfter(askAgain)
	}
	t.Status.PropagateSubscriptionCondition(&subscribed)
	return nil
}

// FinalizeKind implements triggerreconciler.Finalizer: the data plane deletes the
// Trigger's position.
func (r *triggerReconciler) FinalizeKind(ctx context.Context, t *eventingv1.Trigger) reconciler.Event {
	return r.contract.change(ctx, func(c *contract.Contract) { removeTrigger(c, string(t.UID)) })
}

func ours(b *eventingv1.Broker) bool { return b.GetAnnotations()[eventing.BrokerClassKey] == Class }

// resolve finds the subscriber's URL and the dead letter sink's: the Trigger's own,
// or else the Broker's (C3).
func (r *triggerReconciler) resolve(ctx context.Context, b *eventingv1.Broker, t *eventingv1.Trigger) error {
	address, err := r.resolver.AddressableFromDestinationV1(ctx, within(t.Namespace, t.Spec.Subscriber), t)
	if err != nil {
		t.Status.MarkSubscriberResolvedFailed("Unable to get the Subscriber's URI", "%v", err)
		t.Status.SubscriberURI, t.Status.SubscriberAudience = nil, nil
		return fmt.Errorf("resolve the subscriber: %w", err)
	}
	t.Status.SubscriberURI, t.Status.SubscriberAudience = address.URL, address.Audience
	t.Status.MarkSubscriberResolvedSucceeded()

	t.Status.DeliveryStatus = eventingduckv1.DeliveryStatus{}
	switch {
	case t.Spec.Delivery != nil && t.Spec.Delivery.DeadLetterSink != nil:
		sink, err := r.resolver.AddressableFromDestinationV1(ctx, within(t.Namespace, *t.Spec.Delivery.DeadLetterSink), t)
		if err != nil {
			t.Status.MarkDeadLetterSinkResolvedFailed("Unable to get the dead letter sink's URI", "%v", err)
			return fmt.Errorf("resolve the dead letter sink: %w", err)
		}
		t.Status.DeliveryStatus = eventingduckv1.NewDeliveryStatusFromAddressable(sink)
		t.Status.MarkDeadLetterSinkResolvedSucceeded()
	case b.Spec.Delivery != nil && b.Spec.Delivery.DeadLetterSink != nil:
		if !b.Status.DeliveryStatus.IsSet() {
			t.Status.MarkDeadLetterSinkResolvedFailed("BrokerSinkUnknown", "Broker %s has not resolved its dead letter sink", b.Name)
			return fmt.Errorf("broker %s has not resolved its dead letter sink", b.Name)
		}
		t.Status.DeliveryStatus = b.Status.DeliveryStatus
		t.Status.MarkDeadLetterSinkResolvedSucceeded()
	default:
		t.Status.MarkDeadLetterSinkNotConfigured()
	}
	return nil
}

// triggerEntry is the Trigger as the data plane shall see it. It refuses what the
// data plane could not serve (F5), so that it shows as a condition.
func triggerEntry(b *eventingv1.Broker, t *eventingv1.Trigger) (contract.Trigger, error) {
	spec := t.Spec.Delivery
	if spec == nil {
		spec = b.Spec.Delivery // as a whole, not field by field
	}
	if spec != nil {
		spec = spec.DeepCopy()
		spec.DeadLetterSink = nil // resolved, below
	}
	entry := contract.Trigger{
		UID: string(t.UID), Generation: t.Generation, Namespace: t.Namespace, Name: t.Name,
		Subscriber: t.Status.SubscriberURI.String(), Filters: t.Spec.Filters, Delivery: spec,
		Ordered: t.Annotations[OrderedAnnotation] == "true",
	}
	if audience := t.Status.SubscriberAudience; audience != nil {
		entry.Audience = *audience
	}
	if t.Spec.Filter != nil {
		entry.Filter = t.Spec.Filter.Attributes
	}
	if uri := t.Status.DeliveryStatus.DeadLetterSinkURI; uri != nil {
		entry.DeadLetterSink = uri.String()
	}
	if text := t.Annotations[ParallelismAnnotation]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > contract.MaxParallelism {
			return entry, fmt.Errorf("annotation %s: %q must be a number from 1 to %d", ParallelismAnnotation, text, contract.MaxParallelism)
		}
		entry.Parallelism = n
	}
	_, filterErr := filter.Compile(entry.Filter, entry.Filters)
	_, policyErr := delivery.NewPolicy(spec)
	return entry, errors.Join(filterErr, policyErr)
}
