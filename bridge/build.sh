#!/usr/bin/env bash
# Builds what Fermata takes from Rust and protobuf, once, outside the build tree:
#   $FERMATA_CACHE/bridge-<key>/{lib/libfermata_bridge.a, include/*.h, proto/…}      the official Temporal C bridge and JSON Schema
#   $FERMATA_CACHE/protobuf-<key>/{lib/libfermata_protobuf.a, include/…}             Temporal's messages as C++, one library
# The key is a hash of everything that goes in, so a change makes a new folder and nobody pays twice.
# Prints the two folders, as CMake variables, when asked: bridge/build.sh --paths
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${FERMATA_CACHE:-$HOME/.cache/fermata}
package=@temporalio/core-bridge@1.24.0
integrity=sha512-6kzPB8RsHcPU6HDNUSDBFC0JG2UFrV3ThmPmJkeEafKh2DFrKARM8IzxgKeE5MzvdIXYmONFM0UmHg+TZ0/qrQ==

bridge_key=$(cat "$here/Cargo.toml" "$here/Cargo.lock" "$here/lib.rs" "$here/jsonschema.h" <(echo "$integrity") | sha256sum | cut -c1-16)
protobuf_key=$(cat "$here/protobuf.py" <(echo "$integrity") <(g++ -dumpfullversion) | sha256sum | cut -c1-16)
bridge=$cache/bridge-$bridge_key
protobuf=$cache/protobuf-$protobuf_key

if [ "${1:-}" = --paths ]; then
  printf '%s;%s' "$bridge" "$protobuf"
  exit 0
fi

say() { printf 'bridge: %s\n' "$*"; }

# Starts a long command with its output in a log; `started` is its process.
start() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 &
  started=$!
}

# Waits for one, and says after 5 seconds and then every 20 how far it is.
await() {
  local pid=$1 log=$2 what=$3 began=$SECONDS next=5
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if [ $((SECONDS - began)) -ge "$next" ]; then
      next=$((SECONDS - began + 20))
      say "$what: $((SECONDS - began)) s, $(tail -n 1 "$log" | cut -c1-80)"
    fi
  done
  if ! wait "$pid"; then
    tail -n 40 "$log" >&2
    say "$what failed, whole log in $log" >&2
    return 1
  fi
}

fetch() {
  local into=$1
  mkdir -p "$into"
  (cd "$into" && npm pack --silent "$package" >/dev/null)
  local archive got
  archive=$(ls "$into"/*.tgz)
  got=sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w0)
  if [ "$got" != "$integrity" ]; then
    say "the package $package is not the one that we pinned ($got)" >&2
    exit 1
  fi
  tar -xzf "$archive" -C "$into"
}

mkdir -p "$cache"
exec 9>"$cache/.bridge.lock"
flock 9

if [ -f "$bridge/complete" ] && [ -f "$protobuf/complete" ]; then
  say "up to date"
  exit 0
fi

work=$(mktemp -d "$cache/work-XXXXXX")
# What runs in the background does not hear Ctrl-C.
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
say "fetching $package"
fetch "$work/fetched"
core=$work/fetched/package/sdk-core

if [ ! -f "$protobuf/complete" ]; then
  # In what time the other leaves: cargo often waits for a single crate.
  say "protobuf messages: generating and compiling (about 4 minutes on two cores), beside the bridge"
  rm -rf "$protobuf"
  start "$cache/protobuf.log" nice -n 10 python3 "$here/protobuf.py" "$core/crates/protos/protos" "$protobuf"
  messages=$started
fi

if [ ! -f "$bridge/complete" ]; then
  say "Temporal bridge: compiling (about 10 minutes on two cores)"
  crate=$work/crate
  mkdir -p "$crate/vendor"
  cp "$here/Cargo.toml" "$here/Cargo.lock" "$here/lib.rs" "$crate/"
  cp -r "$core" "$crate/vendor/sdk-core"
  # Its own toolchain pin asks for a compiler that may not be here; the minimum (1.88) is checked by cargo itself.
  rm -f "$crate/vendor/sdk-core/rust-toolchain.toml"
  # As a dependency of our crate it has to be a Rust library; ours is the one that C++ links.
  sed -i 's/crate-type = \["cdylib"\]/crate-type = ["rlib"]/' "$crate/vendor/sdk-core/crates/sdk-core-c-bridge/Cargo.toml"
  start "$cache/bridge.log" env CARGO_TERM_COLOR=never cargo build --release --locked --manifest-path "$crate/Cargo.toml" --target-dir "$work/target"
  await "$started" "$cache/bridge.log" "Temporal bridge"
  rm -rf "$bridge"
  mkdir -p "$bridge/lib" "$bridge/include"
  cp "$work/target/release/libfermata_bridge.a" "$bridge/lib/"
  cp "$core/crates/sdk-core-c-bridge/include/temporal-sdk-core-c-bridge.h" "$here/jsonschema.h" "$bridge/include/"
  touch "$bridge/complete"
fi
if [ -n "${messages:-}" ]; then
  await "$messages" "$cache/protobuf.log" "protobuf messages"
  touch "$protobuf/complete"
fi
say "ready"
