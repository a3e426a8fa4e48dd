"""Delivery trades of a day through the trader: what is intraday, and the depository's charge."""

from __future__ import annotations

from itertools import count

import pytest
from sqlalchemy import select

from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.store.models import PostingRow


@pytest.fixture
def trade(execution, account, order, market):
    keys = count()

    def trade(side: str, quantity: int, *, run: str = "run-1", price: str = "1500.00") -> tuple:
        market.trade("NSE:INFY", price)
        command = order(transaction_type=side, quantity=quantity, product="CNC")
        whose = RunRef(account_id=account, run_id=run)
        body = execution.place(whose, command, key=f"key-{next(keys):04}").document
        return body["order_id"], f"{body['order_id']}-1"

    return trade


@pytest.fixture
def overnight(trade, clock, market):
    """Runs that hold shares from the day before."""

    def overnight(**held: int) -> None:
        for name, quantity in held.items():
            trade("BUY", quantity, run=name.replace("_", "-"))
        clock.advance(days=1)
        market.refresh()

    return overnight


def charged(database, ledger: str) -> int:
    with database.read() as session:
        query = select(PostingRow.amount_paise).where(PostingRow.ledger == ledger)
        return sum(session.scalars(query))


def test_a_day_trade_of_delivery_is_charged_as_intraday(execution, trade, database):
    trade("BUY", 100)
    bought = charged(database, "stt")
    assert bought >= 15_000  # nobody knows yet that it will be sold
    trade("SELL", 100)
    [position] = execution.positions(run_id="run-1")
    assert 3_740 <= position.charges.stt <= 3_760
    assert position.charges.stt == charged(database, "stt")
    assert charged(database, "demat") == 0
    with database.read() as session:
        rows = session.scalars(select(PostingRow).where(PostingRow.entry.like("charges:day:%")))
        entries = [(row.ledger, row.amount_paise) for row in rows]
    assert sum(paise for _, paise in entries) == 0
    assert dict(entries)["stt"] < 0


def test_sales_of_several_runs_and_orders_pay_the_depository_once(
    trade, overnight, database, start, execution
):
    overnight(run_1=20, run_2=20)
    for run in ("run-1", "run-1", "run-2"):
        trade("SELL", 5, run=run)
    assert charged(database, "demat") == 1_534


def test_a_restart_between_two_sales_charges_the_depository_once(
    execution, start, account, trade, overnight, order, database
):
    overnight(run_1=20, run_2=20)
    trade("SELL", 20)
    execution.trader.stop()
    again = start()
    command = order(transaction_type="SELL", quantity=20, product="CNC")
    again.place(RunRef(account_id=account, run_id="run-2"), command, key="key-again")
    assert [one.quantity for one in again.positions(account_id=account)] == [0, 0]
    assert charged(database, "demat") == 1_534


def test_what_is_bought_back_the_same_day_does_not_leave(trade, overnight, database):
    overnight(run_1=20)
    trade("SELL", 20)
    assert charged(database, "demat") == 1_534
    trade("BUY", 20)
    assert charged(database, "demat") == 0
    trade("SELL", 5)
    assert charged(database, "demat") == 1_534


def test_a_sale_on_each_of_two_days_pays_twice(trade, overnight, clock, market, database):
    overnight(run_1=20)
    trade("SELL", 5)
    clock.advance(days=1)
    market.refresh()
    trade("SELL", 5)
    assert charged(database, "demat") == 2 * 1_534


def test_a_voided_sale_makes_the_purchase_a_delivery_again(execution, trade, database):
    trade("BUY", 100)
    before = [execution.positions(run_id="run-1")[0].charges, charged(database, "cash")]
    sale = trade("SELL", 100)
    execution.void(*sale)
    assert [execution.positions(run_id="run-1")[0].charges, charged(database, "cash")] == before


def test_a_preview_says_what_the_day_will_cost(execution, account, order, trade, overnight):
    overnight(run_1=20)
    run = RunRef(account_id=account, run_id="run-1")

    def taxes(quantity: int) -> tuple:
        sale = order(transaction_type="SELL", quantity=quantity)
        found = execution.preview(run, sale)["cost_contract"]["charges_estimate"]
        return float(found["stt"]), float(found["dp"])

    assert taxes(10) == (pytest.approx(15, abs=0.1), 15.34)
    trade("SELL", 10)
    assert taxes(10) == (pytest.approx(15, abs=0.1), 0)
    trade("BUY", 20)  # it brings the depository's charge back
    # 10 more were both bought and sold: 0.025 % of the sale, and no tax on their purchase.
    assert taxes(10) == (pytest.approx(3.75 - 15, abs=0.1), 0)
