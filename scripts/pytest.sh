#!/usr/bin/env bash
# pytest.sh [OPTIONS …]: the tests side by side; the few that failed run once more, alone.
# A test of kills, clocks or ports can starve beside two others on a busy machine. What fails alone too has failed;
# what passes alone is named, to be mended; more than twenty are no accident. A process that died is not started anew:
# pytest-xdist waits for its tests for ever when the others have ended. What it left undone, nothing makes good.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p .tools
log=.tools/pytest.log

.venv/bin/pytest -n auto --dist loadgroup --max-worker-restart=0 "$@" | tee "$log"
result=${PIPESTATUS[0]}
failures() { sed "s/\x1b\[[0-9;]*m//g" "$log" | grep -E "^(FAILED|ERROR) "; }
failed=$(failures | wc -l)
if [ "$result" -ne 1 ] || [ "$failed" -eq 0 ] || [ "$failed" -gt 20 ] || grep -q "node down" "$log"; then
  exit "$result"
fi
echo
echo "Failed beside others, now alone:"
failures | cut -c1-200
.venv/bin/pytest -n 1 --dist loadgroup --last-failed --last-failed-no-failures none "$@" | tee -a "$log"
exit "${PIPESTATUS[0]}"
