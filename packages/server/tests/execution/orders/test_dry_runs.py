"""Orders of dry runs: checked, recorded and complete with that, never sent (decision 0105)."""

from __future__ import annotations

from typing import Any

import oracles
import pytest

from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.service import RunRef
from tradertape_server.platform.errors import ApiError


@pytest.fixture
def dry(account: int) -> RunRef:
    return RunRef(account_id=account, run_id="dry", venue="dry_run")


def test_an_order_is_complete_once_recorded(execution: Any, dry: RunRef, order: Any) -> None:
    """KR-05."""
    reply = execution.place(dry, order(), key="key-0001")
    body = reply.document
    assert (body["mode"], body["status"]) == ("dry_run", "COMPLETE")
    assert body["result"]["dry_run"] is True
    assert body["result"]["status_message"] == "dry run: recorded, not sent"
    assert (body["result"]["filled_quantity"], body["result"]["average_price"]) == (0, 0.0)
    assert body["result"]["preview"]["cost_contract"]["total_charges"] > 0
    [recorded] = execution.orders(run_id="dry")
    assert (recorded.status, recorded.is_dry_run) == ("COMPLETE", True)
    assert (recorded.pending_quantity, recorded.cancelled_quantity) == (0, 0)
    assert execution.place(dry, order(), key="key-0001").body == reply.body


ORDERS = [
    {},
    {"order_type": "LIMIT", "price": 1450},
    {"tradingsymbol": "SLICED", "quantity": 250, "autoslice": True},
    {"variety": "amo"},
    {"variety": "iceberg", "order_type": "LIMIT", "price": 1450, "iceberg_legs": 2},
    {"variety": "co", "product": "MIS", "stoploss": 20, "squareoff": 20},
]


@pytest.mark.parametrize("fields", ORDERS)
def test_nothing_is_filled_held_charged_or_left_open(
    execution: Any, dry: RunRef, order: Any, database: Any, fields: dict[str, Any]
) -> None:
    before = execution.funds(dry.account_id)
    body = execution.place(dry, order(**fields), key="key-0001").document
    assert body["status"] == "COMPLETE"
    assert execution.order("dry", body["order_id"]).status == "COMPLETE"
    found = execution.orders(run_id="dry")
    assert {(one.status.value, one.filled_quantity) for one in found} == {("COMPLETE", 0)}
    assert execution.orders(run_id="dry", open_only=True) == []
    assert execution.positions(run_id="dry") == []
    assert list(execution.trades(run_id="dry")) == []
    assert execution.pnl(dry).legs == ()
    assert execution.funds(dry.account_id) == before
    execution.trader.stop()
    oracles.check(database)


def test_it_is_the_same_after_a_restart(
    execution: Any, start: Any, dry: RunRef, order: Any
) -> None:
    sliced = order(tradingsymbol="SLICED", quantity=250, autoslice=True)
    first = execution.place(dry, sliced, key="key-0001")
    execution.trader.stop()
    after = start()
    assert after.place(dry, sliced, key="key-0001").body == first.body
    assert {one.status.value for one in after.orders(run_id="dry")} == {"COMPLETE"}


def test_the_timeline_says_that_it_was_recorded_and_not_sent(
    execution: Any, dry: RunRef, order: Any
) -> None:
    execution.place(dry, order(), key="key-0001")
    events = execution.events(run_id="dry")
    assert [one.event_type for one in events] == ["order_placed", "dry_run_completed"]
    assert events[-1].summary == (
        "Recorded: BUY 10 NSE:INFY MARKET CNC (dry run: recorded, not sent)"
    )


def test_a_basket_is_accepted_and_its_legs_are_complete(
    execution: Any, dry: RunRef, order: Any
) -> None:
    legs = [order(), order(quantity=5)]
    result = execution.place_basket(dry, legs, key="key-0001").document["result"]
    assert result["status"] == "accepted"
    assert [(one["status"], one["dry_run"]) for one in result["legs"]] == [("COMPLETE", True)] * 2


def test_it_is_checked_and_can_be_neither_changed_nor_cancelled(
    execution: Any, dry: RunRef, order: Any
) -> None:
    with pytest.raises(OrderDenied):
        execution.place(dry, order(quantity=100_000), key="key-0001")
    placed = execution.place(dry, order(), key="key-0002").document["order_id"]
    for change in (
        lambda: execution.cancel("dry", placed),
        lambda: execution.modify("dry", placed, {"quantity": 5}),
    ):
        with pytest.raises(ApiError) as refused:
            change()
        assert refused.value.code == "order_closed"


def test_an_order_on_paper_does_not_have_the_mark(execution: Any, run: RunRef, order: Any) -> None:
    body = execution.place(run, order(), key="key-0001").document
    assert (body["status"], body["result"]["dry_run"]) == ("COMPLETE", False)
    assert body["result"]["filled_quantity"] == 10
