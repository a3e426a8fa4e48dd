"""Fixtures of execution: a service over both databases, on a market a test moves by hand.

execution   the service, trading; `market` its market, `account` a paper account, `run` a run on it.
After every test that used it the oracles are asked.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.platform.database.engine import Database


def _beside(name: str, folder: Path = Path(__file__).parent) -> Any:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


stub_market = _beside("stub_market")
oracles = _beside("oracles")
_beside("crashing")
_beside("exchange_steps")
_beside("exchange_days")
_beside("drawn_steps")
scripted_venue = _beside("scripted_venue", Path(__file__).parents[1] / "doubles")
_beside("scripted_gtts", Path(__file__).parents[1] / "doubles")

Order = dict[str, Any]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def market(clock: Clock) -> Any:
    market = stub_market.StubMarket(clock)
    market.trade("NSE:INFY", "1500.00")
    market.trade("NSE:TCS", "3000.00")
    market.trade("NSE:SLICED", "100.00")
    return market


@pytest.fixture
def user_id(database: Database, clock: Clock) -> int:
    with database.write() as session:
        user = User(email="trader@example.com", created_at=clock.now())
        session.add(user)
        session.flush()
        return user.id


@pytest.fixture
def start(database: Database, clock: Clock, market: Any) -> Iterator[Callable[..., Any]]:
    """Starts services; every one is stopped at the end, and the oracles are asked."""
    started: list[ExecutionService] = []

    def start(**options: Any) -> ExecutionService:
        service = ExecutionService.build(database, clock, options.pop("market", market), **options)
        service.trader.start()
        started.append(service)
        return service

    yield start
    for service in started:
        service.trader.stop()
    oracles.check(database)


@pytest.fixture
def execution(start: Callable[..., ExecutionService]) -> ExecutionService:
    return start()


@pytest.fixture
def account(execution: ExecutionService, user_id: int) -> int:
    return execution.account(user_id, "kite:paper-a").id


@pytest.fixture
def run(account: int) -> RunRef:
    return RunRef(account_id=account, run_id="run-1")


@pytest.fixture
def order() -> Callable[..., Order]:
    """An order document: `order(order_type="LIMIT", price=1490)`."""

    def order(**changes: Any) -> Order:
        base = {
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "transaction_type": "BUY",
            "product": "CNC",
            "order_type": "MARKET",
            "quantity": 10,
        }
        return {**base, **changes}

    return order


@pytest.fixture
def settle(execution: ExecutionService) -> Callable[..., None]:
    """Waits until the trader has worked off what it was told before."""

    def settle(service: ExecutionService = execution) -> None:
        # A command that needs no venue is answered before the ticks of its turn; the next is not.
        for _ in range(2):
            service.trader.execute(Command(lambda _uow: None))

    return settle
