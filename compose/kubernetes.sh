#!/usr/bin/env bash
# kubernetes.sh: a real Kubernetes cluster of one node for who has none: apiserver, controllers, scheduler, kubelet, kube-proxy and etcd in
# one child process with namespaces of its own. Root, Debian or Ubuntu, Go. The programs are built from the Go module proxy the first time
# (minutes), and kept. Who has a cluster (kind, k3s, minikube, a real one) needs none of this.
#
#   kubernetes.sh [start]          start it, print where its kubeconfig lies; does nothing where it runs
#   kubernetes.sh kubectl ...      talk to it; so does /run/release-conformance-kubernetes/kubectl with the kubeconfig beside it
#   kubernetes.sh load IMAGE|FILE  give it an image: of this machine's Docker engine, or an archive as docker save writes it
#   kubernetes.sh flush            forget connections that have ended: a later one from the same port would go to a pod that is gone
#   kubernetes.sh build            make the programs, start nothing
#   kubernetes.sh stop             end it; nothing of it is left
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)/kubernetes
state=/run/release-conformance-kubernetes
version=1.34.4
say() { echo "kubernetes.sh: $*"; }
fail() { echo "kubernetes.sh: $*" >&2; exit 1; }

folder=${XDG_CACHE_HOME:-$HOME/.cache}/release-conformance/kubernetes
cache=$folder/$(cat "$here"/programs/* "$here"/pause/* "$here/image.py" | sha256sum | cut -c1-12)

build() {
    [ -x "$cache/node" ] && [ -s "$cache/pause.tar" ] && return
    command -v go > /dev/null || fail "needs Go 1.24 or later to build Kubernetes $version: install it, or name a cluster of your own"
    say "building Kubernetes $version (four minutes with two cores, once)"
    local began=$SECONDS work
    mkdir -p "$folder"
    work=$(mktemp -d "$folder/building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
    local flags="-s -w" at
    for at in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags="$flags -X $at.gitVersion=v$version -X $at.gitMajor=1 -X $at.gitMinor=34"
    done
    (cd "$here/pause" && go build -trimpath -ldflags "-s -w" -o "$work/pause" .)
    python3 "$here/image.py" "$work/pause.tar" localhost/pause:1 "$work/pause"
    (cd "$here/programs" && go build -trimpath -ldflags "$flags" -o "$work/node" .)
    rm -rf "$cache"
    mv "$work" "$cache"
    trap - EXIT
    say "built after $((SECONDS - began)) s; kept in $cache"
}

runs() { [ -s "$state/pid" ] && kill -0 "$(cat "$state/pid")" 2> /dev/null; }

within() { nsenter --target "$(cat "$state/inner")" --mount --pid --net --ipc --uts -- "$@"; }

need() {
    [ "$(id -u)" = 0 ] || fail "must run as root; or name a cluster of your own"
    local -A packages=([containerd]=containerd [runc]=runc [iptables]=iptables [ip]=iproute2 [openssl]=openssl [unshare]=util-linux [pgrep]=procps
        [conntrack]=conntrack [/usr/lib/cni/bridge]=containernetworking-plugins)
    local missing=() program
    for program in "${!packages[@]}"; do
        command -v "$program" > /dev/null || missing+=("${packages[$program]}")
    done
    [ "${#missing[@]}" = 0 ] && return
    command -v apt-get > /dev/null || fail "needs ${missing[*]}: install them"
    say "installing ${missing[*]}"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" > /dev/null
}

start() {
    if runs; then
        say "runs already; kubeconfig $state/kubeconfig, context release-conformance"
        return
    fi
    need
    build
    clean
    mkdir -p "$state"
    local began pid inner
    began=$(date +%s%N)
    setsid unshare --mount --net --pid --uts --ipc --fork --kill-child --propagation private \
        "$here/node.sh" "$cache" "$state" > "$state/node.log" 2>&1 < /dev/null &
    pid=$!
    echo "$pid" > "$state/pid"
    for _ in {1..100}; do
        inner=$(pgrep -P "$pid" || true)
        [ -n "$inner" ] && break
        sleep 0.05
    done
    [ -n "$inner" ] || { clean; fail "unshare does not start: $(tail -n 1 "$state/node.log")"; }
    echo "$inner" > "$state/inner"
    ip link add rcnode0 type veth peer name eth0 netns "$inner"
    ip address add 10.77.0.254/24 dev rcnode0
    ip link set rcnode0 up
    for _ in {1..600}; do
        if [ -e "$state/ready" ]; then
            ln -s "$cache/node" "$state/kubectl" # the program goes by the name that it is called by
            say "$(printf 'Kubernetes %s, ready after %.1f s' "$version" "$(($(date +%s%N) - began))e-9"); kubeconfig $state/kubeconfig, context release-conformance"
            return
        fi
        if [ -s "$state/failed" ] || ! kill -0 "$pid" 2> /dev/null; then break; fi
        sleep 0.1
    done
    local why
    why=$(cat "$state/failed" 2> /dev/null || tail -n 1 "$state/node.log")
    echo "kubernetes.sh: the node does not come up: ${why:-not within 60 s}" >&2
    tail -qn 3 "$state"/*.log >&2 || true
    clean
    exit 1
}

# Namespaces, mounts, links and processes go with process 1; control groups are the kernel's and outlive it.
clean() {
    local pid group
    if runs; then
        pid=$(cat "$state/pid")
        kill -9 "$pid" 2> /dev/null || true
        for _ in {1..200}; do
            kill -0 "$pid" 2> /dev/null || kill -0 "$(cat "$state/inner" 2> /dev/null || echo "$pid")" 2> /dev/null || break
            sleep 0.05
        done
    fi
    for _ in {1..100}; do
        for group in /sys/fs/cgroup/release-conformance-node /sys/fs/cgroup/*/release-conformance-node; do
            [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} \; 2> /dev/null || true
        done
        compgen -G '/sys/fs/cgroup/*/release-conformance-node' > /dev/null || [ -d /sys/fs/cgroup/release-conformance-node ] || break
        sleep 0.1
    done
    for _ in {1..100}; do # a moment after its last process the kernel takes the network namespace down, and the link with it
        [ -e /sys/class/net/rcnode0 ] || break
        sleep 0.05
    done
    if [ -d "$state" ]; then rm -rf "$state"; fi
}

running() { runs || fail "no cluster runs: kubernetes.sh start"; }

load() {
    local image=$1
    if [ -f "$image" ]; then
        within ctr -a /run/node/containerd.sock -n k8s.io images import - < "$image" > /dev/null
    else
        docker image inspect "$image" > /dev/null 2>&1 || fail "load $image: neither a file nor an image of this machine's Docker engine"
        docker save "$image" | within ctr -a /run/node/containerd.sock -n k8s.io images import - > /dev/null
    fi
    say "$image is there"
}

case "${1:-start}" in
    start) start ;;
    build) build ;;
    stop) clean ;;
    load) running; load "${2:?IMAGE or FILE}" ;;
    flush) running; within conntrack -F > /dev/null 2>&1 ;;
    kubectl) running; shift; exec "$state/kubectl" --kubeconfig "$state/kubeconfig" --cache-dir "$state/discovery" "$@" ;;
    *) fail "$1: expected start, kubectl, load, flush, build or stop" ;;
esac
