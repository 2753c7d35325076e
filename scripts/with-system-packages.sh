#!/usr/bin/env bash
# Installs programs of the system that are missing (Debian and its kin): those named, or all that the tests use.
set -euo pipefail

# Where Debian puts servers, which an ordinary user's path does not name.
PATH="$PATH:/usr/sbin:/sbin"
declare -A package=([mosquitto_pub]=mosquitto-clients [ps]=procps [/usr/lib/rabbitmq/bin/rabbitmq-server]=rabbitmq-server
  [/usr/lib/python3/dist-packages/paho]=python3-paho-mqtt)
# RabbitMQ by a path: its command is for root.
[ "$#" -gt 0 ] || set -- curl openssl mosquitto_pub mosquitto ps nginx caddy haproxy chromium-headless-shell /usr/lib/rabbitmq/bin/rabbitmq-server \
  /usr/lib/python3/dist-packages/paho
missing=()
for program in "$@"; do
  command -v "$program" >/dev/null || [ -e "$program" ] || missing+=("${package[$program]:-$program}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
# The tests start servers of their own: the packages are not to start theirs.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin /usr/sbin/policy-rc.d
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
fi
echo "installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
