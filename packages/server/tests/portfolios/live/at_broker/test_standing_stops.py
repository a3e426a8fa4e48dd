"""Stop and target of a position wait at the broker as one trigger, and never sell beside another
sale (PO-01, PO-02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from packages.server.tests.doubles.scripted_gtts import lost_once
from packages.server.tests.portfolios.live.test_splits import split

from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import GttStatus, GttType
from tradertape_server.features.execution.venues.gateway import RequestRefused
from tradertape_server.features.portfolios.live import standing
from tradertape_server.features.portfolios.models import PortfolioPosition

from .conftest import BrokerDesk, Json
from .test_exits import fill_sales, sold


def bought(desk: BrokerDesk, *, filled: int | None = None) -> tuple[Json, Json, Json]:
    """A portfolio with its one position, whose stop and target wait at the broker."""
    portfolio = desk.deploy_live(stops_at="broker")
    _, (one,) = desk.placed(portfolio)
    desk.fire(filled=filled)
    desk.settle()
    desk.trade(one["symbol"], one["trigger_price"])
    return portfolio, desk.signal(one["id"]), desk.position(portfolio)


def change(desk: BrokerDesk, position: Json, **values: Any) -> None:
    """As a scan, or what a split does, changes a position's levels."""
    with desk.container.database.write() as session:
        row = session.get_one(PortfolioPosition, position["id"])
        for name, value in values.items():
            setattr(row, name, value)


def stands(desk: BrokerDesk, position: Json) -> VenueGtt:
    """The trigger at the broker is the one guard of all that is held."""
    (entry,) = desk.resting
    assert (position["guarded_by"], position["protection_status"]) == ("broker", "unarmed")
    assert {order.quantity for order in entry.request.orders} == {position["open_quantity"]}
    assert float(entry.request.trigger_values[0]) == pytest.approx(position["stop_price"], abs=0.05)
    assert desk.open_sales() == position["open_quantity"]
    return entry


def test_po_01_stop_and_target_wait_at_the_broker_as_one_trigger(desk: BrokerDesk) -> None:
    portfolio, one, held = bought(desk)
    entry = stands(desk, held)
    assert entry.request.type is (GttType.TWO_LEG if held["target_price"] else GttType.SINGLE)
    assert held["exit_gtt_id"] is not None
    desk.trade(one["symbol"], held["stop_price"] * 0.99)
    assert desk.open_sales() == held["open_quantity"], "the server does not sell beside it"
    desk.fire(price=round(held["stop_price"] * 0.99, 1))
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert sold(desk) == held["open_quantity"]
    assert desk.resting == []


@pytest.mark.parametrize("is_filled", [True, False])
def test_the_reason_is_known_though_the_trigger_is_given_up_before_its_fill_is_followed(
    desk: BrokerDesk, *, is_filled: bool
) -> None:
    portfolio, one, held = bought(desk)
    number = desk.fire(filled=None if is_filled else 0, price=round(held["stop_price"] * 0.99, 1))
    desk.read()
    desk.upkeep.standing.keep_all()  # in the pass that had followed the events already
    if not is_filled:
        desk.fill(number, price=round(held["stop_price"] * 0.99, 1))
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert sold(desk) == held["open_quantity"]
    (exit_signal,) = [row for row in desk.signals(portfolio) if row["side"] == "SELL"]
    assert (exit_signal["kind"], exit_signal["symbol"]) == ("stop", one["symbol"])


def test_a_target_beside_the_stop_makes_two_legs_of_which_either_closes(desk: BrokerDesk) -> None:
    portfolio, _, held = bought(desk)
    target = round(held["average_price"] * 1.2)
    change(desk, held, target_price=float(target))
    for _ in range(2):
        desk.settle()
    entry = stands(desk, desk.position(portfolio))
    assert entry.request.type is GttType.TWO_LEG
    assert float(entry.request.trigger_values[1]) == target
    desk.fire(leg=1, price=target)
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "target")
    assert sold(desk) == held["open_quantity"]


