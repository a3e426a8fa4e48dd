"""Candles of futures and options on the simulated market: there since the session's open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, CandleBuilder, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Segment
from tradertape_server.container import Container
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
AT_ANY_HOUR = (datetime(2026, 1, 5, 10, 3, tzinfo=IST), True)
AFTER_THE_SHARES_CLOSE = (datetime(2026, 8, 19, 15, 33, tzinfo=IST), False)


@pytest.fixture(params=[AT_ANY_HOUR, AFTER_THE_SHARES_CLOSE], ids=["any hour", "after the close"])
def moment(request: pytest.FixtureRequest) -> tuple[datetime, bool]:
    return request.param


@pytest.fixture
def begins_at(moment: tuple[datetime, bool]) -> datetime:
    return moment[0]


@pytest.fixture
def overrides(moment: tuple[datetime, bool]) -> dict[str, Any]:
    return {"feed_any_hour": moment[1]}


def near_the_money(container: Container, kind: str) -> Instrument:
    """The middle of the first expiry's chain, which is listed around the level."""
    chain = [o for o in container.instruments.master.options("NIFTY") if o.option_type == kind]
    soon = min(one.expiry for one in chain if one.expiry)
    strikes = sorted((o for o in chain if o.expiry == soon), key=lambda one: one.strike or 0)
    return strikes[len(strikes) // 2]


def future(container: Container) -> Instrument:
    found = container.instruments.search("NIFTY FUT", exchange="NFO", limit=5)
    return next(one for one in found if one.underlying == "NIFTY")


@pytest.mark.parametrize("kind", ["CE", "PE", "FUT"])
def test_they_are_those_a_builder_makes_of_the_ticks(
    container: Container, clock: Any, kind: str
) -> None:
    """KD-04, KQ-03: so what was held can be gone over again, after a restart too."""
    contract = future(container) if kind == "FUT" else near_the_money(container, kind)
    source, now = container.feed.source, clock.now()
    hours_of = partial(source.hours, segment=Segment.DERIVATIVES)
    builder = CandleBuilder(Interval.MINUTE, hours_of, late=timedelta(0))
    seen: list[Candle] = []
    begun = now - timedelta(seconds=300)
    for second in range(300):
        at = begun + timedelta(seconds=second)
        [tick] = source.quote([Subscription(contract, Mode.QUOTE)], at)
        seen += builder.add(tick)
    seen += builder.advance(now)
    made = source.session_candles(contract, Interval.MINUTE, now - timedelta(seconds=1))
    assert made[0].start.astimezone(IST).strftime("%H:%M") == "09:15"
    assert replace(made[-5], volume=seen[0].volume) == seen[0], "the first tick has a day's volume"
    assert made[-4:] == seen[1:]
    assert all(one.is_complete for one in made)
