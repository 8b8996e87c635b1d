package controller

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgotesting "k8s.io/client-go/testing"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	addressable "knative.dev/pkg/client/injection/ducks/duck/v1/addressable"
	_ "knative.dev/pkg/client/injection/ducks/duck/v1/addressable/fake"
	fakekubeclient "knative.dev/pkg/client/injection/kube/client/fake"
	"knative.dev/pkg/configmap"
	"knative.dev/pkg/controller"
	logtesting "knative.dev/pkg/logging/testing"
	rtesting "knative.dev/pkg/reconciler/testing"
	"knative.dev/pkg/resolver"
	"knative.dev/pkg/tracker"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	fakeeventingclient "knative.dev/eventing/pkg/client/injection/client/fake"
	brokerreconciler "knative.dev/eventing/pkg/client/injection/reconciler/eventing/v1/broker"
	triggerreconciler "knative.dev/eventing/pkg/client/injection/reconciler/eventing/v1/trigger"
	. "knative.dev/eventing/pkg/reconciler/testing/v1"

	"usher.example/knative/broker/contract"
)

const (
	ns         = "test-ns"
	brokerName = "br"
	brokerUID  = "uid-br"
	subscriber = "http://subscriber.example/path"
	sinkURL    = "http://sink.example"
)

// plane is a data plane that has come as far as its row says.
type plane struct{ accepts, serves error }

func (p plane) Accepts(context.Context, string) error       { return p.accepts }
func (p plane) Serves(context.Context, string, int64) error { return p.serves }

// planeOf takes the row's data plane out of its test data; without one all is well.
func planeOf(row *rtesting.TableRow) plane {
	p, _ := row.OtherTestData["plane"].(plane)
	return p
}

func withPlane(p plane) map[string]any { return map[string]any{"plane": p} }

// run runs a table against one of the reconcilers.
func run(t *testing.T, table rtesting.TableTest, kind string) {
	t.Helper()
	logger := logtesting.TestLogger(t)
	for i := range table {
		row := &table[i]
		t.Run(row.Name, func(t *testing.T) {
			row.Test(t, MakeFactory(func(ctx context.Context, listers *Listers, _ configmap.Watcher) controller.Reconciler {
				ctx = addressable.WithDuck(ctx)
				eventingv1.RegisterAlternateBrokerConditionSet(conditions)
				cm := &contractMap{client: fakekubeclient.Get(ctx), namespace: ns}
				uris := resolver.NewURIResolverFromTracker(ctx, tracker.New(func(types.NamespacedName) {}, 0))
				if kind == "broker" {
					r := &brokerReconciler{contract: cm, plane: planeOf(row), resolver: uris, namespace: ns}
					return brokerreconciler.NewReconciler(ctx, logger, fakeeventingclient.Get(ctx), listers.GetBrokerLister(),
						controller.GetEventRecorder(ctx), r, Class, controller.Options{FinalizerName: brokerFinalizer})
				}
				r := &triggerReconciler{contract: cm, plane: planeOf(row), resolver: uris, brokers: listers.GetBrokerLister()}
				return triggerreconciler.NewReconciler(ctx, logger, fakeeventingclient.Get(ctx), listers.GetTriggerLister(),
					controller.GetEventRecorder(ctx), r, controller.Options{FinalizerName: triggerFinalizer})
			}, false, logger))
		})
	}
}

// ourBroker is a Broker of our class with our finalizer, at generation 1.
func ourBroker(options ...BrokerOption) *eventingv1.Broker {
	base := []BrokerOption{
		WithBrokerClass(Class), WithBrokerFinalizers(brokerFinalizer), WithBrokerGeneration(1),
		func(b *eventingv1.Broker) { b.UID = brokerUID },
	}
	return NewBroker(brokerName, ns, append(base, options...)...)
}

func brokerAddress() *duckv1.Addressable {
	return &duckv1.Addressable{Name: ptr("http"), URL: apis.HTTP("broker-ingress." + ns + ".svc.cluster.local").ResolveReference(&apis.URL{Path: "/" + ns + "/" + brokerName})}
}

