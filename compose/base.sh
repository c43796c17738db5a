#!/usr/bin/env bash
# base.sh: makes release-conformance/base:debian-12, a stand-in for debian:12-slim, where no container registry answers.
# From this machine's own apt sources, by mmdebstrap, which it installs; as root, on Debian or Ubuntu; 40 s, 125 MB.
set -euo pipefail
tag=release-conformance/base:debian-12
[ "$(id -u)" = 0 ] || { echo "base.sh: must run as root" >&2; exit 1; }
command -v apt-get > /dev/null || { echo "base.sh: needs Debian or Ubuntu; name an image in CONFORMANCE_BASE_IMAGE instead" >&2; exit 1; }
if docker image inspect "$tag" > /dev/null 2>&1; then
    echo "base.sh: $tag is here already; docker rmi $tag to have it made anew"
    exit 0
fi
if ! command -v mmdebstrap > /dev/null; then
    echo "base.sh: installing mmdebstrap"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends mmdebstrap > /dev/null
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The machine's own sources for Debian 12, whichever of the two ways of writing them it uses.
sources=$( (cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2> /dev/null || true) |
    sed -nE '/security/d; s/^URIs: *//p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' | head -n 1)
[ -n "$sources" ] || { echo "base.sh: this machine's apt sources name no Debian mirror" >&2; exit 1; }
echo "base.sh: a minimal Debian 12 from $sources"
mmdebstrap --quiet --variant=apt --include=ca-certificates \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$folder/base.tar" "deb $sources bookworm main" "deb $sources bookworm-updates main"
docker import --change 'CMD ["bash"]' "$folder/base.tar" "$tag" > /dev/null
echo "base.sh: $tag is made"
