"""Good-till-triggered orders: reading, pre-checks, firing (KG-01, KG-02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvalidDocument, InvariantBroken
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders import gtt as gtts
from tradertape_core.orders.gtt import Gtt, GttRequest, GttResult, GttStatus
from tradertape_core.orders.gtt_fields import gtt_document, read_gtt, read_gtt_change

INFY = Instrument(
    exchange="NSE",
    tradingsymbol="INFY",
    instrument_token=408065,
    exchange_token=1594,
    tick_size=Decimal("0.05"),
)
ORDER = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "quantity": 1,
    "order_type": "LIMIT",
    "product": "CNC",
    "price": 1450.0,
}
CONDITION = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "trigger_values": [1450.0],
    "last_price": 1448.0,
}
SINGLE = {"type": "single", "condition": CONDITION, "orders": [ORDER]}
SELL = ORDER | {"transaction_type": "SELL"}
TWO = {
    "type": "two-leg",
    "condition": CONDITION | {"trigger_values": [1500, 1400], "last_price": 1450},
    "orders": [SELL | {"price": 1500}, SELL | {"price": 1400}],
}


def made(document: dict[str, object], now: datetime, last: str | None = None) -> Gtt:
    price = None if last is None else Decimal(last)
    return gtts.create(1, "kite:paper-a", read_gtt(document), last_price=price, now=now)


def refused(request: GttRequest, now: datetime, last: str | None, active: int = 0) -> list[str]:
    price = None if last is None else Decimal(last)
    found = gtts.check_gtt(request, INFY, now=now, last_price=price, active=active)
    return [str(one.reason) for one in found]


def test_a_trigger_reads_back_from_its_document_lower_leg_first() -> None:
    request = read_gtt(TWO)
    assert request.trigger_values == (1400, 1500)
    assert [order.price for order in request.orders] == [1400, 1500]
    assert read_gtt(gtt_document(request)) == request


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "oco"}, "/type"),
        ({"type": None}, "/type"),
        ({"condition": None}, "/condition"),
        ({"condition": CONDITION | {"trigger_values": []}}, "/condition/trigger_values"),
        ({"condition": CONDITION | {"trigger_values": [1, 2]}}, "/condition/trigger_values"),
        ({"condition": CONDITION | {"trigger_values": ["1"]}}, "/condition/trigger_values/0"),
        ({"condition": CONDITION | {"trigger_values": [0]}}, "/condition/trigger_values/0"),
        ({"condition": CONDITION | {"last_price": 0}}, "/condition/last_price"),
        ({"condition": CONDITION | {"last_price": float("nan")}}, "/condition/last_price"),
        ({"condition": CONDITION | {"triger": 1}}, "/condition/triger"),
        ({"orders": []}, "/orders"),
        ({"orders": [ORDER, ORDER]}, "/orders"),
        ({"orders": [ORDER | {"quantity": 0}]}, "/orders/0/quantity"),
        ({"orders": [ORDER | {"tradingsymbol": "TCS"}]}, "/orders/0/tradingsymbol"),
        ({"orders": [ORDER | {"order_type": "MARKET", "price": 0}]}, "/orders/0/order_type"),
        ({"expiry": "2027-01-01"}, "/expiry"),
    ],
)
def test_a_wrong_member_is_named(changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read_gtt(SINGLE | changes)
    assert caught.value.pointer == pointer


def test_a_change_may_name_only_what_it_changes(noon: datetime) -> None:
    gtt = made(SINGLE, noon)
    request = read_gtt_change(
        gtt, {"condition": {"trigger_values": [1460.0], "last_price": 1455.0}}
    )
    assert request.trigger_values == (1460,)
    assert request.orders == gtt.request.orders
    changed = gtts.change(gtt, request, last_price=None, now=noon)
    assert (changed.reference, changed.expires_at) == (1455, gtt.expires_at)


def test_the_pre_checks_of_the_broker(noon: datetime) -> None:
    request = read_gtt(SINGLE)
    assert refused(request, noon, "1440") == []
    assert refused(request, noon, "1447") == ["gtt_too_close"]
    assert refused(request, noon, "1446.375") == [], "a quarter of a percent is enough"
    assert refused(request, noon, None) == [], "without a price of ours nothing is too close"
    assert refused(request, noon, "1440", active=249) == []
    assert refused(request, noon, "1440", active=250) == ["gtt_limit"]
    off = read_gtt(SINGLE | {"condition": CONDITION | {"trigger_values": [1450.02]}})
    assert refused(off, noon, "1440") == ["not_a_tick"]
    intraday = read_gtt(SINGLE | {"orders": [ORDER | {"product": "MIS"}]})
    assert refused(intraday, noon, "1440") == ["gtt_product"]
    two = read_gtt(TWO)
    assert refused(two, noon, "1450") == []
    assert refused(two, noon, "1520") == ["gtt_sides"]


@pytest.mark.parametrize(
    ("reference", "last", "leg"),
    [
        ("1440", "1449.95", None),
        ("1440", "1450", 0),
        ("1440", "1480", 0),
        ("1460", "1450.05", None),
        ("1460", "1450", 0),
        ("1460", "1400", 0),
        ("1440", "NaN", None),
        ("1440", "0", None),
    ],
)
def test_a_trigger_is_reached_from_the_side_the_price_was_on(
    noon: datetime, reference: str, last: str, leg: int | None
) -> None:
    assert gtts.due_leg(made(SINGLE, noon, reference), Decimal(last)) == leg


def test_one_leg_of_two_fires_and_the_other_is_void(noon: datetime) -> None:
    gtt = made(TWO, noon)
    assert gtts.due_leg(gtt, Decimal(1450)) is None
    assert gtts.due_leg(gtt, Decimal(1400)) == 0
    assert gtts.due_leg(gtt, Decimal(1505)) == 1
    fired = gtts.fire(gtt, 1, noon)
    assert (fired.status, fired.fired_leg) == (GttStatus.TRIGGERED, 1)
    assert gtts.due_leg(fired, Decimal(1400)) is None
    with pytest.raises(InvariantBroken):
        gtts.fire(fired, 0, noon)
    result = GttResult(leg=1, at=noon, order_id="55")
    done = gtts.with_result(fired, result)
    assert gtts.with_result(done, replace(result, order_id="56")).results == (result,)
    with pytest.raises(InvariantBroken):
        gtts.with_result(fired, replace(result, leg=0))


def test_a_trigger_lives_a_year_and_only_an_active_one_can_change(noon: datetime) -> None:
    gtt = made(SINGLE, noon)
    assert gtts.expired([gtt], noon + timedelta(days=365) - timedelta(seconds=1)) == ()
    (over,) = gtts.expired([gtt], noon + timedelta(days=365))
    assert over.status is GttStatus.EXPIRED
    assert gtts.refusal(gtt) is None
    found = gtts.refusal(over)
    assert found is not None
    assert "expired" in found.message
    with pytest.raises(InvariantBroken):
        gtts.end(over, GttStatus.DELETED, noon)


TICK_10 = replace(INFY, tick_size=Decimal("0.10"))


@pytest.mark.parametrize(
    ("side", "closes", "limit"),
    [
        ("SELL", True, "1450.00"),  # it fills
        ("BUY", True, "1450.10"),
        ("SELL", False, "1450.10"),  # it is never worse than asked
        ("BUY", False, "1450.00"),
    ],
)
def test_a_limit_off_a_tick_that_changed_moves_by_less_than_one(
    noon: datetime, side: str, closes: bool, limit: str
) -> None:
    order = ORDER | {"transaction_type": side, "price": 1450.05}
    gtt = made(SINGLE | {"orders": [order]}, noon)
    request = gtts.order_to_place(gtt, 0, TICK_10, None, closes=closes)
    assert request == replace(gtt.request.orders[0], price=Decimal(limit), autoslice=True)


def test_a_limit_below_the_new_tick_is_one_tick(noon: datetime) -> None:
    gtt = made(SINGLE | {"orders": [SELL | {"price": 0.05}]}, noon)
    assert gtts.order_to_place(gtt, 0, TICK_10, None, closes=True).price == Decimal("0.10")


@pytest.mark.parametrize(
    ("side", "limit", "placed"),
    [
        ("SELL", "1290.00", "1300.00"),  # nothing trades below: as good as asked, or better
        ("BUY", "1610.00", "1600.00"),
        ("SELL", "1610.00", "1610.00"),  # what cannot be today stays, and is refused
        ("BUY", "1290.00", "1290.00"),
    ],
)
def test_a_limit_past_the_days_limits_is_the_limit_of_the_day(
    noon: datetime, side: str, limit: str, placed: str
) -> None:
    gtt = made(
        SINGLE | {"orders": [ORDER | {"transaction_type": side, "price": float(limit)}]}, noon
    )
    tick = Tick(
        instrument_token=408065,
        instrument_id="NSE:INFY",
        last_price=Decimal(1450),
        at=noon,
        lower_circuit=Decimal(1300),
        upper_circuit=Decimal(1600),
    )
    assert gtts.order_to_place(gtt, 0, INFY, tick, closes=False).price == Decimal(placed)
