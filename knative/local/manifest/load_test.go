package manifest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"usher.example/knative/broker/contract"
	"usher.example/knative/local/plan"
)

var here = Addresses{Functions: "127.0.0.1:1001", Broker: "127.0.0.1:1002"}

func TestLoadPlan(t *testing.T) {
	p, _, err := Load("../testdata/whole", here)
	if err != nil {
		t.Fatal(err)
	}
	const testfunction = "usher.example/knative/local/internal/testfunction"
	want := &plan.Plan{
		Services: []plan.Service{
			{
				Name: "front", Public: true, ReadinessPath: "/healthz", Concurrency: 10, Timeout: 7 * time.Second, MaxScale: 3, Window: 30 * time.Second,
				Container: plan.Container{
					Package: testfunction,
					EnvFrom: []plan.EnvFrom{{ConfigMap: "platform"}, {Secret: "stated", Prefix: "S_", Optional: true}},
					Env: []plan.Env{
						{Name: "PLAIN", Value: "x"},
						{Name: "FROM_MAP", ConfigMapKey: &plan.Key{Name: "platform", Key: "STORE"}},
						{Name: "FROM_SECRET", SecretKey: &plan.Key{Name: "stated", Key: "B", Optional: true}},
					},
				},
			},
			{Name: "listener", Timeout: defaultTimeout, MaxScale: defaultMaxScale, Container: plan.Container{Package: testfunction}},
		},
		Jobs: []plan.Job{{Name: "first", Retries: 1, Deadline: time.Minute, Container: plan.Container{
			Package: "usher.example/knative/local/internal/testjob", Args: []string{"--once"}, EnvFrom: []plan.EnvFrom{{ConfigMap: "platform"}},
		}}},
		Pings: []plan.Ping{{
			Namespace: "usher", Name: "minute", Schedule: "* * * * *", Timezone: "Europe/Brussels", ContentType: "application/json",
			Data: []byte("{}"), Extensions: map[string]string{"colour": "red"}, Sink: "http://127.0.0.1:1002/usher/usher",
		}},
		Brokers:    []string{"usher/usher"},
		ConfigMaps: map[string]map[string]string{"platform": {"BROKER_URL": "http://$(BROKER_ADDRESS)/usher/usher", "STORE": "http://$(STORE_ADDRESS)"}},
		Secrets:    map[string]map[string]string{"stated": {"A": "a", "B": "b"}},
		Ignored:    []string{"Namespace/usher", "NetworkPolicy/closed"},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %s\nwant %s", asJSON(t, p), asJSON(t, want))
	}
}

func TestLoadContract(t *testing.T) {
	_, c, err := Load("../testdata/whole", here)
	if err != nil {
		t.Fatal(err)
	}
	var want contract.Contract
	const text = `{"brokers": [{
		"uid": "usher_usher", "namespace": "usher", "name": "usher", "path": "/usher/usher", "channel": "kn.usher_usher",
		"triggers": [
			{"uid": "usher_everything", "namespace": "usher", "name": "everything", "subscriber": "http://127.0.0.1:1001/listener/",
			 "delivery": {"timeout": "PT30S", "retry": 12, "backoffPolicy": "exponential", "backoffDelay": "PT0.1S"}},
			{"uid": "usher_some", "namespace": "usher", "name": "some", "subscriber": "http://127.0.0.1:1001/listener/deep/er",
			 "filter": {"type": "a"}, "filters": [{"any": [{"exact": {"type": "b"}}, {"prefix": {"type": "c"}}]}],
			 "delivery": {"retry": 1, "deadLetterSink": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "front"}}},
			 "deadLetterSink": "http://127.0.0.1:1001/front/", "ordered": true, "parallelism": 512}
		]}]}`
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	got, expected := asJSON(t, c), asJSON(t, want)
	got = strings.ReplaceAll(got, `"namespace": "usher",`+"\n              ", "") // kustomize may fill in a ref's namespace
	if got != expected {
		t.Errorf("got  %s\nwant %s", got, expected)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// The manifests of the product must be understood whole: what a cluster runs, a laptop runs.
func TestLoadProduct(t *testing.T) {
	p, c, err := Load("../../overlays/local", here)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Services) < 20 || len(p.Jobs) == 0 || len(p.Pings) == 0 || len(c.Brokers) != 1 || len(c.Brokers[0].Triggers) < 5 {
		t.Errorf("%d Services, %d Jobs, %d PingSources, contract %s", len(p.Services), len(p.Jobs), len(p.Pings), asJSON(t, c))
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const publicService = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: front, namespace: usher}
spec: {template: {spec: {containers: [{image: "ko://usher.example/x"}]}}}
`

const broker = `
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: usher, namespace: usher}
`

// service is a Service that is not public, with these lines in its container and these in its annotations.
func service(container, annotations, spec string) string {
	return publicService + `---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: other, namespace: usher, labels: {networking.knative.dev/visibility: cluster-local}}
