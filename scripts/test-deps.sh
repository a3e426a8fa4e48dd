#!/usr/bin/env bash
# What the tests need beside Python and Node packages: Chromium for the browser journeys, and Redis.
# As root on Debian it is installed; elsewhere we say what to install.
set -eu
missing=()
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
  command -v google-chrome >/dev/null 2>&1 || missing+=(chromium)
command -v redis-server >/dev/null 2>&1 || missing+=(redis-server)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing ${missing[*]} …"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "The tests need: ${missing[*]}. Install (Debian: sudo apt-get install ${missing[*]}) and run 'make test' again." >&2
  exit 1
fi
