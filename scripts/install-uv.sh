#!/usr/bin/env bash
# Put uv into .tools/bin with nothing but Python: in an environment of its own, so that the
# machine's Python stays untouched.
set -eu
cd "$(dirname "$0")/.."
python=""
for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "TraderTape needs Python 3.11 or newer. Install it (Debian: apt-get install python3 python3-venv) and try again." >&2
  exit 1
fi
echo "Installing uv into .tools …"
if "$python" -m venv .tools/uv-env 2>/dev/null; then
  .tools/uv-env/bin/python -m pip install --quiet --disable-pip-version-check uv
else
  # Debian splits venv from Python; pip alone can still place a package in a folder.
  "$python" -m pip install --quiet --disable-pip-version-check --target .tools/uv-env/lib uv || {
    echo "Neither venv nor pip works with $python. Debian: apt-get install python3-venv" >&2
    exit 1
  }
  mkdir -p .tools/uv-env/bin
  ln -sf ../lib/bin/uv .tools/uv-env/bin/uv
fi
mkdir -p .tools/bin
ln -sf ../uv-env/bin/uv .tools/bin/uv
.tools/bin/uv --version
