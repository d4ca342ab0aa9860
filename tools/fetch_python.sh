#!/usr/bin/env bash
# fetch_python.sh NAME REQUIREMENTS: installs what the file pins, and nothing besides, in a folder of its own outside the tree.
# May be run twice, also at the same time; prints the folder, which belongs into PYTHONPATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${FERMATA_CACHE:-$HOME/.cache/fermata}/$1
mkdir -p "$target"
exec 9>"$target.lock"
flock 9
if ! cmp -s "$2" "$target/requirements.txt"; then
  echo "$1: installing what $2 pins" >&2
  rm -rf "$target"
  python3 -m pip install --disable-pip-version-check --no-deps --target "$target" -r "$2" >&2
  cp "$2" "$target/"
fi
echo "$target"
