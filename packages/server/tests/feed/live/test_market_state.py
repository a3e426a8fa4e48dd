"""What the market does now, in words."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.feed.live.market_state import market_state
from tradertape_server.features.feed.sources.no_source import NoSource
from tradertape_server.features.feed.sources.simulated_source import SimulatedSource
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService


def simulated(*, any_hour: bool) -> SimulatedSource:
    """Its hours alone are asked."""
    none = cast(LiveWorld, None), cast(MarketService, None), cast(InstrumentService, None)
    return SimulatedSource(*none, nse_calendar(), any_hour=any_hour)


@pytest.mark.parametrize(
    ("moment", "state", "text", "hint"),
    [
        ("2026-09-08T08:59", "closed", "Closed, opens 09:15", "variety amo"),
        ("2026-09-08T09:04", "pre_open", "Pre-open", "LIMIT and MARKET orders for the opening"),
        ("2026-09-08T09:07", "pre_open", "Pre-open", "LIMIT orders for the opening auction"),
        ("2026-09-08T09:12", "pre_open", "Pre-open", "accepted again from 09:15"),
        ("2026-09-08T09:15", "open", "Market open", "until 15:30"),
        ("2026-09-08T15:16", "closing_auction", "Closing auction", "from 15:20"),
        ("2026-09-08T15:26", "closing_auction", "Closing auction", "Other shares trade until"),
        ("2026-09-08T15:31", "closing_auction", "Closing auction", "filled at the close"),
        ("2026-09-08T15:36", "derivatives", "Futures and options until 15:40", "amo"),
        ("2026-09-08T15:55", "closed", "Closed, opens Wed 09:15", "amo"),
        ("2026-09-11T22:00", "closed", "Closed, opens Tue 09:15", "amo"),  # the 14th is a holiday
        ("2026-07-31T15:20", "open", "Market open", "until 15:30"),
        ("2026-07-31T15:31", "closed", "Closed, opens Mon 09:15", "amo"),
        ("2024-02-29T12:00", "open", "Market open", "until 15:30"),
        ("2026-12-31T18:00", "closed", "Closed, opens Fri 09:15", "amo"),  # 2027, by the rule
        ("2036-12-31T18:00", "closed", "Closed", "amo"),  # no calendar of 2037
    ],
)  # fmt: skip
def test_the_exchanges_day_in_words(moment: str, state: str, text: str, hint: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=IST)
    found = market_state(simulated(any_hour=False), nse_calendar(), now)
    assert (found.state, found.text) == (state, text)
    assert hint in found.hint


def test_a_market_of_any_hour_says_when_the_exchange_opens() -> None:
    now = datetime(2026, 9, 11, 22, tzinfo=IST)
    found = market_state(simulated(any_hour=True), nse_calendar(), now)
    assert (found.state, found.text) == ("demo", "Open in simulation")
    assert found.opens_at == datetime(2026, 9, 15, 9, 15, tzinfo=IST)
    at_auction = datetime(2026, 9, 8, 15, 16, tzinfo=IST)
    assert market_state(simulated(any_hour=True), nse_calendar(), at_auction).state == "open"


def test_no_market_at_all_says_so() -> None:
    now = datetime(2026, 9, 8, 12, tzinfo=IST)
    assert market_state(NoSource(), nse_calendar(), now).text == "No live prices"
