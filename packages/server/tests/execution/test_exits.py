"""Leaving a run: its orders cancelled, its positions closed, nobody else's touched (KE-01)."""

from __future__ import annotations

import pytest

from tradertape_server.features.execution.errors import RunExiting
from tradertape_server.features.execution.service import RunRef


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
    done = again.go_on_leaving("run-1", "exit-0001")
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
    assert execution.go_on_leaving("run-1", "exit-0001") is None, "it has its time"
    [resting] = execution.orders(run_id="run-1", open_only=True)
    clock.advance(seconds=11)
    market.trade("NSE:INFY", "1450.00", bid=False)
    settle()
    assert execution.go_on_leaving("run-1", "exit-0001") is None
    [wider] = execution.orders(run_id="run-1", open_only=True)
    assert execution.order("run-1", resting.order_id).status == "CANCELLED"
    assert wider.request.market_protection > resting.request.market_protection
    market.trade("NSE:INFY", "1450.00")
    settle()
    done = execution.go_on_leaving("run-1", "exit-0001")
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
