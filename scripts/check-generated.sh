#!/usr/bin/env bash
# Generated files must say what the program does: a stale manifest hides commands.
set -euo pipefail
cd "$(dirname "$0")/.."

generated=(oclif.manifest.json docs/commands.md docs/configuration.md docs/openapi.json console/src/api/openapi.d.ts)
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp "${generated[@]}" "$before"
npm run --silent generate
for file in "${generated[@]}"; do
  diff -u "$before/$(basename "$file")" "$file" || { echo "$file was out of date: commit what 'npm run generate' makes" >&2; exit 1; }
done
