"""Groww knows a reference that was used: an order sent again after all is not placed twice."""

from __future__ import annotations

import pytest
from packages.brokers.tests.groww.served import KEY, Watch, limit, rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_core.orders.order import Product
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan


@pytest.fixture
def groww(fresh: Running, monkeypatch: pytest.MonkeyPatch) -> GrowwOrders:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    return GrowwOrders(rest_of(fresh), Watch())


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.HTML, FaultKind.LATE_BOOK])
def test_the_same_order_again_is_not_placed(
    fresh: Running, groww: GrowwOrders, kind: FaultKind
) -> None:
    if kind is FaultKind.LATE_BOOK:
        fresh.sandbox.faults.add(FaultPlan(kind=kind, broker="groww", delay_s=60))
        groww.submit(limit())
    else:
        plan = FaultPlan(kind=kind, broker="groww", endpoint=Endpoint.PLACE, count=1)
        fresh.sandbox.faults.add(plan)
        with pytest.raises(e.OutcomeUnknown):
            groww.submit(limit())

    with pytest.raises(e.OutcomeUnknown, match="reference already"):
        groww.submit(limit())

    assert len(fresh.sandbox.exchange.account(KEY).orders) == 1


def test_an_order_is_read_by_its_number(groww: GrowwOrders) -> None:
    groww.submit(limit())
    (entry,) = groww.order_book()
    assert entry.venue_order_id is not None
    assert groww.order(entry.venue_order_id, "CASH") == entry


def test_a_product_that_the_segment_has_not_is_refused(fresh: Running, groww: GrowwOrders) -> None:
    with pytest.raises(e.Refused, match="NRML"):
        groww.submit(limit(product=Product.NRML))
    assert fresh.sandbox.exchange.account(KEY).orders == {}
