"""Triggers at the sandbox's three brokers, through all of execution (KG-01, KG-02; FAULTS §3)."""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from typing import Any

import pytest

from tradertape_core.orders import broker_gtts
from tradertape_core.orders.gtt import Gtt, GttStatus
from tradertape_core.orders.order import OrderStatus
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_server.features.execution.errors import GttRefused
from tradertape_server.features.execution.state import broker_gtts as memory
from tradertape_server.platform.errors import Conflict

from .conftest import eventually
from .venue_bench import BROKERS, Venue, clock, sandbox, venue  # noqa: F401 - fixtures

K, S = FaultKind, GttStatus
DROPS = 200 if os.environ.get("TRADERTAPE_SOAK") else 20
at_brokers = pytest.mark.parametrize("venue", BROKERS, indirect=True)
DONE = [(K.DROP_AFTER, 500), (K.HTML, 500), (K.EMPTY, 500), (K.TRUNCATED, 500),
        (K.STATUS_AFTER, 500), (K.STATUS_AFTER, 502)]  # fmt: skip
NOT_DONE = [(K.DROP_BEFORE, 500), (K.STATUS, 500), (K.STATUS, 504)]


def single(trigger: float = 1450.0, *, quantity: int = 1, side: str = "BUY") -> dict[str, Any]:
    """A trigger whose limit is its price, as every broker takes it."""
    return {
        "type": "single",
        "condition": {
            "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [trigger],
            "last_price": 1500.0,
        },
        "orders": [
            {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": side,
             "quantity": quantity, "order_type": "LIMIT", "product": "CNC", "price": trigger}
        ],
    }  # fmt: skip


def two_leg(low: float, high: float, *, quantity: int = 1, side: str = "SELL") -> dict[str, Any]:
    document = single(low, quantity=quantity, side=side)
    document["type"] = "two-leg"
    document["condition"]["trigger_values"] = [low, high]
    document["orders"] = [{**document["orders"][0], "price": price} for price in (low, high)]
    return document


def gtt_of(venue: Venue, trigger_id: int) -> Gtt:
    return venue.service.get_gtt(venue.account, trigger_id)


def created(venue: Venue, document: dict[str, Any], **about: Any) -> int:
    """A trigger whose placement was answered, or given up: a busy machine takes its time."""
    trigger_id = venue.service.create_gtt(venue.account, document, **about)
    eventually(lambda: gtt_of(venue, trigger_id).status is not S.PLACING, within_s=60)
    return trigger_id


def until(venue: Venue, trigger_id: int, status: GttStatus) -> Gtt:
    def looked() -> Gtt | None:
        venue.read_gtts()
        venue.read()
        found = gtt_of(venue, trigger_id)
        return found if found.status is status else None

    return eventually(looked, within_s=60)


def until_ordered(venue: Venue, trigger_id: int) -> Gtt:
    def looked() -> Gtt | None:
        venue.read_gtts()
        venue.read()
        found = gtt_of(venue, trigger_id)
        return found if found.results else None

    return eventually(looked, within_s=60)


def resting(venue: Venue) -> list[Any]:
    """Active triggers that the broker has."""
    return [one for one in venue.ports.gtts.list() if one.status is S.ACTIVE]


