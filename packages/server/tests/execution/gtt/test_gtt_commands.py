"""Triggers of paper accounts (KG-01, KG-02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.gtt.view import gtt_view
from tradertape_server.features.execution.state.command import Command
from tradertape_server.platform.errors import Conflict, NotFound


@pytest.fixture
def single(order):
    def single(trigger=1450.0, **changes):
        placed = order(order_type="LIMIT", price=trigger, **changes)
        return {
            "type": "single",
            "condition": {
                "exchange": "NSE",
                "tradingsymbol": "INFY",
                "trigger_values": [trigger],
                "last_price": 1500.0,
            },
            "orders": [placed],
        }

    return single


def test_a_trigger_fires_once_and_its_order_is_filled(execution, account, single, market, settle):
    trigger = execution.create_gtt(account, single())
    assert market.watched == {"NSE:INFY"}
    market.trade("NSE:INFY", "1470.00")
    market.trade("NSE:INFY", "1449.00")
    market.trade("NSE:INFY", "1448.00")
    settle()
    fired = execution.get_gtt(account, trigger)
    assert fired.status == "triggered"
    [placed] = execution.orders(account_id=account)
    assert fired.results[0].order_id == placed.order_id
    assert placed.status == "COMPLETE"
    assert placed.run_id is None
    view = gtt_view(fired, user_id="1", instrument_token=408065)
    assert view["orders"][0]["result"]["order_result"]["order_id"] == placed.order_id


def test_a_trigger_waits_through_a_restart(execution, start, account, single, market, settle):
    trigger = execution.create_gtt(account, single())
    execution.trader.stop()
    again = start()
    market.trade("NSE:INFY", "1449.00")
    settle(again)
    assert again.get_gtt(account, trigger).status == "triggered"
    assert len(again.orders(account_id=account)) == 1


def test_a_trigger_fires_on_a_price_that_can_be(execution, account, single, market, settle):
    trigger = execution.create_gtt(account, single())
    tick = market.trade("NSE:INFY", "1470.00")
    below = replace(tick, last_price=Decimal("1.00"), lower_circuit=Decimal(1350), seq=tick.seq + 1)
    market.tell(below)
    settle()
    assert execution.get_gtt(account, trigger).status == "active"


@pytest.mark.parametrize(("hour", "minute"), [(9, 5), (15, 17), (15, 22), (15, 45)])
def test_a_trigger_waits_until_its_order_is_taken(
    execution, account, order, market, settle, clock, hour, minute
):
    """It fires once: in an auction, or after the close, its order would be refused and it lost."""
    document = {
        "type": "single",
        "condition": {
            "exchange": "NSE", "tradingsymbol": "TCS", "trigger_values": [2900.0],
            "last_price": 3000.0,
        },
        "orders": [order(tradingsymbol="TCS", order_type="LIMIT", price=2900.0)],
    }  # fmt: skip
    trigger = execution.create_gtt(account, document)
    market.keeps_hours = True
    day = datetime(2026, 8, 5, tzinfo=IST)
    clock.advance(seconds=(day.replace(hour=hour, minute=minute) - clock.now()).total_seconds())
    market.trade("NSE:TCS", "2890.00")
    settle()
    assert execution.get_gtt(account, trigger).status == "active"
    morning = day.replace(day=6, hour=9, minute=20)
    clock.advance(seconds=(morning - clock.now()).total_seconds())
    market.trade("NSE:TCS", "2890.00")
    settle()
    assert execution.get_gtt(account, trigger).status == "triggered"
    [placed] = execution.orders(account_id=account)
    assert placed.status == "COMPLETE"


def test_an_order_that_is_refused_leaves_its_reason(execution, account, single, market, settle):
    trigger = execution.create_gtt(account, single(quantity=10_000))
    market.trade("NSE:INFY", "1449.00")
    settle()
    fired = execution.get_gtt(account, trigger)
    assert fired.status == "triggered"
    assert "Insufficient funds" in (fired.results[0].reason or "")
    assert execution.orders(account_id=account) == []


def test_two_legs_end_each_other(execution, account, run, order, market, settle):
    execution.place(run, order(), key="key-0001")
    document = {
        "type": "two-leg",
        "condition": {
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "trigger_values": [1400.0, 1600.0],
            "last_price": 1500.0,
        },
        "orders": [order(order_type="LIMIT", price=price) for price in (1400, 1600)],
    }
    trigger = execution.create_gtt(account, document)
    market.trade("NSE:INFY", "1600.00")
    market.trade("NSE:INFY", "1399.00")
    settle()
    fired = execution.get_gtt(account, trigger)
    assert fired.fired_leg == 1
    assert len([one for one in execution.orders(account_id=account) if one.run_id is None]) == 1


def test_a_stop_closes_what_a_run_of_the_account_holds(
    execution, account, run, order, single, market, settle
):
    """KG-01: its order is the run's, whose timeline says why."""
    execution.place(run, order(quantity=10), key="key-0001")
    stop = execution.create_gtt(account, single(1400.0, quantity=10, transaction_type="SELL"))
    more = execution.create_gtt(account, single(1390.0, quantity=10, transaction_type="SELL"))
    market.trade("NSE:INFY", "1400.00")
    settle()
    fired = execution.get_gtt(account, stop)
    assert fired.results[0].reason is None
    sold = execution.order("run-1", fired.results[0].order_id)
    assert (sold.status, sold.filled_quantity) == ("COMPLETE", 10)
    assert execution.positions(account_id=account, open_only=True) == []
    assert "gtt_triggered" in [one.event_type for one in execution.events(run_id="run-1")]
    market.trade("NSE:INFY", "1390.00")
    settle()
    assert "only 0" in (execution.get_gtt(account, more).results[0].reason or "")


