package controller

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubefake "k8s.io/client-go/kubernetes/fake"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	_ "knative.dev/pkg/client/injection/kube/informers/discovery/v1/endpointslice/fake"
	rtesting "knative.dev/pkg/reconciler/testing"

	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	_ "knative.dev/eventing/pkg/client/injection/informers/eventing/v1/broker/fake"
	_ "knative.dev/eventing/pkg/client/injection/informers/eventing/v1/trigger/fake"
	eventinglisters "knative.dev/eventing/pkg/client/listers/eventing/v1"
	. "knative.dev/eventing/pkg/reconciler/testing/v1"

	"usher.example/knative/broker/contract"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("SYSTEM_NAMESPACE", ns)
	os.Exit(m.Run())
}

func TestControllersAreMade(t *testing.T) {
	ctx, _ := rtesting.SetupFakeContext(t)
	if NewBrokerController(ctx, nil) == nil || NewTriggerController(ctx, nil) == nil {
		t.Fatal("no controller")
	}
}

func TestC5OnlyOurTriggersAreTaken(t *testing.T) {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	_ = indexer.Add(ourBroker())
	_ = indexer.Add(NewBroker("other", ns, WithBrokerClass("MTChannelBasedBroker")))
	takes := ourTriggers(eventinglisters.NewBrokerLister(indexer))
	for name, tc := range map[string]struct {
		object any
		want   bool
	}{
		"a Trigger of our Broker":                  {NewTrigger("t", ns, brokerName), true},
		"a Trigger of another class":               {NewTrigger("t", ns, "other"), false},
		"a Trigger whose Broker is not there":      {NewTrigger("t", ns, "nobody"), false},
		"one of ours whose Broker is gone":         {NewTrigger("t", ns, "nobody", func(t *eventingv1.Trigger) { t.Finalizers = []string{triggerFinalizer} }), true},
		"a Trigger in a namespace without Brokers": {NewTrigger("t", "elsewhere", brokerName), false},
		"something else":                           {&corev1.Pod{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := takes(tc.object); got != tc.want {
				t.Errorf("taken is %t", got)
			}
		})
	}
}

// TestImmutableFields holds admission, which the eventing webhook does for every
// class, to what this control plane relies on.
func TestImmutableFields(t *testing.T) {
	b := ourBroker()
	trigger := ourTrigger()
	for name, tc := range map[string]struct{ before, after apis.Validatable }{
		"C1 a Broker's class": {b, NewBroker(brokerName, ns, WithBrokerClass("Other"))},
		"C1 a Broker's config": {b, ourBroker(func(b *eventingv1.Broker) {
			b.Spec.Config = &duckv1.KReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: ns, Name: "x"}
		})},
		"C2 a Trigger's Broker": {trigger, ourTrigger(func(t *eventingv1.Trigger) { t.Spec.Broker = "other" })},
	} {
		t.Run(name+" cannot be changed", func(t *testing.T) {
			if err := tc.after.Validate(apis.WithinUpdate(context.Background(), tc.before)); err == nil {
				t.Error("the change was admitted")
			}
		})
	}
	t.Run("F5 attribute names are checked", func(t *testing.T) {
		bad := ourTrigger(func(t *eventingv1.Trigger) {
			t.Spec.Filter = &eventingv1.TriggerFilter{Attributes: map[string]string{"Bad-Name": "x"}}
		})
		if err := bad.Validate(context.Background()); err == nil {
			t.Error("it was admitted")
		}
	})
}

