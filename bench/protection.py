"""From the tick that reaches a stop to the exit order on disk and its fill, step by step.

    python bench/protection.py           # 100 guarded shares, 40 guarded option runs, < 30 s
    python bench/protection.py RUNS

Every instrument ticks ten times a second meanwhile, and every run that has not fired is guarded.
First one stop after the other; then one option run after the other, two legs that are left as a
whole; then the other half of the shares by one jump of the market, which is what a bad day looks
like, and the other half of the option runs by another.

The steps: from the tick to the look at it, to the claim on disk, to the order on disk (that is the
exit, and the gate), to its fill on disk.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from setting import report
from trading import SCOPE, Trading, order, trading

from tradertape_core.orders.order import Product, Side
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection import guardian
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.option_runs.documents import (
    Entry,
    EntryStatus,
    OptionLeg,
    OptionRun,
    stored_option_run,
)
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.schemas import NewRun, ProtectionPatch

GATE_MS, WAIT_S, RATE_HZ = 250.0, 30.0, 10
OPTION_RUNS, FALLEN = 40, "955.00"
STEPS = ("looked", "claimed", "ordered", "filled")


class Steps:
    """When each run passed each step."""

    def __init__(self) -> None:
        self.at_s: dict[str, dict[str, float]] = defaultdict(dict)
        self._bell = threading.Condition()

    def look(self, run_of: dict[str, str]) -> None:
        """Hear when the guardian finds that a stop was reached."""
        check = guardian.check

        def timed(state: Any, *facts: Any) -> Any:
            now_s = time.perf_counter()
            found = check(state, *facts)
            if found.triggers:
                self.at_s[run_of[state.legs[0].instrument]].setdefault("looked", now_s)
            return found

        guardian.check = timed

    def hear(self, events: tuple[TimelineEvent, ...]) -> None:
        """Note what is on disk now: the last order and the last fill of a run count."""
        now_s = time.perf_counter()
        with self._bell:
            for event in events:
                steps = self.at_s[event.run_id or ""]
                if event.event_type == "protection_triggered":
                    steps.setdefault("claimed", now_s)
                elif "claimed" in steps and event.event_type == "order_placed":
                    steps["ordered"] = now_s
                elif "claimed" in steps and event.event_type == "order_filled":
                    steps["filled"] = now_s
                elif event.event_type in ("protection_done", "run_closed"):
                    steps[event.event_type] = now_s
            self._bell.notify_all()

    def wait(self, runs: list[str], step: str) -> None:
        with self._bell:
            done = self._bell.wait_for(lambda: all(step in self.at_s[run] for run in runs), WAIT_S)
        assert done, f"{step} did not come"

    def took_ms(self, run: str, began_s: float) -> dict[str, float]:
        """Milliseconds from the tick to each step."""
        return {step: (self.at_s[run][step] - began_s) * 1_000 for step in STEPS}


class Ticking(threading.Thread):
    """Every instrument at its price, ten times a second."""

    def __init__(self, at: Trading, names: list[str]) -> None:
        super().__init__(daemon=True)
        self._market = at.market
        self._prices = dict.fromkeys(names, "1000.00")
        self.over = threading.Event()

    def fall(self, name: str) -> None:
        """Let one reach its stop now."""
        self._prices[name] = FALLEN
        self._market.trade(name, FALLEN)

    def run(self) -> None:
        due_s = time.monotonic()
        while not self.over.is_set():
            for name in self._prices:
                self._market.trade(name, self._prices[name])
            due_s = max(due_s + 1 / RATE_HZ, time.monotonic())
            self.over.wait(due_s - time.monotonic())


def position(share: int, **rules: float) -> dict[str, object]:
    return {
        "symbol": f"NSE:S{share}", "product": "MIS", "side": "BUY", "quantity": 10,
        "entry_price": 1000.0, **rules,
    }  # fmt: skip


def guarded(at: Trading, name: str, shares: list[int], protection: dict[str, Any]) -> str:
    """A run that holds 10 of each share, and its protection."""
    wanted = NewRun(
        strategy_run_id=name, template_id="bench", account_scope=SCOPE, execution_mode="paper"
    )
    run_id = str(at.workers.runs.create(at.caller, wanted)["strategy_run_id"])
    run = at.workers.runs.get(at.caller, run_id)
    for share in shares:
        at.market.trade(f"NSE:S{share}", "1000.00")  # a fresh price: it is filled at once
        at.execution.place(ref(run), order(share, "BUY", 10), key=f"bench:entry:{share}")
    if len(shares) > 1:
        at.execution.trader.execute(Command(lambda uow: make_options(uow, run_id, shares)))
    patch = ProtectionPatch(backend_protection=protection)
    at.workers.protections.change(at.caller, run_id, patch, None)
    return run_id


def make_options(uow: UnitOfWork, run_id: str, shares: list[int]) -> None:
    """Say that the shares a run holds are its option legs: they are left in the same way."""
    run = repository.any_run(uow.session, run_id, lock=True)
    assert run is not None
    legs = [
        OptionLeg(
            leg_id=f"leg_{share}", instrument=f"NSE:S{share}", instrument_token=share,
            underlying="S", expiry=date(2030, 1, 1), strike=Decimal(1000), option_type="CE",
            lot_size=10, freeze_quantity=None, side=Side.BUY, quantity=10, product=Product.MIS,
        )
        for share in shares
    ]  # fmt: skip
    entry = Entry(key="bench:entry", at=uow.now, status=EntryStatus.ENTERED)
    whole = OptionRun(
        strategy_name="bench", product=Product.MIS, underlying="S", expiry=date(2030, 1, 1),
        legs=tuple(legs), entry=entry,
    )  # fmt: skip
    run.option_run = dict(stored_option_run(whole))
    uow.session.flush()


def one_by_one(
    ticking: Ticking, steps: Steps, runs: dict[str, str], last: str
) -> list[dict[str, float]]:
    """Each instrument falls when the exit before is over."""
    found: list[dict[str, float]] = []
    for name, run in runs.items():
        began_s = time.perf_counter()
        ticking.fall(name)
        steps.wait([run], last)
        found.append(steps.took_ms(run, began_s))
    return found


def at_once(
    ticking: Ticking, steps: Steps, runs: dict[str, str], last: str
) -> list[dict[str, float]]:
    began_s = time.perf_counter()
    for name in runs:
        ticking.fall(name)
    steps.wait(list(runs.values()), last)
    return [steps.took_ms(run, began_s) for run in runs.values()]


def halves(runs: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    found = list(runs.items())
    return dict(found[: len(found) // 2]), dict(found[len(found) // 2 :])


def judge(what: str, took: list[dict[str, float]]) -> bool:
    """Print the steps' figures and the gate's line."""
    figures: dict[str, float] = {}
    for step in STEPS:
        ordered = sorted(one[step] for one in took)
        figures[f"to_{step}_p50_ms"] = round(ordered[len(ordered) // 2], 1)
        figures[f"to_{step}_p99_ms"] = round(ordered[int(len(ordered) * 0.99)], 1)
    report(what=what, exits=len(took), gate_ms=GATE_MS, **figures)
    p99_ms = figures["to_ordered_p99_ms"]
    is_met = p99_ms < GATE_MS
    word = "met" if is_met else "MISSED"
    print(
        f"* {what}: tick to exit p99, ms: {p99_ms:,.1f} (gate < {GATE_MS:.0f}) {word}", flush=True
    )
    return is_met


def main(count: int) -> int:
    steps = Steps()
    with trading(shares=count + 2 * OPTION_RUNS) as at:
        at.execution.trader.listen(steps.hear)
        shares = {
            f"NSE:S{n}": guarded(
                at, f"share-{n}", [n], {"positions": [position(n, stoploss_pct=2.0)]}
            )
            for n in range(1, count + 1)
        }
        options = {
            f"NSE:S{n}": guarded(
                at, f"options-{n}", [n, n + 1],
                {
                    "positions": [position(s, target_pct=90.0) for s in (n, n + 1)],
                    "basket": {"stoploss_pct": 2.0},
                },
            )
            for n in range(count + 1, count + 2 * OPTION_RUNS, 2)
        }  # fmt: skip
        steps.look({**shares, **options})
        at.guardian.start()
        at.guardian.check_all()
        ticking = Ticking(at, [f"NSE:S{n}" for n in range(1, count + 2 * OPTION_RUNS + 1)])
        ticking.start()
        alone, together = halves(shares)
        option_alone, options_together = halves(options)
        whole = count + OPTION_RUNS
        are_met = [
            judge(
                f"a stop, {whole} runs guarded",
                one_by_one(ticking, steps, alone, "protection_done"),
            ),
            judge("an option run", one_by_one(ticking, steps, option_alone, "run_closed")),
            judge(
                f"{len(together)} stops at once",
                at_once(ticking, steps, together, "protection_done"),
            ),
            judge(
                f"{len(options_together)} option runs at once",
                at_once(ticking, steps, options_together, "run_closed"),
            ),
        ]
        ticking.over.set()
        ticking.join()
    return 0 if all(are_met) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