def test_a_trigger_is_changed_deleted_and_then_final(execution, account, single):
    trigger = execution.create_gtt(account, single())
    patch = {"condition": {"trigger_values": [1440.0], "last_price": 1500.0}}
    assert execution.modify_gtt(account, trigger, patch) == trigger
    assert execution.get_gtt(account, trigger).request.trigger_values == (1440,)
    assert execution.delete_gtt(account, trigger) == trigger
    assert execution.get_gtt(account, trigger).status == "deleted"
    with pytest.raises(Conflict, match="deleted"):
        execution.modify_gtt(account, trigger, patch)
    with pytest.raises(NotFound):
        execution.delete_gtt(account + 1, trigger)


@pytest.mark.parametrize(
    ("trigger", "changes", "code"),
    [
        (1499.0, {}, "gtt_too_close"),
        (1450.03, {}, "not_a_tick"),
        (1450.0, {"product": "MIS"}, "gtt_product"),
    ],
)
def test_a_trigger_is_checked_before_it_waits(execution, account, single, trigger, changes, code):
    with pytest.raises(OrderDenied) as denied:
        execution.create_gtt(account, single(trigger, **changes))
    assert code in {one.reason for one in denied.value.denials}


def test_an_account_has_at_most_250_active_triggers(execution, account, single):
    for _ in range(250):
        execution.create_gtt(account, single())
    with pytest.raises(OrderDenied) as denied:
        execution.create_gtt(account, single())
    assert denied.value.code == "gtt_limit"
    assert len(execution.gtts(account)) == 250


def test_a_wrong_document_names_its_fields(execution, account):
    with pytest.raises(InvalidDocument) as refused:
        execution.create_gtt(account, {"type": "triple", "condition": {}, "orders": []})
    assert {one.pointer for one in refused.value.problems} >= {"/type", "/orders"}


def test_a_change_whose_transaction_is_lost_leaves_the_trigger_waiting(
    execution, account, user_id, single, market, settle
):
    trigger = execution.create_gtt(account, single())
    delete = execution.gtt.delete_command(account, trigger)

    def collide(uow) -> None:
        delete.decide(uow)
        again = select(User.id, User.email, User.created_at).where(User.id == user_id)
        uow.session.execute(insert(User).from_select(["id", "email", "created_at"], again))

    with pytest.raises(IntegrityError):
        execution.trader.execute(Command(collide))
    settle()
    assert market.watched == {"NSE:INFY"}
    market.trade("NSE:INFY", "1449.00")
    settle()
    assert execution.get_gtt(account, trigger).status == "triggered"
