"""Every test of this folder runs with every broker of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from packages.brokers.tests.contract.desk import Desk, desk_of
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import registry
from tradertape_sandbox.app import open_default_account


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One sandbox for a file's tests."""
    with served_sandbox() as served:
        yield served


@pytest.fixture
def limited() -> bool:
    """Whether the sandbox keeps its rate limits; a test of limits says so."""
    return False


@pytest.fixture(params=registry.names())
def desk(
    request: pytest.FixtureRequest, running: Running, limited: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """An account as at the start, INFY at 150 rupees, and no faults."""
    if not limited:
        admit = "tradertape_sandbox.wire.rate_limits.RateLimits.admit"
        monkeypatch.setattr(admit, lambda *_: None)
    exchange = running.sandbox.exchange
    open_default_account(exchange, request.param, Decimal(1_000_000))
    exchange.market.set_price("NSE:INFY", Decimal(150))
    yield desk_of(request.param, running)
    running.sandbox.faults.remove()
