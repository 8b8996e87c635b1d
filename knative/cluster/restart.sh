#!/usr/bin/env bash
# Gives every function a new revision, so that it reads its Secrets and ConfigMaps anew. Requests and events go on meanwhile.
set -euo pipefail
now=$(date +%s)
for service in $(kubectl -n usher get services.serving.knative.dev -o name); do
  kubectl -n usher patch "$service" --type merge -p "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"usher.example/restarted\":\"$now\"}}}}}"
done
kubectl -n usher wait --for=condition=Ready services.serving.knative.dev --all --timeout=300s
