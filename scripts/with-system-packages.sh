#!/usr/bin/env bash
# Installs what the tests and the quick start use from the system, where it is missing (Debian and its kin).
set -euo pipefail

# Debian keeps the broker where only root looks.
PATH="$PATH:/usr/sbin"
missing=()
for pair in mosquitto:mosquitto mosquitto_pub:mosquitto-clients openssl:openssl curl:curl; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
# The tests start brokers of their own: the package is not to start one.
if [[ " ${missing[*]} " == *" mosquitto "* && ! -e /usr/sbin/policy-rc.d ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin /usr/sbin/policy-rc.d
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
fi
echo "installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