func TestServes(t *testing.T) {
	status := func(s contract.TriggerStatus) contract.Status {
		return contract.Status{Triggers: []contract.TriggerStatus{{UID: "other", Generation: 9, Subscribed: true}, s}}
	}
	for name, tc := range map[string]struct {
		status contract.TriggerStatus
		says   string
	}{
		"subscribed at its generation": {contract.TriggerStatus{UID: "t1", Generation: 3, Subscribed: true}, ""},
		"at a later one":               {contract.TriggerStatus{UID: "t1", Generation: 4, Subscribed: true}, ""},
		"at an earlier one":            {contract.TriggerStatus{UID: "t1", Generation: 2, Subscribed: true}, "generation 2"},
		"not subscribed":               {contract.TriggerStatus{UID: "t1", Generation: 3}, "not subscribed"},
		"paused":                       {contract.TriggerStatus{UID: "t1", Generation: 3, Problem: "bad filter"}, "bad filter"},
		"unknown":                      {contract.TriggerStatus{UID: "t2", Generation: 3, Subscribed: true}, "does not know"},
	} {
		t.Run(name, func(t *testing.T) {
			err := serves(status(tc.status), "t1", 3)
			if (err == nil) != (tc.says == "") || (err != nil && !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// redirect sends every request to one server, whatever its address.
type redirect struct{ to string }

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	clone := req.Clone(req.Context())
	clone.URL.Host = r.to
	return http.DefaultTransport.RoundTrip(clone)
}

func TestProbe(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host+r.URL.Path)
		switch r.URL.Path {
		case "/status":
			_, _ = w.Write([]byte(`{"triggers":[{"uid":"t1","generation":3,"subscribed":true}]}`))
		case "/ns/known":
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	slice := func(service string, addresses ...string) {
		_ = indexer.Add(&discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: service, Labels: map[string]string{discoveryv1.LabelServiceName: service}},
			Endpoints: []discoveryv1.Endpoint{
				{Addresses: addresses},
				{Addresses: []string{"10.9.9.9"}, Conditions: discoveryv1.EndpointConditions{Terminating: ptr(true)}},
			},
		})
	}
	p := &probe{
		slices: discoverylisters.NewEndpointSliceLister(indexer), namespace: ns,
		client: &http.Client{Transport: redirect{server.Listener.Addr().(*net.TCPAddr).String()}},
	}
	if err := p.Serves(t.Context(), "t1", 3); err == nil || !strings.Contains(err.Error(), "no pod") {
		t.Errorf("without pods the error is %v", err)
	}
	slice(DispatcherService, "10.0.0.1", "10.0.0.2")
	slice(IngressService, "10.0.0.3")
	if err := p.Serves(t.Context(), "t1", 3); err != nil {
		t.Error(err)
	}
	if err := p.Accepts(t.Context(), "/ns/known"); err != nil {
		t.Error(err)
	}
	if err := p.Accepts(t.Context(), "/ns/unknown"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error is %v", err)
	}
	if got := strings.Join(asked[:3], ", "); got != "GET 10.0.0.1:9090/status, GET 10.0.0.2:9090/status, OPTIONS 10.0.0.3:8080/ns/known" {
		t.Errorf("asked %s", got)
	}
}

func TestContractMap(t *testing.T) {
	damaged := document(t)
	damaged.Data[ConfigMapKey] = "{"
	follower := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "p", Labels: map[string]string{"usher.example/follows-contract": "true"}}}
	for name, tc := range map[string]struct {
		objects []runtime.Object
		change  func(*contract.Contract)
		says    string
	}{
		"a damaged document is not overwritten": {[]runtime.Object{damaged}, func(*contract.Contract) {}, "damaged"},
		"an invalid change is refused":          {nil, func(c *contract.Contract) { putBroker(c, contract.Broker{UID: "a/b"}) }, "uid"},
		"a document too large is refused": {nil, func(c *contract.Contract) {
			b := entry(1)
			for i := range 20000 {
				b.Triggers = append(b.Triggers, triggerOf(func(t *contract.Trigger) { t.UID = strconv.Itoa(i) }))
			}
			putBroker(c, b)
		}, "a ConfigMap takes"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &contractMap{client: kubefake.NewSimpleClientset(tc.objects...), namespace: ns}
			err := m.change(t.Context(), tc.change)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error is %v", err)
			}
		})
	}
	t.Run("a Broker of an earlier life goes", func(t *testing.T) {
		c := &contract.Contract{Brokers: []contract.Broker{entry(1, triggerOf(nil))}}
		putBroker(c, contract.Broker{UID: "new", Namespace: ns, Name: brokerName})
		if len(c.Brokers) != 1 || c.Brokers[0].UID != "new" || len(c.Brokers[0].Triggers) != 0 {
			t.Errorf("left with %+v", c.Brokers)
		}
	})
	t.Run("a change nudges the pods that follow", func(t *testing.T) {
		client := kubefake.NewSimpleClientset(follower)
		m := &contractMap{client: client, namespace: ns}
		if err := m.change(t.Context(), func(c *contract.Contract) { putBroker(c, entry(1)) }); err != nil {
			t.Fatal(err)
		}
		pod, err := client.CoreV1().Pods(ns).Get(t.Context(), "p", metav1.GetOptions{})
		if err != nil || pod.Annotations[nudgeAnnotation] == "" {
			t.Errorf("annotations are %v (%v)", pod.Annotations, err)
		}
	})
}
