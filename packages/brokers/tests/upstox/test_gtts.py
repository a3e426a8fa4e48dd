"""GTTs at Upstox: what is sent, how they are read, and the sandbox asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.served import rest_of
from packages.brokers.tests.upstox.test_orders import INFY, KEYS, Told, order_of

from tradertape_brokers import errors as e
from tradertape_brokers.upstox.gtts import UpstoxGtts
from tradertape_brokers.upstox.keys import Keys
from tradertape_core.orders.gtt import GttRequest, GttStatus, GttType
from tradertape_core.orders.order import OrderType, Side

ROW: dict[str, Any] = {
    "type": "SINGLE", "exchange": "NSE", "quantity": 5, "product": "D",
    "rules": [{"strategy": "ENTRY", "status": "SCHEDULED", "message": "", "trigger_type": "ABOVE",
               "trigger_price": 1510.5, "transaction_type": "BUY", "order_id": None,
               "trailing_gap": None}],
    "trading_symbol": "INFY-EQ", "instrument_token": INFY, "gtt_order_id": "GTT-C26112400000001",
    "expires_at": 1827032400000000, "created_at": 1795496400000,
}  # fmt: skip


def gtt(trigger: str = "1510.5", last: str = "1500", **order: Any) -> GttRequest:
    terms = {"price": Decimal(trigger), **order}
    return GttRequest(
        type=GttType.SINGLE,
        exchange="NSE",
        tradingsymbol="INFY",
        trigger_values=(Decimal(trigger),),
        last_price=Decimal(last),
        orders=(replace(order_of().request, **terms),),
    )


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        (gtt(), {"trigger_type": "ABOVE"}),
        (gtt(last="1600"), {"trigger_type": "BELOW"}),
        (
            gtt(order_type=OrderType.MARKET, price=Decimal(0)),
            {"trigger_type": "ABOVE", "market_protection": -1.0},
        ),
        (
            gtt(order_type=OrderType.MARKET, price=Decimal(0), market_protection=Decimal(2)),
            {"trigger_type": "ABOVE", "market_protection": 2.0},
        ),
    ],
)
def test_a_trigger_waits_on_the_side_of_the_price(
    request_: GttRequest, rule: dict[str, Any]
) -> None:
    told = Told({"gtt_order_ids": ["GTT-1"]}, {"gtt_order_ids": ["GTT-1"]})
    gtts = UpstoxGtts(told.rest, KEYS)
    assert gtts.place(request_) == "GTT-1"
    terms = {
        "type": "SINGLE", "quantity": 5,
        "rules": [{"strategy": "ENTRY", "trigger_price": 1510.5, **rule}],
    }  # fmt: skip
    place = {"product": "D", "instrument_token": INFY, "transaction_type": "BUY"}
    assert told.sent == terms | place
    gtts.modify("GTT-1", request_)
    assert told.sent == terms | {"gtt_order_id": "GTT-1"}
    assert [(one.method, one.url.path) for one in told.asked] == [
        ("POST", "/v3/order/gtt/place"), ("PUT", "/v3/order/gtt/modify"),
    ]  # fmt: skip
    assert {one.url.host for one in told.asked} == {"api.upstox.com"}  # not the orders' host


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (gtt(price=Decimal(1512)), "the price the trigger's"),
        (gtt(order_type=OrderType.SL, trigger_price=Decimal(1)), "the price the trigger's"),
        (replace(gtt(), type=GttType.TWO_LEG), "two triggers"),
    ],
)
def test_what_upstox_cannot_express_is_not_sent(request_: GttRequest, words: str) -> None:
    told = Told()
    with pytest.raises(e.Refused, match=words):
        UpstoxGtts(told.rest, KEYS).place(request_)
    assert told.asked == []


def test_a_lost_id_is_an_unknown_outcome() -> None:
    for data in ({}, {"gtt_order_ids": []}, {"gtt_order_ids": [None]}, [1]):
        with pytest.raises(e.OutcomeUnknown):
            UpstoxGtts(Told(data).rest, KEYS).place(gtt())


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("SCHEDULED", GttStatus.ACTIVE), ("TRIGGERED", GttStatus.TRIGGERED),
        ("COMPLETED", GttStatus.TRIGGERED), ("FAILED", GttStatus.REJECTED),
        ("CANCELLED", GttStatus.CANCELLED), ("EXPIRED", GttStatus.EXPIRED),
    ],
)  # fmt: skip
def test_a_trigger_is_read_in_our_words(word: str, status: GttStatus) -> None:
    rule = ROW["rules"][0] | {"status": word, "order_id": "7"}
    several = ROW | {"type": "MULTIPLE"}
    (one,) = UpstoxGtts(Told([ROW | {"rules": [rule]}, several]).rest, KEYS).list()
    assert (one.status, one.trigger_id) == (status, "GTT-C26112400000001")
    assert (one.request.trigger_values, one.request.instrument) == (
        (Decimal("1510.5"),), "NSE:INFY",
    )  # fmt: skip
    assert one.created_at == datetime.fromtimestamp(1795496400, UTC)
    assert one.expires_at == datetime.fromtimestamp(1827032400, UTC)
    assert [result.order_id for result in one.results] == ["7"] * (status is not GttStatus.ACTIVE)


@pytest.mark.parametrize(
    "change", [{"rules": []}, {"rules": None}, {"created_at": "x"}, {"quantity": None},
               {"product": "X"}],
)  # fmt: skip
def test_a_trigger_that_cannot_be_read_says_so(change: dict[str, Any]) -> None:
    row = ROW | change
    if change.get("quantity", 0) is None:
        del row["quantity"]
    with pytest.raises(e.Unavailable):
        UpstoxGtts(Told([row]).rest, KEYS).list()


def test_a_trigger_lives_at_the_sandbox(fresh: Running) -> None:
    gtts = UpstoxGtts(rest_of(fresh), Keys(fresh.sandbox.exchange.instruments.all))
    name = gtts.place(gtt("155", "150"))
    gtts.modify(name, gtt("154", "150"))
    (one,) = gtts.list()
    assert (one.status, one.request.trigger_values) == (GttStatus.ACTIVE, (Decimal(154),))
    assert one.request.orders[0].side is Side.BUY
    gtts.cancel(name)
    (one,) = gtts.list()
    assert one.status is GttStatus.CANCELLED
    with pytest.raises(e.Refused):
        gtts.cancel(name)