// ready is a Broker's status once all is well.
func ready(b *eventingv1.Broker) {
	eventingv1.RegisterAlternateBrokerConditionSet(conditions)
	b.Status.InitializeConditions()
	b.Status.ObservedGeneration = b.Generation
	if b.Spec.Delivery == nil || b.Spec.Delivery.DeadLetterSink == nil {
		b.Status.MarkDeadLetterSinkNotConfigured()
	} else {
		b.Status.MarkDeadLetterSinkResolvedSucceeded(sinkStatus())
	}
	b.GetConditionSet().Manage(&b.Status).MarkTrue(eventingv1.BrokerConditionIngress)
	b.Status.SetAddress(brokerAddress())
}

func sinkStatus() eventingduckv1.DeliveryStatus {
	u, _ := apis.ParseURL(sinkURL)
	return eventingduckv1.DeliveryStatus{DeadLetterSinkURI: u}
}

func withSink(b *eventingv1.Broker) {
	u, _ := apis.ParseURL(sinkURL)
	b.Spec.Delivery = &eventingduckv1.DeliverySpec{Retry: ptr[int32](7), DeadLetterSink: &duckv1.Destination{URI: u}}
}

// document is the ConfigMap that holds these Brokers.
func document(t *testing.T, brokers ...contract.Broker) *corev1.ConfigMap {
	t.Helper()
	c := contract.Contract{Brokers: brokers}
	c.Complete()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: ConfigMapName},
		Data:       map[string]string{ConfigMapKey: string(raw)},
	}
}

func entry(generation int64, triggers ...contract.Trigger) contract.Broker {
	return contract.Broker{UID: brokerUID, Generation: generation, Namespace: ns, Name: brokerName, Triggers: triggers}
}

func updates(objects ...runtime.Object) (out []clientgotesting.UpdateActionImpl) {
	for _, o := range objects {
		out = append(out, clientgotesting.UpdateActionImpl{Object: o})
	}
	return out
}

func dropFinalizer(name string) clientgotesting.PatchActionImpl {
	p := clientgotesting.PatchActionImpl{Name: name, Patch: []byte(`{"metadata":{"finalizers":[],"resourceVersion":""}}`)}
	p.Namespace = ns
	return p
}

func TestBrokers(t *testing.T) {
	const key = ns + "/" + brokerName
	existing := contract.Trigger{UID: "t1", Namespace: ns, Name: "t", Subscriber: subscriber}
	run(t, rtesting.TableTest{
		{Name: "a bad key is left alone", Key: "too/many/parts"},
		{Name: "one that is gone is left alone", Key: key},
		{
			Name: "C5 another class is left alone", Key: key,
			Objects: []runtime.Object{NewBroker(brokerName, ns, WithBrokerClass("MTChannelBasedBroker"))},
		},
		{
			Name: "C1 it becomes ready with an address and its generation", Key: key,
			Objects:           []runtime.Object{ourBroker()},
			WantCreates:       []runtime.Object{document(t, entry(1))},
			WantStatusUpdates: updates(ourBroker(ready)),
		},
		{
			Name: "C1 a ready one needs nothing", Key: key,
			Objects: []runtime.Object{ourBroker(ready), document(t, entry(1))},
		},
		{
			Name: "C1 an edit keeps the Triggers' positions", Key: key,
			Objects:           []runtime.Object{ourBroker(ready, WithBrokerGeneration(2)), document(t, entry(1, existing))},
			WantUpdates:       updates(document(t, entry(2, existing))),
			WantStatusUpdates: updates(ourBroker(ready, WithBrokerGeneration(2), func(b *eventingv1.Broker) { b.Status.ObservedGeneration = 2 })),
		},
		{
			Name: "C1 the dead letter sink's address is shown", Key: key,
			Objects:           []runtime.Object{ourBroker(withSink), document(t, entry(1))},
			WantStatusUpdates: updates(ourBroker(withSink, ready)),
		},
		{
			Name: "C1 it is not ready while an ingress does not accept for it", Key: key,
			Objects:       []runtime.Object{ourBroker(), document(t, entry(1))},
			OtherTestData: withPlane(plane{accepts: errors.New("ingress is starting")}),
			WantErr:       true,
			WantStatusUpdates: updates(ourBroker(WithInitBrokerConditions, WithBrokerStatusObservedGeneration(1), WithDLSNotConfigured(),
				WithIngressFailed("IngressNotReady", "ingress is starting"))),
		},
		{
			Name: "a deleted one leaves the contract", Key: key,
			Objects:     []runtime.Object{ourBroker(ready, WithBrokerDeletionTimestamp), document(t, entry(1, existing))},
			WantUpdates: updates(document(t)),
			WantPatches: []clientgotesting.PatchActionImpl{dropFinalizer(brokerName)},
			WantEvents:  []string{rtesting.Eventf(corev1.EventTypeNormal, "FinalizerUpdate", `Updated "br" finalizers`)},
		},
	}, "broker")
}

