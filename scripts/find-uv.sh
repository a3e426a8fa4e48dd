#!/usr/bin/env bash
# Print the uv to use: ours, or one on the PATH that really runs.
set -u
cd "$(dirname "$0")/.."
if [ -x .tools/bin/uv ]; then echo .tools/bin/uv; exit 0; fi
found=$(command -v uv 2>/dev/null) && "$found" --version >/dev/null 2>&1 && { echo "$found"; exit 0; }
exit 1
