"""A trader without its database: it tries again at intervals, whatever arrives meanwhile."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.loop import trader
from tradertape_server.features.execution.loop.retries import FIRST_S, MOST_S, Retries
from tradertape_server.features.execution.state.command import Command


def test_the_first_attempt_is_at_once_and_later_ones_wait_longer_and_longer() -> None:
    now = [100.0]
    retries = Retries(lambda: now[0])
    waits = []
    for _ in range(9):
        retries.failed()
        waits.append(round(retries.wait_s, 6))
        now[0] += retries.wait_s
    assert waits == [0, *(FIRST_S * 2**n for n in range(5)), MOST_S, MOST_S, MOST_S]
    retries.succeeded()
    retries.failed()
    assert retries.wait_s == 0


def test_an_error_is_new_once() -> None:
    retries = Retries()
    errors = [ValueError("a"), ValueError("a"), ValueError("b"), KeyError("b")]
    assert [retries.is_new(one) for one in errors] == [True, False, True, True]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_ticks_do_not_hurry_a_trader_whose_database_is_away(
    execution: Any, run: Any, order: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tried again with each tick, with a trace in the log each: 250 a second."""
    attempts: list[float] = []

    def away(*_: object) -> None:
        attempts.append(time.monotonic())
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    def broken(_commands: object) -> None:
        raise OperationalError("INSERT", {}, Exception("server closed the connection"))

    execution.place(run, order(order_type="LIMIT", price=1450), key="key-0001")
    monkeypatch.setattr(trader, "recover", away)
    monkeypatch.setattr(execution.trader._batch, "decide", broken)
    with pytest.raises(TradingPaused):
        execution.trader.execute(Command(lambda _uow: None))
    until_s = time.monotonic() + 2.5
    while time.monotonic() < until_s:
        market.trade("NSE:INFY", "1500.05")
        time.sleep(0.002)
    assert 2 <= len(attempts) <= 10
    monkeypatch.undo()
    answer = execution.place(run, order(), key="key-0002")
    assert answer.document["status"] == "COMPLETE"
