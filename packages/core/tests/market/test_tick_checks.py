"""No wrong price goes further than the door (FAULTS §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.market.tick import Tick
from tradertape_core.market.tick_checks import BadTick, fault_of

GOOD = Tick(
    instrument_token=1, instrument_id="NSE:X", last_price=Decimal(100), close=Decimal(99),
    at=datetime(2026, 1, 5, tzinfo=UTC),
)  # fmt: skip


def test_a_sound_tick_passes() -> None:
    assert fault_of(GOOD) is None
    assert fault_of(GOOD, last=replace(GOOD, last_price=Decimal(101))) is None


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-Infinity", "-1", "0", "sNaN"])
@pytest.mark.parametrize(
    "field", ["last_price", "open", "high", "low", "close", "bid", "ask", "average_price"]
)
@pytest.mark.parametrize("last", [None, GOOD])
def test_what_is_not_a_price_is_refused(last: Tick | None, price: str, field: str) -> None:
    bad = replace(GOOD, **{field: Decimal(price)})
    expected = None if price == "0" and field != "last_price" else BadTick.NOT_A_PRICE
    assert fault_of(bad, last=last) is expected


@given(st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=2))
def test_a_tenfold_price_never_passes(price: Decimal) -> None:
    tick = replace(GOOD, last_price=price * 10, close=price)
    assert fault_of(tick) is BadTick.JUMP
    assert fault_of(replace(GOOD, last_price=price), last=tick) is BadTick.JUMP


def test_what_a_good_tick_had_is_good_beside_what_is_new() -> None:
    changed = replace(GOOD, bid=Decimal("99.95"), ask=Decimal("100.05"))
    assert fault_of(changed, last=GOOD) is None
    assert fault_of(replace(changed, ask=Decimal("NaN")), last=changed) is BadTick.NOT_A_PRICE


@pytest.mark.parametrize("field", ["volume", "last_quantity", "oi", "bid_quantity", "ask_quantity"])
def test_quantities_are_not_negative(field: str) -> None:
    assert fault_of(replace(GOOD, **{field: -1})) is BadTick.NOT_A_QUANTITY


@pytest.mark.parametrize("field", ["at", "exchange_at"])
def test_times_are_aware(field: str) -> None:
    bad = replace(GOOD, **{field: datetime(2026, 1, 5)})  # noqa: DTZ001 - it lacks a zone
    assert fault_of(bad) is BadTick.NO_TIME
