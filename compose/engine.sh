#!/usr/bin/env bash
# engine.sh: a Docker engine on a root Debian or Ubuntu machine that has none: installs Debian's docker.io, starts dockerd, and
# returns when it answers. Does nothing where one answers. `engine.sh stop` ends the one that it started.
set -euo pipefail
state=/run/release-conformance-engine
answers() { docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }

# All containers together are one group beside this machine's processes, and by default it weighs no more than one of them: the
# engine's own helpers would starve twenty services whenever a container starts. Where systemd has no hand in it, mend that.
weigh() {
    local groups=/sys/fs/cgroup
    if [ -d "$groups/cpu" ]; then
        mkdir -p "$groups/cpu/docker" && echo 4096 > "$groups/cpu/docker/cpu.shares"
    elif [ -e "$groups/docker/cpu.weight" ]; then
        echo 400 > "$groups/docker/cpu.weight"
    fi
}

if [ "${1:-}" = stop ]; then
    [ -s "$state/pid" ] || exit 0
    pid=$(cat "$state/pid")
    kill "$pid" 2> /dev/null || true
    for _ in {1..100}; do kill -0 "$pid" 2> /dev/null || break; sleep 0.2; done
    rm -rf "$state"
    exit 0
fi
if answers; then
    echo "engine.sh: $(docker version --format '{{.Server.Version}}') answers already"
    exit 0
fi
[ "$(id -u)" = 0 ] || { echo "engine.sh: must run as root; or start a Docker engine yourself" >&2; exit 1; }
command -v apt-get > /dev/null || { echo "engine.sh: needs Debian or Ubuntu; elsewhere install Docker by its own manual" >&2; exit 1; }
if ! command -v dockerd > /dev/null; then
    echo "engine.sh: installing docker.io and iptables"
    apt-get -qq update
    # Installed only: whether it is to start with the machine is its owner's business.
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends docker.io iptables > /dev/null
fi
if ! command -v docker > /dev/null; then
    echo "engine.sh: installing the docker command"
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends docker-cli > /dev/null
fi
mkdir -p "$state"
# Each published port's proxy inherits the limit, and ends when it has run out of files.
ulimit -n 1048576 2> /dev/null || ulimit -n "$(ulimit -Hn)"
setsid dockerd --pidfile "$state/pid" > "$state/log" 2>&1 < /dev/null &
daemon=$!
for _ in {1..150}; do
    if answers; then
        weigh
        echo "engine.sh: $(docker version --format '{{.Server.Version}}') started (log: $state/log)"
        exit 0
    fi
    kill -0 "$daemon" 2> /dev/null || break
    sleep 0.2
done
echo "engine.sh: dockerd does not come up; its last lines:" >&2
tail -n 15 "$state/log" >&2
exit 1
