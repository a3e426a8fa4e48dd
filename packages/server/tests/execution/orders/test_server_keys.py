"""Keys of the server's own commands are no caller's: an order under one stops nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from packages.server.tests.doubles.accounts import paper_account

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.orders.order import Product
from tradertape_server.features.execution.orders.idempotency import callers_key
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.store import repository


def stop_at(trigger: float, order: Any, **changes: Any) -> dict[str, Any]:
    placed = order(order_type="LIMIT", price=trigger, transaction_type="SELL", **changes)
    condition = {
        "exchange": "NSE",
        "tradingsymbol": placed["tradingsymbol"],
        "trigger_values": [trigger],
        "last_price": 1500.0,
    }
    return {"type": "single", "condition": condition, "orders": [placed]}


def test_an_order_named_like_a_triggers_stops_no_trigger(
    execution, run, user_id, order, market, settle, monkeypatch
):
    """The trigger closes a position of the run whose order took the name."""
    other = paper_account(execution, user_id, "kite:paper-b")
    neighbour = replace(run, account_id=other, run_id="run-2")
    for one in (run, neighbour):
        execution.place(one, order(), key="key-0001")
    last = repository.last_gtt_id
    monkeypatch.setattr(repository, "last_gtt_id", lambda session: last(session) or 362)
    first = execution.create_gtt(run.account_id, stop_at(1400.0, order))
    second = execution.create_gtt(other, stop_at(1400.0, order))
    elsewhere = order(tradingsymbol="TCS", order_type="LIMIT", price=2900, quantity=1)
    execution.place(run, elsewhere, key=f"gtt:{first}:0")
    market.trade("NSE:INFY", "1400.00")
    settle()
    for account, trigger in ((run.account_id, first), (other, second)):
        fired = execution.get_gtt(account, trigger)
        assert fired.status == "triggered"
        assert fired.results[0].reason is None
    assert execution.trader.pauses == 0
    assert execution.positions(open_only=True) == []


def test_an_order_named_like_an_exits_stops_no_exit(execution, run, order):
    execution.place(run, order(), key="key-0001")
    resting = order(order_type="LIMIT", price=1450)
    execution.place(run, resting, key="leave-now:NSE:INFY:CNC:SELL:0")
    left = execution.exit_run(run, key="leave-now")
    assert left.document["status"] == "closed"
    assert execution.positions(run_id=run.run_id, open_only=True) == []


def test_an_order_named_like_a_square_off_stops_no_square_off(execution, run, order, clock, market):
    """Nor does the longest name of a run that there may be: the fee's entry has it in it."""
    day = datetime(2026, 1, 5, tzinfo=IST)
    longest = replace(run, run_id="r" * 120)
    for one in (run, longest):
        execution.place(one, order(product="MIS"), key="key-0001")
        execution.place(one, order(order_type="LIMIT", price=1450), key="square-off:2026-01-05")
    clock.advance(seconds=(day.replace(hour=15, minute=21) - clock.now()).total_seconds())
    market.refresh()
    ExecutionJobs(execution, nse_calendar(), clock).run_once()
    assert execution.positions(open_only=True) == []
    assert execution.trader.pauses == 0


def test_the_longest_key_of_a_fee_is_stored(execution, run, order):
    longest = replace(run, run_id="r" * 120)
    execution.place(longest, order(product="MIS"), key="k" * 160)
    closed = execution.exit_run(longest, key="x" * 160, product=Product.MIS, is_square_off=True)
    assert closed.document["status"] == "closed"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("server:gtt:1:0", "the server's own"),
        ("two\nlines-key", "printable"),
        (" server:x ", "own"),
    ],
)
def test_a_caller_cannot_take_a_key_of_the_servers(key, words):
    with pytest.raises(InvalidDocument, match=words):
        callers_key(key)


def test_a_callers_key_loses_the_spaces_around_it():
    assert callers_key(" key-0001 ") == "key-0001"
