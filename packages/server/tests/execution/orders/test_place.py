"""Placing orders: one, the same again, and what is refused."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput
from tradertape_server.features.execution.errors import KeyReused, OrderDenied
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state import working_state
from tradertape_server.features.execution.state.command import Command

RACES = 2000 if "TRADERTAPE_SOAK" in os.environ else 5


def test_a_market_order_fills_in_the_same_request(execution, run, order):
    """KO-01, KP-02."""
    answer = execution.place(run, order(), key="key-0001")
    body = answer.document
    assert answer.status_code == 200
    assert body["status"] == "COMPLETE"
    assert body["strategy_run_id"] == "run-1"
    assert body["result"]["filled_quantity"] == 10
    assert body["result"]["average_price"] == 1500.05  # at the ask
    [position] = execution.positions(run_id="run-1")
    assert position.quantity == 10
    [fill] = execution.trades(run_id="run-1")
    assert fill.charges_paise > 0
    kinds = [event.event_type for event in execution.events(run_id="run-1")]
    assert kinds[0] == "order_placed"
    assert "order_filled" in kinds
    assert body["result"]["timeline_cursor"] == execution.events(run_id="run-1")[-1].seq


def test_the_same_key_and_body_give_the_same_bytes_after_a_restart_too(
    execution, start, run, order
):
    """KP-02."""
    first = execution.place(run, order(price=1500, order_type="LIMIT"), key="key-0001")
    again = execution.place(run, order(order_type="LIMIT", price=1500.0), key="key-0001")
    assert again.body == first.body
    assert again.headers == {"Idempotent-Replay": "true"}
    execution.trader.stop()
    after = start().place(run, order(order_type="LIMIT", price=1500), key="key-0001")
    assert after.body == first.body
    assert len(execution.orders(run_id="run-1")) == 1


@pytest.mark.parametrize(
    "change", [{"quantity": 11}, {"product": "MIS"}, {"validity": "IOC"}, {"autoslice": False}]
)
def test_the_same_key_with_another_body_is_a_conflict(execution, run, order, change):
    """KP-02."""
    execution.place(run, order(), key="key-0001")
    with pytest.raises(KeyReused):
        execution.place(run, order(**change), key="key-0001")
    assert len(execution.orders(run_id="run-1")) == 1


def test_a_key_belongs_to_its_run(execution, run, order):
    """KP-02."""
    execution.place(run, order(), key="key-0001")
    other = RunRef(account_id=run.account_id, run_id="run-2")
    answer = execution.place(other, order(quantity=5), key="key-0001")
    assert not answer.is_replay
    assert [one.filled_quantity for one in execution.orders(run_id="run-2")] == [5]


def test_a_refused_order_does_not_burn_its_key(execution, run, order):
    """KP-02."""
    with pytest.raises(InvalidDocument, match="price"):
        execution.place(run, order(order_type="LIMIT"), key="key-0001")
    with pytest.raises(OrderDenied) as denied:
        execution.place(run, order(order_type="LIMIT", price=1500.03), key="key-0001")
    assert denied.value.code == "not_a_tick"
    answer = execution.place(run, order(order_type="LIMIT", price=1500.05), key="key-0001")
    assert answer.document["status"] == "COMPLETE"
    said = [event.event_type for event in execution.events(run_id="run-1")]
    assert said[0] == "order_denied"


def test_an_order_beyond_the_funds_is_denied_and_says_the_figures(execution, run, order):
    """KP-02, KF-01."""
    with pytest.raises(OrderDenied) as denied:
        execution.place(run, order(quantity=1000), key="key-0001")
    assert denied.value.code == "insufficient_margin"
    assert "₹10,00,000.00" in denied.value.detail


def test_resting_orders_reserve_their_money(execution, run, order):
    """KF-01."""
    limit = order(order_type="LIMIT", price=1490, quantity=600)
    execution.place(run, limit, key="key-0001")
    funds = execution.funds(run.account_id)
    charges = execution.preview(run, limit)["cost_contract"]["total_charges"]
    assert funds.reserved_paise == 1490 * 600 * 100 + round(charges * 100)
    assert funds.available_paise == 1_000_000_00 - funds.reserved_paise
    with pytest.raises(OrderDenied):
        execution.place(run, limit, key="key-0002")
    [resting] = execution.orders(run_id="run-1", open_only=True)
    execution.cancel("run-1", resting.order_id)
    assert execution.funds(run.account_id).available_paise == 1_000_000_00


def test_shares_that_are_not_held_cannot_be_sold_for_delivery(execution, run, order):
    """KO-03."""
    with pytest.raises(OrderDenied) as denied:
        execution.place(run, order(transaction_type="SELL"), key="key-0001")
    assert denied.value.code == "insufficient_holdings"


def test_an_unknown_instrument_is_named(execution, run, order):
    """KO-05."""
    with pytest.raises(InvalidDocument) as refused:
        execution.place(run, order(tradingsymbol="NOPE"), key="key-0001")
    assert refused.value.pointer == "/tradingsymbol"


def test_a_closed_market_takes_after_market_orders_alone(execution, run, order, market):
    """KO-02."""
    market.open = False
    with pytest.raises(OrderDenied) as denied:
        execution.place(run, order(), key="key-0001")
    assert denied.value.code == "market_closed_use_amo"
    answer = execution.place(run, order(variety="amo"), key="key-0001")
    assert answer.document["status"] == "AMO REQ RECEIVED"


@pytest.mark.parametrize("key", ["short", " " * 20, "x" * 161, None])
def test_a_key_has_8_to_160_characters(execution, run, order, key):
    """KP-02."""
    with pytest.raises(InvalidInput, match="idempotency_key"):
        execution.place(run, order(), key=key)


def test_an_order_over_the_freeze_quantity_is_sliced(execution, run, order):
    """KO-07."""
    sliced = order(tradingsymbol="SLICED", quantity=250, autoslice=True)
    body = execution.place(run, sliced, key="key-0001").document
    assert body["status"] == "COMPLETE"
    assert body["result"]["filled_quantity"] == 250
    assert len(body["result"]["children"]) == 3
    assert execution.order("run-1", body["order_id"]).status == "COMPLETE"


def test_64_threads_on_one_key_place_one_order(execution, run, order):
    """KP-02; FAULTS §2."""
    command = order(quantity=1, product="MIS")

    def place(key: str, start: threading.Barrier) -> bytes:
        start.wait()
        return execution.place(run, command, key=key).body

    with ThreadPoolExecutor(64) as pool:
        for race in range(RACES):
            start = threading.Barrier(64)
            racing = [pool.submit(place, f"race-{race:05d}", start) for _ in range(64)]
            assert len({one.result() for one in racing}) == 1
    assert len(execution.orders(run_id="run-1")) == RACES


def test_two_processes_on_one_key_place_one_order(execution, start, run, order):
    """KP-02."""
    other = start()
    answers: list[bytes] = []
    for number in range(20):
        key = f"key-{number:04d}"
        threads = [
            threading.Thread(
                target=lambda one=one, key=key: answers.append(
                    one.place(run, order(quantity=1), key=key).body
                )
            )
            for one in (execution, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(execution.orders(run_id="run-1")) == 20
    assert len(set(answers)) == 20


def test_what_memory_keeps_of_closed_positions_has_a_bound(execution, account, order, monkeypatch):
    """What is forgotten is read again: a row that is there is changed, not made twice."""
    monkeypatch.setattr(working_state, "_MOST_FLAT", 3)

    def trade(number: int, again: str = "") -> None:
        run = RunRef(account_id=account, run_id=f"run-{number}")
        for side in ("BUY", "SELL"):
            command = order(transaction_type=side, product="MIS", quantity=1)
            execution.place(run, command, key=f"key-{side}{again}-{number}")

    for number in range(12):
        trade(number)
    kept = execution.trader.execute(
        Command(lambda uow: len(uow._stored_positions) + len(uow._flat))
    )
    assert kept <= 2 * (3 + 1)
    trade(0, "-again")
    [position] = execution.positions(run_id="run-0")
    assert (position.quantity, position.bought.quantity) == (0, 2)
