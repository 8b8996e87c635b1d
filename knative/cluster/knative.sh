#!/usr/bin/env bash
# Puts Knative Serving and Eventing onto the cluster that up.sh has started: their own manifests, images built by ko from their modules.
. "$(dirname "$0")/env.sh"
registry=localhost:5000
tools=$here/tools/knative

kept=$home/images # the registry has layers on its disk, and manifests only while it runs: the images as OCI layouts, name/tag

module() { (cd "$tools" && go list -m -f '{{.Dir}}' "$1"); }
crane() { enter "$bin/crane" "$@"; }

# base_images makes what images stand on from nothing: certificates and a user, and a program that waits.
base_images() {
  local work
  work=$(mktemp -d)
  mkdir -p "$work"/static/{etc/ssl/certs,home/nonroot,tmp} "$work/pause"
  cp /etc/ssl/certs/ca-certificates.crt "$work/static/etc/ssl/certs/"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$work/static/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$work/static/etc/group"
  chmod 1777 "$work/static/tmp"
  cp "$bin/pause" "$work/pause/pause"
  local name
  for name in static pause; do
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/$name" -cf "$work/$name.tar" .
    crane append --platform linux/amd64 -f "$work/$name.tar" -t $registry/$name:base >/dev/null 2>&1
  done
  crane mutate $registry/static:base --set-platform linux/amd64 --user 65532 --workdir /home/nonroot \
    --env PATH=/ko-app:/usr/bin:/bin --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt -t $registry/static:nonroot >/dev/null 2>&1
  crane mutate $registry/pause:base --set-platform linux/amd64 --user 65532 --entrypoint /pause -t $registry/pause:1 >/dev/null 2>&1
  rm -rf "$work"
}

# manifests prints Knative's own, without what this cluster has no use for: autoscalers of Knative's own parts, image caches, adapters of other
# sources (which get the image that waits, since the controller asks for one). One small machine has no cores to promise to anybody.
manifests() {
  local serving eventing networking file
  serving=$(module knative.dev/serving) eventing=$(module knative.dev/eventing) networking=$(module knative.dev/networking)
  for file in "$networking"/config/*.yaml "$(module knative.dev/caching)"/config/*.yaml $(find -L "$serving/config/core" -name '*.yaml' ! -name '*-hpa.yaml' ! -name 999-cache.yaml | sort) \
    "$eventing"/third_party/eventing-integrations-latest/*.yaml $(find -L "$eventing/config/core" -name '*.yaml' ! -name '*-hpa.yaml' ! -name job-sink.yaml ! -name request-reply.yaml | sort); do
    echo ---
    awk '/^ *requests:/ { asked = 1 } asked && /^ *cpu:/ { sub(/cpu:.*/, "cpu: 1m"); asked = 0 } { print }' "$file" |
      sed -E "s#ko://knative.dev/eventing/cmd/(apiserver_receive_adapter|auth_proxy)#$registry/pause:1#"
    echo
  done
}

# keep puts the images away for the next cluster's registry.
keep() {
  local image
  rm -rf "$kept"
  for image in pause:1 static:nonroot $(crane catalog $registry | sed -n 's#^knative/.*#&:latest#p'); do
    mkdir -p "$kept/${image%:*}"
    crane pull --format=oci "$registry/$image" "$kept/${image/:/\/}"
  done
}

bring_back() {
  local layout image
  for layout in "$kept"/*/* "$kept"/knative/*/*; do
    [ -e "$layout/index.json" ] || continue
    image=${layout#"$kept/"}
    crane push "$layout" "$registry/${image%/*}:${image##*/}"
  done >>"$run/log/crane" 2>&1
}

# images puts all images into the registry. They are built once: Knative's manifests are kept, with the digests of its images.
images() {
  if [ -e "$images" ]; then
    bring_back
    return
  fi
  base_images
  say "building Knative's images"
  manifests >"$run/manifests.yaml"
  (cd "$tools" && KO_CONFIG_PATH=$root/ko.yaml KO_DOCKER_REPO=$registry/knative KO_DEFAULTBASEIMAGE=$registry/static:nonroot GOPROXY=off \
    enter "$bin/ko" resolve --sbom=none -f "$run/manifests.yaml" >"$images.new" 2>"$run/log/ko") || { tail -20 "$run/log/ko" >&2; exit 1; }
  keep
  rm -f "$home"/registry/knative-*.yaml
  mv "$images.new" "$images"
}

# part prints the documents of Knative's manifests that others need to be there first, or all others.
part() {
  awk -v want="$1" 'BEGIN { RS = "\n---\n" } { first = $0 ~ /(^|\n)kind: (CustomResourceDefinition|Namespace)(\n|$)/ } /(^|\n)kind:/ && (want == "first") == first { printf "---\n%s\n", $0 }' "$images"
}

apply() { kubectl apply -f - >>"$run/log/apply" 2>&1 || { tail -20 "$run/log/apply" >&2; die "Knative's manifests were refused"; }; }

configure() {
  kubectl -n knative-serving patch configmap config-network -p '{"data":{"ingress-class":"traefik.ingress.networking.knative.dev"}}'
  kubectl -n knative-serving patch configmap config-domain -p "{\"data\":{\"$domain\":\"\"}}"
  # Functions rest soon, so that tests see it. These are the shortest that Knative takes.
  kubectl -n knative-serving patch configmap config-autoscaler -p '{"data":{"scale-to-zero-grace-period":"6s","stable-window":"6s"}}'
  kubectl -n knative-serving patch configmap config-deployment -p '{"data":{"queue-sidecar-cpu-request":"1m"}}'
} >>"$run/log/apply"

images
part first | apply
kubectl wait --for=condition=Established --all crd --timeout=60s >/dev/null
part rest | apply
configure
for part in serving eventing; do
  kubectl -n knative-$part wait --for=condition=Available deployment --all --timeout=240s >/dev/null || { kubectl -n knative-$part get pods >&2; die "knative-$part did not get ready"; }
  say "knative-$part is ready"
done
