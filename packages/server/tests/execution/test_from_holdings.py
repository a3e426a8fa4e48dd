"""KE-01 at the sandbox: shares from before are sold by hand, and count at their cost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from packages.server.tests.execution.test_drift_at_the_sandbox import (
    INFY,
    At,
    at,
    bought,
    desk_at,
    running,
    until,
)

from tradertape_brokers.kite import orders_mapping
from tradertape_core.orders.gtt import GttType
from tradertape_core.orders.order import OrderStatus, Product, Side
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.fill_reversal import TAKEN_IN
from tradertape_server.features.execution.venues.gateway import GttRules

__all__ = ["at", "desk_at", "running"]  # fixtures


@pytest.fixture
def holding(at: At) -> At:
    """Forty shares at ₹100 from before."""
    at.desk.exchange.open_account(
        AccountKey("kite", "SB0001"), Decimal(1_000_000), holdings=[(INFY, 40, Decimal(100))]
    )
    at.live.step()
    return at


def by_hand(at: At) -> RunRef:
    return RunRef(account_id=at.account, run_id="", venue="broker")


def sell(at: At, order: Any, quantity: int, key: str, **more: Any) -> str:
    wanted = order(quantity=quantity, transaction_type="SELL", **more)
    order_id = at.execution.place(by_hand(at), wanted, key=key).document["order_id"]
    until(lambda: at.execution.orders_by_id([order_id])[order_id].status is not None)
    return order_id


def sold(at: At, order: Any, quantity: int, key: str) -> None:
    order_id = sell(at, order, quantity, key)
    until(lambda: at.execution.orders_by_id([order_id])[order_id].status is OrderStatus.COMPLETE)


def taken_in(at: At) -> list[str]:
    found = at.execution.events(account_id=at.account, after=0, limit=200)
    return [one.summary for one in found if one.event_type == TAKEN_IN]


def test_they_are_sold_at_a_profit_over_their_cost_and_no_short_position_is_left(
    holding: At, order: Any
) -> None:
    at = holding
    sold(at, order, 15, "key-00001")
    [position] = at.execution.positions(account_id=at.account)
    assert position.quantity == 0
    [fill] = at.execution.fills_in(at.account, [INFY])
    assert position.realised_paise == 15 * (int(fill.price * 100) - 100_00)
    assert taken_in(at) == [
        "15 NSE:INFY (CNC) of your holdings taken into the books at your broker's average price "
        "of ₹100.00, to be sold"
    ]
    at.live.step()
    figures = at.live.figures(at.account)
    assert figures is not None
    assert figures.quantity((INFY, Product.CNC)) == 25
    assert at.look(3) == []


def test_with_shares_bought_here_the_older_ones_leave_first(holding: At, order: Any) -> None:
    at = holding
    bought = at.execution.place(by_hand(at), order(quantity=5), key="key-00001").document
    until(
        lambda: at.execution.orders_by_id([bought["order_id"]])[bought["order_id"]].filled_quantity
    )
    at.live.step()
    sold(at, order, 12, "key-00002")
    [position] = at.execution.positions(account_id=at.account)
    assert position.quantity == 0
    assert len(taken_in(at)) == 1
    assert taken_in(at)[0].startswith("7 NSE:INFY")


def test_no_more_than_the_broker_has_and_each_share_once(holding: At, order: Any) -> None:
    at = holding
    with pytest.raises(OrderDenied, match="only 40 of NSE:INFY are held"):
        sell(at, order, 41, "key-00001")
    assert at.execution.positions(account_id=at.account) == []
    sell(at, order, 30, "key-00002", order_type="LIMIT", price=160.0)
    with pytest.raises(OrderDenied, match="only 10 of NSE:INFY are held"):
        sell(at, order, 11, "key-00003", order_type="LIMIT", price=160.0)
    sell(at, order, 10, "key-00004", order_type="LIMIT", price=160.0)
    assert [one[:2] for one in taken_in(at)] == ["30", "10"]


def test_what_another_terminal_sold_of_them_is_gone(holding: At, order: Any) -> None:
    at = holding
    at.desk.orders.submit(bought(10, Product.CNC, at.clock.now(), Side.SELL))
    at.read_book()
    at.live.step()
    with pytest.raises(OrderDenied, match="only 30 of NSE:INFY are held"):
        sell(at, order, 31, "key-00001")
    sold(at, order, 30, "key-00002")


def test_a_repetition_takes_nothing_in_again(holding: At, order: Any) -> None:
    at = holding
    first = sell(at, order, 30, "key-00001", order_type="LIMIT", price=160.0)
    assert sell(at, order, 30, "key-00001", order_type="LIMIT", price=160.0) == first
    assert len(taken_in(at)) == 1


def test_it_is_told_before_and_no_kill_switch_keeps_it(holding: At, order: Any) -> None:
    at = holding
    wanted = order(quantity=8, transaction_type="SELL")
    notes = at.execution.preview(by_hand(at), wanted)["order"]["warnings"]
    said = {one["code"]: one["message"] for one in notes}
    assert said["from_holdings"].startswith("8 of these were not bought through TraderTape")
    assert "insufficient_holdings" not in said
    assert taken_in(at) == []
    halt = Halt(user_id=at.user_id, reason="a bad day", by="me", since=at.clock.now())
    at.execution.trader.execute(Command(lambda uow: uow.switch(at.user_id, halt)))
    sold(at, order, 8, "key-00001")
    run = RunRef(account_id=at.account, run_id="live-1", venue="broker")
    with pytest.raises(OrderDenied):  # a run sells what it bought
        at.execution.place(run, wanted, key="key-00002")


def test_what_is_not_known_of_the_broker_is_refused(holding: At, order: Any) -> None:
    at = holding
    at.execution.trader.holds_at_brokers(lambda *_: None)
    with pytest.raises(OrderDenied, match="only 0 of NSE:INFY are held"):
        sell(at, order, 1, "key-00001")


def test_a_stop_for_them_is_an_exit_and_takes_them_in_once(holding: At) -> None:
    """A trigger that rests at the broker, made while a kill switch is on."""
    at = holding
    halt = Halt(user_id=at.user_id, reason="a bad day", by="me", since=at.clock.now())
    at.execution.trader.execute(Command(lambda uow: uow.switch(at.user_id, halt)))

    def trigger(quantity: int, price: float) -> dict[str, Any]:
        leg = {
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "SELL",
            "quantity": quantity, "order_type": "LIMIT", "product": "CNC", "price": price,
        }  # fmt: skip
        return {
            "type": "single",
            "condition": {
                "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [price],
                "last_price": 150.0,
            },
            "orders": [leg],
        }  # fmt: skip

    def make(quantity: int, price: float) -> None:
        rules = GttRules(types=frozenset(GttType))
        gtt = at.execution.gtt
        at.execution.trader.execute(
            gtt.create_command(at.account, trigger(quantity, price), rules=rules)
        )

    make(25, 120.0)
    make(25, 180.0)
    with pytest.raises(OrderDenied):
        make(41, 110.0)
    [position] = at.execution.positions(account_id=at.account)
    assert (position.quantity, len(taken_in(at))) == (25, 1)


def test_a_trade_number_that_comes_again_is_another_trade(
    holding: At, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exchanges number trades by day and by exchange: no fill is lost, and none counted twice."""
    read = orders_mapping.trade_of
    monkeypatch.setattr(
        orders_mapping, "trade_of", lambda row: replace(read(row), trade_id="75894751")
    )
    for key in ("sell-first", "sell-second"):
        sold(holding, order, 7, key)
    holding.live.step()  # the same trades are read again
    fills = holding.execution.fills_in(holding.account, [INFY])
    assert [(one.side, one.quantity) for one in fills] == [(Side.SELL, 7), (Side.SELL, 7)]
    assert len({one.trade_id for one in fills}) == 2
    assert not holding.execution.set_aside()
