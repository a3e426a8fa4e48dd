"""Run with a package called `kite_algo_worker` on the path: calls everything it offers.

    URL=… KITE_ALGO_WORKER_TOKEN=… PYTHONPATH=folder python drive_published.py [--snapshots]

Prints the names of what was called, one a line; any answer that the client's own models refuse
ends it with the client's exception. `--snapshots`: its models must keep what they do not name, as
those of our own package do; without it they must be as strict as the published ones are known for.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from scenarios import option_runs, prices, trading
from scenarios.recording import CONFIG, Drive, called

import kite_algo_worker as kaw

SCENARIOS = (
    trading.runs_and_orders,
    trading.small_helpers,
    trading.every_order,
    trading.money_and_timeline,
    prices.market,
    trading.triggers,
    trading.managed,
    option_runs.chains,
    option_runs.resolvers,
    option_runs.strategies,
    option_runs.life_of_a_run,
    option_runs.bombay,
    option_runs.what_cannot_work,
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--snapshots", action="store_true")
    drive = Drive(kaw.KiteAlgoWorkerClient(CONFIG), keeps_unknown=parser.parse_args().snapshots)
    for scenario in SCENARIOS:
        scenario(drive)
    asyncio.run(prices.asynchronous(drive))
    asyncio.run(prices.sockets(drive))
    trading.last_exit(drive)
    sys.stdout.write("\n".join(sorted(called)) + "\n")


if __name__ == "__main__":
    main()
