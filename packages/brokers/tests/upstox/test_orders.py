"""Orders at Upstox: what is sent, and what a bad answer means."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from packages.brokers.tests.kite.answering import Answer, answering

from tradertape_brokers import errors as e
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.upstox.keys import Keys
from tradertape_brokers.upstox.orders import UpstoxOrders
from tradertape_brokers.upstox.rest import ORDER_ROOT, ROOT, Rest
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.orders.order import (
    Change,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SECRET = "TOKENTOKENTOKEN"
TAG = "TT0123456789ABCDEFGH"
INFY = "NSE_EQ|INE009A01021"


def share(symbol: str, isin: str, exchange: str = "NSE") -> Instrument:
    return Instrument(
        exchange=exchange, tradingsymbol=symbol, instrument_token=1, exchange_token=1, isin=isin
    )


FUTURE = Instrument(
    exchange="NFO", tradingsymbol="NIFTY26NOVFUT", instrument_token=2, exchange_token=43919,
    instrument_type=InstrumentType.FUT, underlying="NIFTY", lot_size=65,
)  # fmt: skip
INDEX = Instrument(
    exchange="NSE", tradingsymbol="NIFTY 50", instrument_token=3, exchange_token=3,
    instrument_type=InstrumentType.INDEX,
)  # fmt: skip
KEYS = Keys(
    [
        share("INFY", "INE009A01021"), share("INFY", "INE009A01021", "BSE"), FUTURE, INDEX,
        share("TWIN", "INE000000001"), share("TWIN-BE", "INE000000001"),
    ]
)  # fmt: skip


class Standing:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def order_of(**terms: Any) -> Order:
    """An order of ours, at Upstox under number 261124000000007."""
    request = OrderRequest(
        exchange="NSE",
        tradingsymbol="INFY",
        side=Side.BUY,
        product=Product.CNC,
        order_type=OrderType.LIMIT,
        quantity=5,
        price=Decimal("1500.05"),
    )
    return Order(
        order_id="ours",
        account="a",
        run_id=None,
        request=replace(request, **terms),
        status=OrderStatus.OPEN,
        venue="broker",
        tag=TAG,
        placed_at=NOW,
        updated_at=NOW,
        venue_order_id="261124000000007",
    )


def upstox_at(root: str, timeout_s: float = 2.0) -> UpstoxOrders:
    rest = Rest(SECRET, root=root, limiter=Limiter({}), timeout_s=timeout_s)
    return UpstoxOrders(rest, Standing(), KEYS)


class Told:
    """Answers from a list in memory, and what was asked."""

    def __init__(self, *data: Any) -> None:
        self.data = list(data)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, json={"status": "success", "data": self.data.pop(0)})

    @property
    def rest(self) -> Rest:
        return Rest(SECRET, limiter=Limiter({}), transport=httpx.MockTransport(self))

    @property
    def orders(self) -> UpstoxOrders:
        return UpstoxOrders(self.rest, Standing(), KEYS)

    @property
    def sent(self) -> Any:
        return json.loads(self.asked[-1].content)


# --- what is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "body"),
    [
        ({}, {"order_type": "LIMIT", "price": 1500.05}),
        (
            {"order_type": OrderType.MARKET, "price": Decimal(0), "market_protection": Decimal(-1)},
            {"order_type": "MARKET", "market_protection": -1.0},
        ),
        (
            {
                "order_type": OrderType.SL_M, "price": Decimal(0), "side": Side.SELL,
                "trigger_price": Decimal("1480.5"), "market_protection": Decimal("2.5"),
            },
            {"order_type": "SL-M", "trigger_price": 1480.5, "transaction_type": "SELL",
             "market_protection": 2.5},
        ),
        (
            {"order_type": OrderType.SL, "trigger_price": Decimal(1499), "product": Product.MIS},
            {"order_type": "SL", "trigger_price": 1499.0, "price": 1500.05, "product": "I"},
        ),
        (
            {"exchange": "NFO", "tradingsymbol": "NIFTY26NOVFUT", "product": Product.NRML,
             "validity": Validity.IOC, "quantity": 65},
            {"instrument_token": "NSE_FO|43919", "validity": "IOC", "quantity": 65,
             "order_type": "LIMIT", "price": 1500.05},
        ),
        (
            {"exchange": "BSE", "product": Product.MTF, "variety": Variety.AMO,
             "disclosed_quantity": 2},
            {"instrument_token": "BSE_EQ|INE009A01021", "product": "MTF", "is_amo": True,
             "disclosed_quantity": 2, "order_type": "LIMIT", "price": 1500.05},
        ),
    ],
)  # fmt: skip
def test_a_new_order_is_sent_with_its_tag_to_the_orders_host(
    terms: dict[str, Any], body: dict[str, Any]
) -> None:
    told = Told({"order_ids": ["1"]})
    report = told.orders.submit(order_of(**terms))
    usual = {
        "instrument_token": INFY, "product": "D", "transaction_type": "BUY", "validity": "DAY",
        "tag": TAG, "quantity": 5, "price": 0.0, "trigger_price": 0.0, "disclosed_quantity": 0,
        "is_amo": False, "slice": False,
    }  # fmt: skip
    assert told.sent == usual | body
    [request] = told.asked
    assert (request.method, str(request.url)) == ("POST", f"{ORDER_ROOT}/v3/order/place")
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert report is not None
    assert (report.order_id, report.venue_order_id, report.status) == (
        "ours", "1", OrderStatus.PUT_REQUESTED,
    )  # fmt: skip


def test_a_modification_sends_all_the_terms() -> None:
    told = Told({"order_id": "261124000000007"})
    stop = order_of(order_type=OrderType.SL, trigger_price=Decimal(1499))
    report = told.orders.modify(stop, 3, Change(price=Decimal("1501.5")))
    assert told.sent == {
        "order_id": "261124000000007", "quantity": 5, "validity": "DAY", "order_type": "SL",
        "price": 1501.5, "trigger_price": 1499.0, "disclosed_quantity": 0,
    }  # fmt: skip
    assert (told.asked[0].method, str(told.asked[0].url)) == (
        "PUT",
        f"{ORDER_ROOT}/v3/order/modify",
    )
    assert report is not None
    assert (report.answers, report.status) == (3, None)


def test_a_cancellation_names_the_order() -> None:
    told = Told({"order_id": "261124000000007"})
    report = told.orders.cancel(order_of(), 4)
    address = f"{ORDER_ROOT}/v3/order/cancel?order_id=261124000000007"
    assert (told.asked[0].method, str(told.asked[0].url)) == ("DELETE", address)
    assert report is not None
    assert report.answers == 4


def test_reads_go_to_the_main_host_and_a_given_root_is_both() -> None:
    told = Told([], [])
    told.orders.order_book()
    assert {str(one.url).removeprefix(ROOT).partition("/")[0] for one in told.asked} == {""}
    told = Told({"order_ids": ["1"]})
    rest = Rest(
        SECRET, root="http://h/upstox/", limiter=Limiter({}), transport=httpx.MockTransport(told)
    )
    UpstoxOrders(rest, Standing(), KEYS).submit(order_of())
    assert str(told.asked[0].url) == "http://h/upstox/v3/order/place"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"variety": Variety.ICEBERG}, "iceberg"),
        ({"variety": Variety.CO}, "co"),
        ({"validity": Validity.TTL}, "DAY or IOC"),
        ({"exchange": "MCX"}, "MCX:INFY cannot be traded"),
        ({"tradingsymbol": "NOSUCH"}, "NSE:NOSUCH cannot be traded"),
        ({"tradingsymbol": "TWIN"}, "shares its key with NSE:TWIN-BE"),
    ],
)
def test_what_upstox_does_not_take_is_not_sent(terms: dict[str, Any], words: str) -> None:
    told = Told()
    with pytest.raises(e.Refused, match=words):
        told.orders.submit(order_of(**terms))
    assert told.asked == []


@pytest.mark.parametrize("tag", ["", "x" * 41])
def test_an_order_that_could_not_be_found_again_is_not_sent(tag: str) -> None:
    told = Told()
    with pytest.raises(e.Refused, match="tag"):
        told.orders.submit(replace(order_of(), tag=tag))
    with pytest.raises(e.Refused, match="validity"):
        told.orders.modify(order_of(), 1, Change(validity=Validity.TTL))
    assert told.asked == []


# --- bad answers --------------------------------------------------------------------------------


def refusal(code: str, text: str = "No.") -> bytes:
    error = {"errorCode": code, "message": text, "error_code": code, "property_path": None}
    return json.dumps({"status": "error", "errors": [error]}).encode()


HTML, JSON = "text/html", "application/json"
UNKNOWN = (e.OutcomeUnknown, e.Unavailable)
OLD = b'{"status":"error","errors":[{"errorCode":"UDAPI1052","message":"zero"}]}'
NULLS = b'{"status":"success","data":{"order_id":null,"order_ids":[null]}}'
BAD: list[tuple[Any, ...]] = [
    # what comes back, of a write, of a read
    ("input", Answer(400, JSON, refusal("UDAPI100036")), e.Refused, e.Refused),
    ("not found", Answer(404, JSON, refusal("UDAPI100060")), e.Refused, e.Refused),
    ("static ip", Answer(403, JSON, refusal("UDAPI1154")), e.Refused, e.Refused),
    ("window", Answer(423, JSON, refusal("UDAPI100074")), e.Refused, e.Refused),
    ("gone", Answer(410, JSON, refusal("UDAPI10000")), e.Refused, e.Refused),
    ("old spelling", Answer(400, JSON, OLD), e.Refused, e.Refused),
    ("refused with 200", Answer(200, JSON, refusal("UDAPI1052")), e.Refused, e.Refused),
    ("token", Answer(401, JSON, refusal("UDAPI100050")), e.SessionExpired, e.SessionExpired),
    ("token with 400", Answer(400, JSON, refusal("UDAPI100050")), e.SessionExpired,
     e.SessionExpired),
    ("401", Answer(401, JSON, b'{"message":"x"}'), e.SessionExpired, e.SessionExpired),
    ("429", Answer(429, JSON, refusal("UDAPI10005")), e.RateLimited, e.RateLimited),
    ("429 bare", Answer(429, JSON, b"{}"), e.RateLimited, e.RateLimited),
    ("100500", Answer(500, JSON, refusal("UDAPI100500")), *UNKNOWN),
    ("100500 with 400", Answer(400, JSON, refusal("UDAPI100500")), *UNKNOWN),
    ("no errors", Answer(400, JSON, b'{"status":"error"}'), *UNKNOWN),
    ("errors null", Answer(400, JSON, b'{"status":"error","errors":[null]}'), *UNKNOWN),
    ("errors text", Answer(400, JSON, b'{"status":"error","errors":"x"}'), *UNKNOWN),
    *(
        (f"{status} {name}", Answer(status, kind, body, length=length), *UNKNOWN)
        for status in (200, 400, 401, 429, 500, 502, 503, 504)
        for name, kind, body, length in (
            ("html", HTML, b"<html>Bad gateway</html>", None),
            ("empty", JSON, b"", None),
            ("truncated", JSON, b'{"status":"success","data":{"order', None),
            ("shorter than said", JSON, b'{"status":"success"', 900),
            ("no utf-8", JSON, b'"\xff\xfe"', None),
        )
    ),
    ("a list", Answer(200, JSON, b"[]"), *UNKNOWN),
    ("no data", Answer(200, JSON, b'{"status":"success"}'), *UNKNOWN),
    ("data null", Answer(200, JSON, b'{"status":"success","data":null}'), *UNKNOWN),
    ("no id", Answer(200, JSON, b'{"status":"success","data":{}}'), *UNKNOWN),
    ("id null", Answer(200, JSON, NULLS), *UNKNOWN),
    ("two ids", Answer(200, JSON, b'{"status":"success","data":{"order_ids":["1","2"]}}'),
     *UNKNOWN),
    ("partial", Answer(207, JSON, b'{"status":"partial_success","data":{"order_id":"1"}}'),
     *UNKNOWN),
    ("closed", Answer(0), *UNKNOWN),
    ("silent", Answer(delay_s=0.6), *UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "of_write", "of_read"), [pytest.param(*rest, id=name) for name, *rest in BAD]
)
def test_a_bad_answer(
    answer: Answer, of_write: type[e.BrokerError], of_read: type[e.BrokerError]
) -> None:
    """Each becomes the one error that says what to do; the token is in none of their words."""
    order = order_of()
    writes: list[Callable[[UpstoxOrders], object]] = [
        lambda upstox: upstox.submit(order),
        lambda upstox: upstox.modify(order, 1, Change(quantity=4)),
        lambda upstox: upstox.cancel(order, 1),
    ]
    with answering(answer) as root:
        upstox = upstox_at(root, timeout_s=0.3)
        for call in writes:
            with pytest.raises(e.BrokerError) as failed:
                call(upstox)
            assert type(failed.value) is of_write
            assert SECRET not in repr(failed.value)
            assert failed.value.__cause__ is None
        with pytest.raises(e.BrokerError) as failed:
            upstox.order_book()
        assert type(failed.value) is of_read
    writes_sent = [command for command, _, _ in answer.asked if command != "GET"]
    assert writes_sent == ["POST", "PUT", "DELETE"]  # each once: nothing is repeated


def test_what_never_left_may_be_repeated() -> None:
    """No connection came about: that is no unknown outcome."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(e.Unavailable):
            upstox_at(root).submit(order_of())
    with pytest.raises(e.Unavailable):
        upstox_at("http://no-such-host.invalid").submit(order_of())
