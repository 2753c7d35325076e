#!/usr/bin/env bash
# Everything that CI demands besides the tests: types, lint, import arrows, unused code, package, generated files.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"

echo '— types'; tsc -p .
echo '— lint and format'; biome check --error-on-warnings .
echo '— import arrows'; depcruise --config .dependency-cruiser.cjs src
echo '— unused code'; knip
echo '— generated files'
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp oclif.manifest.json docs/commands.md "$before"
npm run --silent generate
for file in oclif.manifest.json docs/commands.md; do
  diff -u "$before/$(basename "$file")" "$file" || { echo "$file was out of date: commit what 'npm run generate' makes" >&2; exit 1; }
done
echo '— package'; publint --strict
echo 'all checks passed'
