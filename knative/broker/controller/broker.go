package controller

import (
	"context"
	"fmt"
	"time"

	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	"knative.dev/pkg/controller"
	"knative.dev/pkg/network"
	"knative.dev/pkg/reconciler"
	"knative.dev/pkg/resolver"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	brokerreconciler "knative.dev/eventing/pkg/client/injection/reconciler/eventing/v1/broker"

	"usher.example/knative/broker/contract"
)

// askAgain is how soon a data plane that is not there yet is asked again.
const askAgain = time.Second

// conditions are what a Broker of this class has. Other classes have other parts.
var conditions = apis.NewLivingConditionSet(
	eventingv1.BrokerConditionIngress,
	eventingv1.BrokerConditionAddressable,
	eventingv1.BrokerConditionDeadLetterSinkResolved,
)

// brokerReconciler puts Brokers into the contract.
type brokerReconciler struct {
	contract  *contractMap
	plane     DataPlane
	resolver  *resolver.URIResolver
	namespace string
}

var (
	_ brokerreconciler.Interface = (*brokerReconciler)(nil)
	_ brokerreconciler.Finalizer = (*brokerReconciler)(nil)
)

// ReconcileKind implements brokerreconciler.Interface.
func (r *brokerReconciler) ReconcileKind(ctx context.Context, b *eventingv1.Broker) reconciler.Event {
	if err := r.resolveSink(ctx, b); err != nil {
		return err
	}
	entry := contract.Broker{UID: string(b.UID), Generation: b.Generation, Namespace: b.Namespace, Name: b.Name}
	if err := r.contract.change(ctx, func(c *contract.Contract) { putBroker(c, entry) }); err != nil {
		r.ingressFailed(b, "ContractNotWritten", err)
		return err
	}
	path := "/" + b.Namespace + "/" + b.Name
	if err := r.plane.Accepts(ctx, path); err != nil {
		r.ingressFailed(b, "IngressNotReady", err)
		return controller.NewRequeueAfter(askAgain)
	}
	manager := b.GetConditionSet().Manage(&b.Status)
	manager.MarkTrue(eventingv1.BrokerConditionIngress)
	b.Status.SetAddress(&duckv1.Addressable{
		Name: ptr("http"),
		URL:  &apis.URL{Scheme: "http", Host: network.GetServiceHostname(IngressService, r.namespace), Path: path},
	})
	return nil
}

// FinalizeKind implements brokerreconciler.Finalizer: the data plane forgets the
// Broker and deletes its Triggers' positions.
func (r *brokerReconciler) FinalizeKind(ctx context.Context, b *eventingv1.Broker) reconciler.Event {
	return r.contract.change(ctx, func(c *contract.Contract) { removeBroker(c, string(b.UID)) })
}

func (r *brokerReconciler) ingressFailed(b *eventingv1.Broker, reason string, err error) {
	b.GetConditionSet().Manage(&b.Status).MarkFalse(eventingv1.BrokerConditionIngress, reason, "%v", err)
}

func (r *brokerReconciler) resolveSink(ctx context.Context, b *eventingv1.Broker) error {
	if b.Spec.Delivery == nil || b.Spec.Delivery.DeadLetterSink == nil {
		b.Status.MarkDeadLetterSinkNotConfigured()
		return nil
	}
	address, err := r.resolver.AddressableFromDestinationV1(ctx, within(b.Namespace, *b.Spec.Delivery.DeadLetterSink), b)
	if err != nil {
		b.Status.MarkDeadLetterSinkResolvedFailed("Unable to get the DeadLetterSink's URI", "%v", err)
		return fmt.Errorf("resolve the dead letter sink: %w", err)
	}
	b.Status.MarkDeadLetterSinkResolvedSucceeded(eventingduckv1.NewDeliveryStatusFromAddressable(address))
	return nil
}

// within gives a reference without a namespace that of the object that holds it.
func within(namespace string, d duckv1.Destination) duckv1.Destination {
	if d.Ref != nil && d.Ref.Namespace == "" {
		ref := *d.Ref
		ref.Namespace = namespace
		d.Ref = &ref
	}
	return d
}

func ptr[T any](v T) *T { return &v }