def test_it_follows_partial_fills_and_a_stop_that_is_raised(desk: BrokerDesk) -> None:
    portfolio = desk.deploy_live(stops_at="broker")
    _, (one,) = desk.placed(portfolio)
    number = desk.fire(filled=3)
    desk.settle()
    desk.trade(one["symbol"], one["trigger_price"])
    first = desk.position(portfolio)
    assert first["open_quantity"] == 3
    stands(desk, first)
    desk.fill(number)
    for _ in range(2):
        desk.settle()
    whole = desk.position(portfolio)
    assert whole["open_quantity"] == one["quantity"]
    entry = stands(desk, whole)
    raised = round(whole["stop_price"] * 1.02, 1)
    change(desk, whole, stop_price=raised)
    desk.settle()
    assert float(stands(desk, desk.position(portfolio)).request.trigger_values[0]) == raised
    assert desk.resting[0].trigger_id == entry.trigger_id, "it is changed, not placed anew"


@pytest.mark.parametrize(
    ("outcome", "is_down"),
    [
        ("filled", True),
        *(
            pytest.param(outcome, is_down, marks=pytest.mark.slow)
            for outcome in ("partly", "rejected", "through the limit")
            for is_down in (False, True)
        ),
    ],
)
def test_it_fires_and_whatever_becomes_of_it_all_is_sold_once(
    desk: BrokerDesk, outcome: str, is_down: bool
) -> None:
    portfolio, one, held = bought(desk)
    low = held["stop_price"] * 0.97
    if is_down:
        desk.down()
    half = held["open_quantity"] // 2
    number = desk.fire(filled={"filled": None, "partly": half}.get(outcome, 0))
    if outcome == "rejected":
        desk.refuse(number, "price out of range")
    if is_down:
        desk.up()
    desk.settle()
    desk.trade(one["symbol"], low)
    for _ in range(3):
        assert desk.open_sales() + sold(desk) <= held["open_quantity"]
        desk.settle()
    fill_sales(desk, round(low, 1))
    for _ in range(2):
        desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert sold(desk) == held["open_quantity"]
    assert desk.resting == []


@pytest.mark.parametrize(
    "order",
    ["part", *(pytest.param(o, marks=pytest.mark.slow) for o in ("market", "limit", "gtt"))],
)
def test_po_02_a_sale_by_hand_withdraws_it_first(desk: BrokerDesk, order: str) -> None:
    portfolio, one, held = bought(desk)
    price, quantity = round(held["average_price"] * 1.01, 1), held["open_quantity"]
    body: Json = {"order": "market" if order == "part" else order}
    if order == "limit":
        body["limit_price"] = price
    if order == "part":
        body["quantity"] = quantity = quantity // 2
    desk.post(f"positions/{held['id']}/close", body)
    again = desk.client.post(f"/api/model/positions/{held['id']}/close", json=body)
    assert (again.status_code, again.headers["X-Error-Code"]) == (409, "position_closing")
    for _ in range(3):
        assert desk.open_sales() <= held["open_quantity"]
        desk.settle()
    assert desk.open_sales() == quantity
    if order == "gtt":
        desk.fire(filled=0)
        desk.settle()
    fill_sales(desk, price)
    for _ in range(3):
        desk.settle()
    after = desk.position(portfolio)
    assert sold(desk) == quantity
    if order == "part":
        assert after["open_quantity"] == held["open_quantity"] - quantity
        stands(desk, after)
    else:
        assert (after["status"], desk.resting) == ("closed", [])
    assert one["id"] == held["signal_id"]


def test_a_sale_by_hand_that_meets_a_trigger_which_fires_sells_nothing(desk: BrokerDesk) -> None:
    """The broker fires before it reads our cancellation."""
    portfolio, _, held = bought(desk)

    def fires(name: str) -> None:
        if name == "cancel" and desk.resting:
            desk.fire(price=held["stop_price"])

    desk.there.before = fires
    desk.post(f"positions/{held['id']}/close")
    for _ in range(4):
        desk.clock.advance(seconds=6)
        desk.market.refresh()
        desk.settle()
    assert sold(desk) == held["open_quantity"]
    assert len(desk.orders("SELL")) == 1
    assert desk.position(portfolio)["status"] == "closed"
    assert desk.open_sales() == 0


