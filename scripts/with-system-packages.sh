#!/usr/bin/env bash
# RUNLEVEL: the servers among it are not to be started by their packages.
# Installs what the tests and the quick start use from the system, where it is missing (Debian and its kin).
set -euo pipefail

missing=()
# Where Debian puts servers, which an ordinary user's path does not name.
PATH="$PATH:/usr/sbin:/sbin"
for pair in mosquitto_pub:mosquitto-clients openssl:openssl curl:curl ps:procps \
  nginx:nginx caddy:caddy haproxy:haproxy; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
