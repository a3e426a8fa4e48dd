"""From the tick that reaches a stop to the exit order on disk, through guardian and trader.

First one stop after the other, with every other run protected and unharmed; then all stops by one
jump of the market, which is what a bad day looks like.

usage: protection.py [RUNS]
"""

from __future__ import annotations

import sys
import threading
import time

from setting import report
from trading import SCOPE, Trading, order, trading

from tradertape_server.features.execution.ports import Happened
from tradertape_server.features.workers.schemas import NewRun, ProtectionPatch
from tradertape_server.features.workers.turns import ref

GATE_MS = 250.0
WAIT_S = 30.0


class Exits:
    """When the exit order of each run was committed."""

    def __init__(self) -> None:
        self.at_s: dict[str, float] = {}
        self._bell = threading.Condition()

    def hear(self, events: tuple[Happened, ...]) -> None:
        now_s = time.perf_counter()
        with self._bell:
            for event in events:
                is_exit = event.event_type == "order_placed" and "SELL" in event.summary
                if event.run_id and is_exit:
                    self.at_s.setdefault(event.run_id, now_s)
            self._bell.notify_all()

    def wait(self, runs: list[str]) -> None:
        with self._bell:
            done = self._bell.wait_for(lambda: all(run in self.at_s for run in runs), WAIT_S)
        assert done, "a stop did not exit"


def protected_run(at: Trading, share: int) -> str:
    """A run that holds 10 of a share with a stop 2 % below."""
    wanted = NewRun(
        strategy_run_id=f"bench-{share}", template_id="bench", account_scope=SCOPE,
        execution_mode="paper",
    )  # fmt: skip
    run_id = str(at.workers.runs.create(at.caller, wanted)["strategy_run_id"])
    run = at.workers.runs.get(at.caller, run_id)
    at.execution.place(ref(run), order(share, "BUY", 10), key="bench:entry")
    position = {
        "symbol": f"NSE:S{share}", "product": "MIS", "side": "BUY", "quantity": 10,
        "entry_price": 1000.0, "stoploss_pct": 2.0,
    }  # fmt: skip
    patch = ProtectionPatch(backend_protection={"positions": [position]})
    at.workers.protections.change(at.caller, run_id, patch, None)
    return run_id


def main(count: int) -> int:
    exits, lags = Exits(), []
    with trading(shares=count) as at:
        at.execution.trader.listen(exits.hear)
        runs = {share: protected_run(at, share) for share in range(1, count + 1)}
        at.workers.guardian.start()
        at.workers.guardian.look()
        alone, together = list(runs)[: count // 2], list(runs)[count // 2 :]
        for share in alone:
            began_s = time.perf_counter()
            at.market.trade(f"NSE:S{share}", "975.00")
            exits.wait([runs[share]])
            lags.append((exits.at_s[runs[share]] - began_s) * 1_000)
        began_s = time.perf_counter()
        for share in together:
            at.market.trade(f"NSE:S{share}", "975.00")
        exits.wait([runs[share] for share in together])
        jump = sorted((exits.at_s[runs[share]] - began_s) * 1_000 for share in together)
    lags.sort()
    p99 = lags[int(len(lags) * 0.99)]
    report(
        stops=len(lags),
        protected=count,
        tick_to_exit_p50_ms=round(lags[len(lags) // 2], 1),
        tick_to_exit_p99_ms=round(p99, 1),
        jump_first_ms=round(jump[0], 1),
        jump_last_ms=round(jump[-1], 1),
        gate_ms=GATE_MS,
    )
    return 0 if p99 <= GATE_MS else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