@pytest.fixture(autouse=True)
def _apart(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Triggers of tests before are ended; what waits for a minute waits briefly."""
    for one in resting(venue):
        venue.ports.gtts.cancel(one.trigger_id)
    venue.set_price("1500")
    monkeypatch.setattr(broker_gtts, "PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr(memory, "HOLD_S", 0.5)


@at_brokers
def test_kg_01_a_trigger_rests_at_the_broker_changes_and_ends_there(venue: Venue) -> None:
    trigger_id = created(venue, single())
    made = gtt_of(venue, trigger_id)
    assert made.at_broker is not None
    (there,) = resting(venue)
    assert (made.status, made.at_broker.trigger_id) == (S.ACTIVE, there.trigger_id)
    venue.read_gtts()
    assert venue.service.modify_gtt(venue.account, trigger_id, single(1440.0)) == trigger_id
    (there,) = resting(venue)
    assert there.request.trigger_values == gtt_of(venue, trigger_id).request.trigger_values
    venue.read_gtts()
    assert gtt_of(venue, trigger_id).status is S.ACTIVE
    venue.service.delete_gtt(venue.account, trigger_id)
    assert resting(venue) == []
    venue.read_gtts()
    assert gtt_of(venue, trigger_id).status is S.DELETED


@at_brokers
def test_of_two_legs_one_sells_and_the_other_never_does(venue: Venue) -> None:
    """Neither at the other leg's price, nor after a start of the server."""
    venue.place({"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
                 "product": "CNC", "order_type": "MARKET", "quantity": 1})  # fmt: skip
    document = two_leg(1400.0, 1600.0)
    if venue.name == "upstox":
        with pytest.raises(Conflict, match="create two single ones"):
            venue.service.create_gtt(venue.account, document)
        return
    trigger_id = created(venue, document, run_id="run-1")
    until(venue, trigger_id, S.ACTIVE)
    venue.set_price("1601")
    fired = until_ordered(venue, trigger_id)
    assert fired.fired_leg == 1
    order = venue.service.order("run-1", fired.results[0].order_id)
    venue.until_status(order.order_id, OrderStatus.COMPLETE)
    assert venue.service.positions(run_id="run-1", open_only=True) == []
    sold = len(venue.ports.orders.order_book())
    venue.set_price("1399")
    venue.service.trader.stop()
    venue.start()
    for _ in range(3):
        venue.read_gtts()
        venue.read()
    assert len(venue.ports.orders.order_book()) == sold
    assert resting(venue) == []
    assert gtt_of(venue, trigger_id).status is S.TRIGGERED
    assert venue.service.positions(run_id="run-1", open_only=True) == []


@at_brokers
@pytest.mark.parametrize(("kind", "status"), DONE)
def test_a_placement_whose_answer_is_lost_is_found_by_its_terms(
    venue: Venue, kind: FaultKind, status: int
) -> None:
    venue.plan(FaultPlan(kind=kind, endpoint=Endpoint.PLACE, count=1, status=status))
    trigger_id = created(venue, single())
    assert gtt_of(venue, trigger_id).status in (S.IN_DOUBT, S.ACTIVE)
    found = until(venue, trigger_id, S.ACTIVE)
    (there,) = resting(venue)
    assert found.at_broker is not None
    assert found.at_broker.trigger_id == there.trigger_id


@at_brokers
@pytest.mark.parametrize(("kind", "status"), NOT_DONE)
def test_a_placement_that_never_arrived_is_rejected_after_several_looks_and_never_sent_again(
    venue: Venue, kind: FaultKind, status: int
) -> None:
    venue.plan(FaultPlan(kind=kind, endpoint=Endpoint.PLACE, count=1, status=status))
    trigger_id = created(venue, single())
    venue.read_gtts()
    assert gtt_of(venue, trigger_id).status is S.IN_DOUBT
    rejected = until(venue, trigger_id, S.REJECTED)
    assert rejected.at_broker is not None
    assert "never reached" in (rejected.at_broker.problem or "")
    assert resting(venue) == []


@at_brokers
def test_accepted_and_dropped_many_times_no_trigger_is_doubled(venue: Venue) -> None:
    """200 with TRADERTAPE_SOAK."""
    venue.plan(FaultPlan(kind=K.DROP_AFTER, endpoint=Endpoint.PLACE))
    began = time.monotonic()
    made = [
        venue.service.create_gtt(venue.account, single(1300.0 + number % 40))
        for number in range(DROPS)
    ]

    def is_settled() -> bool:
        venue.read_gtts()
        return all(gtt_of(venue, one).status is S.ACTIVE for one in made)

    eventually(is_settled, within_s=60)
    ids = {gtt.at_broker.trigger_id for one in made if (gtt := gtt_of(venue, one)).at_broker}
    there = resting(venue)
    took = time.monotonic() - began
    sys.stdout.write(f"\n{venue.name}: {DROPS} dropped, {len(there)} there, {took:.1f} s\n")
    assert len(there) == DROPS
    assert ids == {one.trigger_id for one in there}


@at_brokers
def test_changes_and_ends_whose_answers_are_lost_are_settled_from_the_list(venue: Venue) -> None:
    trigger_id = created(venue, single())
    venue.plan(FaultPlan(kind=K.DROP_AFTER, endpoint=Endpoint.MODIFY, count=1))
    venue.service.modify_gtt(venue.account, trigger_id, single(1430.0))
    eventually(lambda: _looked(venue, trigger_id).at_broker.ask is None)
    assert [str(one) for one in gtt_of(venue, trigger_id).request.trigger_values] == ["1430.0"]
    venue.plan(FaultPlan(kind=K.DROP_BEFORE, endpoint=Endpoint.CANCEL, count=1))
    venue.service.delete_gtt(venue.account, trigger_id)
    eventually(lambda: _looked(venue, trigger_id).at_broker.ask is None)
    kept = gtt_of(venue, trigger_id)
    assert kept.at_broker is not None
    assert (kept.status, kept.at_broker.ends) == (S.ACTIVE, False)
    assert "unchanged" in (kept.at_broker.problem or "")
    venue.plan(FaultPlan(kind=K.DROP_AFTER, endpoint=Endpoint.CANCEL, count=1))
    venue.service.delete_gtt(venue.account, trigger_id)
    until(venue, trigger_id, S.DELETED)


def _looked(venue: Venue, trigger_id: int) -> Any:
    venue.read_gtts()
    return gtt_of(venue, trigger_id)


@at_brokers
def test_a_refusal_is_the_brokers_own_words(venue: Venue) -> None:
    """An instrument that this server knows and the broker does not."""
    document = single(90.0)
    for part in (document["condition"], document["orders"][0]):
        part["tradingsymbol"] = "SLICED"
    with pytest.raises(GttRefused, match="The broker did not take this") as refused:
        venue.service.create_gtt(venue.account, document)
    assert gtt_of(venue, refused.value.more["trigger_id"]).status is S.REJECTED


@at_brokers
@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
@pytest.mark.parametrize("gap", [False, True], ids=["filled", "unfilled"])
def test_a_trigger_that_is_reached_is_its_owners(venue: Venue, is_down: bool, gap: bool) -> None:
    trigger_id = created(venue, single(1550.0), run_id="run-1")
    until(venue, trigger_id, S.ACTIVE)
    if is_down:
        venue.service.trader.stop()
    venue.set_price("1560" if gap else "1550")
    if is_down:
        venue.start()
    fired = until_ordered(venue, trigger_id)
    assert (fired.status, fired.fired_leg) == (S.TRIGGERED, 0)
    order = venue.service.order("run-1", fired.results[0].order_id)
    assert not order.is_external
    venue.until_status(order.order_id, OrderStatus.OPEN if gap else OrderStatus.COMPLETE)
    assert venue.held() == (0 if gap else 1)
    if gap:
        venue.service.cancel("run-1", order.order_id)


@pytest.mark.slow  # where the stop came before the send, it takes several readings to be sure
@at_brokers
def test_a_stop_in_the_middle_of_a_send_sends_nothing_again(venue: Venue) -> None:
    venue.plan(FaultPlan(kind=K.DELAY, endpoint=Endpoint.PLACE, count=1, delay_s=1.0))
    from threading import Thread

    placing = Thread(target=lambda: _quietly(venue), daemon=True)
    placing.start()
    eventually(lambda: venue.service.gtts(venue.account))
    venue.service.trader.stop()
    venue.start()
    (gtt,) = venue.service.gtts(venue.account)

    def settled() -> Gtt | None:
        venue.read_gtts()
        found = gtt_of(venue, gtt.trigger_id)
        return found if found.status in (S.ACTIVE, S.REJECTED) else None

    found = eventually(settled, within_s=200)
    assert len(resting(venue)) == (found.status is S.ACTIVE)  # sent once, or not at all


def _quietly(venue: Venue) -> None:
    try:
        venue.service.create_gtt(venue.account, single())
    except Exception:  # noqa: BLE001 - the server stops under it
        return


@at_brokers
def test_what_another_terminal_has_there_is_shown_and_never_taken(
    venue: Venue, user_id: int
) -> None:
    from tradertape_core.orders.gtt_fields import read_gtt

    theirs = venue.ports.gtts.place(read_gtt(single()))
    venue.read_gtts()
    assert venue.service.gtts(venue.account) == []
    ((shown, scope),) = venue.service.external_gtts(user_id)
    assert (shown.entry.trigger_id, scope) == (theirs, "kite:AB1234")
    mine = venue.service.create_gtt(venue.account, single())
    venue.plan(FaultPlan(kind=K.DROP_AFTER, endpoint=Endpoint.PLACE, count=1))
    second = venue.service.create_gtt(venue.account, single())
    until(venue, second, S.ACTIVE)
    ids = [gtt.at_broker.trigger_id for one in (mine, second)
           if (gtt := gtt_of(venue, one)).at_broker]  # fmt: skip
    assert theirs not in ids
    assert len(set(ids)) == 2
    venue.ports.gtts.cancel(theirs)


@at_brokers
def test_what_another_terminal_ends_or_changes_is_followed(venue: Venue) -> None:
    trigger_id = created(venue, single())
    at = gtt_of(venue, trigger_id).at_broker
    assert at is not None
    assert at.trigger_id is not None
    venue.ports.gtts.cancel(at.trigger_id)
    venue.read_gtts()
    assert gtt_of(venue, trigger_id).status in (S.CANCELLED, S.DELETED)
