"""Triggers: what they place when a price reaches them, and how they end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from packages.sandbox.tests.exchange.bench import KEY, SHARE, Bench, request

from tradertape_core.orders.gtt import GttRequest, GttStatus, GttType
from tradertape_core.orders.order import OrderStatus, OrderType, Side
from tradertape_sandbox.exchange.errors import Refused


def trigger(*legs: tuple[str, str], side: Side = Side.SELL, last: str = "300") -> GttRequest:
    """A trigger with a leg for each pair of trigger and limit."""
    return GttRequest(
        type=GttType.SINGLE if len(legs) == 1 else GttType.TWO_LEG,
        exchange="NSE",
        tradingsymbol=SHARE.partition(":")[2],
        trigger_values=tuple(Decimal(value) for value, _ in legs),
        last_price=Decimal(last),
        orders=tuple(
            request(side=side, order_type=OrderType.LIMIT, price=Decimal(price))
            for _, price in legs
        ),
    )


def test_the_leg_that_fires_places_its_order_and_the_other_never_does(bench: Bench) -> None:
    bench.price("300.00")
    gtt = bench.exchange.create_gtt(KEY, trigger(("280", "275"), ("320", "315")))

    bench.price("321.00")
    bench.price("270.00")

    fired = bench.exchange.gtt(KEY, gtt.trigger_id)
    assert (fired.status, fired.fired_leg) == (GttStatus.TRIGGERED, 1)
    orders = bench.exchange.orders(KEY)
    assert [one.order_id for one in orders] == [fired.results[0].order_id]
    assert orders[0].status is OrderStatus.COMPLETE
    assert orders[0].meta["gtt"] == gtt.trigger_id


def test_a_trigger_whose_order_is_refused_says_why(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(side=Side.SELL, quantity=100)
    gtt = bench.exchange.create_gtt(KEY, trigger(("320", "315")))

    bench.price("321.00")

    result = bench.exchange.gtt(KEY, gtt.trigger_id).results[0]
    assert result.order_id is None
    assert "only 0 of NSE:SBIN are held" in (result.reason or "")


def test_a_trigger_too_close_to_the_price_is_refused(bench: Bench) -> None:
    bench.price("300.00")

    with pytest.raises(Refused, match=r"0\.25% away"):
        bench.exchange.create_gtt(KEY, trigger(("300.50", "300")))


def test_a_deleted_trigger_fires_no_more_and_cannot_be_changed(bench: Bench) -> None:
    bench.price("300.00")
    gtt = bench.exchange.create_gtt(KEY, trigger(("320", "315")))
    bench.exchange.delete_gtt(KEY, gtt.trigger_id)

    bench.price("321.00")

    assert bench.exchange.orders(KEY) == []
    with pytest.raises(Refused, match="deleted"):
        bench.exchange.modify_gtt(KEY, gtt.trigger_id, trigger(("330", "325")))


def test_a_changed_trigger_waits_for_its_new_price(bench: Bench) -> None:
    bench.price("300.00")
    gtt = bench.exchange.create_gtt(KEY, trigger(("320", "315")))
    bench.exchange.modify_gtt(KEY, gtt.trigger_id, trigger(("330", "325")))

    bench.price("321.00")
    assert bench.exchange.gtt(KEY, gtt.trigger_id).is_active

    bench.price("331.00")
    assert not bench.exchange.gtt(KEY, gtt.trigger_id).is_active


def test_a_trigger_ends_after_a_year(bench: Bench) -> None:
    bench.price("300.00")
    gtt = bench.exchange.create_gtt(KEY, trigger(("320", "315")))

    bench.step(timedelta(days=366).total_seconds())

    assert bench.exchange.gtt(KEY, gtt.trigger_id).status is GttStatus.EXPIRED
