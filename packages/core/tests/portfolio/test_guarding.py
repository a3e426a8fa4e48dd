"""Stop and target as protection keeps them fire at the levels that were asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.portfolio.guarding import Guard, is_guarded, protection_of
from tradertape_core.risk.protection_state import ProtectionState, arm

NOW = datetime(2026, 1, 5, 5, tzinfo=UTC)
GUARD = Guard(
    instrument="NSE:INFY", quantity=10, average=Decimal("1507.3333"), stop=Decimal("1433.35"),
    target=Decimal("1661.05"),
)  # fmt: skip


def armed(guard: Guard) -> ProtectionState:
    names = (guard.instrument,) if guard.is_needed else ()
    return arm(ProtectionState(), protection_of(guard), instruments=names, now=NOW)


@given(
    st.decimals(10, 20_000, places=4), st.decimals("0.2", "0.999", places=3),
    st.decimals("1.001", "3", places=3),
)  # fmt: skip
def test_a_trade_at_a_level_reaches_it(average: Decimal, low: Decimal, high: Decimal) -> None:
    stop = (average * low).quantize(Decimal("0.05"))
    target = (average * high).quantize(Decimal("0.05"))
    leg = armed(replace(GUARD, average=average, stop=stop, target=target)).legs[0]
    assert leg.stop_price is not None
    assert leg.target_price is not None
    assert Decimal(0) <= leg.stop_price - stop < Decimal("0.00001")
    assert Decimal(0) <= target - leg.target_price < Decimal("0.00001")


def test_a_stop_above_the_average_price_protects_a_gain() -> None:
    leg = armed(replace(GUARD, stop=Decimal(1600))).legs[0]
    assert leg.stop_price is not None
    assert abs(leg.stop_price - 1600) < Decimal("0.00001")


def test_what_is_armed_is_told_from_what_should_be() -> None:
    state = armed(GUARD)
    assert is_guarded(state, GUARD)
    assert not is_guarded(state, replace(GUARD, quantity=11))
    assert not is_guarded(state, replace(GUARD, stop=Decimal(1440)))
    assert not is_guarded(state, replace(GUARD, target=None))
    assert not is_guarded(ProtectionState(), GUARD)
    nothing = replace(GUARD, quantity=0)
    assert is_guarded(armed(nothing), nothing)
    assert is_guarded(ProtectionState(), nothing)
