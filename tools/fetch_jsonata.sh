#!/usr/bin/env bash
# Installs the official JSONata engine, which tests and measurements hold ours against, by the lock
# file of tests/jsonata, outside the tree. May be run twice; prints the folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${FERMATA_CACHE:-$HOME/.cache/fermata}/jsonata
mkdir -p "$target"
# Tests that run side by side may all come here first.
exec 9>"$target/lock"
flock 9
if ! cmp -s tests/jsonata/package-lock.json "$target/node_modules/.installed.json"; then
  echo "jsonata: installing the official engine" >&2
  cp tests/jsonata/package.json tests/jsonata/package-lock.json "$target/"
  npm ci --prefix "$target" --no-audit --no-fund >&2
  cp tests/jsonata/package-lock.json "$target/node_modules/.installed.json"
fi
echo "$target"
