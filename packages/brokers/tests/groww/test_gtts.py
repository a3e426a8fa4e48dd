"""GTTs at Groww: its smart orders, and those of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from packages.brokers.tests.groww.served import rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww.gtt_mapping import create_body, gtt_of
from tradertape_brokers.groww.gtts import GrowwGtts
from tradertape_brokers.groww.names import SameSymbols
from tradertape_brokers.groww.orders_mapping import UnknownRow
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Limiter
from tradertape_core.orders.gtt import GttRequest, GttStatus, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

NAMES = SameSymbols()
REFERENCE = "TTGTT0001"


def order(price: str, **terms: Any) -> OrderRequest:
    base = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.SELL, product=Product.CNC,
        order_type=OrderType.LIMIT, quantity=5, price=Decimal(price),
    )  # fmt: skip
    return replace(base, **terms)


def single(trigger: str = "140", price: str = "141", **terms: Any) -> GttRequest:
    return GttRequest(
        type=GttType.SINGLE, exchange="NSE", tradingsymbol="INFY",
        trigger_values=(Decimal(trigger),), last_price=Decimal(150),
        orders=(order(price, **terms),),
    )  # fmt: skip


def two_legs(low: str = "140", high: str = "160", **terms: Any) -> GttRequest:
    return GttRequest(
        type=GttType.TWO_LEG, exchange="NSE", tradingsymbol="INFY",
        trigger_values=(Decimal(low), Decimal(high)), last_price=Decimal(150),
        orders=(order("139.5", **terms), order("159.5", **terms)),
    )  # fmt: skip


# --- mapping ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trigger", "direction"), [("140", "DOWN"), ("160", "UP")])
def test_one_trigger_is_a_gtt(trigger: str, direction: str) -> None:
    assert create_body(single(trigger, side=Side.BUY), REFERENCE, NAMES) == {
        "reference_id": REFERENCE, "smart_order_type": "GTT", "segment": "CASH",
        "exchange": "NSE", "trading_symbol": "INFY", "quantity": 5, "product_type": "CNC",
        "duration": "DAY", "trigger_price": f"{trigger}.00", "trigger_direction": direction,
        "order": {"order_type": "LIMIT", "price": "141.00", "transaction_type": "BUY"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("side", "target", "stop", "net"),
    [(Side.SELL, "160.00", "140.00", 5), (Side.BUY, "140.00", "160.00", -5)],
)
def test_two_triggers_are_an_oco_whose_target_is_on_the_side_of_profit(
    side: Side, target: str, stop: str, net: int
) -> None:
    body = create_body(two_legs(side=side), REFERENCE, NAMES)
    assert body["smart_order_type"] == "OCO"
    assert (body["transaction_type"], body["net_position_quantity"]) == (side.value, net)
    assert (body["target"]["trigger_price"], body["target"]["order_type"]) == (target, "LIMIT")
    assert (body["stop_loss"]["trigger_price"], body["stop_loss"]["order_type"]) == (stop, "SL")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (single(order_type=OrderType.SL, trigger_price=Decimal(1)), "LIMIT or MARKET"),
        (replace(two_legs(), orders=(order("139"), order("159", quantity=4))), "same side"),
        (replace(two_legs(), orders=(order("139"), order("159", side=Side.BUY))), "same side"),
        (replace(single(), exchange="MCX"), "NSE, BSE, NFO, BFO"),
    ],
)
def test_what_groww_does_not_take_is_refused(request_: GttRequest, words: str) -> None:
    with pytest.raises(e.Refused, match=words):
        create_body(request_, REFERENCE, NAMES)


ROW: dict[str, Any] = {
    "smart_order_id": "gtt_91a7f4", "smart_order_type": "GTT", "reference_id": REFERENCE,
    "status": "ACTIVE", "trading_symbol": "INFY", "exchange": "NSE", "segment": "CASH",
    "quantity": 5, "product_type": "CNC", "duration": "DAY", "ltp": 150.0, "remark": "",
    "order": {"order_type": "LIMIT", "price": "141.00", "transaction_type": "SELL"},
    "trigger_direction": "DOWN", "trigger_price": "140.00", "child_legs": None,
    "created_at": "2026-11-24T10:30:00", "expire_at": "2027-11-24T10:30:00",
    "triggered_at": None, "updated_at": "2026-11-24T10:31:00",
}  # fmt: skip


def test_a_row_is_the_trigger_that_was_asked_for() -> None:
    assert gtt_of(ROW, NAMES).request == single()
    assert gtt_of(ROW, NAMES).trigger_id == "CASH/GTT/gtt_91a7f4"
    failed = gtt_of(ROW | {"status": "FAILED", "remark": "No money"}, NAMES)
    assert (failed.status, failed.results[0].reason) == (GttStatus.REJECTED, "No money")


@pytest.mark.parametrize(
    "change",
    [{"status": "ODD"}, {"order": None}, {"trigger_price": "x"}, {"created_at": None},
     {"quantity": None}, {"smart_order_type": "OCO"}],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_so(change: dict[str, Any]) -> None:
    with pytest.raises(UnknownRow):
        gtt_of(ROW | change, NAMES)


def test_an_answer_that_cannot_be_read_is_no_failure_of_a_write() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"status": "SUCCESS", "payload": {}})

    rest = Rest("token", limiter=Limiter({}), transport=httpx.MockTransport(answer))
    gtts, known = GrowwGtts(rest, NAMES), "CASH/GTT/gtt_91a7f4"
    writes: list[Callable[[], object]] = [
        lambda: gtts.place(single()),
        lambda: gtts.cancel(known),
    ]
    for write in writes:
        with pytest.raises(e.OutcomeUnknown):
            write()
    for read in (gtts.list, lambda: gtts.modify(known, single("139"))):
        with pytest.raises(e.Unavailable):
            read()


@pytest.mark.parametrize("name", ["7", "CASH/GTT", "CASH/OTHER/x", "CASH/GTT/", "a/b/c/d"])
def test_an_id_of_another_broker_is_refused(name: str) -> None:
    gtts = GrowwGtts(Rest("token", limiter=Limiter({})), NAMES)
    for call in (lambda: gtts.cancel(name), lambda: gtts.modify(name, single())):
        with pytest.raises(e.Refused, match="no trigger of Groww"):
            call()


# --- the sandbox --------------------------------------------------------------------------------


@pytest.fixture
def gtts(fresh: Running, monkeypatch: pytest.MonkeyPatch) -> GrowwGtts:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    return GrowwGtts(rest_of(fresh), NAMES)


@pytest.mark.parametrize("request_", [single(), single("160", "161"), two_legs()])
def test_a_trigger_is_placed_listed_and_cancelled(gtts: GrowwGtts, request_: GttRequest) -> None:
    name = gtts.place(request_)
    (one,) = gtts.list()
    assert (one.trigger_id, one.status) == (name, GttStatus.ACTIVE)
    assert replace(one.request, last_price=Decimal(150)) == request_
    gtts.cancel(name)
    assert [one.status for one in gtts.list()] == [GttStatus.CANCELLED]
    with pytest.raises(e.Refused, match="ACTIVE"):
        gtts.cancel(name)


def test_a_trigger_gets_new_terms(gtts: GrowwGtts) -> None:
    gtts.modify(gtts.place(single()), single("138", "139", quantity=7))
    (one,) = gtts.list()
    assert one.request.trigger_values == (Decimal(138),)
    assert (one.request.orders[0].price, one.request.orders[0].quantity) == (Decimal(139), 7)
    two = gtts.place(two_legs())
    gtts.modify(two, two_legs("141", "161"))
    moved = next(one for one in gtts.list() if one.trigger_id == two)
    assert moved.request.trigger_values == (Decimal(141), Decimal(161))
    other_price = replace(two_legs(), orders=(order("139"), order("159.5")))
    for change in (other_price, two_legs(side=Side.BUY), single()):
        with pytest.raises(e.Refused, match="delete the trigger and create another"):
            gtts.modify(two, change)


@pytest.mark.parametrize("price", [Decimal(139), Decimal(161)])
def test_a_trigger_fires_on_either_side(fresh: Running, gtts: GrowwGtts, price: Decimal) -> None:
    gtts.place(two_legs())
    fresh.sandbox.exchange.market.set_price("NSE:INFY", price)
    fresh.sandbox.exchange.advance()
    assert [one.status for one in gtts.list()] == [GttStatus.TRIGGERED]


def test_a_lost_answer_is_found_in_the_list(fresh: Running, gtts: GrowwGtts) -> None:
    fresh.sandbox.faults.add(
        FaultPlan(kind=FaultKind.DROP_AFTER, broker="groww", endpoint=Endpoint.PLACE, count=1)
    )
    with pytest.raises(e.OutcomeUnknown):
        gtts.place(single())
    assert [one.request.trigger_values for one in gtts.list()] == [(Decimal(140),)]
