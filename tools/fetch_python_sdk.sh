#!/usr/bin/env bash
# Installs Temporal's Python SDK, in which the tests write a worker of their own, by tests/e2e/requirements.txt, outside the tree.
# May be run twice; prints the folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${FERMATA_CACHE:-$HOME/.cache/fermata}/python-sdk
mkdir -p "$target"
exec 9>"$target.lock"
flock 9
if ! cmp -s tests/e2e/requirements.txt "$target/requirements.txt"; then
  rm -rf "$target"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$target" -r tests/e2e/requirements.txt >&2
  cp tests/e2e/requirements.txt "$target/"
fi
echo "$target"
