"""What is done next about the trigger that stands for stop and target of a position."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.orders import broker_gtts as at_broker
from tradertape_core.orders.broker_gtts import begin
from tradertape_core.orders.gtt import Gtt, GttResult, GttStatus, GttType
from tradertape_core.orders.gtt_fields import read_gtt
from tradertape_core.portfolio.standing import (
    PAUSE,
    StandingStep,
    StandingTerms,
    is_of_stop,
    next_step,
)

NOW = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
LAST = Decimal(100)


def terms(stop: str | None = "90", target: str | None = "120", quantity: int = 10) -> StandingTerms:
    return StandingTerms(
        instrument="NSE:INFY", quantity=quantity, tick_size=Decimal("0.05"),
        stop=None if stop is None else Decimal(stop),
        target=None if target is None else Decimal(target),
    )  # fmt: skip


def resting(wanted: StandingTerms) -> Gtt:
    request = read_gtt(wanted.document(LAST))
    asked = begin(1, "7", request, last_price=LAST, now=NOW, run_id="portfolio:1:1:1")
    return at_broker.accepted(asked, "9001", NOW)


def asked(gtt: Gtt) -> Gtt:
    return at_broker.ask(gtt, at_broker.GttAsk.MODIFY, NOW, gtt.request)


FIRED = replace(resting(terms()), status=GttStatus.TRIGGERED, fired_leg=0)
UNSEEN = replace(
    at_broker.with_order(
        replace(FIRED, at_broker=replace(at_broker.state_of(FIRED), fired_at=NOW)), 0, None,
        NOW + timedelta(days=1), reason="gone",
    )
)  # fmt: skip
CASES = {
    "nothing is held": (None, None, StandingStep.NOTHING),
    "something is held": (terms(), None, StandingStep.PLACE),
    "it is as it should be": (terms(), resting(terms()), StandingStep.NOTHING),
    "more is held": (terms(quantity=12), resting(terms()), StandingStep.CHANGE),
    "the stop was raised": (terms("92"), resting(terms()), StandingStep.CHANGE),
    "a target came": (terms(), resting(terms(target=None)), StandingStep.END),
    "it is being sold": (None, resting(terms()), StandingStep.END),
    "its answer is on its way": (terms("92"), asked(resting(terms())), StandingStep.WAIT),
    "it is to end already": (
        None, at_broker.end_when_known(resting(terms()), NOW), StandingStep.WAIT
    ),
    "it fired, its order is not known": (terms(), FIRED, StandingStep.WAIT),
    "it fired": (terms(), at_broker.with_order(FIRED, 0, "order", NOW), StandingStep.RELEASE),
    "it fired without an order": (
        terms(), at_broker.with_order(FIRED, 0, None, NOW, reason="no margin"), StandingStep.RELEASE
    ),
    "it fired on an earlier day": (terms(), UNSEEN, StandingStep.LOST),
    "it was disabled": (
        terms(), replace(resting(terms()), status=GttStatus.DISABLED), StandingStep.RELEASE
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_next_step(case: str) -> None:
    wanted, gtt, step = CASES[case]
    assert next_step(wanted, gtt, NOW + timedelta(minutes=1)) is step


def test_what_the_broker_refused_to_change_is_withdrawn_after_a_pause() -> None:
    refused = at_broker.not_done(asked(resting(terms())), "not now", NOW)
    assert next_step(terms("92"), refused, NOW + PAUSE / 2) is StandingStep.WAIT
    assert next_step(terms("92"), refused, NOW + PAUSE) is StandingStep.END


def test_one_near_the_end_of_its_life_is_renewed() -> None:
    late = resting(terms()).expires_at - timedelta(days=2)
    assert next_step(terms(), resting(terms()), late) is StandingStep.END


def test_two_levels_are_two_legs_and_the_stops_order_is_a_little_below_it() -> None:
    request = read_gtt(terms("90.05").document(LAST))
    assert request.type is GttType.TWO_LEG
    assert [order.price for order in request.orders] == [Decimal("89.10"), Decimal(120)]
    assert read_gtt(terms(target=None).document(LAST)).type is GttType.SINGLE
    gtt = resting(terms())
    assert [is_of_stop(gtt, leg) for leg in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("last", "is_placeable"), [("100", True), ("90.1", False), ("119.9", False), ("89", False)]
)
def test_it_is_placed_only_between_the_levels(last: str, *, is_placeable: bool) -> None:
    assert terms().is_placeable(Decimal(last)) is is_placeable


def test_results_are_kept_as_they_are() -> None:
    assert UNSEEN.results == (GttResult(leg=0, at=NOW + timedelta(days=1), reason="gone"),)
