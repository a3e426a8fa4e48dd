"""The causes of a gap add up to it, whatever the trades are. PF-09"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.portfolio.twin import (
    Cause,
    Fate,
    SignalFacts,
    Traded,
    compare,
    fate_of_signal,
)

DAY = date(2026, 3, 2)
NEXT = DAY + timedelta(days=1)
EVENING = datetime(2026, 3, 2, 13, tzinfo=UTC)  # 18:30 IST of the signal's day
NOON = datetime(2026, 3, 3, 7, tzinfo=UTC)  # of the day the twin buys on


def trade(quantity: int = 10, bought: int = 100_000, gross: int = 5_000, **more: object) -> Traded:
    known = {"symbol": "INFY", "signal_date": DAY, "entry_date": NEXT, "charges": 200, **more}
    return Traded(quantity=quantity, bought=bought, gross=gross, **known)  # pyright: ignore


def parts(one: Traded, twin: Traded) -> dict[Cause, int]:
    gap = compare(
        [one], [twin], equity=one.pnl, twin_equity=twin.pnl,
        fate_of=lambda _: Fate(Cause.ROOM, ""),
    )  # fmt: skip
    assert sum(part.amount for part in gap.parts) == gap.amount
    found: dict[Cause, int] = {}
    for part in gap.parts:
        found[part.cause] = found.get(part.cause, 0) + part.amount
    return found


def test_the_same_trade_has_no_gap() -> None:
    assert parts(trade(), trade()) == {}


def test_each_difference_has_its_cause() -> None:
    dearer = trade(bought=101_000, gross=4_000)
    assert parts(dearer, trade()) == {Cause.SLIPPAGE: -1_000}
    assert parts(trade(gross=4_000), trade()) == {Cause.SLIPPAGE: -1_000}
    assert parts(trade(charges=250), trade()) == {Cause.CHARGES: -50}
    smaller = trade(quantity=8, bought=80_000, gross=4_000, charges=200)
    assert parts(smaller, trade()) == {Cause.SIZE: -1_000}
    sold = trade(gross=4_000, sold_on=frozenset({NEXT}))
    assert parts(sold, trade()) == {Cause.EXITS: -1_000}
    late = trade(bought=101_000, gross=4_000, placed_at=NOON)
    assert parts(late, trade()) == {Cause.LATE_APPROVAL: -1_000}
    on_time = trade(bought=101_000, gross=4_000, placed_at=EVENING)
    assert parts(on_time, trade()) == {Cause.SLIPPAGE: -1_000}
    later = trade(bought=101_000, gross=4_000, entry_date=NEXT + timedelta(days=1))
    assert parts(later, trade()) == {Cause.MISSED_TRIGGER: -1_000}


@pytest.mark.parametrize(
    ("status", "is_approved", "placed_at", "cause"),
    [
        ("rejected", False, None, Cause.SKIPPED),
        ("expired", False, None, Cause.SKIPPED),
        ("expired", True, None, Cause.LATE_APPROVAL),
        ("pending_approval", False, None, Cause.LATE_APPROVAL),
        ("in_cart", True, None, Cause.LATE_APPROVAL),
        ("failed", True, None, Cause.SKIPPED),
        ("failed", True, EVENING, Cause.MISSED_TRIGGER),
        ("expired", True, EVENING, Cause.MISSED_TRIGGER),
        ("expired", True, NOON, Cause.LATE_APPROVAL),
        ("cancelled", True, EVENING, Cause.SKIPPED),
        ("cancelled", True, None, Cause.SKIPPED),
        ("approved", True, EVENING, Cause.MISSED_TRIGGER),
        ("executed", True, NOON, Cause.LATE_APPROVAL),
    ],
)
def test_a_signal_that_was_not_bought_has_its_fate(
    status: str, is_approved: bool, placed_at: datetime | None, cause: Cause
) -> None:
    facts = SignalFacts(status=status, is_approved=is_approved, placed_at=placed_at)
    assert fate_of_signal(facts, "signal", trade()).cause is cause


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [("signal", Cause.SKIPPED), ("max_positions", Cause.ROOM), (None, Cause.ROOM)],
)
def test_what_was_not_raised_has_its_fate(verdict: str | None, cause: Cause) -> None:
    assert fate_of_signal(None, verdict, trade()).cause is cause


def test_money_of_no_trade_is_named_as_such() -> None:
    gap = compare([], [], equity=10_001, twin_equity=10_000, fate_of=lambda _: Fate(Cause.ROOM, ""))
    assert [(one.cause, one.amount) for one in gap.parts] == [(Cause.OTHER, 1)]


amounts = st.integers(-(10**9), 10**9)
trades = st.builds(
    Traded, symbol=st.sampled_from("ABCD"), signal_date=st.dates(DAY, NEXT),
    entry_date=st.just(NEXT),
    quantity=st.integers(1, 10**5), bought=st.integers(1, 10**10), gross=amounts,
    charges=st.integers(0, 10**6), dividends=st.integers(0, 10**6),
    sold_on=st.frozensets(st.dates(DAY, NEXT), max_size=2),
    placed_at=st.sampled_from((None, EVENING, NOON)), is_outside=st.booleans(),
)  # fmt: skip
books = st.lists(trades, max_size=6, unique_by=lambda one: one.key)


@given(books, books)
def test_the_causes_are_the_gap_and_nothing_is_left_over(
    ours: list[Traded], twins: list[Traded]
) -> None:
    gap = compare(
        ours, twins, equity=sum(one.pnl for one in ours), twin_equity=sum(one.pnl for one in twins),
        fate_of=lambda _: Fate(Cause.SKIPPED, "skipped"),
    )  # fmt: skip
    assert sum(one.amount for one in gap.parts) == gap.amount
    assert all(one.cause is not Cause.OTHER for one in gap.parts)
