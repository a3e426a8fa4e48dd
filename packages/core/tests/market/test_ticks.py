"""The exchange's tick sizes by date and price."""

from __future__ import annotations

from datetime import date

import pytest

from tradertape_core.market.ticks import ceil_to_tick, floor_to_tick, tick_paise

BEFORE, SINCE_2024, SINCE_2025 = date(2024, 6, 9), date(2024, 6, 10), date(2025, 4, 15)


@pytest.mark.parametrize(
    ("on", "price", "paise"),
    [
        (BEFORE, 12.0, 5),
        (BEFORE, 12_000.0, 5),
        (SINCE_2024, 249.99, 1),
        (SINCE_2024, 250.0, 5),
        (date(2025, 4, 14), 12_000.0, 5),
        (SINCE_2025, 249.99, 1),
        (SINCE_2025, 250.0, 5),
        (SINCE_2025, 1_000.0, 5),
        (SINCE_2025, 1_000.05, 10),
        (SINCE_2025, 5_000.0, 10),
        (SINCE_2025, 5_000.5, 50),
        (SINCE_2025, 10_000.0, 50),
        (SINCE_2025, 20_000.0, 100),
        (SINCE_2025, 20_001.0, 500),
    ],
)
def test_ticks_by_date_and_price(on: date, price: float, paise: int):
    assert tick_paise(price, on) == paise


@pytest.mark.parametrize(
    ("price", "lower", "upper"),
    [
        (100.005, 100.0, 100.01),
        (100.01, 100.01, 100.01),
        (300.02, 300.0, 300.05),
        (300.0 * 1.1, 330.0, 330.0),  # 330.00000000000006 in floats
        (1234.56, 1234.5, 1234.6),
        (25_001.0, 25_000.0, 25_005.0),
    ],
)
def test_rounding_onto_the_tick_forgives_float_dust(price: float, lower: float, upper: float):
    assert floor_to_tick(price, SINCE_2025) == pytest.approx(lower, abs=1e-9)
    assert ceil_to_tick(price, SINCE_2025) == pytest.approx(upper, abs=1e-9)
