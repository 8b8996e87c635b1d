#!/usr/bin/env bash
# Runs a command where it reaches the cluster of make cluster: run.sh kubectl get pods -A. With KUBECONFIG set, that cluster is meant, and the
# command runs as it is.
. "$(dirname "$0")/env.sh"
unset GOWORK
[ $# -gt 0 ] || die "usage: run.sh COMMAND [ARGUMENT...]"
[ -n "${KUBECONFIG:-}" ] && exec "$@"
exists && [ -f "$run/kubeconfig" ] || die "There is no cluster: start one with make cluster, or set KUBECONFIG."
export KUBECONFIG=$run/kubeconfig KO_DOCKER_REPO=${KO_DOCKER_REPO:-localhost:5000/usher} KO_DEFAULTBASEIMAGE=localhost:5000/static:nonroot
export USHER_INGRESS=$node USHER_PRIVATE_INGRESS=$node:8081 PUBLIC_URL=http://gateway.usher.$domain PATH=$bin:$PATH
exec ip netns exec "$netns" "$@"