spec: {template: {metadata: {annotations: {` + annotations + `}}, spec: {` + spec + ` containers: [{` + container + `}]}}}
`
}

func trigger(more string) string {
	return publicService + "---" + broker + `---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: t, namespace: usher}
spec: {broker: usher, ` + more + `}
`
}

const toFront = `subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: front}}`

func TestLoadRefuses(t *testing.T) {
	const image = `image: "ko://usher.example/x"`
	for _, tt := range []struct{ name, manifests, want string }{
		{"UnknownKind", publicService + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n", "leave it out of the local overlay"},
		{"OtherVersion", strings.ReplaceAll(publicService, "serving.knative.dev/v1", "serving.knative.dev/v1beta1"), "version v1"},
		{"UnknownField", service(image+", imagee: x", "", ""), "imagee"},
		{"NoPublicService", strings.ReplaceAll(publicService, "name: front,", "name: front, labels: {networking.knative.dev/visibility: cluster-local},"), "no Service is public"},
		{"TwoPublicServices", publicService + "---" + strings.ReplaceAll(publicService, "front", "back"), "both public"},
		{"ForeignImage", service("image: nginx", "", ""), "ko://"},
		{"Command", service(image+", command: [x]", "", ""), "use args"},
		{"Volume", service(image+", volumeMounts: [{name: x, mountPath: /x}]", "", ""), "volumeMounts"},
		{"FieldRef", service(image+", env: [{name: X, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", "", ""), "env X"},
		{"ExecProbe", service(image+", readinessProbe: {exec: {command: [x]}}", "", ""), "readinessProbe"},
		{"MaxScale", service(image, `autoscaling.knative.dev/max-scale: "-1"`, ""), "max-scale"},
		{"MinScale", service(image, `autoscaling.knative.dev/min-scale: "many"`, ""), "min-scale"},
		{"Window", service(image, `autoscaling.knative.dev/window: "1s"`, ""), "window"},
		{"Concurrency", service(image, "", "containerConcurrency: 1001,"), "containerConcurrency"},
		{"Timeout", service(image, "", "timeoutSeconds: 0,"), "timeoutSeconds"},
		{"TriggerWithoutBroker", strings.ReplaceAll(trigger(toFront), "broker: usher,", "broker: nobody,"), "no Broker nobody"},
		{"TriggerToNobody", trigger(strings.ReplaceAll(toFront, "front", "nobody")), "no Service nobody"},
		{"TriggerToDeployment", trigger(`subscriber: {ref: {apiVersion: v1, kind: Service, name: front}}`), "must be a Knative Service or a Broker"},
		{"TriggerNowhere", trigger(`subscriber: {uri: relative}`), "absolute uri"},
		{"Parallelism", strings.ReplaceAll(trigger(toFront), "{name: t,", `{name: t, annotations: {usher.example/parallelism: "0"},`), "parallelism"},
		{"Ordered", strings.ReplaceAll(trigger(toFront), "{name: t,", `{name: t, annotations: {usher.example/ordered: "perhaps"},`), "ordered"},
		{"Schedule", publicService + "---" + broker + `---
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: p, namespace: usher}
spec: {schedule: "61 * * * *", sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: usher}}}
`, "schedule"},
		{"NotYAML", "a: [", "render"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [all.yaml]\n")
			write(t, filepath.Join(dir, "all.yaml"), tt.manifests)
			_, _, err := Load(dir, here)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	t.Run("NoFolder", func(t *testing.T) {
		if _, _, err := Load(filepath.Join(t.TempDir(), "none"), here); err == nil {
			t.Error("no error")
		}
	})
}

func TestScalingBounds(t *testing.T) {
	for _, tt := range []struct {
		annotations string
		minScale    int
		maxScale    int
	}{
		{"", 0, 1},
		{`autoscaling.knative.dev/max-scale: "0"`, 0, mostScale},
		{`autoscaling.knative.dev/max-scale: "1000"`, 0, mostScale},
		{`autoscaling.knative.dev/min-scale: "2"`, 2, 2},
		{`autoscaling.knative.dev/minScale: "1", autoscaling.knative.dev/maxScale: "4"`, 1, 4},
	} {
		t.Run(tt.annotations, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [all.yaml]\n")
			write(t, filepath.Join(dir, "all.yaml"), service(`image: "ko://usher.example/x"`, tt.annotations, ""))
			p, _, err := Load(dir, here)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Services[1]; got.MinScale != tt.minScale || got.MaxScale != tt.maxScale {
				t.Errorf("from %d to %d processes, want from %d to %d", got.MinScale, got.MaxScale, tt.minScale, tt.maxScale)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
