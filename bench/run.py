"""`make bench`: ours beside vectorbt and backtrader, measured in one run on this machine.

Each engine runs in a process of its own. Prints Markdown; ratios are what carries over to other
machines. Targets stand beside what they are held against, and a missed one is said so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import setting

HERE = Path(__file__).parent
Figures = dict


def run(script: str, *arguments: str) -> list[Figures]:
    """The figures a script prints, with the seconds its process took from start to end."""
    print(f"running {script} {' '.join(arguments)} …", file=sys.stderr)
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments], capture_output=True, text=True, check=True
    )
    process_s = time.perf_counter() - start
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [{**figures, "process_s": process_s} for figures in found]


def table(rows: list[Figures]) -> None:
    ours = rows[0]
    same = {tuple(trade[:3]) for trade in ours["trades"]}
    print("| engine | warm ms | times ours | first run ms | peak MB | trades as ours |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        ratio = row["warm_ms"] / ours["warm_ms"]
        equal = len(same & {tuple(trade[:3]) for trade in row["trades"]})
        first = row.get("first_ms", row.get("load_ms", 0.0))
        print(
            f"| {row['engine']} | {row['warm_ms']:,.1f} | {ratio:,.1f} | {first:,.0f} | "
            f"{row['peak_mb']} | {equal} of {len(row['trades'])} |"
        )
    print()


def verdict(what: str, figure: float, target: str, *, is_met: bool) -> None:
    print(f"* {what}: {figure:,.1f} (target {target}) {'met' if is_met else 'MISSED'}")


def programs(command: Figures, http: Figures) -> None:
    took, peak = command["cli_s"], command["cli_peak_mb"]
    verdict("command line, process to report, s", took, "1.2", is_met=took <= 1.2)
    verdict("peak memory of it, MB", peak, "250", is_met=peak <= 250)
    took, first = http["http_p50_ms"], http["http_first_ms"]
    verdict("over HTTP, run saved, whole report, p50 ms", took, "60", is_met=took <= 60)
    verdict("first request after a start, ms", first, "300", is_met=first <= 300)
    print(f"* server start to its first page: {http['http_start_s']:.1f} s")


def main() -> None:
    machine = setting.machine()
    print(f"{machine.name}, {machine.cores} cores, Python {machine.python}, {machine.day}\n")
    small = [
        *run("ours.py", "1500", "100"),
        *run("with_vectorbt.py", "1500", "100", "sweep"),
        *run("with_backtrader.py", "1500", "100"),
    ]
    print("100 symbols x 1,500 days\n")
    table(small)
    ours, documented = small[0], small[1]
    large = [*run("ours.py", "5000", "500"), *run("with_vectorbt.py", "5000", "500")]
    print("500 symbols x 5,000 days\n")
    table(large)
    sweep, growth = run("sweep.py")[0], run("growth.py")[0]
    command, http = run("command_line.py")[0], run("over_http.py")[0]
    print(
        "vectorbt: Portfolio.from_order_func with an order function a cell; flexible: one loop of"
    )
    print(
        "our own inside it. It keeps fractions of a paisa, and one share more or less, once bought,"
    )
    print(
        "changes what the cash pays for later. backtrader's limit orders do not slip: the same.\n"
    )

    warm, ratio = ours["warm_ms"], documented["warm_ms"] / ours["warm_ms"]
    verdict("100 x 1,500 warm, ms", warm, "5", is_met=warm <= 5)
    verdict("vectorbt / ours", ratio, "15", is_met=ratio >= 15)
    warm, ratio = large[0]["warm_ms"], large[1]["warm_ms"] / large[0]["warm_ms"]
    verdict("500 x 5,000 warm, ms", warm, "80", is_met=warm <= 80)
    verdict("vectorbt / ours", ratio, "10", is_met=ratio >= 10)
    took, ratio = sweep["sweep_s"], documented["sweep_s"] / sweep["sweep_s"]
    verdict("200 combinations in one process, s", took, "0.8", is_met=took <= 0.8)
    verdict("vectorbt / ours", ratio, "15", is_met=ratio >= 15)
    times = growth["long_ms"] / growth["short_ms"]
    verdict("ten times the days cost, times", times, "11", is_met=times <= 11)
    programs(command, http)
    print(f"* without numba, 100 x 1,500: {ours['plain_python_ms']:,.0f} ms")
    print(
        f"* with volume and circuit limits, 100 x 1,500: {ours['limited_ms']:,.1f} ms, "
        f"500 x 5,000: {large[0]['limited_ms']:,.1f} ms"
    )
    print(f"* indicators not cached, 100 x 1,500: {ours['fresh_indicators_ms']:,.1f} ms")
    equal = ours["equals_reference"]
    print(f"* trades and equity equal the plain-Python reference: {'yes' if equal else 'NO'}")
    if not equal:
        sys.exit("our engines disagree")


if __name__ == "__main__":
    main()
