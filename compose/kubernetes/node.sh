#!/usr/bin/env bash
# node.sh CACHE STATE: the inside of kubernetes.sh: process 1 of namespaces of its own (mount, net, pid, uts, ipc), it becomes a node with
# its control plane. Everything it writes lies in memory and goes with it; logs, kubeconfig and the mark `ready` go to STATE.
set -euo pipefail
cache=$1 state=$2
own=/run/node
mount -t proc proc /proc
hostname node-1

# What the programs leave where they like, sockets, pods' logs, caches, they leave in memory. STATE and CACHE stay what they are.
mount --bind "$state" /mnt
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$state" "$own/cni" "$own/programs" /run/groups
mount --bind /mnt "$state"
umount /mnt
mount --bind "$cache" "$own/programs"
cache=$own/programs
for folder in /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
export HOME=$own

# /sys tells of the network namespace it was mounted in; the control groups below it are the machine's.
mount --rbind /sys/fs/cgroup /run/groups
mount -t sysfs sysfs /sys
mount --rbind /run/groups /sys/fs/cgroup
umount -l /run/groups

# kubelet insists on three settings of the kernel. The machine keeps its own: these files lie over them here alone.
for setting in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    file=/run/setting.${setting##*/}
    file=${file%=*}
    echo "${setting#*=}" > "$file"
    mount --bind "$file" "/proc/sys/${setting%=*}"
done

# One control group for all pods, so that nothing of theirs outlives the node unseen.
group=release-conformance-node
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$group"
    if [ -e "/sys/fs/cgroup/$group/cpu.weight" ]; then echo 400 > "/sys/fs/cgroup/$group/cpu.weight"; fi
else
    for controller in /sys/fs/cgroup/*/; do mkdir -p "$controller$group"; done
    for file in cpuset.cpus cpuset.mems; do
        cat "/sys/fs/cgroup/cpuset/$file" > "/sys/fs/cgroup/cpuset/$group/$file"
    done
    # All pods together weigh no more than one of this machine's processes by default: the node's own would starve them.
    echo 4096 > "/sys/fs/cgroup/cpu/$group/cpu.shares"
fi

wait_for() { # wait_for WHAT COMMAND...
    local what=$1
    shift
    for _ in $(seq 600); do
        if "$@" > "$state/last" 2>&1; then return 0; fi
        sleep 0.05
    done
    echo "$what: not within 30 s; it said last: $(tail -n 1 "$state/last")" > "$state/failed"
    exit 1
}

ip link set lo up
wait_for "the link to the machine" ip link show eth0
ip address add 10.77.0.1/24 dev eth0
ip link set eth0 up
ip route add default via 10.77.0.254
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1

token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
umask 077
echo "$token,admin,admin,system:masters" > "$own/tokens.csv"
openssl genrsa -out "$own/accounts.key" 2048 2> /dev/null
# By this the kubelet knows the API server: its port can be reached from this machine and from every pod.
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/O=system:masters/CN=api-server" \
    -keyout "$own/api-server.key" -out "$own/api-server.crt" 2> /dev/null
umask 022

cat > "$own/containerd.toml" << END
version = 2
root = "$own/containerd/root"
state = "$own/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$own/containerd.sock"
[ttrpc]
  address = "$own/containerd.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$own/cni"
END
cat > "$own/cni/10-pods.conflist" << END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true,
  "isDefaultGateway": true, "ipMasq": false, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$own/addresses", "ranges": [[{"subnet": "10.78.0.0/24"}]]}}]}
END
cat > "$own/kubelet.yaml" << END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$own/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$group
failCgroupV1: false
failSwapOn: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$own/api-server.crt"}}
authorization: {mode: Webhook}
readOnlyPort: 0
enforceNodeAllocatable: []
oomScoreAdj: 0
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi}
resolvConf: ""
containerLogMaxSize: 200Mi
serializeImagePulls: false
nodeStatusUpdateFrequency: 5s
featureGates: {KubeletInUserNamespace: true}
END
cat > "$own/kube-proxy.yaml" << END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: node-1
bindAddress: 0.0.0.0
metricsBindAddress: 127.0.0.1:10249
healthzBindAddress: 127.0.0.1:10256
clusterCIDR: 10.78.0.0/24
clientConnection: {kubeconfig: $own/kubeconfig}
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s, udpTimeout: 0s, udpStreamTimeout: 0s}
iptables: {syncPeriod: 30s, minSyncPeriod: 1s, localhostNodePorts: true}
END

run() { # run NAME ARGUMENTS...: one of the node's programs, in the background, with a log of its own
    local name=$1
    shift
    "$cache/node" "$name" "$@" > "$state/$name.log" 2>&1 < /dev/null &
}
run etcd --name node-1 --data-dir "$own/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster node-1=http://127.0.0.1:2380
containerd --config "$own/containerd.toml" > "$state/containerd.log" 2>&1 < /dev/null &
run kube-apiserver --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range=10.96.0.0/16 --secure-port=6443 \
    --bind-address=0.0.0.0 --advertise-address=10.77.0.1 --cert-dir="$own/apiserver" --allow-privileged=true \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$own/accounts.key" \
    --service-account-signing-key-file="$own/accounts.key" --token-auth-file="$own/tokens.csv" --authorization-mode=RBAC \
    --kubelet-client-certificate="$own/api-server.crt" --kubelet-client-key="$own/api-server.key" \
    --kubelet-preferred-address-types=InternalIP --enable-priority-and-fairness=false

certificate="$own/apiserver/apiserver.crt"
wait_for "the API server's certificate" test -s "$certificate"
cat > "$own/kubeconfig" << END
apiVersion: v1
kind: Config
clusters: [{name: release-conformance, cluster: {server: "https://10.77.0.1:6443", certificate-authority-data: $(base64 -w0 "$certificate")}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: release-conformance, context: {cluster: release-conformance, user: admin}}]
current-context: release-conformance
END
kubectl() { "$cache/node" kubectl --kubeconfig "$own/kubeconfig" "$@"; }
wait_for "containerd" ctr -a "$own/containerd.sock" version
ctr -a "$own/containerd.sock" -n k8s.io images import "$cache/pause.tar" > /dev/null
wait_for "the API server" kubectl get --raw /readyz
run kube-controller-manager --kubeconfig="$own/kubeconfig" --service-account-private-key-file="$own/accounts.key" \
    --root-ca-file="$certificate" --leader-elect=false --bind-address=127.0.0.1 --cert-dir="$own/controllers"
run kube-scheduler --kubeconfig="$own/kubeconfig" --leader-elect=false --bind-address=127.0.0.1 --cert-dir="$own/scheduler"
run kubelet --config="$own/kubelet.yaml" --kubeconfig="$own/kubeconfig" --hostname-override=node-1 --node-ip=10.77.0.1 \
    --root-dir="$own/kubelet" --cert-dir="$own/kubelet/pki"
run kube-proxy --config="$own/kube-proxy.yaml"
wait_for "the node to be known" kubectl get node node-1
wait_for "the node to be ready" kubectl wait --for=condition=Ready node/node-1 --timeout=1s
wait_for "the account that pods run as" kubectl get serviceaccount default
(umask 077 && cp "$own/kubeconfig" "$state/kubeconfig")
touch "$state/ready"
trap 'exit 0' TERM
while :; do sleep 3600 & wait $! || true; done
