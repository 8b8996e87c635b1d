package manifest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/serving/pkg/apis/autoscaling"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"usher.example/knative/local/plan"
)

const (
	// visibilityLabel with clusterLocal keeps a Service off the public address.
	visibilityLabel = "networking.knative.dev/visibility"
	clusterLocal    = "cluster-local"
	// defaultTimeout is Knative's for a Service that states no timeoutSeconds.
	defaultTimeout = 300 * time.Second
	// defaultMaxScale: one process uses all of the machine, so more of them are started only when a manifest says so.
	defaultMaxScale = 1
	// mostScale bounds max-scale, and stands for its 0 (no bound): one machine is shared by all Services.
	mostScale = 20
	// mostConcurrency is Knative's bound of containerConcurrency.
	mostConcurrency = 1000
	// imagePrefix starts a reference that ko builds from an import path.
	imagePrefix = "ko://"
	// defaultBackoffLimit is Kubernetes' for a Job that states none.
	defaultBackoffLimit = 6
)

func (o *objects) service(s *servingv1.Service) (plan.Service, error) {
	spec := &s.Spec.Template.Spec
	c, probe, err := container(&spec.PodSpec)
	if err != nil {
		return plan.Service{}, err
	}
	p := plan.Service{
		Name:      s.Name,
		Public:    s.Labels[visibilityLabel] != clusterLocal,
		Container: c,
		Timeout:   defaultTimeout,
		MaxScale:  defaultMaxScale,
	}
	if p.ReadinessPath, err = readinessPath(probe); err != nil {
		return plan.Service{}, err
	}
	if spec.TimeoutSeconds != nil {
		if *spec.TimeoutSeconds <= 0 {
			return plan.Service{}, fmt.Errorf("timeoutSeconds must be positive, not %d", *spec.TimeoutSeconds)
		}
		p.Timeout = time.Duration(*spec.TimeoutSeconds) * time.Second
	}
	if n := spec.ContainerConcurrency; n != nil {
		if *n < 0 || *n > mostConcurrency {
			return plan.Service{}, fmt.Errorf("containerConcurrency must be from 0 to %d, not %d", mostConcurrency, *n)
		}
		p.Concurrency = int(*n)
	}
	if err := scaling(s.Spec.Template.Annotations, &p); err != nil {
		return plan.Service{}, err
	}
	return p, nil
}

// scaling reads the autoscaler's annotations that mean something on one machine.
func scaling(annotations map[string]string, p *plan.Service) error {
	if name, value, ok := autoscaling.MaxScaleAnnotation.Get(annotations); ok {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("%s: %q is not a number of processes", name, value)
		}
		p.MaxScale = min(int(n), mostScale)
		if n == 0 {
			p.MaxScale = mostScale
		}
	}
	if name, value, ok := autoscaling.MinScaleAnnotation.Get(annotations); ok {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n > mostScale {
			return fmt.Errorf("%s: %q is not a number of processes from 0 to %d", name, value, mostScale)
		}
		p.MinScale = int(n)
		p.MaxScale = max(p.MaxScale, p.MinScale)
	}
	if name, value, ok := autoscaling.WindowAnnotation.Get(annotations); ok {
		d, err := time.ParseDuration(value)
		if err != nil || d < autoscaling.WindowMin || d > autoscaling.WindowMax {
			return fmt.Errorf("%s: %q is not a duration from %v to %v", name, value, autoscaling.WindowMin, autoscaling.WindowMax)
		}
		p.Window = d
	}
	return nil
}

func jobOf(j *batchv1.Job) (plan.Job, error) {
	c, _, err := container(&j.Spec.Template.Spec)
	if err != nil {
		return plan.Job{}, err
	}
	p := plan.Job{Name: j.Name, Container: c, Retries: defaultBackoffLimit}
	if j.Spec.BackoffLimit != nil {
		p.Retries = int(*j.Spec.BackoffLimit)
	}
	if j.Spec.ActiveDeadlineSeconds != nil {
		p.Deadline = time.Duration(*j.Spec.ActiveDeadlineSeconds) * time.Second
	}
	return p, nil
}

// container reads the one container that a pod may have here.
func container(pod *corev1.PodSpec) (plan.Container, *corev1.Probe, error) {
	if len(pod.Containers) != 1 || len(pod.InitContainers) > 0 {
		return plan.Container{}, nil, fmt.Errorf("it must have exactly one container, and none before it")
	}
	c := &pod.Containers[0]
	pkg, ok := strings.CutPrefix(c.Image, imagePrefix)
	if !ok || pkg == "" {
		return plan.Container{}, nil, fmt.Errorf("its image %q must be %s<import path>: only Go programs of this workspace run without containers", c.Image, imagePrefix)
	}
	if len(c.Command) > 0 {
		return plan.Container{}, nil, fmt.Errorf("command replaces a program that has no image here; use args")
	}
	if len(c.VolumeMounts) > 0 {
		return plan.Container{}, nil, fmt.Errorf("volumeMounts have no meaning without containers; use env")
	}
	p := plan.Container{Package: pkg, Args: c.Args}
	for i := range c.Env {
		e, err := envOf(&c.Env[i])
		if err != nil {
			return plan.Container{}, nil, err
		}
		p.Env = append(p.Env, e)
	}
	for _, from := range c.EnvFrom {
		e := plan.EnvFrom{Prefix: from.Prefix}
		switch {
		case from.ConfigMapRef != nil:
			e.ConfigMap, e.Optional = from.ConfigMapRef.Name, isTrue(from.ConfigMapRef.Optional)
		case from.SecretRef != nil:
			e.Secret, e.Optional = from.SecretRef.Name, isTrue(from.SecretRef.Optional)
		default:
			return plan.Container{}, nil, fmt.Errorf("envFrom must have a configMapRef or a secretRef")
		}
		p.EnvFrom = append(p.EnvFrom, e)
	}
	return p, c.ReadinessProbe, nil
}

func envOf(e *corev1.EnvVar) (plan.Env, error) {
	p := plan.Env{Name: e.Name, Value: e.Value}
	from := e.ValueFrom
	switch {
	case from == nil:
	case from.ConfigMapKeyRef != nil:
		p.ConfigMapKey = &plan.Key{Name: from.ConfigMapKeyRef.Name, Key: from.ConfigMapKeyRef.Key, Optional: isTrue(from.ConfigMapKeyRef.Optional)}
	case from.SecretKeyRef != nil:
		p.SecretKey = &plan.Key{Name: from.SecretKeyRef.Name, Key: from.SecretKeyRef.Key, Optional: isTrue(from.SecretKeyRef.Optional)}
	default:
		return plan.Env{}, fmt.Errorf("env %s: valueFrom must be a configMapKeyRef or a secretKeyRef", e.Name)
	}
	return p, nil
}

// readinessPath is the path that the probe asks for; empty when an accepting port is enough.
func readinessPath(p *corev1.Probe) (string, error) {
	switch {
	case p == nil || p.TCPSocket != nil:
		return "", nil
	case p.HTTPGet != nil:
		if !strings.HasPrefix(p.HTTPGet.Path, "/") {
			return "/" + p.HTTPGet.Path, nil
		}
		return p.HTTPGet.Path, nil
	case p.Exec != nil || p.GRPC != nil:
		return "", fmt.Errorf("readinessProbe must be httpGet or tcpSocket")
	}
	return "", nil // Knative's default: the port accepts
}

func isTrue(b *bool) bool { return b != nil && *b }
