"""Cancellations that cannot leave wait, over restarts, and are sent once after the login."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from scripted_venue import Fault

from tradertape_core.orders.order import OrderStatus
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.state.command import VenueCommand

from .conftest import Broker, eventually

LIMIT = {"order_type": "LIMIT", "price": 1490}
Restart = Callable[[Broker], Broker]


@pytest.fixture
def restart(connect: Any) -> Restart:
    """Stops a server and connects another one to the same venue."""

    def restart(former: Broker) -> Broker:
        former.gateway.close()
        former.service.trader.stop()
        return connect()

    return restart


def turn_on(broker: Broker, user_id: int, *, cancels: bool = True) -> None:
    halt = Halt(
        user_id=user_id, reason="enough", by="me", since=broker.clock.now(), cancels=cancels
    )

    def switch(uow: Any) -> None:
        uow.switch(user_id, halt)
        if cancels:
            kill_switch_exits.cancel_entries(uow, [broker.account], broker.service.gtt, why="drill")

    broker.service.trader.execute(VenueCommand(switch))


def cancels_at(broker: Broker) -> int:
    return [action for action, _ in broker.venue.received].count("cancel")


def log_in(broker: Broker) -> None:
    broker.venue.is_expired = False
    broker.service.lanes.resume(broker.account)


@pytest.mark.parametrize("restarts", [0, 1, 3])
def test_a_kill_switch_without_a_session_cancels_after_the_login_once(
    broker: Broker, order: Any, user_id: int, restart: Restart, restarts: int
) -> None:
    """FAULTS §2, §3: the session is over at 06:00, the switch is turned on, the server starts
    again, somebody signs in."""
    placed = [broker.place(order(**LIMIT), f"key-000{n}") for n in range(3)]
    broker.venue.is_expired = True
    turn_on(broker, user_id)
    for _ in range(restarts):
        broker = restart(broker)
    assert cancels_at(broker) == 0
    assert broker.service.cancels_on_their_way() == {(user_id, "kite:AB1234"): 3}
    for one in placed:
        assert broker.order(one["order_id"]).cancel_ask is not None, "it waits"
    log_in(broker)
    for one in placed:
        broker.wait_for(one["order_id"], "CANCELLED")
    assert cancels_at(broker) == 3
    assert sum(broker.venue.submitted.values()) == 3
    assert broker.service.cancels_on_their_way() == {}
    broker = restart(broker)
    broker.read_book(2)
    assert cancels_at(broker) == 3, "nothing is left of it"


def test_a_cancel_that_arrived_before_the_stop_is_not_sent_again(
    broker: Broker, order: Any, user_id: int, restart: Restart
) -> None:
    placed = broker.place(order(**LIMIT))
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    broker.venue.book_fails = True
    turn_on(broker, user_id)
    eventually(lambda: cancels_at(broker) == 1)
    broker = restart(broker)
    broker.venue.plan = lambda *_: Fault.NONE
    broker.venue.book_fails = False
    broker.read_book()
    assert broker.order(placed["order_id"]).status is OrderStatus.CANCELLED
    assert cancels_at(broker) == 1


def test_an_order_in_doubt_is_taken_back_when_the_book_shows_it(
    broker: Broker, order: Any, user_id: int
) -> None:
    """The switch is turned on between a lost answer and the reading that finds the order."""
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    broker.venue.book_lag = timedelta(seconds=45)
    placed = broker.place(order(**LIMIT))
    broker.venue.plan = lambda *_: Fault.NONE
    turn_on(broker, user_id)
    assert broker.order(placed["order_id"]).in_doubt
    broker.read_book(6, later=timedelta(seconds=10))
    broker.wait_for(placed["order_id"], "CANCELLED")
    assert (cancels_at(broker), sum(broker.venue.submitted.values())) == (1, 1)


def test_a_cancel_that_got_lost_is_asked_again_while_the_switch_is_on(
    broker: Broker, order: Any, user_id: int
) -> None:
    placed = broker.place(order(**LIMIT))
    broker.venue.plan = lambda *_: Fault.DROP_BEFORE
    turn_on(broker, user_id)
    broker.venue.plan = lambda *_: Fault.NONE
    broker.read_book(10, later=timedelta(seconds=10))
    broker.wait_for(placed["order_id"], "CANCELLED")


def test_a_switch_that_leaves_orders_leaves_them(
    broker: Broker, order: Any, user_id: int, restart: Restart
) -> None:
    placed = broker.place(order(**LIMIT))
    turn_on(broker, user_id, cancels=False)
    broker.read_book(2)
    broker = restart(broker)
    broker.read_book(2)
    eventually(lambda: broker.order(placed["order_id"]).status is OrderStatus.OPEN)
    assert cancels_at(broker) == 0


def test_positions_are_closed_once_after_the_login_of_another_server(
    broker: Broker, order: Any, user_id: int, restart: Restart
) -> None:
    """The exits of a switch that could not leave before the stop are made after the login."""
    broker.venue.fills_at_once = True
    broker.place(order(quantity=10))
    broker.send_updates()
    broker.venue.is_expired = True
    halt = Halt(user_id=user_id, reason="enough", by="me", since=broker.clock.now(), cancels=True)

    def switch(uow: Any) -> list[tuple[str, str]]:
        uow.switch(user_id, halt)
        kill_switch_exits.cancel_entries(uow, [broker.account], broker.service.gtt, why="drill")
        return kill_switch_exits.begin_exits(uow, [broker.account], reason="enough")

    for run_id, key in broker.service.trader.execute(VenueCommand(switch)):
        broker.service.advance_exit(run_id, key)
    broker = restart(broker)
    log_in(broker)
    for _ in range(4):
        broker.read_book(4, later=timedelta(seconds=10))
        for run_id, key in broker.service.exits_under_way():
            broker.service.advance_exit(run_id, key)
        broker.send_updates()
    sides = [kept.entry.request.side.value for kept in broker.venue.orders.values()]
    assert sorted(sides) == ["BUY", "SELL"], "closed, and once"
