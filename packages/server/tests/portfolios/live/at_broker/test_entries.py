"""An entry at a broker: from the signal to the trigger there, to the position (SG-07)."""

from __future__ import annotations

import pytest
from packages.server.tests.doubles.scripted_gtts import lost_once

from tradertape_core.orders.gtt import GttStatus
from tradertape_core.orders.order import OrderStatus
from tradertape_server.features.execution.venues.gateway import RequestRefused

from .conftest import BrokerDesk


def test_sg_07_a_signal_becomes_a_trigger_at_the_broker_and_a_guarded_position(
    desk: BrokerDesk,
) -> None:
    portfolio = desk.deploy_live()
    assert (portfolio["paper_mode"], portfolio["account_id"]) == (False, desk.account)
    _, (one,) = desk.placed(portfolio)
    assert (one["status"], one["gtt_status"]) == ("approved", "active")
    (there,) = desk.resting
    (order,) = there.request.orders
    assert (order.quantity, order.product.value) == (one["quantity"], "CNC")
    assert float(there.request.trigger_values[0]) == one["trigger_price"]
    number = desk.fire()
    desk.settle()
    bought = desk.signal(one["id"])
    assert (bought["status"], bought["gtt_status"]) == ("executed", "filled")
    held = desk.position(portfolio)
    assert (held["status"], held["open_quantity"]) == ("open", one["quantity"])
    assert held["protection_status"] == "armed"
    assert [kept.entry.venue_order_id for kept in desk.orders("BUY")] == [number]


@pytest.mark.parametrize("was_taken", [True, False], ids=["taken", "never arrived"])
def test_a_lost_answer_is_unknown_until_the_brokers_list_tells_and_never_sent_again(
    desk: BrokerDesk, was_taken: bool
) -> None:
    """approved/placing, timeout: approved/unknown; then active, or failed/rejected."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.approved(portfolio)
    if was_taken:
        desk.there.after = lost_once("place")
    else:
        desk.there.before = lost_once("place")
    desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    desk.upkeep.run_once()
    lost = desk.signal(one["id"])
    assert (lost["status"], lost["gtt_status"]) == ("approved", "unknown")
    desk.post(f"signals/{one['id']}/retry", status=409)
    for _ in range(5):
        desk.clock.advance(seconds=30)
        desk.market.refresh()
        desk.settle()
    settled = desk.signal(one["id"])
    if was_taken:
        assert (settled["status"], settled["gtt_status"]) == ("approved", "active")
    else:
        assert (settled["status"], settled["gtt_status"]) == ("failed", "rejected")
        assert settled["failure_reason"]
        assert "triggered" not in [entry["status"] for entry in settled["actor_history"]]
    assert desk.there.calls == ["place"]
    assert len(desk.resting) == was_taken


def test_what_the_broker_refuses_says_so_and_can_be_tried_again(desk: BrokerDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one,) = desk.approved(portfolio)

    def refuse(_name: str) -> None:
        raise RequestRefused("Trigger already met.")

    desk.there.before = refuse
    answer = desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    assert answer["failed"] == 1
    assert "Trigger already met." in answer["results"][0]["detail"]
    failed = desk.signal(one["id"])
    assert (failed["status"], failed["gtt_status"]) == ("failed", "rejected")
    assert "Trigger already met." in failed["failure_reason"]
    desk.there.before = lambda _name: None
    desk.post(f"signals/{one['id']}/retry")
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 1
    assert desk.signal(one["id"])["placement_key"] == f"sig:{one['id']}:a2"
    assert len(desk.resting) == 1


@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
@pytest.mark.parametrize("outcome", ["filled", "partly filled", "left unfilled", "rejected"])
def test_a_trigger_that_was_reached_is_found_with_what_became_of_its_order(
    desk: BrokerDesk, outcome: str, is_down: bool
) -> None:
    """Each variant, with the server up and with the server down."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    if is_down:
        desk.down()
    part = one["quantity"] // 2
    filled = {"filled": one["quantity"], "partly filled": part}.get(outcome, 0)
    number = desk.fire(filled=filled)
    if outcome == "rejected":
        desk.refuse(number)
    elif outcome == "left unfilled":
        desk.venue.report(number, OrderStatus.CANCELLED, message="the day ended")
    if is_down:
        desk.up()
    desk.settle()
    found = desk.signal(one["id"])
    assert (found["status"], found["gtt_status"]) == {
        "filled": ("executed", "filled"), "partly filled": ("approved", "partially_filled"),
    }.get(outcome, ("failed", "rejected"))  # fmt: skip
    assert found["filled_quantity"] == filled
    if not filled:
        assert found["failure_reason"]
        assert desk.get(f"positions?portfolio_id={portfolio['id']}") == []
        return
    held = desk.position(portfolio)
    state = "open" if outcome == "filled" else "partially_open"
    assert (held["status"], held["open_quantity"]) == (state, filled)
    assert held["protection_status"] == "armed"
    if outcome == "partly filled":
        desk.fill(number)
        desk.settle()
        assert desk.signal(one["id"])["status"] == "executed"
        assert desk.position(portfolio)["open_quantity"] == one["quantity"]
    assert desk.there.calls == ["place"]
    assert len(desk.orders("BUY")) == 1


