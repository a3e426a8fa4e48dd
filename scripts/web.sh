#!/usr/bin/env bash
# Run one step of the web workspace: check | test | build | fix | gen | e2e, installing packages first when needed;
# `install` does nothing else.
set -eu
cd "$(dirname "$0")/../web"
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
[ "$1" = install ] && exit 0
exec npm run --silent "$@"
