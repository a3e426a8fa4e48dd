"""Ticks on their way to orders and triggers: each in its turn, and none lost with a batch."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import OperationalError

from tradertape_core.market.tick import Tick
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.loop import batch, recording
from tradertape_server.features.execution.loop.tick_queue import TickQueue, decisive
from tradertape_server.features.execution.state.command import Command

STALE = timedelta(seconds=5)


@pytest.fixture
def tick(clock):
    def tick(name: str, seq: int, price: int = 100, **more) -> Tick:
        return Tick(
            instrument_token=1,
            instrument_id=name,
            last_price=Decimal(price),
            at=clock.now(),
            seq=seq,
            **more,
        )

    return tick


def test_ticks_are_taken_in_their_order_and_once(tick) -> None:
    queue = TickQueue()
    ticks = [tick("A", 1), tick("B", 2), tick("A", 3)]
    for one in ticks:
        queue.add(one)
    assert (len(queue), queue.has("A"), queue.has("C")) == (3, True, False)
    assert queue.take() == ticks
    assert (queue.take(), queue.has("A")) == ([], False)


def test_what_was_put_back_comes_before_the_latest(tick, clock) -> None:
    queue = TickQueue()
    queue.put_back([tick("A", 1), tick("B", 2)])
    queue.put_back([tick("A", 3)])
    found = queue.unfinished([tick("A", 4), tick("B", 2)], now=clock.now(), stale_after=STALE)
    assert [(one.instrument_id, one.seq) for one in found] == [
        ("A", 1), ("B", 2), ("A", 3), ("A", 4), ("B", 2),
    ]  # fmt: skip
    queue.finished()
    assert queue.unfinished([], now=clock.now(), stale_after=STALE) == []


def test_the_latest_of_an_instrument_does_not_overtake_its_queued_ticks(tick, clock) -> None:
    queue = TickQueue()
    queue.add(tick("A", 5))
    latest = [tick("A", 6), tick("B", 7)]
    found = queue.unfinished(latest, now=clock.now(), stale_after=STALE)
    assert [one.instrument_id for one in found] == ["B"]
    assert [one.seq for one in queue.take()] == [5]


def test_a_stale_tick_is_not_kept(tick, clock) -> None:
    queue = TickQueue()
    queue.put_back([tick("A", 1)])
    clock.advance(seconds=6)
    queue.put_back([tick("A", 2)])
    found = queue.unfinished([], now=clock.now(), stale_after=STALE)
    assert [one.seq for one in found] == [2]


def test_of_too_many_ticks_those_that_decide_are_kept_in_their_order(tick) -> None:
    queue = TickQueue()
    for seq in range(1, 5_002):
        queue.add(tick("A", seq))
    high = tick("A", 6_000, 120)
    low = tick("A", 6_001, 80)
    bid, ask = tick("A", 6_002, bid=Decimal(110)), tick("A", 6_003, ask=Decimal(90))
    plain = [tick("A", seq) for seq in range(6_004, 6_010)]
    assert decisive([tick("A", 1), high, low, bid, ask, *plain]) == [high, low, bid, ask, plain[-1]]
    kept = queue.take()
    assert 0 < len(kept) < 10
    assert kept[-1].seq == 5_001


@pytest.mark.parametrize("step", ["before_record", "after_record"])
def test_the_ticks_of_a_batch_that_failed_are_met_after_it_in_their_order(
    execution, run, order, market, settle, monkeypatch, step
):
    """A stop is passed by the first of two ticks, and the second is above it again."""
    execution.place(run, order(), key="key-0001")
    stop = order(transaction_type="SELL", order_type="SL-M", trigger_price=1490)
    body = execution.place(run, stop, key="key-0002").document
    target = order(transaction_type="BUY", order_type="LIMIT", price=1480)
    low = execution.place(run, target, key="key-0003").document

    def cut(at: str) -> None:
        if at == step:
            monkeypatch.undo()
            raise OperationalError("COMMIT", {}, Exception("the connection was cut"))

    listener = market._listener
    ticks = [market.trade("NSE:INFY", price, tell=False) for price in ("1479.00", "1500.00")]
    monkeypatch.setattr(recording, "crash_point", cut)
    with execution.trader._bell:
        for one in ticks:
            listener(one)
    while execution.trader.recoveries == 1:
        with suppress(TradingPaused):
            execution.trader.execute(Command(lambda _uow: None))
    settle()
    assert execution.trader.pauses == 1
    stopped = execution.order("run-1", body["order_id"])
    assert (stopped.status, stopped.average_price) == ("COMPLETE", Decimal(1479))
    bought = execution.order("run-1", low["order_id"])
    assert (bought.status, bought.average_price) == ("COMPLETE", Decimal(1480))


def test_a_trigger_fires_on_a_tick_whose_batch_failed_twice(
    execution, account, order, market, settle, monkeypatch
):
    """The price is above it again when the database is back."""
    condition = {"exchange": "NSE", "tradingsymbol": "INFY", "last_price": 1500.0}
    trigger = execution.create_gtt(
        account,
        {
            "type": "single",
            "condition": {**condition, "trigger_values": [1450.0]},
            "orders": [order(order_type="LIMIT", price=1450.0)],
        },
    )
    left = [2]

    def cut(at: str) -> None:
        if at == "before_commit" and left[0]:
            left[0] -= 1
            raise OperationalError("COMMIT", {}, Exception("the connection was cut"))

    monkeypatch.setattr(batch, "crash_point", cut)
    listener = market._listener
    ticks = [market.trade("NSE:INFY", price, tell=False) for price in ("1449.00", "1470.00")]
    with execution.trader._bell:
        for one in ticks:
            listener(one)
    while left[0]:
        with suppress(TradingPaused):
            execution.trader.execute(Command(lambda _uow: None))
    with suppress(TradingPaused):
        settle()
    settle()
    assert execution.get_gtt(account, trigger).status == "triggered"
    assert len(execution.orders(account_id=account)) == 1
