package config_test

import (
	"cmp"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// workload is a Deployment or a StatefulSet, as far as this test looks.
type workload struct {
	name     string
	replicas int32
	pod      corev1.PodTemplateSpec
}

func render(t *testing.T, folder string) (workloads []workload, kinds map[string]int) {
	t.Helper()
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	kinds = map[string]int{}
	for _, r := range result.Resources() {
		kinds[r.GetKind()]++
		raw, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		switch r.GetKind() {
		case "Deployment":
			var d appsv1.Deployment
			if err := json.Unmarshal(raw, &d); err != nil {
				t.Fatal(err)
			}
			workloads = append(workloads, workload{d.Name, *d.Spec.Replicas, d.Spec.Template})
		case "StatefulSet":
			var s appsv1.StatefulSet
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			workloads = append(workloads, workload{s.Name, *s.Spec.Replicas, s.Spec.Template})
		}
	}
	return workloads, kinds
}

func TestManifests(t *testing.T) {
	for _, folder := range []string{"base", "production"} {
		workloads, kinds := render(t, folder)
		if len(workloads) != 4 || kinds["NetworkPolicy"] < 4 || kinds["PodDisruptionBudget"] != 3 {
			t.Fatalf("%s renders %d workloads and %v", folder, len(workloads), kinds)
		}
		for _, w := range workloads {
			t.Run(folder+" "+w.name, func(t *testing.T) {
				c := w.pod.Spec.Containers[0]
				pod, own := w.pod.Spec.SecurityContext, c.SecurityContext
				if pod == nil || own == nil || !*pod.RunAsNonRoot || pod.SeccompProfile == nil ||
					!*own.ReadOnlyRootFilesystem || *own.AllowPrivilegeEscalation || own.Capabilities.Drop[0] != "ALL" {
					t.Error("it has more privileges than it needs")
				}
				if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.ReadinessProbe == nil || c.LivenessProbe == nil {
					t.Error("it has no limits or no probes")
				}
				if w.name != "broker-controller" && *w.pod.Spec.AutomountServiceAccountToken {
					t.Error("the data plane gets a token for Kubernetes")
				}
			})
		}
	}
}

// TestManifestsAdmitSenders holds the Broker's door: who may send events is named, and is not everybody.
func TestManifestsAdmitSenders(t *testing.T) {
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "base")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range result.Resources() {
		if r.GetKind() != "NetworkPolicy" || r.GetName() != "broker-ingress" {
			continue
		}
		raw, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var policy networkingv1.NetworkPolicy
		if err := json.Unmarshal(raw, &policy); err != nil {
			t.Fatal(err)
		}
		for _, rule := range policy.Spec.Ingress {
			if len(rule.From) == 0 || len(rule.Ports) == 0 {
				t.Errorf("a rule admits everybody, or to everything: %+v", rule)
			}
			for _, from := range rule.From {
				s := cmp.Or(from.NamespaceSelector, from.PodSelector) // without the first it is the Broker's own namespace
				if s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
					t.Errorf("it admits anybody there: %+v", from)
				}
			}
		}
		return
	}
	t.Error("there is no policy broker-ingress")
}

// TestFlags runs each command with the arguments of its manifest: they must be
// flags that it knows, so that it gets as far as missing its files.
func TestFlags(t *testing.T) {
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "../../cmd/broker-ingress", "../../cmd/broker-dispatcher", "../../cmd/broker-stan").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, folder := range []string{"base", "production"} {
		workloads, _ := render(t, folder)
		for _, w := range workloads {
			c := w.pod.Spec.Containers[0]
			if len(c.Args) == 0 {
				continue
			}
			t.Run(folder+" "+w.name, func(t *testing.T) {
				if want := "ko://usher.example/knative/cmd/" + w.name; c.Image != want {
					t.Errorf("its image is %s", c.Image)
				}
				out, err := exec.Command(filepath.Join(bin, w.name), c.Args...).CombinedOutput()
				if err == nil || strings.Contains(string(out), "flag provided but not defined") || !strings.Contains(string(out), "no such file") {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
	t.Run("production replicates the store three times", func(t *testing.T) {
		workloads, _ := render(t, "production")
		for _, w := range workloads {
			if w.name == "broker-stan" && w.replicas != 3 {
				t.Errorf("%d nodes", w.replicas)
			}
		}
	})
}
