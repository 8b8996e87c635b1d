#!/usr/bin/env bash
# A Kubernetes with Knative on this machine: everything in one network namespace and one folder, no Docker, no image pulled. make cluster.
. "$(dirname "$0")/env.sh"

# What the cluster needs of the machine, and Debian's package for each.
declare -A package=(
  [containerd]=containerd [runc]=runc [/usr/lib/cni/bridge]=containernetworking-plugins [iptables]=iptables [nft]=nftables
  [conntrack]=conntrack [socat]=socat [ip]=iproute2 [openssl]=openssl [kubectl]=kubernetes-client
)

# prerequisites installs what is missing, or says what it is.
prerequisites() {
  [ "$(uname -s)" = Linux ] || die "The cluster needs Linux. Elsewhere, start one with kind or minikube, and set KUBECONFIG."
  [ "$(id -u)" = 0 ] || die "The cluster needs root: it makes a network namespace and containers. Or set KUBECONFIG to a cluster that runs."
  local program missing=()
  for program in "${!package[@]}"; do command -v "$program" >/dev/null || missing+=("${package[$program]}"); done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "Something is missing. On Debian it comes with: ${missing[*]}"
  say "installing what is missing: ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null
}

# start runs a daemon inside the network; its log and its process number are files named after it.
start() {
  local name=$1
  shift
  setsid nsenter --net="/run/netns/$netns" "$@" >>"$run/log/$name" 2>&1 </dev/null &
  echo $! >"$run/pid/$name"
}

# until_ready waits for a command to succeed, and shows the log of NAME when it does not.
until_ready() {
  local name=$1 tries=300
  shift
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { tail -20 "$run/log/$name" >&2; die "$name did not get ready; its log is $run/log/$name"; }
    sleep 0.2
  done
}

network() {
  ip netns add "$netns"
  enter ip link set lo up
  enter ip link add node0 type veth peer name node1
  enter ip addr add "$node/24" dev node0
  enter ip link set node0 up
  enter ip link set node1 up
  enter ip route add default dev node0
  enter sysctl -qwe net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.ipv4.conf.all.rp_filter=0
  # Names for whoever enters with run.sh.
  mkdir -p "/etc/netns/$netns"
  printf '127.0.0.1 localhost\n%s gateway.usher.%s\n' "$node" "$domain" >"/etc/netns/$netns/hosts"
}

