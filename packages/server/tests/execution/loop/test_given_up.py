"""What a caller was told to have failed for now is not done afterwards, or its key has the answer.

The database is stalled in two ways: before a command is begun, and while it is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tradertape_server.features.execution.errors import KeyReused, TradingPaused
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.loop import batch, trader
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command

Call = Callable[[], Any]
KEY = "repeat-0001"


@pytest.fixture
def calls(execution, run, account, order, user_id, clock) -> dict[str, Call]:
    """Every kind of change, each under a key where it takes one."""
    execution.place(run, order(), key="key-0001")
    resting = order(order_type="LIMIT", price=1490)
    changed, cancelled = (
        execution.place(run, resting, key=f"rest-{n}000").document["order_id"] for n in range(2)
    )
    triggers = [execution.create_gtt(account, gtt(order)) for _ in range(2)]
    halt = Halt(user_id=user_id, reason="stop", by="me", since=clock.now())

    def key(text: str) -> CallersKey:
        return CallersKey("worker-1", f"{KEY}-{text}")

    def basket() -> Any:
        return execution.place_basket(run, [order(), order(quantity=2)], key=f"{KEY}-b")

    return {
        "place": lambda: execution.place(run, order(), key=KEY),
        "basket": basket,
        "modify": lambda: execution.modify_once(
            run.run_id, changed, {"quantity": 7}, key=f"{KEY}-m"
        ),
        "cancel": lambda: execution.cancel_once(run.run_id, cancelled, key=f"{KEY}-c"),
        "create_gtt": lambda: execution.create_gtt(account, gtt(order), key=key("create")),
        "modify_gtt": lambda: execution.modify_gtt(
            account, triggers[0], {"condition": {"trigger_values": [1440.0], "last_price": 1500.0}},
            key=key("modify"),
        ),
        "delete_gtt": lambda: execution.delete_gtt(account, triggers[1], key=key("delete")),
        "exit": lambda: execution.exit_run(run, key=f"{KEY}-x"),
        "halt": lambda: execution.trader.execute(
            Command(lambda uow: uow.switch(user_id, halt))
        ),
    }  # fmt: skip


def gtt(order: Any) -> dict[str, Any]:
    condition = {"exchange": "NSE", "tradingsymbol": "INFY", "last_price": 1500.0}
    return {
        "type": "single",
        "condition": {**condition, "trigger_values": [1450.0]},
        "orders": [order(order_type="LIMIT", price=1450.0)],
    }


def state(execution: ExecutionService, account: int, user_id: int) -> Any:
    """All that the calls could change."""
    orders = [
        (one.order_id, one.status, one.request.quantity)
        for one in execution.orders(account_id=account)
    ]
    triggers = [(one.status, one.request.trigger_values) for one in execution.gtts(account)]
    return orders, triggers, execution.halt(user_id), len(execution.events(account_id=account))


@pytest.fixture
def stalled(execution, monkeypatch) -> Iterator[Event]:
    """The trader's thread is held up before it begins what is queued; set to let it go."""
    monkeypatch.setattr(trader, "WAIT_S", 0.2)
    is_held, is_free = Event(), Event()

    def hold(_uow: Any) -> None:
        is_held.set()
        assert is_free.wait(60)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(_ignored, lambda: execution.trader.execute(Command(hold)))
        assert is_held.wait(60)
        yield is_free
        is_free.set()
        holding.result(60)


def _ignored(call: Call) -> None:
    try:
        call()
    except TradingPaused:
        return


def test_what_was_given_up_in_the_queue_is_not_done_later(
    execution, account, user_id, calls, stalled, settle
):
    before = state(execution, account, user_id)
    with ThreadPoolExecutor(len(calls)) as pool:
        for name, failed in {name: pool.submit(call) for name, call in calls.items()}.items():
            with pytest.raises(TradingPaused, match="nothing is done"):
                failed.result(60)
            assert name
    stalled.set()
    settle()
    assert state(execution, account, user_id) == before
    for call in calls.values():
        call()  # the keys are free, and everything can be done


