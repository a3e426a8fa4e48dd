"""Leaving a run: its orders cancelled, its positions closed, nobody else's touched (KE-01)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tradertape_core.orders.order import Product
from tradertape_server.features.execution.errors import OrderDenied, RunExiting
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.platform.errors import Conflict


def test_an_exit_cancels_and_closes_what_the_run_holds_and_no_more(execution, account, run, order):
    other = RunRef(account_id=account, run_id="run-2")
    execution.place(run, order(product="MIS"), key="key-0001")
    execution.place(other, order(product="MIS", quantity=3), key="key-0001")
    execution.place(run, order(order_type="LIMIT", price=1490), key="key-0002")
    answer = execution.exit_run(run, key="exit-0001", reason="done")
    assert answer.status_code == 200
    assert answer.document["status"] == "closed"
    assert execution.orders(run_id="run-1", open_only=True) == []
    assert execution.positions(run_id="run-1", open_only=True) == []
    assert execution.positions(run_id="run-2", open_only=True)[0].quantity == 3
    assert execution.exit_run(run, key="exit-0001", reason="done").body == answer.body


def test_a_dry_exit_lists_the_orders_and_does_nothing(execution, run, order):
    execution.place(run, order(product="MIS"), key="key-0001")
    body = execution.exit_run(run, dry_run=True).document
    assert [(one["transaction_type"], one["quantity"]) for one in body["close"]] == [("SELL", 10)]
    assert execution.positions(run_id="run-1", open_only=True) != []


def test_an_exit_that_has_to_wait_blocks_new_orders_and_goes_on_by_itself(
    execution, start, run, order, market, clock, settle
):
    execution.place(run, order(product="MIS"), key="key-0001")
    clock.advance(seconds=20)  # no fresh price: the closing order has to rest
    answer = execution.exit_run(run, key="exit-0001")
    assert (answer.status_code, answer.document["status"]) == (202, "exiting")
    market.refresh()
    with pytest.raises(RunExiting):
        execution.place(run, order(), key="key-0002")
    execution.trader.stop()
    again = start()
    assert again.exits_under_way() == [("run-1", "exit-0001")]
    market.trade("NSE:INFY", "1500.00")
    settle(again)
    done = again.advance_exit("run-1", "exit-0001")
    assert done is not None
    assert done.document["status"] == "closed"
    assert len(done.document["orders"]) == 1
    assert again.exits_under_way() == []
    again.place(run, order(), key="key-0002")


def test_an_exit_that_nobody_takes_is_sent_again_with_a_wider_band(
    execution, run, order, market, clock, settle
):
    execution.place(run, order(product="MIS"), key="key-0001")
    market.trade("NSE:INFY", "1500.00", bid=False)
    assert execution.exit_run(run, key="exit-0001").status_code == 202
    assert execution.advance_exit("run-1", "exit-0001") is None, "it has its time"
    [resting] = execution.orders(run_id="run-1", open_only=True)
    clock.advance(seconds=11)
    market.trade("NSE:INFY", "1450.00", bid=False)
    settle()
    assert execution.advance_exit("run-1", "exit-0001") is None
    [wider] = execution.orders(run_id="run-1", open_only=True)
    assert execution.order("run-1", resting.order_id).status == "CANCELLED"
    assert wider.request.market_protection > resting.request.market_protection
    market.trade("NSE:INFY", "1450.00")
    settle()
    done = execution.advance_exit("run-1", "exit-0001")
    assert [one["status"] for one in done.document["orders"]] == ["CANCELLED", "COMPLETE"]
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_a_short_is_bought_back_and_freeze_quantities_are_kept(execution, run, order):
    execution.place(
        run,
        order(
            tradingsymbol="SLICED",
            product="MIS",
            transaction_type="SELL",
            quantity=250,
            autoslice=True,
        ),
        key="key-0001",
    )
    body = execution.exit_run(run, key="exit-0001").document
    assert [one["quantity"] for one in body["orders"]] == [100, 100, 50]
    assert {one["transaction_type"] for one in body["orders"]} == {"BUY"}
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_what_an_older_lot_size_left_over_is_closed(execution, run, order, market):
    """The lot is 75 now: 130 are none, but they are held."""
    name = "NFO:NIFTY2610624000CE"
    market.trade(name, "100.00")
    option = order(exchange="NFO", tradingsymbol=name.partition(":")[2], product="NRML")
    execution.place(run, {**option, "quantity": 260}, key="key-0001")
    market.instruments[name] = replace(market.known(name), lot_size=75)
    sale = {**option, "transaction_type": "SELL"}
    with pytest.raises(OrderDenied):
        execution.place(run, {**sale, "quantity": 130}, key="key-0002")
    execution.place(run, {**sale, "quantity": 110}, key="key-0003")  # two lots stay
    execution.place(run, {**option, "quantity": 75}, key="key-0004")
    with pytest.raises(OrderDenied):
        execution.place(run, {**option, "quantity": 65}, key="key-0005")
    market.instruments[name] = replace(market.known(name), lot_size=90)
    answer = execution.exit_run(run, key="exit-0001")
    assert sum(one["quantity"] for one in answer.document["orders"]) == 225
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_an_exit_that_can_do_nothing_now_asks_once(execution, run, order, market):
    """The market is closed: it is tried again by the clock, not in a loop."""
    execution.place(run, order(), key="key-0001")
    market.open = False
    assert execution.exit_run(run, key="exit-0001").status_code == 202
    turns = execution.trader.batches
    assert execution.advance_exit("run-1", "exit-0001") is None
    assert execution.trader.batches - turns == 1
    market.open = True
    assert execution.advance_exit("run-1", "exit-0001").document["status"] == "closed"


def test_a_run_is_being_left_until_that_very_exit_is_done(execution, run, order, market, clock):
    execution.place(run, order(product="MIS"), key="key-0001")
    clock.advance(seconds=20)
    assert execution.exit_run(run, key="exit-0001").status_code == 202
    assert execution.exit_run(run, key="exit-0002", product=Product.CNC).status_code == 200
    market.refresh()
    with pytest.raises(RunExiting):
        execution.place(run, order(), key="key-0002")


def test_what_is_over_is_not_kept_in_memory(execution, run, order):
    body = execution.place(run, order(), key="key-0001").document
    for _ in range(2):
        with pytest.raises(Conflict):
            execution.cancel("run-1", body["order_id"])
    assert execution.trader.execute(Command(lambda uow: dict(uow._orders))) == {}


def test_an_exit_is_sent_again_in_time_though_the_clock_was_set_back(
    execution, run, order, market, clock, settle
):
    execution.place(run, order(product="MIS"), key="key-0001")
    market.trade("NSE:INFY", "1500.00", bid=False)
    assert execution.exit_run(run, key="exit-0001").status_code == 202
    [resting] = execution.orders(run_id="run-1", open_only=True)
    clock.set_wrong(minutes=-10)
    clock.advance(seconds=5)
    market.trade("NSE:INFY", "1450.00", bid=False)
    settle()
    assert execution.advance_exit("run-1", "exit-0001") is None
    [wider] = execution.orders(run_id="run-1", open_only=True)
    assert wider.request.market_protection > resting.request.market_protection
    clock.advance(seconds=5)
    market.trade("NSE:INFY", "1400.00", bid=False)
    settle()
    assert execution.advance_exit("run-1", "exit-0001") is None
    assert execution.orders(run_id="run-1", open_only=True) == [wider], "it has its time"


def test_two_exits_of_a_run_do_not_cancel_each_others_orders(
    execution, run, order, market, clock, settle
):
    """The owner's and the square-off's, while no fresh price fills what closes the position."""
    execution.place(run, order(product="MIS"), key="key-0001")
    clock.advance(seconds=20)
    keys = ("exit-0001", "exit-0002")
    for key in keys:
        reply = execution.exit_run(run, key=key, product=Product.MIS)
        assert reply.document["status"] == "exiting"
    for _ in range(3):
        for key in keys:
            assert execution.advance_exit("run-1", key) is None
    [_, closing] = execution.orders(run_id="run-1")
    assert closing.status == "OPEN"
    market.trade("NSE:INFY", "1500.00")
    settle()
    for key in keys:
        done = execution.advance_exit("run-1", key)
        assert done is not None
        assert done.document["status"] == "closed"
    assert execution.positions(run_id="run-1", open_only=True) == []
    assert len(execution.orders(run_id="run-1")) == 2
