"""Orders are built as they are meant (KH-01)."""

from __future__ import annotations

import pytest

import kite_algo_worker as kaw


def test_the_functions_keep_the_published_order_of_keys() -> None:
    order = kaw.sl_order("NSE", "INFY", "BUY", "CNC", 1, 1450.0, 1445.0, market_protection=0)
    assert list(order) == [
        "exchange", "tradingsymbol", "transaction_type", "variety", "product", "order_type",
        "quantity", "price", "trigger_price", "validity", "market_protection",
    ]  # fmt: skip
    assert kaw.equity_market_order("INFY", "BUY", 1, autoslice=False)["autoslice"] is False


@pytest.mark.parametrize("name", ["tag", "tags", "attribution", "variety_", "x"])
def test_a_field_that_no_order_has_is_a_type_error(name: str) -> None:
    """KO-06."""
    with pytest.raises(TypeError, match=name):
        kaw.market_order("NSE", "INFY", "BUY", "CNC", 1, **{name: "mine"})


def test_the_builder_returns_the_orders_of_the_functions() -> None:
    builder = kaw.OrderBuilder("NSE", "INFY", "BUY", "CNC", 10)
    assert builder.market().regular().build() == kaw.market_order("NSE", "INFY", "BUY", "CNC", 10)
    pairs = [
        (builder.limit(1450.0), kaw.limit_order("NSE", "INFY", "BUY", "CNC", 10, 1450.0)),
        (builder.sl(1450.0, 1445.0), kaw.sl_order("NSE", "INFY", "BUY", "CNC", 10, 1450.0, 1445.0)),
        (builder.sl_m(1445.0), kaw.sl_m_order("NSE", "INFY", "BUY", "CNC", 10, 1445.0)),
        (
            builder.limit(1450.0).amo(),
            kaw.amo_limit_order("NSE", "INFY", "BUY", "CNC", 10, 1450.0),
        ),
    ]
    for fluent, function in pairs:
        assert fluent.build() == function


def test_every_step_of_the_builder_is_applied() -> None:
    """KO-01, KO-02, KO-07."""
    start = kaw.OrderBuilder("NSE", "INFY", "BUY", "MIS", 10)
    built = start.limit(100.0).iceberg(5, 2).ttl(30).disclosed(5).build()
    assert (built["variety"], built["iceberg_legs"], built["iceberg_quantity"]) == ("iceberg", 5, 2)
    assert (built["validity"], built["validity_ttl"], built["disclosed_quantity"]) == ("TTL", 30, 5)
    cover = start.market().co(10.0, 5.0, 1.0).ioc().market_protection(2).build()
    assert (cover["squareoff"], cover["stoploss"], cover["trailing_stoploss"]) == (10.0, 5.0, 1.0)
    assert (cover["validity"], cover["market_protection"]) == ("IOC", 2)
    sliced = start.market().day().autoslice().build()
    assert sliced["autoslice"] is True
    assert start.limit(1.0).auction("22").build()["auction_number"] == "22"


def test_a_builder_is_not_changed_by_its_steps() -> None:
    start = kaw.OrderBuilder("NSE", "INFY", "BUY", "CNC", 1)
    limited = start.limit(100.0)
    assert limited.market().build()["order_type"] == "MARKET"
    assert limited.build()["order_type"] == "LIMIT"
    with pytest.raises(kaw.BrokerValidationError, match="order_type is required"):
        start.build()


@pytest.mark.parametrize(
    "wrong",
    [
        kaw.OrderBuilder("NSE", "INFY", "BUY", "CNC", 0).market(),
        kaw.OrderBuilder("NSE", "INFY", "BUY", "CNC", 1).limit(0),
        kaw.OrderBuilder("NSE", "INFY", "BUY", "CNC", 1).market().co(0, 1),
        kaw.OrderBuilder().market(),
    ],
)
def test_a_builder_refuses_what_breaks_a_rule(wrong: kaw.OrderBuilder) -> None:
    with pytest.raises(kaw.BrokerValidationError):
        wrong.build()