def test_a_caller_on_an_event_loop_withdraws_too(execution, run, order, stalled, settle):
    command = execution.place_command(run, order(), key=KEY)
    with pytest.raises(TradingPaused, match="nothing is done"):
        asyncio.run(execution.reply_async(command))
    stalled.set()
    settle()
    assert execution.orders(run_id=run.run_id) == []


@pytest.mark.parametrize(
    "name",
    ["place", "basket", "modify", "cancel", "create_gtt", "modify_gtt", "delete_gtt", "exit"],
)
def test_what_was_being_committed_is_found_by_its_key(
    execution, account, user_id, calls, settle, monkeypatch, name
):
    call = calls[name]
    is_held, is_free = Event(), Event()

    def slow(step: str) -> None:
        if step == "before_commit" and not is_free.is_set():
            is_held.set()
            assert is_free.wait(60)

    monkeypatch.setattr(trader, "WAIT_S", 0.2)
    monkeypatch.setattr(batch, "crash_point", slow)
    with ThreadPoolExecutor(1) as pool:
        failed: Future[Any] = pool.submit(call)
        assert is_held.wait(60)
        with pytest.raises(TradingPaused, match="Nothing is lost"):
            failed.result(60)
        is_free.set()
    settle()
    done = state(execution, account, user_id)
    first = call()
    if name != "exit":  # that is taken further each time it is asked for
        assert state(execution, account, user_id) == done, "not done a second time"
    again = call()
    if name == "exit":
        assert first.document["status"] == "closed"
        sold = [one for one in execution.orders() if one.request.side.value == "SELL"]
        assert len(sold) == 1
    if hasattr(first, "body"):
        assert first.is_replay or name == "exit"
        assert (again.status_code, again.body) == (first.status_code, first.body)
    else:
        assert again == first


def test_a_key_of_a_trigger_is_its_callers_and_for_one_request(execution, account, order):
    mine, other = CallersKey("worker-1", KEY), CallersKey("worker-2", KEY)
    first = execution.create_gtt(account, gtt(order), key=mine)
    assert execution.create_gtt(account, gtt(order), key=mine) == first
    assert execution.create_gtt(account, gtt(order), key=other) != first
    with pytest.raises(KeyReused, match=KEY):
        execution.delete_gtt(account, first, key=mine)
    assert execution.delete_gtt(account, first, key=CallersKey("worker-1", "delete-1")) == first
    assert execution.delete_gtt(account, first, key=CallersKey("worker-1", "delete-1")) == first


def test_a_refused_change_leaves_its_key_free(execution, run, order, market):
    order_id = execution.place(run, order(order_type="LIMIT", price=1490), key="key-0001").document[
        "order_id"
    ]
    with pytest.raises(Exception, match=r"multiple of 0\.05"):
        execution.modify_once(run.run_id, order_id, {"price": 1490.01}, key=KEY)
    changed = execution.modify_once(run.run_id, order_id, {"price": 1489.0}, key=KEY)
    assert changed.document["price"] == 1489.0
    with pytest.raises(KeyReused):
        execution.cancel_once(run.run_id, order_id, key=KEY)
    market.trade("NSE:INFY", "1400.00")
    again = execution.modify_once(run.run_id, order_id, {"price": 1489.0}, key=KEY)
    assert (again.body, again.is_replay) == (changed.body, True), "whatever happened since"


def test_a_change_whose_answer_a_stop_lost_is_answered_after_it(
    execution, start, run, order, monkeypatch
):
    """It is decided and on disk, and the server stops before the paper market is told."""
    placed = execution.place(run, order(order_type="LIMIT", price=1490), key="key-0001").document

    def cut(*_what: Any) -> None:
        raise OperationalError("BEGIN", {}, Exception("the connection was cut"))

    with monkeypatch.context() as dying:
        dying.setattr(type(execution.trader._batch.recording), "record", cut)
        with pytest.raises(TradingPaused):
            execution.cancel_once(run.run_id, placed["order_id"], key=KEY)
        execution.trader.stop()
    again = start()
    reply = again.cancel_once(run.run_id, placed["order_id"], key=KEY)
    assert (reply.document["status"], reply.is_replay) == ("CANCELLED", True)
    assert again.order(run.run_id, placed["order_id"]).status == "CANCELLED"
