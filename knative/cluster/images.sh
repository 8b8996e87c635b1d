#!/usr/bin/env bash
# Builds every image of the product, pushes it to KO_DOCKER_REPO and prints its compressed size: make images.
set -euo pipefail
cd "$(dirname "$0")/../.."
# The most megabytes that an image may have: what starts from zero has to be small. The Broker's parts run all the time; they hold
# NATS Streaming, or Knative's filters and with them the clients of Kubernetes.
most() { case $1 in */broker-*) echo 24 ;; *) echo 8 ;; esac; }
[ -n "${KO_DOCKER_REPO:-}" ] || { echo "Say where images go: KO_DOCKER_REPO=registry.example.com/usher make images" >&2; exit 1; }
for tool in ko crane; do command -v $tool >/dev/null || { echo "$tool is needed: https://ko.build, https://github.com/google/go-containerregistry" >&2; exit 1; }; done

# Each once, whichever overlays have it.
packages=$(for overlay in dev production test; do kubectl kustomize "knative/overlays/$overlay"; done | sed -n 's#.*image: ko://##p' | sort -u)
began=$SECONDS
# shellcheck disable=SC2086 # one word each
images=$(ko build --preserve-import-paths $packages 2>/dev/null)
took=$((SECONDS - began))
rc=0
while read -r image; do
  # The index names one manifest per platform; the layers and the configuration are what is pulled.
  size=$(crane manifest --platform linux/amd64 "$image" | tr ',' '\n' | sed -n 's/.*"size": *\([0-9]*\).*/\1/p' | paste -sd+ | { read -r sum; echo $((sum)); })
  name=${image#"$KO_DOCKER_REPO/"}
  name=${name%%@*}
  printf '%6.2f MB  %s\n' "$(awk -v b="$size" 'BEGIN { print b / 1048576 }')" "$name"
  if [ "$size" -gt $(($(most "$name") * 1048576)) ]; then rc=1 && echo "           ^ more than $(most "$name") MB" >&2; fi
done <<<"$images"
echo "$(wc -l <<<"$images") images built in $took s"
exit $rc
