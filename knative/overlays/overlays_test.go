// Package overlays holds the manifests to what a cluster would say of them, without a cluster: Kubernetes' and Knative's own types, strictly, with
// Knative's own defaulting and validation.
package overlays

import (
	"context"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	"knative.dev/eventing/pkg/apis/feature"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// cluster are the overlays that are applied to clusters.
var cluster = []string{"dev", "production", "test"}

// slots makes an empty object for each kind that an overlay may have.
var slots = map[string]func() any{
	"ClusterRole/rbac.authorization.k8s.io/v1":        func() any { return &rbacv1.ClusterRole{} },
	"ClusterRoleBinding/rbac.authorization.k8s.io/v1": func() any { return &rbacv1.ClusterRoleBinding{} },
	"Role/rbac.authorization.k8s.io/v1":               func() any { return &rbacv1.Role{} },
	"RoleBinding/rbac.authorization.k8s.io/v1":        func() any { return &rbacv1.RoleBinding{} },
	"Namespace/v1":                       func() any { return &corev1.Namespace{} },
	"ServiceAccount/v1":                  func() any { return &corev1.ServiceAccount{} },
	"ConfigMap/v1":                       func() any { return &corev1.ConfigMap{} },
	"Secret/v1":                          func() any { return &corev1.Secret{} },
	"Service/v1":                         func() any { return &corev1.Service{} },
	"Deployment/apps/v1":                 func() any { return &appsv1.Deployment{} },
	"StatefulSet/apps/v1":                func() any { return &appsv1.StatefulSet{} },
	"Job/batch/v1":                       func() any { return &batchv1.Job{} },
	"NetworkPolicy/networking.k8s.io/v1": func() any { return &networkingv1.NetworkPolicy{} },
	"PodDisruptionBudget/policy/v1":      func() any { return &policyv1.PodDisruptionBudget{} },
	"Broker/eventing.knative.dev/v1":     func() any { return &eventingv1.Broker{} },
	"Trigger/eventing.knative.dev/v1":    func() any { return &eventingv1.Trigger{} },
	"PingSource/sources.knative.dev/v1":  func() any { return &sourcesv1.PingSource{} },
	"Service/serving.knative.dev/v1":     func() any { return &servingv1.Service{} },
	"DomainMapping/serving.knative.dev/v1beta1": func() any {
		return &servingv1beta1.DomainMapping{}
	},
}

// rendered are the objects of one overlay.
type rendered struct {
	all      []any
	services []*servingv1.Service
	triggers []*eventingv1.Trigger
	brokers  []*eventingv1.Broker
	pods     map[string]*corev1.PodSpec // by kind/name
}

func render(t *testing.T, folder string) rendered {
	t.Helper()
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	out := rendered{pods: map[string]*corev1.PodSpec{}}
	for _, r := range result.Resources() {
		name := r.GetKind() + "/" + r.GetName()
		slot := slots[r.GetKind()+"/"+r.GetApiVersion()]
		if slot == nil {
			t.Fatalf("%s: no cluster was said to know %s %s", name, r.GetApiVersion(), r.GetKind())
		}
		object := slot()
		if err := yaml.UnmarshalStrict([]byte(r.MustYaml()), object); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		out.all = append(out.all, object)
		switch o := object.(type) {
		case *servingv1.Service:
			out.services = append(out.services, o)
			out.pods[name] = &o.Spec.Template.Spec.PodSpec
		case *eventingv1.Trigger:
			out.triggers = append(out.triggers, o)
		case *eventingv1.Broker:
			out.brokers = append(out.brokers, o)
		case *appsv1.Deployment:
			out.pods[name] = &o.Spec.Template.Spec
		case *appsv1.StatefulSet:
			out.pods[name] = &o.Spec.Template.Spec
		case *batchv1.Job:
			out.pods[name] = &o.Spec.Template.Spec
		}
	}
	return out
}

// asShipped is a request to create something, with Knative's features as they are when nobody changed them.
func asShipped(t *testing.T) context.Context {
	t.Helper()
	flags, err := feature.NewFlagsConfigFromMap(nil)
	if err != nil {
		t.Fatal(err)
	}
	return apis.WithinCreate(feature.ToContext(context.Background(), flags))
}

// TestKnativeAccepts defaults and validates as the admission webhooks do.
func TestKnativeAccepts(t *testing.T) {
	for _, folder := range cluster {
		t.Run(folder, func(t *testing.T) {
			found := 0
			for _, object := range render(t, folder).all {
				o, ok := object.(interface {
					apis.Defaultable
					apis.Validatable
					GetName() string
				})
				if !ok {
					continue
				}
				found++
				ctx := asShipped(t)
				o.SetDefaults(ctx)
				if err := o.Validate(ctx); err != nil {
					t.Errorf("%T %s: %v", o, o.GetName(), err)
				}
			}
			if found < 35 {
				t.Errorf("only %d objects are Knative's", found)
			}
		})
	}
}

// TestKnativeRefuses shows that the validation above is alive.
func TestKnativeRefuses(t *testing.T) {
	s := render(t, "dev").services[0]
	s.Spec.Template.Annotations["autoscaling.knative.dev/window"] = "1s"
	ctx := asShipped(t)
	s.SetDefaults(ctx)
	if err := s.Validate(ctx); err == nil || !strings.Contains(err.Error(), "autoscaling.knative.dev/window") {
		t.Errorf("a window of 1s: %v", err)
	}
}

// TestPrivileges: nobody runs as root, writes to the image, gains a privilege, gets a token for Kubernetes, or is without bounds.
func TestPrivileges(t *testing.T) {
	for _, folder := range cluster {
		for name, pod := range render(t, folder).pods {
			t.Run(folder+"/"+name, func(t *testing.T) {
				c := pod.Containers[0]
				own := c.SecurityContext
				shared := pod.SecurityContext
				if shared == nil {
					shared = &corev1.PodSecurityContext{}
				}
				if own == nil || !yes(own.ReadOnlyRootFilesystem) || own.AllowPrivilegeEscalation == nil || *own.AllowPrivilegeEscalation ||
					own.Capabilities == nil || !slices.Equal(own.Capabilities.Drop, []corev1.Capability{"ALL"}) {
					t.Error("it may write to its image or gain privileges")
				}
				if own != nil && !yes(own.RunAsNonRoot) && !yes(shared.RunAsNonRoot) {
					t.Error("it may run as root")
				}
				if own != nil && own.SeccompProfile == nil && shared.SeccompProfile == nil {
					t.Error("it may make any system call")
				}
				if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
					t.Error("it has no bounds")
				}
				if pod.AutomountServiceAccountToken == nil && name != "Deployment/broker-controller" {
					t.Error("it gets a token for Kubernetes")
				}
				if !strings.HasPrefix(name, "Job/") && (c.ReadinessProbe == nil || c.LivenessProbe == nil) {
					t.Error("it has no probes")
				}
			})
		}
	}
}

