package controller

import (
	"context"
	"net/http"
	"slices"

	"go.uber.org/zap"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"
	"knative.dev/pkg/apis"
	kubeclient "knative.dev/pkg/client/injection/kube/client"
	endpointsliceinformer "knative.dev/pkg/client/injection/kube/informers/discovery/v1/endpointslice"
	"knative.dev/pkg/configmap"
	"knative.dev/pkg/controller"
	"knative.dev/pkg/logging"
	"knative.dev/pkg/reconciler"
	"knative.dev/pkg/resolver"
	"knative.dev/pkg/system"

	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	brokerinformer "knative.dev/eventing/pkg/client/injection/informers/eventing/v1/broker"
	triggerinformer "knative.dev/eventing/pkg/client/injection/informers/eventing/v1/trigger"
	brokerreconciler "knative.dev/eventing/pkg/client/injection/reconciler/eventing/v1/broker"
	triggerreconciler "knative.dev/eventing/pkg/client/injection/reconciler/eventing/v1/trigger"
	eventinglisters "knative.dev/eventing/pkg/client/listers/eventing/v1"

	"usher.example/knative/broker/contract"
)

// Finalizers of our own: the default names are for everybody's.
const (
	brokerFinalizer  = "natsstreaming.brokers.eventing.knative.dev"
	triggerFinalizer = "natsstreaming.triggers.eventing.knative.dev"
)

// subscribed is how a Trigger is told that its subscription is well.
var subscribed = apis.Condition{Type: apis.ConditionReady, Status: corev1.ConditionTrue}

func newProbe(ctx context.Context) *probe {
	return &probe{
		slices: endpointsliceinformer.Get(ctx).Lister(), namespace: system.Namespace(),
		client: &http.Client{Timeout: probeTimeout},
	}
}

// NewBrokerController makes the controller of Brokers.
func NewBrokerController(ctx context.Context, _ configmap.Watcher) *controller.Impl {
	eventingv1.RegisterAlternateBrokerConditionSet(conditions)
	brokers := brokerinformer.Get(ctx)
	ofClass := reconciler.AnnotationFilterFunc(brokerreconciler.ClassAnnotationKey, Class, false)
	r := &brokerReconciler{
		contract: &contractMap{client: kubeclient.Get(ctx), namespace: system.Namespace()},
		plane:    newProbe(ctx), namespace: system.Namespace(),
	}
	// The pods of the data plane mount the contract, so it is there before any Broker.
	if err := r.contract.change(ctx, func(*contract.Contract) {}); err != nil {
		logging.FromContext(ctx).Warnw("contract not made yet; the first Broker will", zap.Error(err))
	}
	impl := brokerreconciler.NewImpl(ctx, r, Class, func(*controller.Impl) controller.Options {
		return controller.Options{FinalizerName: brokerFinalizer, PromoteFilterFunc: ofClass}
	})
	r.resolver = resolver.NewURIResolverFromTracker(ctx, impl.Tracker)
	handle(ctx, brokers.Informer(), ofClass, impl.Enqueue)
	resync := func(any) { impl.FilteredGlobalResync(ofClass, brokers.Informer()) }
	handle(ctx, endpointsliceinformer.Get(ctx).Informer(), dataPlaneSlice, resync)
	return impl
}

// NewTriggerController makes the controller of Triggers.
func NewTriggerController(ctx context.Context, _ configmap.Watcher) *controller.Impl {
	triggers, brokers := triggerinformer.Get(ctx), brokerinformer.Get(ctx)
	ofOurs := ourTriggers(brokers.Lister())
	r := &triggerReconciler{
		contract: &contractMap{client: kubeclient.Get(ctx), namespace: system.Namespace()},
		plane:    newProbe(ctx), brokers: brokers.Lister(),
	}
	impl := triggerreconciler.NewImpl(ctx, r, func(*controller.Impl) controller.Options {
		return controller.Options{FinalizerName: triggerFinalizer, PromoteFilterFunc: ofOurs}
	})
	r.resolver = resolver.NewURIResolverFromTracker(ctx, impl.Tracker)
	handle(ctx, triggers.Informer(), ofOurs, impl.Enqueue)
	ofClass := reconciler.AnnotationFilterFunc(brokerreconciler.ClassAnnotationKey, Class, false)
	handle(ctx, brokers.Informer(), ofClass, func(object any) {
		for _, t := range triggersOf(ctx, triggers.Lister(), object) {
			impl.Enqueue(t)
		}
	})
	resync := func(any) { impl.FilteredGlobalResync(ofOurs, triggers.Informer()) }
	handle(ctx, endpointsliceinformer.Get(ctx).Informer(), dataPlaneSlice, resync)
	return impl
}

func handle(ctx context.Context, informer cache.SharedIndexInformer, filter func(any) bool, h func(any)) {
	_, err := informer.AddEventHandler(cache.FilteringResourceEventHandler{FilterFunc: filter, Handler: controller.HandleAll(h)})
	if err != nil {
		logging.FromContext(ctx).Fatalw("informer has stopped before it began", zap.Error(err))
	}
}

// ourTriggers takes the Triggers of our Brokers, and those that carry our finalizer
// although their Broker is gone: nobody else would ever let them go.
func ourTriggers(brokers eventinglisters.BrokerLister) func(any) bool {
	return func(object any) bool {
		t, ok := object.(*eventingv1.Trigger)
		if !ok {
			return false
		}
		if slices.Contains(t.Finalizers, triggerFinalizer) {
			return true
		}
		b, err := brokers.Brokers(t.Namespace).Get(t.Spec.Broker)
		return err == nil && ours(b)
	}
}

// triggersOf lists the Triggers of a Broker, also of one that was just deleted.
func triggersOf(ctx context.Context, triggers eventinglisters.TriggerLister, object any) []*eventingv1.Trigger {
	b, ok := object.(*eventingv1.Broker)
	if !ok {
		return nil
	}
	all, err := triggers.Triggers(b.Namespace).List(labels.Everything())
	if err != nil {
		logging.FromContext(ctx).Errorw("triggers cannot be listed", zap.Error(err))
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(t *eventingv1.Trigger) bool { return t.Spec.Broker != b.Name })
}

// dataPlaneSlice takes the endpoints of ingress and dispatcher.
func dataPlaneSlice(object any) bool {
	accessor, ok := object.(interface {
		GetNamespace() string
		GetLabels() map[string]string
	})
	if !ok || accessor.GetNamespace() != system.Namespace() {
		return false
	}
	service := accessor.GetLabels()["kubernetes.io/service-name"]
	return service == IngressService || service == DispatcherService
}
