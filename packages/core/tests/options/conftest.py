"""A chain made by the simulated surface, for the tests of options."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tradertape_core.options.activity import open_interest
from tradertape_core.options.chain import Chain, ChainQuotes, build_chain
from tradertape_core.options.surface import option_prices

SPOT, LEVEL, LOT, STEP = 24_052.4, 0.13, 65, 50.0


@pytest.fixture(scope="session")
def make_chain() -> Callable[..., Chain]:
    """`make_chain(days=6.0)`: 81 strikes around 24,052.40."""

    def make(days: float = 6.0, spot: float = SPOT) -> Chain:
        years = days / 365.0
        strikes = np.arange(22_000.0, 26_001.0, STEP)
        grid, calls = strikes[:, None], np.array([True, False])
        fair = option_prices(spot=spot, years=years, level=LEVEL, strike=grid, is_call=calls)
        last = np.maximum(np.rint(fair / 0.05), 1.0) * 0.05
        oi = open_interest(
            spot=spot, years=years, level=LEVEL, strike=grid, is_call=calls, step=STEP,
            lot_size=LOT,
        )  # fmt: skip
        quotes = ChainQuotes(
            spot=spot, strikes=strikes, last=last, bid=last - 0.05, ask=last + 0.05, oi=oi,
            volume=2 * oi,
        )  # fmt: skip
        return build_chain(quotes, years=years)

    return make


@pytest.fixture(scope="session")
def chain(make_chain: Callable[..., Chain]) -> Chain:
    return make_chain()
