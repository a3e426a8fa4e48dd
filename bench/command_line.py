"""A backtest on the command line: a new process from its start to the printed report."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

COMMAND = [sys.executable, "-m", "tradertape_server", "backtest", "run"]
OPTIONS = ["--strategy", "v3_dip_buyer", "--start", "2020-01-01", "--end", "2025-12-31"]
ROUNDS = 9


def run(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds, and the peak of its memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen([*COMMAND, *OPTIONS], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the command left with {process.returncode}")
    return took_s, usage.ru_maxrss / 1024


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as folder:
        environment = {**os.environ, "TRADERTAPE_HOME": folder}
        first_s, _ = run(environment)  # builds the simulated world
        rounds = [run(environment) for _ in range(ROUNDS)]
    figures = {
        "cli_s": round(statistics.median(took_s for took_s, _ in rounds), 2),
        "cli_best_s": round(min(took_s for took_s, _ in rounds), 2),
        "cli_peak_mb": round(max(peak for _, peak in rounds)),
        "cli_first_s": round(first_s, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
