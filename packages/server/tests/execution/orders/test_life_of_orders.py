"""Resting, filling, changing, cancelling: what ticks and people do to orders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.platform.errors import Conflict, NotFound


def limit(order, price, **changes):
    return order(order_type="LIMIT", price=price, **changes)


def test_a_resting_limit_order_fills_when_the_market_comes_to_it(
    execution, run, order, market, settle
):
    """KO-01."""
    body = execution.place(run, limit(order, 1490), key="key-0001").document
    assert body["status"] == "OPEN"
    assert market.watched == {"NSE:INFY"}
    market.trade("NSE:INFY", "1489.95")
    settle()
    filled = execution.order("run-1", body["order_id"])
    assert filled.status == "COMPLETE"
    assert filled.average_price == 1490
    assert execution.positions(run_id="run-1")[0].quantity == 10


def test_nothing_is_watched_once_nothing_is_open(execution, run, order, market, settle):
    body = execution.place(run, limit(order, 1490), key="key-0001").document
    execution.cancel("run-1", body["order_id"])
    settle()
    assert market.watched == frozenset()


def test_a_stale_price_fills_nothing_and_the_next_tick_does(
    execution, run, order, market, clock, settle
):
    clock.advance(seconds=20)
    body = execution.place(run, order(), key="key-0001").document
    assert body["status"] == "OPEN"
    market.trade("NSE:INFY", "1500.00")
    settle()
    assert execution.order("run-1", body["order_id"]).status == "COMPLETE"


def test_orders_rest_on_after_a_restart(execution, start, run, order, market, settle):
    """KO-01."""
    body = execution.place(run, limit(order, 1490), key="key-0001").document
    execution.trader.stop()
    again = start()
    market.trade("NSE:INFY", "1489.00")
    settle(again)
    assert again.order("run-1", body["order_id"]).status == "COMPLETE"


def test_a_stop_loss_waits_for_its_trigger(execution, run, order, market, settle):
    """KO-01."""
    stop = order(
        order_type="SL-M", trigger_price=1490, transaction_type="SELL", product="MIS", quantity=10
    )
    execution.place(run, order(product="MIS"), key="key-0001")
    body = execution.place(run, stop, key="key-0002").document
    assert body["status"] == "TRIGGER PENDING"
    market.trade("NSE:INFY", "1489.00")
    settle()
    assert execution.order("run-1", body["order_id"]).status == "COMPLETE"
    [position] = execution.positions(run_id="run-1")
    assert position.quantity == 0
    assert position.realised_paise < 0


def test_a_change_is_made_and_a_bad_one_refused(execution, run, order):
    """KP-03."""
    body = execution.place(run, limit(order, 1490), key="key-0001").document
    changed = execution.modify("run-1", body["order_id"], {"price": 1480, "quantity": 5})
    assert (changed.request.price, changed.request.quantity) == (1480, 5)
    assert changed.status == "OPEN"
    charges = execution.preview(run, limit(order, 1480, quantity=5))["cost_contract"]
    needed = 1480 * 5 * 100 + round(charges["total_charges"] * 100)
    assert execution.funds(run.account_id).reserved_paise == needed
    with pytest.raises(InvalidDocument, match="must be a positive whole number"):
        execution.modify("run-1", body["order_id"], {"quantity": -5})
    with pytest.raises(OrderDenied):
        execution.modify("run-1", body["order_id"], {"price": 1480.03})
    with pytest.raises(OrderDenied, match="Insufficient funds"):
        execution.modify("run-1", body["order_id"], {"quantity": 5000})


def test_a_cancel_comes_once_and_a_second_is_a_conflict(execution, run, order):
    """KP-03."""
    body = execution.place(run, limit(order, 1490), key="key-0001").document
    assert execution.cancel("run-1", body["order_id"]).status == "CANCELLED"
    with pytest.raises(Conflict, match="CANCELLED already"):
        execution.cancel("run-1", body["order_id"])


def test_another_run_sees_and_cancels_nothing(execution, run, order):
    """KP-03."""
    body = execution.place(run, limit(order, 1490), key="key-0001").document
    for ask in (
        lambda: execution.order("run-2", body["order_id"]),
        lambda: execution.cancel("run-2", body["order_id"]),
        lambda: execution.modify("run-2", body["order_id"], {"price": 1480}),
    ):
        with pytest.raises(NotFound):
            ask()
    assert execution.orders(run_id="run-2") == []


def test_an_immediate_or_cancel_order_never_rests(execution, run, order):
    """KO-04."""
    body = execution.place(run, limit(order, 1490, validity="IOC"), key="key-0001").document
    assert body["status"] == "CANCELLED"


def test_a_cover_order_gets_its_stop_and_target_and_one_ends_the_other(
    execution, run, order, market, settle
):
    """KO-02."""
    cover = order(variety="co", product="MIS", squareoff=10, stoploss=5)
    entry = execution.place(run, cover, key="key-0001").document
    exits = [one for one in execution.orders(run_id="run-1") if one.parent_order_id]
    assert {one.status for one in exits} == {"OPEN", "TRIGGER PENDING"}
    market.trade("NSE:INFY", "1511.00")
    settle()
    statuses = {one.request.order_type: one.status for one in execution.orders(run_id="run-1")}
    assert statuses == {"MARKET": "COMPLETE", "LIMIT": "COMPLETE", "SL-M": "CANCELLED"}
    assert entry["status"] == "COMPLETE"
    assert execution.positions(run_id="run-1")[0].quantity == 0


def test_a_basket_sends_purchases_first_and_reports_each_leg(execution, run, order):
    """KB-02."""
    legs = [
        order(transaction_type="SELL", product="MIS"),
        order(tradingsymbol="TCS", product="MIS"),
        order(order_type="LIMIT"),
    ]
    body = execution.place_basket(run, legs, key="key-0001").document
    assert body["result"]["status"] == "partial"
    assert [leg["status"] for leg in body["result"]["legs"]] == ["COMPLETE", "COMPLETE", "DENIED"]
    assert "price" in body["result"]["legs"][2]["detail"]
    placed = [e for e in execution.events(run_id="run-1") if e.event_type == "order_placed"]
    assert [e.payload["request"]["side"] for e in placed] == ["BUY", "SELL"]
    assert (
        execution.place_basket(run, legs, key="key-0001").body
        == execution.place_basket(run, legs, key="key-0001").body
    )


@pytest.mark.parametrize(
    "bad", [{"order_type": "LIMIT"}, {"quantity": 100_000}, {"tradingsymbol": "NOPE"}]
)
def test_all_or_none_sends_nothing_when_a_leg_is_bad(execution, run, order, bad):
    """KB-02."""
    with pytest.raises((InvalidDocument, OrderDenied)):
        execution.place_basket(run, [order(), order(**bad)], key="key-0001", all_or_none=True)
    assert execution.orders(run_id="run-1") == []
    assert not execution.place_basket(run, [order()], key="key-0001").is_replay


def test_a_basket_can_be_previewed_under_its_key(execution, run, order):
    """KB-02."""
    answer = execution.place_basket(run, [order()], key="key-0001", dry_run=True)
    assert answer.document["result"]["status"] == "dry_run"
    assert answer.document["result"]["preview"]["cost_contract"]["margin_required"] > 0
    assert execution.orders(run_id="run-1") == []


def test_a_preview_says_what_is_needed_and_warns(execution, run, order):
    """KP-01."""
    preview = execution.preview(run, order(quantity=1000, market_protection=0))
    codes = {one["code"] for one in preview["order"]["warnings"]}
    assert codes == {"insufficient_margin", "no_market_protection"}
    assert preview["cost_contract"]["charges_estimate"]["stt"] == 1500.05
    assert execution.events(run_id="run-1") == []


def test_a_preview_counts_the_brokerage_of_every_slice(execution, run, order):
    """KO-07: the estimate is what the slices then cost."""
    command = order(tradingsymbol="SLICED", quantity=250, product="MTF", autoslice=True)
    estimate = execution.preview(run, command)["cost_contract"]
    execution.place(run, command, key="key-0001")
    paid = execution.funds(run.account_id).charges_paise / 100
    assert len(execution.trades(run_id="run-1")) == 3
    assert estimate["total_charges"] == pytest.approx(paid, abs=0.02)


def test_intraday_needs_a_fifth_and_gives_it_back(execution, run, order):
    """KO-03, KF-01."""
    before = execution.funds(run.account_id)
    execution.place(run, order(product="MIS", quantity=100), key="key-0001")
    during = execution.funds(run.account_id)
    assert during.blocked_paise == pytest.approx(1500 * 100 * 100 / 5, rel=0.001)
    execution.place(
        run, order(product="MIS", quantity=100, transaction_type="SELL"), key="key-0002"
    )
    after = execution.funds(run.account_id)
    assert after.blocked_paise == after.reserved_paise == 0
    spent = before.cash_paise - after.cash_paise
    assert spent == after.charges_paise - after.realised_paise


def test_limits_of_a_run_are_kept(execution, account, order):
    """KF-02."""
    from tradertape_core.risk.rules import RiskLimits
    from tradertape_server.features.execution.orders.risk_facts import Risk

    one_order = Risk(limits=RiskLimits(max_orders_per_day=1))
    run = RunRef(account_id=account, run_id="run-1", risk=one_order)
    execution.place(run, order(quantity=1), key="key-0001")
    with pytest.raises(OrderDenied) as denied:
        execution.place(run, order(quantity=1), key="key-0002")
    assert denied.value.code == "max_orders_reached"
    stopped = RunRef(account_id=account, run_id="run-2", risk=Risk(kill_switch="by hand"))
    with pytest.raises(OrderDenied) as denied:
        execution.place(stopped, order(quantity=1), key="key-0001")
    assert denied.value.code == "kill_switch_active"


def test_prices_that_came_at_once_fill_one_exit_of_a_cover_order(
    execution, run, order, market, settle
):
    """The trader was held up while the price went through the stop and then through the target."""
    entry = order(variety="co", product="MIS", stoploss=20, squareoff=20)
    execution.place(run, entry, key="key-0001")
    is_held, is_free = Event(), Event()

    def hold(_uow) -> None:
        is_held.set()
        assert is_free.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(execution.trader.execute, Command(hold))
        assert is_held.wait(60)
        market.trade("NSE:INFY", "1475.00")
        market.trade("NSE:INFY", "1525.00")
        is_free.set()
    settle()
    assert execution.positions(run_id="run-1", open_only=True) == []
    orders = execution.orders(run_id="run-1")
    assert sorted(one.status for one in orders) == ["CANCELLED", "COMPLETE", "COMPLETE"]
