package controller

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrs "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
	"knative.dev/pkg/logging"

	"usher.example/knative/broker/contract"
)

const (
	// ConfigMapName is the ConfigMap in which the data plane finds the contract.
	ConfigMapName = "broker-contract"
	// ConfigMapKey is the contract's key in it.
	ConfigMapKey = "contract.json"
	// maxConfigMapBytes is what Kubernetes stores at most, less its own overhead.
	maxConfigMapBytes = 1<<20 - 16<<10
	// followerSelector finds the pods that mount the contract.
	followerSelector = "usher.example/follows-contract=true"
	// nudgeAnnotation on a pod makes its kubelet look at the ConfigMap at once
	// rather than within a minute or two.
	nudgeAnnotation = "usher.example/contract"
)

// contractMap is the contract in its ConfigMap.
type contractMap struct {
	client    kubernetes.Interface
	namespace string
}

// change reads the contract, lets f change it, and writes it if that made a
// difference. It changes one entry of the live document rather than writing what a
// cache believes: a stale cache must never take a Trigger out, for that would
// delete its position.
func (m *contractMap) change(ctx context.Context, f func(*contract.Contract)) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		maps := m.client.CoreV1().ConfigMaps(m.namespace)
		cm, err := maps.Get(ctx, ConfigMapName, metav1.GetOptions{})
		missing := apierrs.IsNotFound(err)
		if err != nil && !missing {
			return fmt.Errorf("read the contract: %w", err)
		}
		if missing {
			cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: m.namespace, Name: ConfigMapName}}
		}
		before := cm.Data[ConfigMapKey]
		after, err := changed(before, f)
		if err != nil || after == before {
			return err
		}
		cm = cm.DeepCopy()
		cm.Data = map[string]string{ConfigMapKey: after}
		if missing {
			_, err = maps.Create(ctx, cm, metav1.CreateOptions{})
		} else {
			_, err = maps.Update(ctx, cm, metav1.UpdateOptions{})
		}
		if err != nil {
			return err // as it is, for the conflict to be seen
		}
		m.nudge(ctx, after)
		return nil
	})
}

// changed applies f to the encoded contract.
func changed(before string, f func(*contract.Contract)) (string, error) {
	c := &contract.Contract{}
	if before != "" {
		if err := json.Unmarshal([]byte(before), c); err != nil {
			return "", fmt.Errorf("the ConfigMap %s is damaged; delete it and it is written anew: %w", ConfigMapName, err)
		}
	}
	f(c)
	c.Complete()
	slices.SortFunc(c.Brokers, func(a, b contract.Broker) int { return strings.Compare(a.UID, b.UID) })
	for i := range c.Brokers {
		slices.SortFunc(c.Brokers[i].Triggers, func(a, b contract.Trigger) int { return strings.Compare(a.UID, b.UID) })
	}
	if err := c.Validate(); err != nil {
		return "", err
	}
	after, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode the contract: %w", err)
	}
	if len(after) > maxConfigMapBytes {
		return "", fmt.Errorf("the contract has %d bytes, a ConfigMap takes %d; use fewer Triggers per cluster", len(after), maxConfigMapBytes)
	}
	return string(after), nil
}

// nudge makes the new contract arrive sooner. Without it all goes well, later.
func (m *contractMap) nudge(ctx context.Context, content string) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(content))
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, nudgeAnnotation, strconv.FormatUint(hash.Sum64(), 36))
	pods := m.client.CoreV1().Pods(m.namespace)
	list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: followerSelector})
	if err != nil {
		logging.FromContext(ctx).Warnw("data plane pods not found to be nudged", "error", err)
		return
	}
	for i := range list.Items {
		if _, err := pods.Patch(ctx, list.Items[i].Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			logging.FromContext(ctx).Warnw("data plane pod not nudged", "pod", list.Items[i].Name, "error", err)
		}
	}
}

// putBroker sets a Broker's own fields and keeps its Triggers. Brokers of an
// earlier life under the same name go.
func putBroker(c *contract.Contract, b contract.Broker) {
	c.Brokers = slices.DeleteFunc(c.Brokers, func(old contract.Broker) bool {
		return old.UID != b.UID && old.Namespace == b.Namespace && old.Name == b.Name
	})
	for i := range c.Brokers {
		if c.Brokers[i].UID == b.UID {
			b.Triggers = c.Brokers[i].Triggers
			c.Brokers[i] = b
			return
		}
	}
	c.Brokers = append(c.Brokers, b)
}

func removeBroker(c *contract.Contract, uid string) {
	c.Brokers = slices.DeleteFunc(c.Brokers, func(b contract.Broker) bool { return b.UID == uid })
}

// putTrigger sets a Trigger of a Broker; of a Broker that is not there yet it does
// nothing.
func putTrigger(c *contract.Contract, brokerUID string, t contract.Trigger) {
	for i := range c.Brokers {
		if c.Brokers[i].UID != brokerUID {
			continue
		}
		triggers := slices.DeleteFunc(c.Brokers[i].Triggers, func(old contract.Trigger) bool { return old.UID == t.UID })
		c.Brokers[i].Triggers = append(triggers, t)
	}
}

func removeTrigger(c *contract.Contract, uid string) {
	for i := range c.Brokers {
		c.Brokers[i].Triggers = slices.DeleteFunc(c.Brokers[i].Triggers, func(t contract.Trigger) bool { return t.UID == uid })
	}
}
