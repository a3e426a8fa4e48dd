"""Orders for the tests of their rules and their states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tradertape_core.orders.events import OrderPlaced
from tradertape_core.orders.order import Order, OrderRequest
from tradertape_core.orders.transitions import evolve

_NOON = datetime(2026, 8, 18, 6, 30, tzinfo=UTC)


@pytest.fixture
def noon() -> datetime:
    return _NOON


@pytest.fixture
def order_of() -> Callable[..., Order]:
    """A placed order of a request."""

    def made(request: OrderRequest, **more: object) -> Order:
        event = OrderPlaced(
            order_id="1001",
            at=_NOON,
            account="kite:paper-a",
            run_id="run-1",
            request=request,
            venue="paper",
            tag="TT0",
            **more,
        )
        return evolve(None, event)

    return made
