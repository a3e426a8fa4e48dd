"""Trades an exchange takes back: reversed once, both entries kept (FAULTS §3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages.server.tests.doubles.accounts import paper_account
from sqlalchemy import select

from tradertape_core.orders.reports import ExecutionReport, Trade
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.store.models import PostingRow
from tradertape_server.platform.errors import NotFound


@pytest.fixture
def trade(execution, run, order, market):
    numbers = iter(range(1, 1000))

    def trade(side: str, quantity: int, price: str = "1500.00", product: str = "MIS"):
        market.trade("NSE:INFY", price)
        command = order(transaction_type=side, quantity=quantity, product=product)
        body = execution.place(run, command, key=f"key-{next(numbers):04}").document
        return body["order_id"], f"{body['order_id']}-1"

    return trade


def state(execution, run):
    """Cash, and the position but for what it was today."""
    [position] = execution.positions(run_id="run-1") or [None]
    return execution.funds(run.account_id).cash_paise, position and (
        [(lot.trade_id, lot.quantity, lot.cost) for lot in position.lots],
        position.realised_paise,
        position.charges,
        position.bought,
        position.sold,
    )


def entries(database):
    with database.read() as session:
        return [row.entry for row in session.scalars(select(PostingRow).order_by(PostingRow.id))]


def test_a_void_leaves_the_books_as_if_the_trade_had_never_been(
    execution, run, trade, database, market
):
    trade("BUY", 10)
    before = state(execution, run)
    order_id, trade_id = trade("BUY", 5, "1510.00")
    order = execution.void(order_id, trade_id)
    assert (order.status, order.filled_quantity, order.cancelled_quantity) == ("CANCELLED", 0, 5)
    assert state(execution, run) == before
    assert [fill.trade_id for fill in execution.trades(run_id="run-1")] != [trade_id]
    assert len(execution.trades(run_id="run-1")) == 1
    assert {f"fill:{trade_id}", f"reversal:{trade_id}"} <= set(entries(database))
    [event] = [e for e in execution.events(run_id="run-1") if e.event_type == "fill_voided"]
    assert f"Trade {trade_id} was reversed by the exchange" in event.summary
    assert execution.pnl(run).totals.realised_paise == 0


def test_it_is_reversed_once_however_often_it_is_told(execution, start, run, trade, database):
    order_id, trade_id = trade("BUY", 10)
    execution.void(order_id, trade_id)
    after, posted = state(execution, run), entries(database)
    execution.void(order_id, trade_id)
    execution.trader.stop()
    again = start()
    again.void(order_id, trade_id)
    assert (state(again, run), entries(database)) == (after, posted)


def test_what_later_trades_realised_from_it_is_corrected(execution, run, trade):
    first = trade("BUY", 10, "1500.00")
    trade("BUY", 10, "1600.00")
    trade("SELL", 10, "1700.00")
    [position] = execution.positions(run_id="run-1")
    assert position.realised_paise == 10 * (170_000 - 150_005)
    execution.void(*first)
    [position] = execution.positions(run_id="run-1")
    assert (position.quantity, position.realised_paise) == (0, 10 * (170_000 - 160_005))


def test_a_delivery_sale_that_is_voided_gives_the_shares_and_the_depositorys_fee_back(
    execution, run, trade, clock, market
):
    trade("BUY", 10, product="CNC")
    clock.advance(days=1)
    market.refresh()
    before = state(execution, run)
    sale = trade("SELL", 4, "1550.00", product="CNC")
    assert execution.positions(run_id="run-1")[0].charges.demat > 0
    execution.void(*sale)
    assert state(execution, run) == before


def test_a_trade_told_and_taken_back_in_one_breath_leaves_nothing(
    execution, run, order, clock, market, database
):
    body = execution.place(run, order(order_type="LIMIT", price=1490), key="key-0001").document
    name, now = body["order_id"], clock.now()
    cash = execution.funds(run.account_id).cash_paise
    told = Trade(trade_id="T9", quantity=10, price=Decimal(1490), at=now)
    report = ExecutionReport(order_id=name, at=now, sequence=9, trades=(told,), voided=("T9",))
    execution.trader.execute(Command(lambda uow: uow.apply(report)))
    assert execution.trades(run_id="run-1") == []
    assert execution.funds(run.account_id).cash_paise == cash
    assert {"fill:T9", "reversal:T9"} <= set(entries(database))


def test_what_is_not_a_trade_of_the_order_is_not_found(execution, trade):
    order_id, _ = trade("BUY", 10)
    with pytest.raises(NotFound):
        execution.void(order_id, "another")
    with pytest.raises(NotFound):
        execution.void("nobody", "another")


steps = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 20), st.integers(1400, 1600)),
    min_size=2,
    max_size=6,
)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trades=steps, choice=st.integers(0, 5))
def test_whatever_was_traded_voiding_one_is_never_having_made_it(
    execution, order, market, clock, user_id, trades, choice
):
    """Two accounts trade alike, but one never makes the trade that the other has voided."""
    gone, books = choice % len(trades), []
    clock.advance(days=1)
    for leaves_it_out in (False, True):
        scope = f"kite:paper-{len(execution.accounts(user_id))}"
        account = paper_account(execution, user_id, scope)
        run = RunRef(account_id=account, run_id=f"run-{account}")
        names = []
        for number, (side, quantity, price) in enumerate(trades):
            if leaves_it_out and number == gone:
                continue
            market.trade("NSE:INFY", f"{price}.00")
            command = order(transaction_type=side, quantity=quantity, product="MIS")
            names.append(execution.place(run, command, key=f"key-{number:04}").document["order_id"])
        if not leaves_it_out:
            execution.void(names[gone], f"{names[gone]}-1")
        [position] = execution.positions(run_id=run.run_id)
        lots = [(lot.quantity, lot.cost) for lot in position.lots]
        cash = execution.funds(account).cash_paise
        books.append((lots, position.realised_paise, position.charges, position.bought, cash))
    assert books[0] == books[1]
