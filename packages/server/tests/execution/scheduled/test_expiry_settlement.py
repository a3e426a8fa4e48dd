"""Contracts that expire in paper accounts: settled once, to the paisa (docs/paper-venue.md)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.scheduled.expiry_settlement import ExpirySettlement
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.store.models import PostingRow

EXPIRY = datetime(2026, 1, 6, tzinfo=IST)  # a Tuesday; the frozen clock starts the day before
CALL, PUT, FUTURE = "NIFTY2610624000CE", "NIFTY2610624000PE", "NIFTY26106FUT"


@pytest.fixture
def jobs(execution, clock):
    return ExecutionJobs(execution, nse_calendar(), clock, chores=[ExpirySettlement(execution)])


@pytest.fixture
def at(clock, market):
    def at(hour: int, minute: int, *, days: int = 0) -> None:
        wanted = EXPIRY.replace(hour=hour, minute=minute)
        clock.advance(seconds=(wanted - clock.now()).total_seconds(), days=days)
        market.refresh()

    return at


@pytest.fixture
def trade(execution, market, order, run):
    """Trade a contract of NIFTY with NRML; bid and ask are a tick apart."""
    market.trade(f"NFO:{CALL}", "100.00")
    market.trade(f"NFO:{PUT}", "100.00")
    market.trade(f"NFO:{FUTURE}", "24000.00")

    def trade(symbol: str, side: str = "BUY", where: RunRef = run, **changes):
        command = order(
            exchange="NFO", tradingsymbol=symbol, transaction_type=side, product="NRML",
            quantity=65, **changes,
        )  # fmt: skip
        key = f"key-{symbol}-{side}-{where.run_id}-{len(changes)}"
        return execution.place(where, command, key=key).document

    return trade


def settled(execution, run_id="run-1"):
    return [e for e in execution.events(run_id=run_id) if e.event_type == "position_settled"]


def test_a_call_in_the_money_is_exercised_after_the_close_and_not_before(
    execution, run, trade, jobs, at, market
):
    trade(CALL)
    market.closes["NIFTY"] = "24150"
    before = execution.funds(run.account_id)
    at(15, 29)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) != []
    at(15, 31)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) == []
    funds = execution.funds(run.account_id)
    tax = 1_219  # 0.125 % of 9,750 in January 2026
    assert funds.cash_paise - before.cash_paise == 975_000 - tax
    assert funds.blocked_paise == 0
    [event] = settled(execution)
    assert event.payload["outcome"] == "exercised"
    assert event.payload["charges_paise"] == tax
    assert event.summary.startswith("Expiry: 65 NFO:NIFTY2610624000CE exercised at 150")
    net = execution.pnl(run).totals
    # Bought at the ask of 100.05; what buying cost is in the charges too.
    assert net.realised_paise == 975_000 - 650_325
    assert net.unrealised_paise == 0
    assert net.net_paise == funds.cash_paise - 1_000_000_00


@pytest.mark.parametrize(
    ("symbol", "side", "close", "outcome", "cash"),
    [
        (CALL, "BUY", "23900", "worthless", 0),
        (CALL, "SELL", "23900", "worthless", 0),
        (CALL, "SELL", "24150", "assigned", -975_000),
        (PUT, "BUY", "23900", "exercised", 650_000 - 813),
        (FUTURE, "BUY", "24150", "settled", 14_995 * 65),
        (FUTURE, "SELL", "24150", "settled", -15_000 * 65),
    ],
)
def test_every_kind_of_contract_ends_with_its_cash_and_frees_its_margin(
    execution, run, trade, jobs, at, market, symbol, side, close, outcome, cash
):
    trade(symbol, side)
    before = execution.funds(run.account_id).cash_paise
    assert (execution.funds(run.account_id).blocked_paise > 0) is (
        symbol == FUTURE or side == "SELL"
    )
    market.closes["NIFTY"] = close
    at(15, 31)
    jobs.run_once()
    [event] = settled(execution)
    assert event.payload["outcome"] == outcome
    funds = execution.funds(run.account_id)
    assert (funds.cash_paise - before, funds.blocked_paise) == (cash, 0)


def test_it_happens_once_whatever_is_restarted_and_asked_again(
    execution, start, database, clock, run, trade, jobs, at, market
):
    trade(CALL)
    trade(FUTURE, "SELL", RunRef(account_id=run.account_id, run_id="run-2"))
    market.closes["NIFTY"] = "24150"
    at(15, 31)
    jobs.run_once()
    cash = execution.funds(run.account_id).cash_paise
    execution.trader.stop()
    again = start()
    others = ExecutionJobs(again, nse_calendar(), clock, chores=[ExpirySettlement(again)])
    for _ in range(3):
        clock.advance(seconds=30)
        others.run_once()
    assert again.funds(run.account_id).cash_paise == cash
    assert len(settled(again)) == len(settled(again, "run-2")) == 1
    with database.read() as session:
        entries = select(func.count(PostingRow.entry.distinct())).where(
            PostingRow.entry.startswith("settlement:")
        )
        assert session.scalar(entries) == 2


def test_a_server_that_was_down_settles_when_it_is_back(execution, run, trade, jobs, at, market):
    trade(CALL)
    market.closes["NIFTY"] = "24150"
    at(11, 0, days=3)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_without_a_closing_price_it_waits_for_one(execution, run, trade, jobs, at, market, clock):
    trade(CALL)
    at(15, 31)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) != []
    market.closes["NIFTY"] = "24150"
    clock.advance(seconds=30)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_orders_and_triggers_of_the_contract_end_with_it(
    execution, run, trade, jobs, at, market, order
):
    resting = trade(CALL, order_type="LIMIT", price=70)
    trigger = execution.create_gtt(
        run.account_id,
        {
            "type": "single",
            "condition": {
                "exchange": "NFO",
                "tradingsymbol": CALL,
                "trigger_values": [70.0],
                "last_price": 100.0,
            },
            "orders": [
                order(
                    exchange="NFO", tradingsymbol=CALL, order_type="LIMIT", price=70,
                    quantity=65, product="NRML",
                )
            ],
        },
    )  # fmt: skip
    market.closes["NIFTY"] = "24150"
    at(15, 31)
    jobs.run_once()
    assert execution.order("run-1", resting["order_id"]).status == "CANCELLED"
    assert execution.get_gtt(run.account_id, trigger).status == "expired"
    market.trade(f"NFO:{CALL}", "69.00")
    assert execution.positions(run_id="run-1") == []


def test_an_expired_contract_is_not_sold_on(execution, trade, at):
    at(15, 31)
    with pytest.raises(OrderDenied, match="expired on 2026-01-06"):
        trade(CALL, variety="amo")


def test_a_trade_that_is_voided_after_the_expiry_is_taken_out_of_the_settlement(
    execution, trade, jobs, at, market
):
    bought = trade(CALL)["order_id"]
    trade(CALL, order_type="LIMIT", price=101)
    market.closes["NIFTY"] = "24150"
    at(15, 31)
    jobs.run_once()
    [position] = execution.positions(run_id="run-1")
    assert (position.quantity, position.realised_paise) == (0, 2 * (975_000 - 650_325))
    execution.void(bought, f"{bought}-1")
    [position] = execution.positions(run_id="run-1")
    assert (position.quantity, position.realised_paise) == (0, 975_000 - 650_325)