def test_a_kill_switch_that_closes_positions_withdraws_it_first(desk: BrokerDesk) -> None:
    portfolio, _, held = bought(desk)
    body = {"scope": "user", "reason": "enough", "close_positions": True}
    assert desk.client.post("/api/risk/kill", json=body).status_code == 200
    for _ in range(3):
        assert desk.open_sales() <= held["open_quantity"]
        desk.settle()
    fill_sales(desk, held["average_price"])
    desk.settle()
    assert (desk.position(portfolio)["status"], desk.resting) == ("closed", [])
    assert sold(desk) == held["open_quantity"]


@pytest.mark.slow
@pytest.mark.parametrize("why", ["refused", "full", "price at the stop"])
def test_where_the_broker_takes_none_the_server_guards(desk: BrokerDesk, why: str) -> None:
    """250 triggers are the broker's most; the double here takes five."""
    portfolio = desk.deploy_live(stops_at="broker")
    _, (one,) = desk.placed(portfolio)
    desk.fire()
    if why == "full":
        desk.there.rules = replace(desk.there.rules, most=0)
    elif why == "refused":

        def refuse(_name: str) -> None:
            raise RequestRefused("not allowed for this stock")

        desk.there.before = refuse
    else:
        desk.market.trade(f"NSE:{one['symbol']}", f"{one['stop_price'] * 1.001:.2f}")
    desk.settle()
    if why != "price at the stop":
        desk.trade(one["symbol"], one["trigger_price"])
    held = desk.position(portfolio)
    assert (held["guarded_by"], held["protection_status"]) == ("server", "armed")
    if why != "price at the stop":
        codes = {alert["code"] for alert in found(desk, portfolio)}
        assert "stop_not_at_broker" in codes
        assert ("most" if why == "full" else "not allowed") in held["standing_problem"] or (
            "0" in held["standing_problem"]
        )
    desk.trade(one["symbol"], held["stop_price"] - 1)
    fill_sales(desk, held["stop_price"] - 1)
    assert desk.position(portfolio)["exit_reason"] == "stop"
    assert sold(desk) == held["open_quantity"]


def found(desk: BrokerDesk, portfolio: Json) -> list[Json]:
    desk.upkeep.findings.find()
    return desk.get(f"portfolios/{portfolio['id']}/alerts")


@pytest.mark.slow
@pytest.mark.parametrize("status", [GttStatus.DISABLED, GttStatus.DELETED, GttStatus.EXPIRED])
def test_one_that_ended_at_the_broker_is_told_guarded_here_and_placed_anew(
    desk: BrokerDesk, status: GttStatus
) -> None:
    portfolio, one, held = bought(desk)
    desk.there.end(desk.resting[0].trigger_id, status)
    desk.settle()
    guarded = desk.position(portfolio)
    assert (guarded["guarded_by"], guarded["protection_status"]) == ("server", "armed")
    assert "stop_not_at_broker" in {alert["code"] for alert in found(desk, portfolio)}
    desk.clock.advance(minutes=6)
    desk.trade(one["symbol"], one["trigger_price"])
    desk.settle()
    stands(desk, desk.position(portfolio))
    assert "stop_not_at_broker" not in {alert["code"] for alert in found(desk, portfolio)}
    assert held["open_quantity"] == desk.position(portfolio)["open_quantity"]


