#!/usr/bin/env bash
# Installs what the tests and the quick start use from the system, where it is missing (Debian and its kin).
set -euo pipefail

missing=()
for pair in mosquitto_pub:mosquitto-clients openssl:openssl curl:curl; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# Not by its command: that is for root, and out of others' path.
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing+=(rabbitmq-server)
[ "${#missing[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
# The tests start their own: a service that nobody asked for goes again.
case "${missing[*]}" in *rabbitmq-server*)
  if [ -d /run/systemd/system ]; then "${as_root[@]}" systemctl disable --now rabbitmq-server || true; fi ;;
esac
