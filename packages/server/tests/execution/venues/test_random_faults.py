"""Random orders at a broker that loses, delays, doubles and shuffles answers, and servers that die
at every step between deciding, sending and recording: nothing is doubled, nothing is lost."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import oracles
import pytest
from scripted_venue import Fault, ScriptedVenue

from tradertape_core.orders.order import OrderStatus
from tradertape_server.features.execution.errors import NotTheTrader, TradingPaused
from tradertape_server.features.execution.loop import batch, trader
from tradertape_server.features.execution.venues import lane
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

from .conftest import Broker, eventually

SOAK = bool(os.environ.get("TRADERTAPE_SOAK"))
SEEDS = range(200 if SOAK else 8)
DROPS = 2000 if SOAK else 200
STEPS = (
    "before_commit", "after_commit", "before_send", "after_send", "before_record", "after_record",
)  # fmt: skip
FAULTS = (
    *[Fault.NONE] * 5, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.EMPTY, Fault.NOT_SENT,
    Fault.REFUSE, Fault.REJECT_LATER,
)  # fmt: skip


class Killed(BaseException):
    """What a thread of a killed process sees: nothing after it is done."""


class Killer:
    """Ends every thread of a server at a step, and what these still try to do afterwards."""

    def __init__(self) -> None:
        self.step: str | None = None
        self.left = 0
        self.is_dead = False

    def arm(self, step: str, count: int) -> None:
        self.step, self.left, self.is_dead = step, count, False

    def disarm(self) -> None:
        self.step, self.is_dead = None, False

    def reach(self, step: str) -> None:
        if self.is_dead:
            raise Killed
        if step == self.step:
            self.left -= 1
            if self.left <= 0:
                self.is_dead = True
                raise Killed


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    killer = Killer()
    for module in (batch, lane):
        monkeypatch.setattr(module, "crash_point", killer.reach)
    monkeypatch.setattr(trader, "WAIT_S", 1.0)  # what a caller of a killed server waits
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)  # threads that were killed
    return killer


def test_accepted_and_dropped_many_times_nothing_is_doubled_or_lost(
    broker: Broker, order: Any
) -> None:
    """FAULTS §3: accept, then drop."""
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    legs = [order(order_type="LIMIT", price=1490, quantity=1)] * 50
    for number in range(DROPS // 50):
        broker.service.place_basket(broker.run, legs, key=f"basket-{number}")
    eventually(lambda: sum(broker.venue.submitted.values()) == DROPS, within_s=120)
    broker.read_book()
    orders = broker.service.orders(run_id="live-1")
    assert len(orders) == DROPS
    assert {one.status for one in orders} == {OrderStatus.OPEN}
    assert set(broker.venue.submitted.values()) == {1}, "an order was sent twice"
    assert {one.tag for one in orders} == set(broker.venue.submitted)
    assert len({one.venue_order_id for one in orders}) == DROPS


@pytest.mark.parametrize("seed", SEEDS)
def test_random_orders_faults_and_kills(
    connect: Callable[[], Broker], venue: ScriptedVenue, database: Database, order: Any,
    killer: Killer, seed: int,
) -> None:  # fmt: skip
    rng = random.Random(seed)
    venue.plan = lambda *_: rng.choice(FAULTS)
    asked: list[str] = []
    broker = connect()
    for _ in range(3):
        killer.arm(rng.choice(STEPS), rng.randint(1, 12))
        _trade(broker, order, rng, asked)
        broker.gateway.close()
        _bury(broker)
        killer.disarm()
        broker = connect()
    venue.plan = lambda *_: Fault.NONE
    _trade(broker, order, rng, asked, steps=4)
    _settle_everything(broker)
    _compare(broker, asked)
    oracles.check(database)


def _trade(
    broker: Broker, order: Any, rng: random.Random, asked: list[str], steps: int = 14
) -> None:
    """Place, change, cancel, fill and read, until the steps are over or the server is dead."""
    for _ in range(steps):
        try:
            _step(broker, order, rng, asked)
        except (TradingPaused, NotTheTrader, AssertionError, Killed):
            return  # the server has died
        except ApiError:
            continue


def _step(broker: Broker, order: Any, rng: random.Random, asked: list[str]) -> None:
    what = rng.choice(("place", "place", "place", "again", "cancel", "fill", "updates", "book"))
    resting = [one for one in broker.service.orders(run_id="live-1") if one.is_resting]
    if what == "place":
        key = f"random-{len(asked):04d}"
        asked.append(key)
        broker.place(order(order_type="LIMIT", price=1490, quantity=rng.randint(1, 9)), key)
    elif what == "again" and asked:
        key = rng.choice(asked)
        row = broker.service.intents("live-1", prefix=key)
        if row:
            found = broker.service.orders(run_id="live-1")
            leg = row[0].details["legs"][0]["order_id"]
            quantity = next(one.request.quantity for one in found if one.order_id == leg)
            broker.place(order(order_type="LIMIT", price=1490, quantity=quantity), key)
    elif what == "cancel" and resting:
        broker.service.cancel("live-1", rng.choice(resting).order_id)
    elif what == "fill":
        open_ones = [n for n, k in broker.venue.orders.items() if not k.entry.status.is_terminal]
        if open_ones:
            broker.venue.fill(rng.choice(open_ones))
    elif what == "updates":
        broker.send_updates(rng)
    elif what == "book":
        broker.read_book(later=timedelta(seconds=20))


def _bury(broker: Broker) -> None:
    """Make sure that nothing of a killed server runs on."""
    broker.service.lanes.stop()
    broker.service.trader.stop(timeout_s=5)


def _settle_everything(broker: Broker) -> None:
    lane_ = broker.service.lanes.lane(broker.account)
    assert lane_ is not None
    eventually(lambda: lane_.queued == 0)
    broker.send_updates()
    broker.read_book(8, later=timedelta(seconds=15))


def _compare(broker: Broker, asked: list[str]) -> None:
    orders = {one.tag: one for one in broker.service.orders(run_id="live-1")}
    assert max(broker.venue.submitted.values(), default=1) == 1, "an order was sent twice"
    theirs = {one.entry.tag: one for one in broker.venue.orders.values()}
    for tag, kept in theirs.items():
        found = orders[tag or ""]
        assert found.filled_quantity == sum(one.quantity for one in kept.trades)
        assert found.is_open != kept.entry.status.is_terminal
        assert not found.in_doubt
    for tag, found in orders.items():
        if tag not in theirs:
            assert found.status in (OrderStatus.REJECTED, OrderStatus.CANCELLED), found
    keys = Counter(row.key for row in broker.service.intents("live-1"))
    assert set(keys) <= set(asked)
    assert set(keys.values()) <= {1}
    held = sum(one.quantity for one in broker.service.positions(run_id="live-1", open_only=True))
    assert held == sum(trade.quantity for kept in theirs.values() for trade in kept.trades)
