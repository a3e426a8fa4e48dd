"""The causes of a difference between our books and the broker's. PO-03"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.portfolio.reconciliation import (
    Action,
    AtBroker,
    Cause,
    Evidence,
    Ours,
    OwnOrder,
    UploadedTrade,
    find_cause,
)

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
TODAY = NOW.date()


def trade(units: int, *, on: date = TODAY, price: int = 100, key: str = "k") -> UploadedTrade:
    return UploadedTrade(on=on, units=units, price=Decimal(price), key=key)


TEN = Ours(quantity=10, average_price=Decimal(1000), last_fill_at=LONG_AGO)


def cause(ours: Ours, broker: AtBroker, **known: object) -> Cause | None:
    return find_cause(ours, broker, Evidence(**known), NOW).cause  # pyright: ignore


@pytest.mark.parametrize(
    "broker",
    [
        AtBroker(holding=10), AtBroker(t1=10), AtBroker(position=10),
        AtBroker(holding=4, t1=3, pledged=2, funded=1),
        AtBroker(holding=15, position=-5),
    ],
)  # fmt: skip
def test_wherever_the_broker_keeps_them_the_units_agree(broker: AtBroker) -> None:
    assert cause(TEN, broker) is None


CASES = [
    (TEN, AtBroker(holding=15), {"external": 5}, Cause.MANUAL_BUY),
    (TEN, AtBroker(holding=4), {"external": -6}, Cause.MANUAL_SELL),
    (TEN, AtBroker(holding=14), {}, Cause.MANUAL_BUY),
    (TEN, AtBroker(), {}, Cause.MANUAL_SELL),
    (TEN, AtBroker(holding=15), {"orders": (OwnOrder("1", 0, 5, 5),)}, Cause.MISSED_FILL),
    (TEN, AtBroker(holding=13), {"orders": (OwnOrder("1", 2, 5, 9),)}, Cause.PARTIAL_FILL),
    (TEN, AtBroker(holding=5), {"orders": (OwnOrder("1", 5, 0, 5),)}, Cause.PHANTOM_FILL),
    (TEN, AtBroker(holding=15), {"orders": (OwnOrder("1", 0, 0, 5, True),)}, Cause.MISSED_FILL),
    (TEN, AtBroker(holding=20), {"ratios": ((Decimal(2), "bonus"),)}, Cause.CORPORATE_ACTION),
    (TEN, AtBroker(holding=100, average_price=Decimal(100)), {}, Cause.CORPORATE_ACTION),
    (TEN, AtBroker(), {"renamed": (("NSE:NEW", 10),)}, Cause.SYMBOL_CHANGE),
    (Ours(), AtBroker(holding=40), {}, Cause.PRE_EXISTING),
    (TEN, AtBroker(holding=50), {"from_before": 40}, Cause.PRE_EXISTING),
    (Ours(last_fill_at=LONG_AGO), AtBroker(holding=5), {"from_before": 40}, Cause.PRE_EXISTING),
    (TEN, AtBroker(holding=51), {"from_before": 40}, Cause.MANUAL_BUY),
    (TEN, AtBroker(holding=4), {"from_before": 40}, Cause.MANUAL_SELL),
    (Ours(quantity=10, last_fill_at=NOW), AtBroker(), {}, Cause.BROKER_LAG),
    (Ours(quantity=10, last_fill_at=LONG_AGO, fills=(5, 5)), AtBroker(holding=5), {},
     Cause.DUPLICATE_FILL),
    (TEN, AtBroker(holding=10, t1=3), {}, Cause.UNSETTLED_T1),
    (TEN, AtBroker(holding=10, pledged=4), {}, Cause.PLEDGED_OR_MTF),
    (TEN, AtBroker(holding=10, funded=4), {}, Cause.PLEDGED_OR_MTF),
    (TEN, AtBroker(holding=13), {"external": -2}, Cause.UNKNOWN),
    (TEN, AtBroker(holding=14), {"uploaded": (trade(4),)}, Cause.EXTERNAL_TRADE),
    (TEN, AtBroker(holding=4), {"uploaded": (trade(-6),), "external": -6}, Cause.EXTERNAL_TRADE),
    (Ours(), AtBroker(holding=40), {"uploaded": (trade(40),)}, Cause.EXTERNAL_TRADE),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "broker", "known", "expected"), CASES)
def test_each_cause_is_found_by_its_evidence(
    ours: Ours, broker: AtBroker, known: dict[str, object], expected: Cause
) -> None:
    finding = find_cause(ours, broker, Evidence(**known), NOW)  # pyright: ignore
    assert finding.cause is expected
    assert finding.evidence
    assert finding.difference == broker.quantity - ours.quantity


def test_every_cause_has_a_case() -> None:
    assert {one[3] for one in CASES} == set(Cause)


def test_the_latest_uploaded_trades_that_make_the_difference_are_shown() -> None:
    """Older ones were settled by what came after them."""
    old = trade(4, on=TODAY - timedelta(days=400), price=50)
    back = trade(-4, on=TODAY - timedelta(days=300), price=60)
    known = Evidence(uploaded=(old, back, trade(10, price=101), trade(-6, price=120)))
    finding = find_cause(TEN, AtBroker(holding=14), known, NOW)
    assert [one.units for one in finding.trades] == [10, -6]
    assert finding.traded_at == (Decimal("101.00"), TODAY)
    assert finding.evidence == (
        "10 bought and 6 sold on 24 Nov 2026, 2 trades of an uploaded tradebook that no order of "
        "ours made",
    )
    assert (finding.confidence, finding.lacks_trades) == (0.95, False)


def test_uploaded_trades_that_are_not_the_difference_are_no_evidence() -> None:
    finding = find_cause(TEN, AtBroker(holding=14), Evidence(uploaded=(trade(3),)), NOW)
    assert (finding.cause, finding.trades, finding.lacks_trades) == (Cause.MANUAL_BUY, (), True)


def test_a_sum_of_hundreds_of_trades_is_no_evidence() -> None:
    many = tuple(trade(1) for _ in range(300))
    found = find_cause(TEN, AtBroker(holding=210), Evidence(uploaded=many), NOW)
    assert len(found.trades) == 200
    more = find_cause(TEN, AtBroker(holding=211), Evidence(uploaded=many), NOW)
    assert more.trades == ()


def test_an_old_trade_is_less_sure_and_hides_no_bonus() -> None:
    old = trade(10, on=TODAY - timedelta(days=400))
    likely = find_cause(TEN, AtBroker(holding=20), Evidence(uploaded=(old,)), NOW)
    assert (likely.cause, likely.confidence) == (Cause.EXTERNAL_TRADE, 0.8)
    known = Evidence(uploaded=(old,), ratios=((Decimal(2), "1:1 bonus"),))
    bonus = find_cause(TEN, AtBroker(holding=20), known, NOW)
    assert (bonus.cause, bonus.trades) == (Cause.CORPORATE_ACTION, ())


def test_a_known_action_is_suggested_with_its_ratio() -> None:
    known = Evidence(ratios=((Decimal(2), "1:1 bonus, ex-date 2026-11-20"),))
    finding = find_cause(TEN, AtBroker(holding=20), known, NOW)
    assert (finding.suggested, finding.ratio) == (Action.APPLY_CORPORATE_ACTION, Decimal(2))
    assert finding.evidence == ("1:1 bonus, ex-date 2026-11-20",)


@given(st.integers(-50, 50), st.integers(0, 50), st.integers(0, 9), st.integers(-9, 9))
def test_equal_quantities_are_never_a_finding_and_unequal_ones_always_are(
    ours: int, holding: int, t1: int, external: int
) -> None:
    broker = AtBroker(holding=holding, t1=t1)
    finding = find_cause(Ours(quantity=ours), broker, Evidence(external=external), NOW)
    assert (finding.cause is None) == (ours == holding + t1)
    assert 0 <= finding.confidence <= 1
