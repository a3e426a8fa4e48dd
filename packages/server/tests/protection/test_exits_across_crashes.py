"""A server that crashes while it exits the run of a silent worker, and again while it starts: each
leg is exited once (FAULTS §2). A crash ends the trader's thread at a step: what was not committed
is lost, and the next server begins with what is on disk."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from tradertape_server.features.execution.loop import trader as traders
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.protection import guardian as guardians
from tradertape_server.platform import crash_points
from tradertape_server.platform.crash_points import STEPS
from tradertape_server.wiring.trading import build_workers

from ..workers.protection_calls import RUN, SILENT, protect

SEEDS = 100 if "TRADERTAPE_SOAK" in os.environ else 6
BOUGHT = {"INFY": 10, "TCS": 5}


class Crashing(crash_points.CrashPoints):
    """Ends the thread that comes to the step, at one of its passes."""

    def __init__(self, step: str, passes: int) -> None:
        super().__init__(step)
        self._left = passes
        self.is_crashed = False

    def pass_step(self, step: str) -> None:
        if threading.current_thread().name not in ("trader", "MainThread"):
            return
        if self.is_crashed:
            raise SystemExit  # no thread of a crashed server continues
        if step == self._step:
            self._left -= 1
            if self._left <= 0:
                self.is_crashed = True
                raise SystemExit


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(crash_points, "_points", crash_points.CrashPoints())
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)  # of those that died
    with capture_logs():
        yield


class Servers:
    """One server after the other on the same database."""

    def __init__(self, container: Any, market: Any, clock: Any) -> None:
        self._container, self._market, self._clock = container, market, clock
        self.execution, self.guardian = container.execution, container.guardian

    def check(self) -> None:
        """Refresh the prices and have the guardian check everything."""
        self._market.refresh()
        with suppress(Exception, SystemExit):  # a crashed server replies to nobody
            self.guardian.check_all()

    def start_again(self) -> None:
        self.guardian.stop()
        self.execution.trader.stop()
        made = self._container
        self.execution = ExecutionService.build(made.database, self._clock, self._market)
        _, self.guardian = build_workers(
            made.database, self._clock, made.secrets, self.execution, made.bus, self._market,
            by_token=self._market.by_token,
        )  # fmt: skip
        with suppress(SystemExit):
            self.execution.trader.start()

    def stop(self) -> None:
        self.guardian.stop()
        self.execution.trader.stop()


@pytest.fixture
def servers(container: Any, market: Any, clock: Any) -> Iterator[Servers]:
    servers = Servers(container, market, clock)
    yield servers
    servers.stop()


def a_run(caller: Any, api: Any, buy: Any, market: Any) -> None:
    """Two legs, one above the freeze quantity by now, and an open order."""
    nonce = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    caller.headers["X-Worker-Session-Nonce"] = nonce
    for name, quantity in BOUGHT.items():
        command = buy(f"key-of-{name}", tradingsymbol=name, quantity=quantity, product="MIS")
        assert caller.post(api("runs/run-1/intents"), json=command).status_code == 200
    open_order = buy("key-open_order", quantity=1, order_type="LIMIT", price=1450)
    placed = caller.post(api("runs/run-1/intents"), json=open_order)
    assert placed.json().get("status") == "OPEN", placed.text
    assert protect(caller, api, **SILENT).status_code == 200
    market.instruments["NSE:TCS"] = replace(market.instruments["NSE:TCS"], freeze_quantity=2)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_leg_is_exited_once(
    worker: Any, new_run: Any, api: Any, buy: Any, market: Any, clock: Any, servers: Servers,
    monkeypatch: pytest.MonkeyPatch, seed: int,
) -> None:  # fmt: skip
    draw, caller = random.Random(seed), worker()
    new_run(caller)
    a_run(caller, api, buy, market)
    servers.guardian.check_all()
    clock.advance(seconds=61)
    for crash in range(draw.randint(1, 3)):
        with monkeypatch.context() as patched:
            crashing = Crashing(draw.choice(STEPS), draw.randint(1, 4))
            patched.setattr(crash_points, "_points", crashing)
            patched.setattr(traders, "WAIT_S", 0.3)  # for the reply of a crashed trader
            patched.setattr(guardians, "WAIT_S", 1.0)
            if crash:
                servers.start_again()
            servers.check()
            servers.check()
    servers.start_again()
    for _ in range(6):
        servers.check()
        clock.advance(seconds=5)  # an attempt that failed is made again
    found = caller.get(api("orders"), params=RUN).json()["orders"]
    sold: Counter[str] = Counter()
    for one in found:
        if one["transaction_type"] == "SELL":
            sold[one["tradingsymbol"]] += one["filled_quantity"]
    assert sold == BOUGHT
    assert {one["status"] for one in found} == {"COMPLETE", "CANCELLED"}
    count = Counter(one["tradingsymbol"] for one in found if one["transaction_type"] == "SELL")
    assert count == {"INFY": 1, "TCS": 3}, "one exit for each leg, in parts"
    assert [one for one in servers.execution.positions(run_id="run-1") if one.is_open] == []
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
