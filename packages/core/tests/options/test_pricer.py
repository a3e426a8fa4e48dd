"""The simulated market's contracts are priced from spot, date and volatility index alone."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.world.derivatives import DerivativePricer
from tradertape_core.options.pricer import SurfacePricer
from tradertape_core.options.surface import SURFACE, option_prices

NEAR, FAR = date(2026, 1, 6), date(2026, 1, 27)
AT = datetime(2026, 1, 5, 12, 0, tzinfo=IST)
MARKET = {"spot": 24_000.0, "volatility": 0.15, "at": AT}


def contract(
    kind: str, strike: int = 0, expiry: date | None = NEAR, underlying: str = "NIFTY"
) -> Instrument:
    return Instrument(
        exchange="NFO", tradingsymbol=f"{underlying}{expiry}{strike}{kind}", instrument_token=1,
        exchange_token=1, lot_size=65, instrument_type=InstrumentType(kind), expiry=expiry,
        strike=Decimal(strike) if strike else None, underlying=underlying,
        option_type=kind if kind in ("CE", "PE") else None,
    )  # fmt: skip


def test_a_mixed_list_is_priced_in_its_order() -> None:
    pricer: DerivativePricer = SurfacePricer()
    mixed = [
        contract("PE", 24_200), contract("FUT", expiry=FAR), contract("CE", 23_800, FAR),
        contract("CE", 23_800),
    ]  # fmt: skip
    prices = pricer.prices(mixed, **MARKET)
    alone = [pricer.prices([one], **MARKET)[0] for one in mixed]
    assert prices.tolist() == alone
    years = 27.5 * 3600 / (365 * 86_400)
    assert prices[0] == option_prices(
        spot=24_000.0, years=years, level=0.15, strike=24_200.0, is_call=False
    )
    assert prices[1] == pytest.approx(24_000.0 * math.exp(0.06 * (years + 21 / 365)))
    assert prices[2] > prices[3] > 200.0
    share = [contract("CE", 24_000, underlying="INFY"), contract("FUT", underlying="INFY")]
    option, future = pricer.prices(share, **MARKET)
    assert math.isnan(option)
    assert future > 24_000.0


def test_a_contract_that_has_ended_has_no_price() -> None:
    pricer = SurfacePricer()
    closing = datetime(2026, 1, 6, 15, 30, tzinfo=IST)
    late = {**MARKET, "at": closing}
    assert np.isnan(pricer.prices([contract("CE", 23_900), contract("FUT")], **late)).all()
    last_second = {**MARKET, "at": closing - timedelta(milliseconds=500)}
    assert pricer.prices([contract("CE", 23_900)], **last_second)[0] == pytest.approx(100.0)


def test_on_its_last_day_an_option_runs_into_its_worth() -> None:
    pricer, last_day = SurfacePricer(), date(2026, 9, 8)  # trading ends at 15:40 since August
    end = datetime(2026, 9, 8, 15, 40, tzinfo=IST)
    chain = [
        contract(kind, strike, last_day)
        for kind in ("CE", "PE")
        for strike in range(23_000, 25_001, 250)
    ]
    worth = np.array([
        max(0, (24_010 - int(one.strike or 0)) * (1 if one.option_type == "CE" else -1))
        for one in chain
    ])  # fmt: skip
    before = np.full(len(chain), np.inf)
    for seconds in (24_000, 3_600, 600, 60, 1):
        at = end - timedelta(seconds=seconds)
        beyond = pricer.prices(chain, spot=24_010.0, volatility=0.15, at=at) - worth
        assert (beyond > -5.0).all(), "but for the cost of carry never below its worth"
        assert (np.abs(beyond) <= np.abs(before) + 0.01).all()
        before = beyond
    assert np.abs(before).max() < 1.0
    assert np.isnan(pricer.prices(chain, spot=24_010.0, volatility=0.15, at=end)).all()


def test_other_indices_move_more_than_nifty() -> None:
    pricer = SurfacePricer()
    calm, wild = (
        pricer.prices([contract("CE", 24_000, underlying=name)], **MARKET)[0]
        for name in ("NIFTY", "BANKNIFTY")
    )
    assert wild > 1.1 * calm


def test_interest_is_whole_lots_and_differs_by_expiry() -> None:
    pricer = SurfacePricer()
    near = [contract("CE", 24_000 + 50 * number) for number in range(10)]
    far = [replace(one, expiry=FAR) for one in near]
    both = pricer.interest([*near, *far, contract("FUT")], **MARKET)
    assert not (both % 65).any()
    assert (both > 0).all()
    ratio = both[:10] / both[10:20]
    assert ratio.std() > 0.1
    assert pricer.interest([contract("CE", 100, underlying="INFY")], **MARKET).tolist() == [0]


def test_without_volatility_there_is_no_market_in_options() -> None:
    silent = {**MARKET, "volatility": 0.0}
    found = SurfacePricer().prices([contract("CE", 24_000), contract("FUT")], **silent)
    assert math.isnan(found[0])
    assert found[1] > 24_000.0


def test_the_default_surface_is_the_documented_one() -> None:
    assert (SURFACE.skew, SURFACE.curvature, SURFACE.reversion) == (-0.30, 1.30, 4.0)
