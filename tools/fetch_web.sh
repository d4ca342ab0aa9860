#!/usr/bin/env bash
# Installs what web/package-lock.json pins into web/node_modules. May be run twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../web"
# Tests that run side by side may all come here first.
exec 9>../web/.install.lock
flock 9
if ! cmp -s package-lock.json node_modules/.installed.json; then
  echo "web: installing what web/package-lock.json pins" >&2
  npm ci --no-audit --no-fund >&2
  cp package-lock.json node_modules/.installed.json
fi
