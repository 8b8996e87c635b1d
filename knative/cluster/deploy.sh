#!/usr/bin/env bash
# Builds every image with ko, pushes it to KO_DOCKER_REPO and applies an overlay to the cluster that kubectl speaks to: make deploy. Running it
# again is how a new version is rolled out; make undeploy (deploy.sh undeploy) takes the product away again, but for the volumes' data.
set -euo pipefail
cd "$(dirname "$0")/../.."
overlay=${OVERLAY:-dev}
folder=knative/overlays/$overlay

die() { printf '%s\n' "$*" >&2; exit 1; }
have() { kubectl -n "$1" get secret "$2" >/dev/null 2>&1; }
secret() { # namespace, name, KEY=value…: makes a Secret that is not there yet; kubectl reads it, no list of processes shows it
  local namespace=$1 name=$2 pair
  shift 2
  have "$namespace" "$name" && return
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\nstringData:\n' "$name" "$namespace"
    for pair; do printf '  %s: "%s"\n' "${pair%%=*}" "${pair#*=}"; done
  } | kubectl apply -f - >/dev/null
  echo "made the Secret $name in $namespace"
}

check() {
  command -v kubectl >/dev/null || die "kubectl is needed: https://kubernetes.io/docs/tasks/tools"
  [ -f "$folder/kustomization.yaml" ] || die "There is no overlay $overlay: OVERLAY is one of $(cd knative/overlays && ls -d ./*/ | tr -d './' | grep -v -e cluster -e local | xargs)."
  local crds
  crds=$(kubectl get crd -o name) || die "The cluster does not answer: is KUBECONFIG right?"
  grep -q services.serving.knative.dev <<<"$crds" || die "The cluster has no Knative Serving: https://knative.dev/docs/install"
  grep -q triggers.eventing.knative.dev <<<"$crds" || die "The cluster has no Knative Eventing: https://knative.dev/docs/install"
}

# signing makes the key that the Broker signs deliveries with, and lets functions know its public half; no list of processes shows it.
signing() {
  local key
  if ! have usher-broker broker-signing; then
    key=$(openssl genpkey -algorithm ed25519)
    printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: broker-signing, namespace: usher-broker}\nstringData:\n  key.pem: |\n%s\n' \
      "$(sed 's/^/    /' <<<"$key")" | kubectl apply -f - >/dev/null
    echo "made the Secret broker-signing in usher-broker"
  fi
  have usher broker-keys && return
  key=$(kubectl -n usher-broker get secret broker-signing -o jsonpath='{.data.key\.pem}' | base64 -d)
  secret usher broker-keys "BROKER_PUBLIC_KEYS=$(openssl pkey -pubout <<<"$key" | sed /----/d)"
}

secrets() {
  local namespace
  for namespace in usher usher-broker; do kubectl get namespace $namespace >/dev/null 2>&1 || kubectl create namespace $namespace >/dev/null; done
  secret usher-broker broker-store "token=$(openssl rand -hex 32)"
  signing
  secret usher jwt-secret "JWT_SECRET_KEY=${JWT_SECRET_KEY:-$(openssl rand -hex 32)}"
  secret usher ticket-key "TICKET_KEY=${TICKET_KEY:-$(openssl rand -hex 32)}"
  if [ -n "${SMTP_HOST:-}" ]; then
    secret usher smtp-secret "SMTP_HOST=$SMTP_HOST" "SMTP_FROM=${SMTP_FROM:?goes with SMTP_HOST}" "SMTP_PORT=${SMTP_PORT:-587}" \
      "SMTP_USER=${SMTP_USER:-}" "SMTP_PASSWORD=${SMTP_PASSWORD:-}" "SMTP_TLS=${SMTP_TLS:-}"
  fi
  if [ "$overlay" = production ]; then
    have usher-broker broker-store-tls || die "The Secret broker-store-tls is missing in usher-broker: knative/broker/README.md says what is in it."
  fi
  [ "$overlay" = test ] && return # it brings the double's
  if [ -n "${STRIPE_SECRET_KEY:-}" ]; then
    secret usher stripe-secret "STRIPE_SECRET_KEY=$STRIPE_SECRET_KEY" "STRIPE_PUBLISHABLE_KEY=${STRIPE_PUBLISHABLE_KEY:?goes with STRIPE_SECRET_KEY}" \
      "STRIPE_WEBHOOK_SECRET=${STRIPE_WEBHOOK_SECRET:?goes with STRIPE_SECRET_KEY}"
  fi
  have usher stripe-secret || die "The Secret stripe-secret is missing in usher: set STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET, or take OVERLAY=test, where nobody pays."
}

render() {
  kubectl kustomize "$folder" | if [ -n "${PUBLIC_URL:-}" ]; then sed "s|^  PUBLIC_URL: .*|  PUBLIC_URL: $PUBLIC_URL|"; else cat; fi
}

# settled waits until everything is ready, and shows what is not.
settled() {
  kubectl -n usher-broker rollout status deployment/broker-controller --timeout=180s >/dev/null &&
    kubectl -n usher wait --for=condition=Complete job/tables --timeout=180s >/dev/null &&
    kubectl -n usher wait --for=condition=Ready brokers.eventing.knative.dev --all --timeout=180s >/dev/null &&
    kubectl -n usher wait --for=condition=Ready services.serving.knative.dev --all --timeout=300s >/dev/null &&
    kubectl -n usher wait --for=condition=Ready triggers.eventing.knative.dev,pingsources.sources.knative.dev --all --timeout=180s >/dev/null && return
  kubectl -n usher get services.serving.knative.dev,brokers.eventing.knative.dev,triggers.eventing.knative.dev,jobs,pods >&2
  kubectl -n usher-broker get pods >&2
  die "Not everything got ready."
}

case ${1:-deploy} in
  deploy)
    check
    command -v ko >/dev/null || die "ko is needed: https://ko.build, or go install github.com/google/ko@v0.19.1"
    [ -n "${KO_DOCKER_REPO:-}" ] || die "Say where images go: KO_DOCKER_REPO=registry.example.com/usher make deploy"
    secrets
    kubectl -n usher delete job tables --ignore-not-found >/dev/null # a Job cannot be changed, and this one may run any number of times
    said=$(mktemp)
    render | ko apply -f - 2>"$said" || { tail -20 "$said" >&2; die "It was not applied; all that ko and kubectl said is in $said."; }
    rm -f "$said"
    settled
    echo "deployed: $(kubectl -n usher get services.serving.knative.dev gateway -o jsonpath='{.status.url}')"
    ;;
  undeploy)
    check
    render | kubectl delete --ignore-not-found -f -
    ;;
  *) die "usage: deploy.sh [deploy|undeploy]" ;;
esac
