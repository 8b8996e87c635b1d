# What the scripts beside this file share: where things are, and how a process gets into the cluster's network.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
home=${USHER_CLUSTER:-$HOME/.cache/usher/cluster} # everything that is kept: binaries, images
run=$home/run                                     # everything that is running: gone with make cluster-down
netns=usher-cluster
node=10.99.0.1
domain=usher.test
# Binaries are as good as the sums of what they are made from.
key=$(cat "$here"/tools/*/go.sum "$here"/tools/*/go.mod "$here"/tools/*/main.go "$here"/build.sh | sha256sum | cut -c1-12)
bin=$home/bin-$key
images=$home/registry/knative-$(cat "$here/knative.sh" "$root/ko.yaml" <(echo "$key") | sha256sum | cut -c1-12).yaml # Knative's manifests, with the digests of its images
export GOWORK=off # the tools' modules are not the workspace's

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# enter runs a command inside the cluster's network.
enter() { nsenter --net="/run/netns/$netns" "$@"; }
kubectl() { enter kubectl --kubeconfig="$run/kubeconfig" "$@"; }
exists() { [ -e "/run/netns/$netns" ]; }
