"""What contracts are settled at: the average of the last half hour of what people saw live."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradertape_core.ledger.settlement import closing_price
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Interval
from tradertape_core.market.hours import session_hours
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_server.features.feed.live.execution_market import ExecutionMarket

# On a shared database the feed belongs to whoever leads; one that is not asks nobody.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def uow(container) -> ExecutionMarket:
    return container.execution.market


def option_on(underlying: str, expiry) -> Instrument:
    return Instrument(
        exchange="NFO", tradingsymbol="X", instrument_token=1, exchange_token=1,
        instrument_type=InstrumentType.CE, expiry=expiry, strike=Decimal(1), underlying=underlying,
    )  # fmt: skip


@pytest.mark.parametrize(("underlying", "spot"), [("NIFTY", "NIFTY 50"), ("INFY", "INFY")])
def test_it_is_the_underlyings_last_half_hour_and_the_present_session_goes_on(
    container, uow, clock, underlying, spot
):
    day = clock.now().date()
    clock.advance(hours=7)  # evening: a demo session runs
    share = container.instruments.get(f"NSE:{spot}")
    before = container.feed.quotes([share])[share.instrument_token]
    found = uow.closing_price(option_on(underlying, day))
    hours = session_hours(nse_calendar(), day)
    assert hours is not None
    minutes = container.feed.source.session_candles(
        share, Interval.MINUTE, hours.end.replace(minute=29, second=59)
    )
    assert len(minutes) == 375
    assert found == closing_price(minutes[-30:])
    last = minutes[-30:]
    assert min(c.low for c in last) <= found <= max(c.high for c in last)
    assert container.feed.quotes([share])[share.instrument_token] == before


def test_nobody_knows_the_close_of_a_day_without_trading_or_of_an_unknown_name(uow, clock):
    sunday = clock.now().date().replace(day=4)
    assert uow.closing_price(option_on("NIFTY", sunday)) is None
    assert uow.closing_price(option_on("NOBODY", clock.now().date())) is None