@pytest.mark.slow
@pytest.mark.parametrize("is_ended", [True, False], ids=["ended by the broker", "left by it"])
def test_a_split_moves_it_and_sells_nothing(desk: BrokerDesk, *, is_ended: bool) -> None:
    portfolio, one, held = bought(desk)
    if is_ended:
        desk.there.end(desk.resting[0].trigger_id, GttStatus.DISABLED, reason="corporate action")
    split(desk, one["symbol"])
    desk.market.trade(f"NSE:{one['symbol']}", f"{one['trigger_price'] / 10:.2f}")
    desk.settle()
    desk.clock.advance(minutes=6)
    desk.trade(one["symbol"], one["trigger_price"] / 10)
    for _ in range(2):
        desk.settle()
    after = desk.position(portfolio)
    assert after["open_quantity"] == held["open_quantity"] * 10
    assert after["invested"] == held["invested"]
    stands(desk, after)
    assert desk.orders("SELL") == []


@pytest.mark.slow
@pytest.mark.parametrize("step", ["standing_leased", "standing_placed"])
def test_a_stop_of_the_server_while_it_is_placed_leaves_one_guard(
    desk: BrokerDesk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(reached: str) -> None:
        if reached == step:
            raise Killed

    portfolio = desk.deploy_live(stops_at="broker")
    _, (one,) = desk.placed(portfolio)
    desk.fire()
    monkeypatch.setattr(standing, "crash_point", die)
    with pytest.raises(Killed):
        desk.settle()
    monkeypatch.setattr(standing, "crash_point", lambda _step: None)
    desk.down()
    desk.up()
    desk.trade(one["symbol"], one["trigger_price"])
    desk.settle()
    stands(desk, desk.position(portfolio))
    assert len([e for e in desk.there.entries.values() if len(e.request.orders) and
                e.request.orders[0].side.value == "SELL"]) == 1  # fmt: skip


def test_one_position_that_cannot_be_kept_does_not_keep_the_others(
    desk: BrokerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = desk.deploy_live(stops_at="broker")
    _, chosen = desk.placed(portfolio, most=2)
    for entry in desk.resting:
        number = desk.venue.external(entry.request.orders[0], filled=False)
        desk.there.fire(entry.trigger_id, order_id=number)
        desk.fill(number)
    step = standing.next_step

    def broken(wanted: Any, gtt: Any, now: Any) -> Any:
        if wanted is not None and wanted.instrument == f"NSE:{chosen[0]['symbol']}":
            raise RuntimeError("poison")
        return step(wanted, gtt, now)

    monkeypatch.setattr(standing, "next_step", broken)
    desk.settle()
    for one in chosen:
        desk.trade(one["symbol"], one["trigger_price"])
    guards = {
        one["symbol"]: one["guarded_by"]
        for one in desk.get(f"positions?portfolio_id={portfolio['id']}")
    }
    assert guards == {chosen[0]["symbol"]: "server", chosen[1]["symbol"]: "broker"}


class Killed(BaseException):
    """The process died."""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_is_lost_leaves_one_guard(desk: BrokerDesk, when: str) -> None:
    portfolio = desk.deploy_live(stops_at="broker")
    _, (one,) = desk.placed(portfolio)
    desk.fire()
    setattr(desk.there, when, lost_once("place"))
    desk.settle()
    desk.trade(one["symbol"], one["trigger_price"])
    for _ in range(6):
        assert desk.open_sales() <= one["quantity"]
        desk.clock.advance(seconds=80)
        desk.trade(one["symbol"], one["trigger_price"])
    stands(desk, desk.position(portfolio))


@pytest.mark.slow
def test_one_that_fired_on_an_earlier_day_unseen_is_told_and_nothing_is_sold(
    desk: BrokerDesk,
) -> None:
    portfolio, one, held = bought(desk)
    desk.down()
    number = desk.fire()
    desk.there.entries = {
        name: replace(entry, updated_at=desk.clock.now())
        for name, entry in desk.there.entries.items()
    }
    del desk.venue.orders[number]
    desk.at(desk.clock.now().date() + timedelta(days=1))
    desk.up()
    desk.trade(one["symbol"], held["stop_price"] * 0.9)
    desk.settle()
    assert [k for k in desk.orders("SELL") if not k.entry.status.is_terminal] == []
    assert "stop_fired_unseen" in {alert["code"] for alert in found(desk, portfolio)}
