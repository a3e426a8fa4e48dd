"""A server under attack, and a user who trades meanwhile: FAULTS §10."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
SECONDS = "5"
# Other tests run on the same processors, and the p99 of some fifty orders is the slowest of them:
# what an order may take in any case is what no account waits longer for another one.
FLOOR_MS = "1000"


@pytest.mark.slow
def test_no_attack_keeps_a_user_from_trading() -> None:
    """Bodies, headers, slow sockets, forged addresses, guesses, parallel writes."""
    command = [sys.executable, str(BENCH / "attacks.py"), SECONDS, FLOOR_MS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