# credentials makes one authority, one certificate, and one token that may do everything.
credentials() {
  cd "$run/pki"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=usher-cluster 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -keyout api.key -out api.csr -subj /CN=kube-apiserver 2>/dev/null
  printf 'subjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:10.96.0.1,IP:%s\nextendedKeyUsage=serverAuth\n' "$node" >api.ext
  openssl x509 -req -in api.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile api.ext -out api.crt 2>/dev/null
  openssl genrsa -out sa.key 2048 2>/dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  local token
  token=$(openssl rand -hex 16)
  echo "$token,admin,admin,system:masters" >tokens.csv
  cat >"$run/kubeconfig" <<K
apiVersion: v1
kind: Config
clusters: [{name: usher, cluster: {server: "https://$node:6443", certificate-authority: $run/pki/ca.crt}}]
users: [{name: admin, user: {token: "$token"}}]
contexts: [{name: usher, context: {cluster: usher, user: admin}}]
current-context: usher
K
  chmod 600 "$run/kubeconfig" tokens.csv ./*.key
}

settings() {
  printf 'nameserver %s\n' "$node" >"$run/resolv.conf"
  mkdir -p "$run/cni"
  local from
  for from in kubelet.yaml containerd.toml bridge.conflist; do sed "s|\$RUN|$run|g" "$here/manifests/$from" >"$run/$from"; done
  mv "$run/bridge.conflist" "$run/cni/10-bridge.conflist"
}

control_plane() {
  start etcd "$bin/etcd" --data-dir "$run/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380 --unsafe-no-fsync
  start registry "$bin/crane" registry serve --address 0.0.0.0:5000 --disk "$home/registry"
  start containerd containerd -c "$run/containerd.toml"
  start apiserver "$bin/kubernetes" kube-apiserver --etcd-servers=http://127.0.0.1:2379 --advertise-address="$node" --bind-address=0.0.0.0 --secure-port=6443 \
    --tls-cert-file="$run/pki/api.crt" --tls-private-key-file="$run/pki/api.key" --token-auth-file="$run/pki/tokens.csv" --cert-dir="$run/pki/auto" \
    --service-account-key-file="$run/pki/sa.pub" --service-account-signing-key-file="$run/pki/sa.key" --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=Node,RBAC --allow-privileged=true --enable-aggregator-routing=true --kubelet-preferred-address-types=InternalIP
  until_ready apiserver kubectl get --raw /readyz
  start controller-manager "$bin/kubernetes" kube-controller-manager --kubeconfig="$run/kubeconfig" --service-account-private-key-file="$run/pki/sa.key" \
    --root-ca-file="$run/pki/ca.crt" --leader-elect=false --bind-address=127.0.0.1 --cert-dir="$run/pki/auto" --controllers='*,-horizontal-pod-autoscaler-controller'
  start scheduler "$bin/kubernetes" kube-scheduler --kubeconfig="$run/kubeconfig" --leader-elect=false --bind-address=127.0.0.1 --cert-dir="$run/pki/auto"
}

node() {
  until_ready containerd ctr -a "$run/containerd.sock" version
  start kubelet "$bin/kubernetes" kubelet --config="$run/kubelet.yaml" --kubeconfig="$run/kubeconfig" --hostname-override=node --node-ip="$node" \
    --root-dir="$run/kubelet" --cert-dir="$run/pki/kubelet"
  start kube-proxy "$bin/kubernetes" kube-proxy --kubeconfig="$run/kubeconfig" --hostname-override=node --proxy-mode=nftables --cluster-cidr=10.244.0.0/16 \
    --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0 --bind-address="$node" --metrics-bind-address=127.0.0.1:10249
  until_ready kubelet ready_node
}

ready_node() { kubectl get node node | grep -qw Ready; }

beside() {
  KUBECONFIG=$run/kubeconfig start coredns "$bin/coredns" -conf "$here/manifests/Corefile"
  kubectl apply -f "$here/manifests/network.yaml" >/dev/null
  local door character plain=() # what a path is, is for the gateway and the functions to say
  for door in web private; do
    for character in Slash BackSlash NullCharacter Semicolon Percent QuestionMark Hash; do plain+=("--entryPoints.$door.http.encodedCharacters.allowEncoded$character=true"); done
  done
  KUBECONFIG=$run/kubeconfig start traefik "$bin/traefik" --entryPoints.web.address="$node:80" --entryPoints.private.address="$node:8081" \
    --experimental.knative=true --providers.knative=true --providers.knative.publicEntrypoints=web --providers.knative.privateEntrypoints=private \
    --providers.knative.publicService.name=traefik --providers.knative.publicService.namespace=traefik \
    --providers.knative.privateService.name=traefik-internal --providers.knative.privateService.namespace=traefik \
    "${plain[@]}" --log.level=INFO --global.checknewversion=false --global.sendanonymoususage=false
  volumes
}

# volumes are folders: nothing here makes them on demand.
volumes() {
  local i
  for i in 1 2 3 4 5 6; do
    install -d -m 0770 -o 65532 -g 65532 "$run/volumes/$i"
    printf -- '---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: volume-%s}\nspec: {capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, hostPath: {path: %s}}\n' "$i" "$run/volumes/$i"
  done | kubectl apply -f - >/dev/null
}

exists && die "There is a cluster already, or what is left of one: make cluster-down ends it."
prerequisites
say "building what is not built yet"
"$here/build.sh"
"$here/down.sh" # what a crash may have left
mkdir -p "$home/registry" "$run"/{log,pid,pki,pod-logs}
trap 'say "it did not come up: the logs are in $run/log; make cluster-down clears up"' ERR
network
credentials
settings
control_plane
node
say "the node is ready"
beside
"$here/knative.sh"
say "the cluster is ready: knative/cluster/run.sh kubectl get pods -A; make deploy OVERLAY=test; make cluster-down ends it"
