"""A service with an account at a broker that is scripted; everything that waits, waits briefly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from scripted_venue import ScriptedVenue

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.loop import parked
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues import lane
from tradertape_server.platform.database.engine import Database

FAST = {"per_second": 100_000, "per_minute": 1_000_000}


def eventually(is_true: Callable[[], Any], within_s: float = 10.0) -> Any:
    """Wait for something that threads do; returns it."""
    until = time.monotonic() + within_s
    while not (found := is_true()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
    return found


@dataclass
class Broker:
    """An account at the scripted venue, and the server that is connected to it now."""

    service: ExecutionService
    venue: ScriptedVenue
    account: int
    clock: Any
    gateway: Any
    market: Any
    _keys: int = field(default=0)

    @property
    def run(self) -> RunRef:
        return RunRef(account_id=self.account, run_id="live-1", venue="broker")

    def place(
        self, order: dict[str, Any], key: str | None = None, run: RunRef | None = None
    ) -> Any:
        self._keys += 1
        reply = self.service.place(run or self.run, order, key=key or f"key-{self._keys:04d}")
        return reply.document["result"]

    def order(self, order_id: str, run: RunRef | None = None) -> Order:
        return self.service.order((run or self.run).run_id, order_id)

    def wait_for(self, order_id: str, status: str, run: RunRef | None = None) -> Order:
        eventually(lambda: self.order(order_id, run).status.value == status)
        return self.order(order_id, run)

    def send_updates(self, rng: Any = None) -> None:
        """Have the venue's queued updates recorded."""
        self.venue.send_updates(self.account, self.service.trader.on_venue, rng)
        self.settle()

    def settle(self) -> None:
        for _ in range(2):
            self.service.trader.execute(Command(lambda _uow: None))

    def read_book(self, times: int = 1, *, later: timedelta = timedelta(0)) -> None:
        """Have the order book read and recorded, with the clock moved on before each reading."""
        lane_ = self.service.lanes.lane(self.account)
        for _ in range(times):
            self.clock.advance(seconds=later.total_seconds())
            self.market.refresh()
            if lane_ is not None:
                self.service.trader.on_venue(lane_._read())
            self.settle()


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "REPLY_WITHIN_S", 0.3)
    monkeypatch.setattr(lane, "_RETRY_S", 0.01)
    monkeypatch.setattr(lane, "_MOST_RETRY_S", 0.05)
    # Books are read when a test says so.
    monkeypatch.setattr(lane, "_READ_SOON_S", 3600.0)
    monkeypatch.setattr(lane, "_READ_EVERY_S", 3600.0)


@pytest.fixture
def venue(clock: Clock) -> ScriptedVenue:
    return ScriptedVenue(clock)


@pytest.fixture
def connect(
    start: Callable[..., ExecutionService], venue: ScriptedVenue, clock: Any, user_id: int,
    database: Database, market: Any,
) -> Iterator[Callable[[], Broker]]:  # fmt: skip
    """Starts a server that is connected to the venue; one after the other."""
    opened: list[Any] = []

    def connect() -> Broker:
        gateway = venue.connect()
        opened.append(gateway)
        accounts: list[int] = []

        def gateway_of(account_id: int) -> Any:
            return gateway if account_id in accounts else None

        service = start(gateway_of=gateway_of)
        row = service.broker_account(user_id, "kite:AB1234", "zerodha")
        with database.write() as session:
            session.get_one(type(row), row.id).rate_limits = FAST
        accounts.append(row.id)
        service.read_order_books()
        return Broker(service, venue, row.id, clock, gateway, market)

    yield connect
    for gateway in opened:
        gateway.close()


@pytest.fixture
def broker(connect: Callable[[], Broker]) -> Broker:
    return connect()
