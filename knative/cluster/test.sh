#!/usr/bin/env bash
# Deploys onto the cluster that kubectl speaks to and holds the product to its promises there, from outside: make test-knative.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OVERLAY=test
address() { kubectl -n "$1" get service "$2" -o jsonpath='{.spec.clusterIP}'; }
step() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }

step "deploy with ko apply"
knative/cluster/deploy.sh | tail -1
bash knative/cluster/hello.sh | ko apply -f - >/dev/null 2>&1
kubectl -n usher wait --for=condition=Ready services.serving.knative.dev,triggers.eventing.knative.dev --all --timeout=120s >/dev/null

step "both overlays before the cluster's own admission"
kubectl -n usher delete job tables --ignore-not-found >/dev/null # a Job cannot be changed
for overlay in dev production; do
  kubectl kustomize "knative/overlays/$overlay" | sed 's#ko://#localhost:5000/#' | kubectl apply --dry-run=server -f - >/dev/null
  echo "$overlay is accepted"
done

USHER_URL=$(kubectl -n usher get services.serving.knative.dev gateway -o jsonpath='{.status.url}')
export USHER_URL USHER_KUBECTL=kubectl
# Only on the node's own network do these answer: what needs them is skipped elsewhere, and says so.
if [ -n "${USHER_INGRESS:-}" ]; then
  USHER_BROKER=$(address usher-broker broker-ingress)
  USHER_DOUBLE=$(address usher stripe-double)
  export USHER_BROKER USHER_DOUBLE
fi
cd knative/e2e
# suite runs the tests of a pattern and shows what failed or was skipped, and the figures.
suite() {
  local log=../../.build/knative-$1.log rc=0
  shift
  ../../.build/e2e.test -test.v -test.timeout 20m "$@" >"$log" 2>&1 || rc=$?
  awk '/^ *--- (PASS|FAIL|SKIP)/ { n[$2]++; if ($2 != "PASS:") print } /FIGURE/ { sub(/.*FIGURE /, "  "); print }
    END { printf "%d passed, %d failed, %d skipped\n", n["PASS:"], n["FAIL:"], n["SKIP:"] }' "$log"
  if [ "$rc" != 0 ]; then
    grep -E '^ +[a-z_]+\.go:[0-9]+' "$log" | head -40
    failed=1
  fi
}
failed=0
step "the end-to-end suite, from outside through the ingress"
suite e2e -test.skip '^TestCluster'
step "what only a cluster can show"
suite cluster -test.run '^TestCluster'
step "done"
exit $failed