def test_a_gap_through_the_limit_rests_and_returns_to_the_cart_where_it_is_wanted(
    desk: BrokerDesk,
) -> None:
    """A triggered GTT is one-shot: left unfilled at the day's end, `replace_on_unfilled`."""
    portfolio = desk.deploy_live(replace_on_unfilled=True)
    _, (one,) = desk.placed(portfolio)
    number = desk.fire(filled=0)
    desk.trade(one["symbol"], one["limit_price"] * 1.05)
    assert desk.signal(one["id"])["stage"] == "triggered"
    desk.venue.report(number, OrderStatus.CANCELLED, message="the day ended")
    desk.settle()
    again = desk.signal(one["id"])
    assert (again["status"], again["gtt_id"], again["order_id"]) == ("in_cart", None, None)
    assert desk.get(f"positions?portfolio_id={portfolio['id']}") == []


@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
@pytest.mark.parametrize(
    ("ended", "gtt_status", "reason"),
    [
        (GttStatus.DISABLED, "disabled", "corporate_action"),
        (GttStatus.DELETED, "deleted", "user_deleted"),
        (GttStatus.CANCELLED, "cancelled", None),
    ],
)
def test_what_ends_at_the_broker_ends_the_signal(
    desk: BrokerDesk, ended: GttStatus, gtt_status: str, reason: str | None, is_down: bool
) -> None:
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    if is_down:
        desk.down()
    desk.there.end(desk.resting[0].trigger_id, ended)
    if is_down:
        desk.up()
    desk.settle()
    over = desk.signal(one["id"])
    assert (over["status"], over["gtt_status"]) == ("cancelled", gtt_status)
    assert over["failure_reason"] == reason
    assert desk.get(f"portfolios/{portfolio['id']}")["committed_capital"] == 0


@pytest.mark.parametrize("answer", ["done", "lost", "too late"])
def test_valid_days_over_the_trigger_is_ended_at_the_broker_first(
    desk: BrokerDesk, answer: str
) -> None:
    """Too late: it was reached before it was cancelled, and is bought."""
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    if answer == "lost":
        desk.there.after = lost_once("cancel")
    elif answer == "too late":

        def reached(name: str) -> None:
            if name == "cancel" and desk.resting:
                desk.fire()
                raise RequestRefused("it was triggered")

        desk.there.before = reached
    desk.clock.advance(days=20)
    desk.market.refresh()
    desk.upkeep.run_once()
    if answer == "lost":
        assert desk.signal(one["id"])["gtt_status"] == "active"
    desk.settle()
    over = desk.signal(one["id"])
    if answer == "too late":
        assert (over["status"], over["gtt_status"]) == ("executed", "filled")
        assert desk.position(portfolio)["protection_status"] == "armed"
        return
    assert (over["status"], over["gtt_status"]) == ("expired", "expired")
    assert desk.resting == []
    assert desk.there.calls.count("cancel") == 1
