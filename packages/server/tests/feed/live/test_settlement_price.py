"""What futures are marked to each day: the average of their own last half hour, once known the
same for good."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.settlement import closing_price
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_server.container import Container

# On a shared database the feed belongs to whoever leads; one that is not asks nobody.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
DAY = date(2026, 8, 19)  # a Wednesday; contracts trade until 15:40


@pytest.fixture
def begins_at() -> datetime:
    return datetime(2026, 8, 19, 15, 39, 59, tzinfo=IST)


@pytest.fixture(params=[True, False], ids=["any hour", "exchange's hours"])
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"feed_any_hour": request.param}


@pytest.fixture
def contract(container: Container) -> Instrument:
    return container.instruments.master.futures("NIFTY")[0]


def test_it_is_the_futures_last_half_hour_in_the_evening_and_the_days_after(
    container: Container, clock: Any, contract: Instrument
) -> None:
    market, source = container.execution.market, container.feed.source
    seen = source.session_candles(contract, Interval.MINUTE, clock.now())
    assert seen[-1].start.astimezone(IST).strftime("%H:%M") == "15:39"
    expected = closing_price(seen)
    for hours in (1 / 60, 4, 14, 5, 72):  # 15:40, 19:40, 09:40, 14:40, and days later
        clock.advance(hours=hours)
        shown = container.feed.quotes([contract])
        assert market.settlement_price(contract, DAY) == expected
        assert container.feed.quotes([contract]) == shown


def test_nobody_knows_the_price_of_a_day_without_trading(
    container: Container, contract: Instrument
) -> None:
    sunday = DAY.replace(day=16)
    assert container.execution.market.settlement_price(contract, sunday) is None
