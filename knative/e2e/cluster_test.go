package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// restTime bounds how long a function without work may stay: Knative's window, its grace, and a busy machine.
const restTime = 90 * time.Second

// cluster is a Kubernetes with the product on it. Its tests are run by make test-knative.
type cluster struct {
	*system
	t testing.TB
}

func onCluster(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("USHER_KUBECTL") == "" {
		t.Skip("needs a cluster: make test-knative")
	}
	return &cluster{running(t), t}
}

// kubectl runs a command in the product's namespace, and fails the test when it fails.
func (c *cluster) kubectl(args ...string) string {
	c.t.Helper()
	out, err := c.try("", args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c *cluster) try(stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv("USHER_KUBECTL"), append([]string{"-n", "usher"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// instances are how many of each function are wanted now.
func (c *cluster) instances() map[string]int {
	c.t.Helper()
	var list struct {
		Items []struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct{ Replicas int }
		}
	}
	if err := json.Unmarshal([]byte(c.kubectl("get", "deployments", "-o", "json")), &list); err != nil {
		c.t.Fatal(err)
	}
	count := map[string]int{}
	for _, d := range list.Items {
		if name := d.Metadata.Labels["serving.knative.dev/service"]; name != "" {
			count[name] += d.Spec.Replicas
		}
	}
	return count
}

// rests waits until the functions of these names are at zero.
func (c *cluster) rests(names ...string) {
	c.t.Helper()
	deadline := time.Now().Add(restTime)
	for {
		count := c.instances()
		busy := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			n, known := count[name]
			return known && n == 0
		})
		if len(busy) == 0 {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("not at zero after %s: %v", restTime, busy)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// private asks a function itself, without the gateway, through the ingress' inner door.
func (c *cluster) private(method, function, path string, headers ...string) (*http.Response, error) {
	door := os.Getenv("USHER_PRIVATE_INGRESS")
	if door == "" {
		c.t.Skip("needs to reach inside the cluster: USHER_PRIVATE_INGRESS says where, beside USHER_URL")
	}
	return knock(method, "http://"+door+path, function+".usher.svc.cluster.local", headers...)
}

func knock(method, url, host string, headers ...string) (*http.Response, error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return nil, err
	}
	req.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Timeout: time.Minute}
	return client.Do(req)
}

// median of what was measured, with its bounds.
func median(all []time.Duration) (p50 time.Duration, text string) {
	sorted := slices.Sorted(slices.Values(all))
	p50 = sorted[len(sorted)/2]
	return p50, fmt.Sprintf("p50 %s, min %s, max %s, %d samples", p50.Round(time.Millisecond/10), sorted[0].Round(time.Millisecond/10), sorted[len(sorted)-1].Round(time.Millisecond/10), len(sorted))
}

// memory is what a hello function remembers of an event.
type memory struct {
	At     time.Time
	Times  int
	Header map[string]string
	Body   string
}

// heard is what a hello function remembers of an event, if it heard it.
func (c *cluster) heard(function, id string) (memory, bool) {
	c.t.Helper()
	resp, err := c.private("GET", function, "/")
	if err != nil {
		return memory{}, false
	}
	defer func() { _ = resp.Body.Close() }()
	var all map[string]memory
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		return memory{}, false // on its way
	}
	one, ok := all[id]
	return one, ok
}

// say sends an event that a hello function listens for.
func (c *cluster) say(typ string) (id string) {
	c.t.Helper()
	id = fmt.Sprintf("%s-%d", typ, time.Now().UnixNano())
	if err := c.deliver(c.t.Context(), map[string]string{"specversion": "1.0", "type": typ, "source": "/test", "id": id}, map[string]any{}); err != nil {
		c.t.Fatal(err)
	}
	return id
}