// TestServices: only the gateway is public, all scale within bounds, and secrets are known by name alone.
func TestServices(t *testing.T) {
	secrets := map[string]bool{"jwt-secret": true, "ticket-key": true, "stripe-secret": true, "smtp-secret": true, "store-credentials": true, "broker-keys": true}
	for _, folder := range cluster {
		for _, s := range render(t, folder).services {
			t.Run(folder+"/"+s.Name, func(t *testing.T) {
				if public := s.Labels["networking.knative.dev/visibility"] != "cluster-local"; public != (s.Name == "gateway") {
					t.Errorf("public: %v", public)
				}
				a, spec := s.Spec.Template.Annotations, s.Spec.Template.Spec
				for _, bound := range []string{"min-scale", "max-scale", "window"} {
					if a["autoscaling.knative.dev/"+bound] == "" {
						t.Errorf("it has no %s", bound)
					}
				}
				if spec.ContainerConcurrency == nil || *spec.ContainerConcurrency == 0 {
					t.Error("one instance takes any number of requests")
				}
				if spec.ServiceAccountName == "" || spec.ServiceAccountName == "default" {
					t.Error("it has no account of its own")
				}
				for _, e := range spec.Containers[0].Env {
					if e.Name == "JWT_SECRET_KEY" && s.Labels["usher.example/called-by"] != "gateway" && s.Name != "notifications-on-recovery" && s.Name != "notifications-resend" {
						t.Error("it could make sessions, and neither answers people nor lets them in by mail")
					}
					if from := e.ValueFrom; from != nil && from.SecretKeyRef != nil && !secrets[from.SecretKeyRef.Name] {
						t.Errorf("it takes %s from the unknown Secret %s", e.Name, from.SecretKeyRef.Name)
					}
				}
				for _, from := range spec.Containers[0].EnvFrom {
					if from.SecretRef != nil && !secrets[from.SecretRef.Name] {
						t.Errorf("it takes the unknown Secret %s", from.SecretRef.Name)
					}
				}
			})
		}
	}
}

// TestEveryEventArrives: each Trigger leads from a Broker that is there, with retries, to a Service that is there and is called by events alone.
func TestEveryEventArrives(t *testing.T) {
	for _, folder := range cluster {
		r := render(t, folder)
		for _, trigger := range r.triggers {
			t.Run(folder+"/"+trigger.Name, func(t *testing.T) {
				delivery := trigger.Spec.Delivery
				broker := slices.IndexFunc(r.brokers, func(b *eventingv1.Broker) bool {
					return b.Name == trigger.Spec.Broker && b.Namespace == trigger.Namespace
				})
				if broker < 0 {
					t.Fatalf("there is no Broker %s", trigger.Spec.Broker)
				}
				if delivery == nil {
					delivery = r.brokers[broker].Spec.Delivery
				}
				if delivery == nil || delivery.Retry == nil || *delivery.Retry < 5 || delivery.Timeout == nil {
					t.Errorf("delivery is %+v", delivery)
				}
				name := trigger.Spec.Subscriber.Ref.Name
				i := slices.IndexFunc(r.services, func(s *servingv1.Service) bool { return s.Name == name })
				if i < 0 {
					t.Fatalf("there is no Service %s", name)
				}
				s := r.services[i]
				if s.Labels["usher.example/called-by"] != "broker" {
					t.Error("its subscriber is not for events")
				}
				if audience := trigger.Spec.Subscriber.Audience; audience == nil || *audience != name {
					t.Error("its deliveries are not signed for its subscriber, which would refuse them")
				}
				if parallel := trigger.Annotations["usher.example/parallelism"]; parallel == "512" && *s.Spec.Template.Spec.ContainerConcurrency < 512 {
					t.Error("orders would wait for instances, and those for orders")
				}
			})
		}
	}
}

// TestTheDoubleIsForTests: no overlay that people use knows the test double of Stripe.
func TestTheDoubleIsForTests(t *testing.T) {
	for _, folder := range []string{"dev", "production"} {
		for name, pod := range render(t, folder).pods {
			if strings.Contains(pod.Containers[0].Image, "stripe") || strings.Contains(name, "stripe") {
				t.Errorf("%s runs %s", folder, name)
			}
		}
	}
}

func yes(b *bool) bool { return b != nil && *b }