func ourTrigger(options ...TriggerOption) *eventingv1.Trigger {
	base := []TriggerOption{
		WithTriggerUID("t1"), WithTriggerGeneration(3), WithTriggerSubscriberURI(subscriber),
		func(t *eventingv1.Trigger) { t.Finalizers = []string{triggerFinalizer} },
	}
	return NewTrigger("t", ns, brokerName, append(base, options...)...)
}

func triggerOf(change func(*contract.Trigger)) contract.Trigger {
	t := contract.Trigger{UID: "t1", Generation: 3, Namespace: ns, Name: "t", Subscriber: subscriber}
	if change != nil {
		change(&t)
	}
	return t
}

// progress is a Trigger's status up to its subscription.
func progress(sink bool) TriggerOption {
	return func(t *eventingv1.Trigger) {
		t.Status.InitializeConditions()
		t.Status.ObservedGeneration = 3
		t.Status.MarkDependencySucceeded()
		t.Status.MarkOIDCIdentityCreatedNotSupported()
		t.Status.PropagateBrokerCondition(&apis.Condition{Type: apis.ConditionReady, Status: corev1.ConditionTrue})
		t.Status.SubscriberURI, _ = apis.ParseURL(subscriber)
		t.Status.MarkSubscriberResolvedSucceeded()
		if sink {
			t.Status.DeliveryStatus = sinkStatus()
			t.Status.MarkDeadLetterSinkResolvedSucceeded()
		} else {
			t.Status.MarkDeadLetterSinkNotConfigured()
		}
	}
}

