#!/usr/bin/env bash
# mariadb.sh: installs a MariaDB server where there is none: the tests start one of their own from its programs.
# From this machine's own apt sources; as root, on Debian. Elsewhere it says what to do, and the tests that need it skip.
set -euo pipefail
if command -v mariadbd > /dev/null || [ -x /usr/sbin/mariadbd ]; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "mariadb.sh: no MariaDB server here: as root on Debian, apt-get install mariadb-server" >&2
    exit 0
fi
echo "mariadb.sh: installing a MariaDB server"
policy=/usr/sbin/policy-rc.d # while it says 101, installing a package starts no server
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
fi
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends mariadb-server > /dev/null
