#!/usr/bin/env bash
# browser.sh: installs Chromium, without a window, where there is none: the tests look at the reports in it.
# From this machine's own apt sources; as root, on Debian. Elsewhere it says what to do, and the tests that need it skip.
set -euo pipefail
for name in chromium chromium-headless-shell chromium-browser google-chrome; do
    ! command -v "$name" > /dev/null || exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "browser.sh: no Chromium here: as root on Debian, apt-get install chromium" >&2
    exit 0
fi
echo "browser.sh: installing Chromium"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core > /dev/null
