#!/usr/bin/env bash
# The differential test as ctest runs it: differential.sh TOOL [options of differential.mjs].
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
tool=$1
shift
node "$here/differential.mjs" "$tool" "$("$here/../../tools/fetch_jsonata.sh")" "$@"