func TestTriggers(t *testing.T) {
	const key = ns + "/t"
	retry := func(n int32) *eventingduckv1.DeliverySpec { return &eventingduckv1.DeliverySpec{Retry: &n} }
	// Admission lets this one pass: a negation of nothing.
	invalid := WithTriggerFilters([]eventingv1.SubscriptionsAPIFilter{{Not: &eventingv1.SubscriptionsAPIFilter{}}})
	service := NewService("sub", ns)
	const noService = `failed to get object test-ns/sub: services "sub" not found`
	upToSubscriber := func(t *eventingv1.Trigger) {
		t.Status.InitializeConditions()
		t.Status.ObservedGeneration = 3
		t.Status.MarkDependencySucceeded()
		t.Status.MarkOIDCIdentityCreatedNotSupported()
		t.Status.PropagateBrokerCondition(&apis.Condition{Type: apis.ConditionReady, Status: corev1.ConditionTrue})
	}
	toService := func(t *eventingv1.Trigger) {
		t.Spec.Subscriber = duckv1.Destination{Ref: &duckv1.KReference{APIVersion: "v1", Kind: "Service", Name: "sub"}, URI: &apis.URL{Path: "/on-order"}}
	}
	forAudience := func(t *eventingv1.Trigger) { t.Spec.Subscriber.Audience = ptr("sub") }
	run(t, rtesting.TableTest{
		{
			Name: "C2 it may precede its Broker", Key: key,
			Objects: []runtime.Object{ourTrigger()},
			WantStatusUpdates: updates(ourTrigger(WithInitTriggerConditions, WithTriggerStatusObservedGeneration(3),
				WithTriggerDependencyReady(), WithTriggerOIDCIdentityCreatedNotSupported(),
				WithTriggerBrokerFailed("BrokerDoesNotExist", `Broker "br" does not exist`))),
		},
		{
			Name: "C6 it is ready once every dispatcher serves it", Key: key,
			Objects:           []runtime.Object{ourBroker(ready), ourTrigger(), document(t, entry(1))},
			WantUpdates:       updates(document(t, entry(1, triggerOf(nil)))),
			WantStatusUpdates: updates(ourTrigger(progress(false), WithTriggerSubscribed())),
		},
		{
			Name: "C6 it is not ready before", Key: key,
			Objects:           []runtime.Object{ourBroker(ready), ourTrigger(), document(t, entry(1, triggerOf(nil)))},
			OtherTestData:     withPlane(plane{serves: errors.New("a dispatcher does not know it yet")}),
			WantErr:           true,
			WantStatusUpdates: updates(ourTrigger(progress(false), WithTriggerSubscribedUnknown("NotSubscribedYet", "a dispatcher does not know it yet"))),
		},
		{
			Name: "C6 a paused one says why", Key: key,
			Objects:           []runtime.Object{ourBroker(ready), ourTrigger(), document(t, entry(1, triggerOf(nil)))},
			OtherTestData:     withPlane(plane{serves: errPaused}),
			WantStatusUpdates: updates(ourTrigger(progress(false), WithTriggerNotSubscribed("Paused", errPaused.Error()))),
		},
		{
			Name: "F5 an invalid filter shows and does not reach the data plane", Key: key,
			Objects: []runtime.Object{ourBroker(ready), ourTrigger(invalid), document(t, entry(1))},
			WantStatusUpdates: updates(ourTrigger(invalid, progress(false),
				WithTriggerNotSubscribed("Invalid", "filters[0].not: no dialect; set exact, prefix, suffix, all, any, not or cesql"))),
		},
		{
			Name: "C3 the Broker's delivery is taken as a whole", Key: key,
			Objects: []runtime.Object{ourBroker(withSink, ready), ourTrigger(), document(t, entry(1))},
			WantUpdates: updates(document(t, entry(1, triggerOf(func(t *contract.Trigger) {
				t.Delivery, t.DeadLetterSink = retry(7), sinkURL
			})))),
			WantStatusUpdates: updates(ourTrigger(progress(true), WithTriggerSubscribed())),
		},
		{
			Name: "C3 the Trigger's delivery replaces it, the sink stays", Key: key,
			Objects: []runtime.Object{ourBroker(withSink, ready), ourTrigger(WithTriggerRetry(2, nil, nil)), document(t, entry(1))},
			WantUpdates: updates(document(t, entry(1, triggerOf(func(t *contract.Trigger) {
				t.Delivery, t.DeadLetterSink = retry(2), sinkURL
			})))),
			WantStatusUpdates: updates(ourTrigger(WithTriggerRetry(2, nil, nil), progress(true), WithTriggerSubscribed())),
		},
		{
			Name: "C4 a reference and a path make the subscriber", Key: key,
			Objects: []runtime.Object{ourBroker(ready), ourTrigger(toService), service, document(t, entry(1))},
			WantUpdates: updates(document(t, entry(1, triggerOf(func(t *contract.Trigger) {
				t.Subscriber = "http://sub.test-ns.svc.cluster.local/on-order"
			})))),
			WantStatusUpdates: updates(ourTrigger(toService, progress(false), WithTriggerSubscribed(), func(t *eventingv1.Trigger) {
				t.Status.SubscriberURI, _ = apis.ParseURL("http://sub.test-ns.svc.cluster.local/on-order")
			})),
		},
		{
			Name: "a subscriber's audience is shown, and deliveries are signed for it", Key: key,
			Objects: []runtime.Object{ourBroker(ready), ourTrigger(toService, forAudience), service, document(t, entry(1))},
			WantUpdates: updates(document(t, entry(1, triggerOf(func(t *contract.Trigger) {
				t.Subscriber, t.Audience = "http://sub.test-ns.svc.cluster.local/on-order", "sub"
			})))),
			WantStatusUpdates: updates(ourTrigger(toService, forAudience, progress(false), WithTriggerSubscribed(), func(t *eventingv1.Trigger) {
				t.Status.SubscriberURI, _ = apis.ParseURL("http://sub.test-ns.svc.cluster.local/on-order")
				t.Status.SubscriberAudience = ptr("sub")
			})),
		},
		{
			Name: "C4 a subscriber that is missing shows, and the data plane keeps what it has", Key: key,
			Objects: []runtime.Object{ourBroker(ready), ourTrigger(toService), document(t, entry(1, triggerOf(nil)))},
			WantErr: true,
			WantStatusUpdates: updates(ourTrigger(toService, upToSubscriber, func(t *eventingv1.Trigger) {
				t.Status.MarkSubscriberResolvedFailed("Unable to get the Subscriber's URI", "%s", noService)
			})),
			WantEvents: []string{rtesting.Eventf(corev1.EventTypeWarning, "InternalError", "resolve the subscriber: "+noService)},
		},
		{
			Name: "C2 it is subscribed while its Broker is not ready, and not ready itself", Key: key,
			Objects:     []runtime.Object{ourBroker(WithInitBrokerConditions), ourTrigger(), document(t, entry(1))},
			WantUpdates: updates(document(t, entry(1, triggerOf(nil)))),
			WantStatusUpdates: updates(ourTrigger(progress(false), WithTriggerSubscribed(), func(t *eventingv1.Trigger) {
				t.Status.PropagateBrokerCondition(ourBroker(WithInitBrokerConditions).Status.GetTopLevelCondition())
			})),
		},
		{
			Name: "C2 an edit is served anew", Key: key,
			Objects: []runtime.Object{
				ourBroker(ready), ourTrigger(progress(false), WithTriggerSubscribed(), WithTriggerGeneration(4)), document(t, entry(1, triggerOf(nil))),
			},
			WantUpdates: updates(document(t, entry(1, triggerOf(func(t *contract.Trigger) { t.Generation = 4 })))),
			WantStatusUpdates: updates(ourTrigger(progress(false), WithTriggerSubscribed(), WithTriggerGeneration(4),
				WithTriggerStatusObservedGeneration(4))),
		},
		{
			Name: "annotations ask for order and parallelism", Key: key,
			Objects: []runtime.Object{ourBroker(ready), ourTrigger(WithAnnotation(OrderedAnnotation, "true"), WithAnnotation(ParallelismAnnotation, "400")), document(t, entry(1))},
			WantUpdates: updates(document(t, entry(1, triggerOf(func(t *contract.Trigger) {
				t.Ordered, t.Parallelism = true, 400
			})))),
			WantStatusUpdates: updates(ourTrigger(WithAnnotation(OrderedAnnotation, "true"), WithAnnotation(ParallelismAnnotation, "400"), progress(false), WithTriggerSubscribed())),
		},
		{
			Name: "a deleted one leaves the contract", Key: key,
			Objects:     []runtime.Object{ourBroker(ready), ourTrigger(WithTriggerDeleted), document(t, entry(1, triggerOf(nil)))},
			WantUpdates: updates(document(t, entry(1))),
			WantPatches: []clientgotesting.PatchActionImpl{dropFinalizer("t")},
			WantEvents:  []string{rtesting.Eventf(corev1.EventTypeNormal, "FinalizerUpdate", `Updated "t" finalizers`)},
		},
	}, "trigger")
}
