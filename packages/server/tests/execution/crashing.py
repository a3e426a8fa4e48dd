"""A server that is a process of its own, so that it can be killed: forked, with its own database
connection, trader and market."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from stub_market import StubMarket

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.service import ExecutionService, RunRef, Settings
from tradertape_server.platform import crash_points
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

OPENING = 10**12
MONDAY_10_AM = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
SHARES = ("NSE:INFY", "NSE:TCS")
CLIENTS = 8
_REPLAYS = 1


class RunningClock(SystemClock):
    """The machine's clock, set to a time at which everything may be traded.

    Each process of a test takes the clock of its test: what they store has one order in time. The
    real time of day would decide whether intraday orders are refused.
    """

    def __init__(self, begins_at: datetime = MONDAY_10_AM) -> None:
        self._ahead = begins_at - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead


def in_a_child(work: Callable[[], None]) -> int:
    """Fork, do the work, and return how the child ended (137: killed at a step)."""
    child = spawn(work)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def spawn(work: Callable[[], None]) -> int:
    """Fork and do the work in the child; its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - the child must not return into pytest
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def a_server(url: str, clock: Clock, market: StubMarket) -> ExecutionService:
    """A trader on the database, after its recovery."""
    service = ExecutionService.build(Database(url), clock, market, Settings(opening_paise=OPENING))
    service.trader.start()
    return service


def place_and_die(
    url: str, clock: Clock, account_id: int, order: dict[str, Any], step: str
) -> None:
    """Be a server that dies at a step of placing one order."""
    service = a_server(url, clock, priced_market(clock))
    crash_points._points = crash_points.CrashPoints(step)
    service.place(RunRef(account_id=account_id, run_id="run-1"), order, key="key-0001")


def priced_market(clock: Clock) -> StubMarket:
    market = StubMarket(clock)
    market.trade("NSE:INFY", "1500.00")
    market.trade("NSE:TCS", "3000.00")
    return market


def trade_under_load(
    url: str,
    clock: Clock,
    account_id: int,
    pipe: int,
    answered: Collection[int],
    goal: int | None,
    seed: int,
) -> None:
    """Be a server and its clients: every acknowledged key is told through the pipe.

    A client asks again for a few of its keys that were answered before, then for all that were not:
    up to the goal, or until it is killed.
    """
    market = priced_market(clock)
    service = a_server(url, clock, market)
    stop = threading.Event()
    threading.Thread(target=_move, args=(market, seed, stop), daemon=True).start()
    clients = [
        threading.Thread(
            target=_client,
            args=(service, account_id, pipe, _keys_of(client, answered, goal, seed)),
            daemon=True,
        )
        for client in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    stop.set()


def _keys_of(client: int, answered: Collection[int], goal: int | None, seed: int) -> Iterator[int]:
    known = sorted(number for number in answered if number % CLIENTS == client)
    yield from random.Random(seed + client).sample(known, min(_REPLAYS, len(known)))
    every = itertools.count(client, CLIENTS) if goal is None else range(client, goal, CLIENTS)
    yield from (number for number in every if number not in answered)


def wish_of(number: int) -> dict[str, Any]:
    """The order of a key: always the same for the same number."""
    share = SHARES[number % 2]
    base = {
        "exchange": "NSE",
        "tradingsymbol": share[4:],
        "transaction_type": "BUY" if number % 4 < 2 else "SELL",
        "product": "MIS",
        "quantity": 1 + number % 7,
    }
    if number % 3 == 0:
        price = 1500 if number % 2 == 0 else 3000
        return {**base, "order_type": "LIMIT", "price": price + (number % 5) - 2}
    return {**base, "order_type": "MARKET"}


def key_of(number: int) -> str:
    return f"key-{number:06d}"


def _client(service: ExecutionService, account_id: int, pipe: int, numbers: Iterator[int]) -> None:
    for number in numbers:
        run = RunRef(account_id=account_id, run_id=f"run-{number % CLIENTS}")
        try:
            answer = service.place(run, wish_of(number), key=key_of(number))
        except ApiError as error:  # a refusal is an answer too
            line = f"{number} {error.code}\n"
        else:
            line = f"{number} {sha256(answer.body).hexdigest()}\n"
        os.write(pipe, line.encode())


def _move(market: StubMarket, seed: int, stop: threading.Event) -> None:
    draw = random.Random(seed)
    while not stop.wait(0.005):
        market.trade("NSE:INFY", f"{1500 + draw.randint(-40, 40) * 0.05:.2f}")
        market.trade("NSE:TCS", f"{3000 + draw.randint(-40, 40) * 0.05:.2f}")


def kill(child: int) -> None:
    """kill -9."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
