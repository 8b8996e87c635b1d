// Package manifest reads the manifests that are applied to a cluster and says what they mean on one machine: a plan for
// the local runtime and a contract for the Broker.
//
// It uses the very types of Kubernetes and Knative, strictly: a field they do not know is an error here, too.
package manifest

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"usher.example/knative/broker/contract"
	"usher.example/knative/local/plan"
)

// Addresses is where references lead to on this machine, as host:port.
type Addresses struct {
	// Functions is the activator's: http://Functions/<service>/<path>.
	Functions string
	// Broker is the Broker's ingress: http://Broker/<namespace>/<name>.
	Broker string
}

// ignored have no meaning on one machine that belongs to one person.
var ignored = map[schema.GroupKind]bool{
	{Kind: "Namespace"}:                                              true,
	{Kind: "ServiceAccount"}:                                         true,
	{Kind: "LimitRange"}:                                             true,
	{Kind: "ResourceQuota"}:                                          true,
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}:               true,
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:        true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: true,
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}:              true,
	{Group: "policy", Kind: "PodDisruptionBudget"}:                   true,
	{Group: "serving.knative.dev", Kind: "DomainMapping"}:            true,
}

// Load renders the kustomize folder dir and reads what comes out. Its errors name the manifest and what to change.
func Load(dir string, at Addresses) (*plan.Plan, *contract.Contract, error) {
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, nil, fmt.Errorf("render %s: %w", dir, err)
	}
	var found objects
	for _, r := range rendered.Resources() {
		if err := found.add(r); err != nil {
			return nil, nil, fmt.Errorf("%s: %s %s: %w", dir, r.GetKind(), r.GetName(), err)
		}
	}
	p, err := found.plan(at)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	c, err := found.contract(at)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	return p, c, nil
}

// add decodes one resource into the list of its kind.
func (o *objects) add(r *resource.Resource) error {
	gvk := r.GetGvk()
	kind := schema.GroupKind{Group: gvk.Group, Kind: gvk.Kind}
	if ignored[kind] {
		o.ignored = append(o.ignored, r.GetKind()+"/"+r.GetName())
		return nil
	}
	into, version := o.slot(kind)
	if into == nil {
		return fmt.Errorf("the local runtime does not know %s; leave it out of the local overlay", r.GetApiVersion())
	}
	if gvk.Version != version {
		return fmt.Errorf("it must have version %s, not %s", version, gvk.Version)
	}
	text, err := r.AsYAML()
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(text, into)
}
