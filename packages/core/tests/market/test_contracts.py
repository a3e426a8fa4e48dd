"""Expiries, lots and strikes of index derivatives, and tokens (charges and rules §8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.contracts import INDEX_CONTRACTS, expiries, strikes_around
from tradertape_core.market.tokens import SEGMENT_CODES, instrument_token, numbers_for


def days(underlying: str, today: date) -> list[date]:
    return [e.day for e in expiries(INDEX_CONTRACTS[underlying], today, nse_calendar())]


def test_a_holiday_brings_an_expiry_forward_to_the_session_before() -> None:
    assert date(2026, 3, 30) in days("NIFTY", date(2026, 3, 20))  # 03-31 is a holiday
    assert date(2026, 3, 25) in days("SENSEX", date(2026, 3, 20))  # 03-26 is a holiday


def test_only_nifty_and_sensex_have_weekly_expiries() -> None:
    assert days("NIFTY", date(2026, 1, 6))[:4] == [
        date(2026, 1, 6), date(2026, 1, 13), date(2026, 1, 20), date(2026, 1, 27),
    ]  # fmt: skip
    for underlying in ("BANKNIFTY", "FINNIFTY", "MIDCPNIFTY"):
        assert days(underlying, date(2026, 1, 6)) == [
            date(2026, 1, 27), date(2026, 2, 24), date(2026, 3, 30),
        ]  # fmt: skip


def test_the_day_of_expiry_itself_is_still_listed_and_the_day_after_is_not() -> None:
    assert days("NIFTY", date(2026, 1, 27))[0] == date(2026, 1, 27)
    assert days("NIFTY", date(2026, 1, 28))[0] == date(2026, 2, 3)


def test_in_former_years_contracts_ended_on_the_days_of_their_time() -> None:
    """Thursdays at NSE until August 2025; no options on SENSEX before 2023."""
    assert days("NIFTY", date(2025, 8, 26))[:3] == [
        date(2025, 8, 28), date(2025, 9, 2), date(2025, 9, 9),
    ]  # fmt: skip
    assert days("SENSEX", date(2022, 1, 3)) == []


@pytest.mark.parametrize(
    ("underlying", "expiry", "lot"),
    [
        ("NIFTY", date(2025, 12, 30), 75),
        ("NIFTY", date(2026, 1, 6), 65),
        ("BANKNIFTY", date(2025, 12, 30), 35),
        ("BANKNIFTY", date(2026, 1, 27), 30),
        ("FINNIFTY", date(2026, 1, 27), 60),
        ("MIDCPNIFTY", date(2026, 1, 27), 120),
        ("SENSEX", date(2026, 1, 1), 20),
    ],
)
def test_lots_hold_from_an_expiry_on(underlying: str, expiry: date, lot: int) -> None:
    assert INDEX_CONTRACTS[underlying].lot_on(expiry) == lot


def test_strikes_lie_on_the_step_and_never_at_zero() -> None:
    assert strikes_around(24_980, 50, each_way=1) == [Decimal(n) for n in (24950, 25000, 25050)]
    assert strikes_around(60, 50, each_way=3)[0] == Decimal(50)


def test_a_token_is_the_exchanges_number_and_the_segments_code() -> None:
    assert instrument_token(1594, "NSE") == 408_065  # INFY's, as Kite's documentation shows it
    assert instrument_token(1, "INDICES") == 265  # and the SENSEX's
    with pytest.raises(InvalidInput):
        instrument_token(2**24, "NSE")


def test_numbers_are_their_own_whoever_else_is_there() -> None:
    names = [f"NAME{i}" for i in range(400)]
    all_of_them = numbers_for(names, below=2**22, purpose="x")
    assert len(set(all_of_them.values())) == 400
    assert all(numbers_for([n], below=2**22, purpose="x") == {n: all_of_them[n]} for n in names)
    assert len(set(numbers_for(names, below=401, purpose="x").values())) == 400
    assert set(SEGMENT_CODES.values()) <= set(range(256))
