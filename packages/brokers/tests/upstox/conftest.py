"""A served sandbox, and an account at its Upstox door that each test begins anew."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_sandbox.app import open_default_account


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One sandbox for a file's tests."""
    with served_sandbox() as served:
        yield served


@pytest.fixture
def fresh(running: Running) -> Iterator[Running]:
    """The default account as at the start, INFY at 150 rupees, and no faults."""
    exchange = running.sandbox.exchange
    open_default_account(exchange, "upstox", Decimal(1_000_000))
    exchange.market.set_price("NSE:INFY", Decimal(150))
    yield running
    running.sandbox.faults.remove()
