#!/usr/bin/env bash
# Builds what a cluster is made of, from Go modules alone, once: make cluster. Cold it takes half an hour on two cores, most of it Traefik.
. "$(dirname "$0")/env.sh"
[ -e "$bin/complete" ] && exit 0
mkdir -p "$bin"
export CGO_ENABLED=0
flags='-s -w'

kubernetes() {
  local version=v1.34.3 package
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do # without it kubectl and Knative take it for version 0
    flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=34 -X $package.gitTreeState=clean -X $package.gitCommit=module -X $package.buildDate=1970-01-01T00:00:00Z"
  done
}

# build NAME MODULE PACKAGE builds one command.
build() (
  [ -x "$bin/$1" ] && exit 0
  say "building $1"
  cd "$here/tools/$2"
  [ "$1" = kubernetes ] && kubernetes
  nice go build -trimpath -ldflags "$flags" -o "$bin/$1.new" "$3"
  mv "$bin/$1.new" "$bin/$1"
)

build kubernetes kubernetes .
build etcd etcd go.etcd.io/etcd/server/v3
build ko ko github.com/google/ko
build crane ko github.com/google/go-containerregistry/cmd/crane
build coredns coredns .
build traefik traefik github.com/traefik/traefik/v3/cmd/traefik
say "compiling Knative" # ko builds its images later, from what is compiled here, where nothing can be fetched
(cd "$here/tools/knative" && go mod download knative.dev/networking knative.dev/caching && nice go build -trimpath tool)
(cd "$here" && unset GOWORK && go build -trimpath -ldflags '-s -w' -o "$bin/pause" ./pause)
touch "$bin/complete"
for old in "$home"/bin-*; do [ "$old" = "$bin" ] || rm -rf "$old"; done
