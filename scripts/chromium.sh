#!/bin/sh
# Prints where Chromium is; as root on Debian installs it when it is nowhere.
set -eu

find_chromium() {
    for name in ${CHROMIUM:+"$CHROMIUM"} chromium google-chrome chromium-browser google-chrome-stable; do
        if command -v "$name"; then return; fi
    done
    return 1
}

if find_chromium; then exit; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >&2
    if find_chromium; then exit; fi
fi
echo "The browser tests need Chromium: install chromium or google-chrome, or set CHROMIUM to its path." >&2
exit 1
