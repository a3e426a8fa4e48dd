"""Orders at Groww: what is sent, what a bad answer means, how the book is read."""

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
from tradertape_brokers.groww.names import SameSymbols
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.orders_mapping import STATUSES, UnknownRow, trade_of, venue_order
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Limiter
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
from tradertape_core.orders.reports import CancelReason

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SECRET = "TOKENTOKENTOKEN"
TAG = "TT0123456789ABCDEFGH"
NAMES = SameSymbols()


class Standing:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def order_of(**terms: Any) -> Order:
    """An order of ours, at Groww under number GMK7."""
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
        venue_order_id="GMK7",
    )


def groww_at(root: str, timeout_s: float = 2.0) -> GrowwOrders:
    return GrowwOrders(
        Rest(SECRET, root=root, limiter=Limiter({}), timeout_s=timeout_s), Standing()
    )


def reply(**fields: Any) -> bytes:
    payload = {"groww_order_id": "GMK1", "order_status": "ACKED", **fields}
    return json.dumps({"status": "SUCCESS", "payload": payload}).encode()


class Told:
    """Answers from a list in memory, and what was asked."""

    def __init__(self, *payloads: Any) -> None:
        self.payloads = list(payloads)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, json={"status": "SUCCESS", "payload": self.payloads.pop(0)})

    @property
    def orders(self) -> GrowwOrders:
        transport = httpx.MockTransport(self)
        return GrowwOrders(Rest(SECRET, limiter=Limiter({}), transport=transport), Standing())

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
            {"order_type": "MARKET"},
        ),
        (
            {
                "order_type": OrderType.SL_M, "price": Decimal(0),
                "trigger_price": Decimal("1480.5"), "side": Side.SELL,
            },
            {"order_type": "SL_M", "trigger_price": 1480.5, "transaction_type": "SELL"},
        ),
        (
            {"order_type": OrderType.SL, "trigger_price": Decimal(1499)},
            {"order_type": "SL", "trigger_price": 1499.0, "price": 1500.05},
        ),
        (
            {"exchange": "NFO", "tradingsymbol": "NIFTY26NOVFUT", "product": Product.NRML,
             "validity": Validity.IOC},
            {"exchange": "NSE", "segment": "FNO", "trading_symbol": "NIFTY26NOVFUT",
             "product": "NRML", "validity": "IOC", "order_type": "LIMIT", "price": 1500.05},
        ),
        (
            {"exchange": "BSE"},
            {"exchange": "BSE", "order_type": "LIMIT", "price": 1500.05},
        ),
    ],
)  # fmt: skip
def test_a_new_order_is_sent_with_its_tag_as_the_reference(
    terms: dict[str, Any], body: dict[str, Any]
) -> None:
    told = Told({"groww_order_id": "GMK1", "order_status": "NEW"})
    report = told.orders.submit(order_of(**terms))
    usual = {
        "trading_symbol": "INFY", "exchange": "NSE", "segment": "CASH", "product": "CNC",
        "transaction_type": "BUY", "validity": "DAY", "order_reference_id": TAG, "quantity": 5,
        "price": 0.0, "trigger_price": None,
    }  # fmt: skip
    assert told.sent == usual | body
    request = told.asked[0]
    assert str(request.url) == "https://api.groww.in/v1/order/create"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["x-api-version"] == "1.0"
    assert len(request.headers["x-request-id"]) == 36
    assert report is not None
    assert (report.order_id, report.venue_order_id, report.status) == (
        "ours", "GMK1", OrderStatus.PUT_REQUESTED,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["REJECTED", "FAILED"])
def test_an_order_that_is_refused_at_once_says_why(status: str) -> None:
    told = Told({"groww_order_id": "GMK1", "order_status": status, "remark": "Outside the band"})
    report = told.orders.submit(order_of())
    assert report is not None
    assert (report.status, report.message) == (OrderStatus.REJECTED, "Outside the band")


def test_a_change_names_every_term_that_the_order_is_to_have() -> None:
    told = Told({"groww_order_id": "GMK7"}, {"groww_order_id": "GMK7"})
    report = told.orders.modify(order_of(), 3, Change(price=Decimal("1499.95")))
    assert told.sent == {
        "groww_order_id": "GMK7", "segment": "CASH", "quantity": 5, "order_type": "LIMIT",
        "price": 1499.95, "trigger_price": None,
    }  # fmt: skip
    assert report is not None
    assert (report.answers, report.status, report.venue_order_id) == (3, None, "GMK7")
    told.orders.cancel(order_of(exchange="NFO", tradingsymbol="NIFTY26NOVFUT"), 4)
    assert told.sent == {"groww_order_id": "GMK7", "segment": "FNO"}
    assert [one.url.path for one in told.asked] == ["/v1/order/modify", "/v1/order/cancel"]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"variety": Variety.AMO}, "regular orders only"),
        ({"validity": Validity.TTL, "validity_ttl": 3}, "DAY or IOC"),
        ({"disclosed_quantity": 1}, "disclosed"),
        ({"exchange": "MCX"}, "NSE, BSE, NFO, BFO"),
    ],
)
def test_what_groww_does_not_take_is_not_sent(terms: dict[str, Any], words: str) -> None:
    told = Told()
    with pytest.raises(e.Refused, match=words):
        told.orders.submit(order_of(**terms))
    assert told.asked == []


def test_an_order_that_could_not_be_found_again_is_not_sent() -> None:
    told = Told()
    with pytest.raises(e.Refused, match="tag"):
        told.orders.submit(replace(order_of(), tag=""))
    with pytest.raises(e.Refused, match="validity"):
        told.orders.modify(order_of(), 1, Change(validity=Validity.IOC))
    assert told.asked == []


# --- bad answers --------------------------------------------------------------------------------


def refusal(code: str, text: str = "No.") -> bytes:
    error = {"code": code, "message": text, "metadata": None}
    return json.dumps({"status": "FAILURE", "error": error}).encode()


HTML, JSON = "text/html", "application/json"
GATEWAY = b'{"error":{"code":"GA005","message":"x"}}'
UNKNOWN = (e.OutcomeUnknown, e.Unavailable)
BAD: list[tuple[Any, ...]] = [
    # what comes back, of a write, of a read
    ("GA000", Answer(500, JSON, refusal("GA000")), *UNKNOWN),
    ("GA000 with 400", Answer(400, JSON, refusal("GA000")), *UNKNOWN),
    ("GA001", Answer(400, JSON, refusal("GA001")), e.Refused, e.Refused),
    ("GA001 with 200", Answer(200, JSON, refusal("GA001")), e.Refused, e.Refused),
    ("GA003", Answer(503, JSON, refusal("GA003")), *UNKNOWN),
    ("GA003 with 200", Answer(200, JSON, refusal("GA003")), *UNKNOWN),
    ("GA004", Answer(404, JSON, refusal("GA004")), e.Refused, e.Refused),
    ("GA005", Answer(401, JSON, refusal("GA005")), e.SessionExpired, e.SessionExpired),
    ("GA005 with 403", Answer(403, JSON, refusal("GA005")), e.Refused, e.Refused),
    ("GA005 with 200", Answer(200, JSON, refusal("GA005")), e.SessionExpired, e.SessionExpired),
    ("GA006", Answer(422, JSON, refusal("GA006")), e.Refused, e.Refused),
    ("GA007", Answer(409, JSON, refusal("GA007")), e.OutcomeUnknown, e.Refused),
    ("a new code", Answer(400, JSON, refusal("GA099")), e.Refused, e.Refused),
    ("401", Answer(401, JSON, GATEWAY), e.SessionExpired, e.SessionExpired),
    ("403", Answer(403, JSON, b'{"message":"x"}'), e.Refused, e.Refused),
    ("429", Answer(429, JSON, GATEWAY), e.RateLimited, e.RateLimited),
    ("no code", Answer(400, JSON, b'{"status":"FAILURE"}'), e.Refused, e.Refused),
    *(
        (f"{status} {name}", Answer(status, kind, body, length=length), *UNKNOWN)
        for status in (200, 400, 401, 429, 500, 502, 503, 504)
        for name, kind, body, length in (
            ("html", HTML, b"<html>Bad gateway</html>", None),
            ("empty", JSON, b"", None),
            ("truncated", JSON, b'{"status":"SUCCESS","payload":{"groww', None),
            ("shorter than said", JSON, b'{"status":"SUCCESS"', 900),
            ("no utf-8", JSON, b'"\xff\xfe"', None),
        )
    ),
    ("a list", Answer(200, JSON, b"[]"), *UNKNOWN),
    ("no payload", Answer(200, JSON, b'{"status":"SUCCESS"}'), *UNKNOWN),
    ("payload null", Answer(200, JSON, b'{"status":"SUCCESS","payload":null}'), *UNKNOWN),
    ("id null", Answer(200, JSON, b'{"payload":{"groww_order_id":null}}'), *UNKNOWN),
    ("closed", Answer(0), *UNKNOWN),
    ("silent", Answer(delay_s=0.6), *UNKNOWN),
]


@pytest.mark.parametrize(
    ("answer", "of_write", "of_read"), [pytest.param(*rest, id=name) for name, *rest in BAD]
)
def test_a_bad_answer(
    answer: Answer, of_write: type[e.BrokerError], of_read: type[e.BrokerError]
) -> None:
    """Each becomes the one error that says what to do; the token is in none of their words."""
    order = order_of()
    writes: list[Callable[[GrowwOrders], object]] = [
        lambda groww: groww.submit(order),
        lambda groww: groww.modify(order, 1, Change(quantity=4)),
        lambda groww: groww.cancel(order, 1),
    ]
    with answering(answer) as root:
        groww = groww_at(root, timeout_s=0.3)
        for call in writes:
            with pytest.raises(e.BrokerError) as failed:
                call(groww)
            assert type(failed.value) is of_write
            assert SECRET not in repr(failed.value)
            assert failed.value.__cause__ is None
        with pytest.raises(e.BrokerError) as failed:
            groww.order_book()
        assert type(failed.value) is of_read
    sent = [path for command, path, _ in answer.asked if command == "POST"]
    assert sent == ["/v1/order/create", "/v1/order/modify", "/v1/order/cancel"]  # each once


def test_what_never_left_may_be_repeated() -> None:
    """No connection came about: that is no unknown outcome."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(e.Unavailable):
            groww_at(root).submit(order_of())
    with pytest.raises(e.Unavailable):
        groww_at("http://no-such-host.invalid").submit(order_of())


def test_a_pause_that_groww_asks_for_is_kept() -> None:
    def busy(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={}, headers={"retry-after": "7"})

    paused: list[float] = []
    limiter = Limiter({})
    limiter.pause = lambda _kind, seconds: paused.append(seconds)
    rest = Rest(SECRET, limiter=limiter, transport=httpx.MockTransport(busy))
    with pytest.raises(e.RateLimited) as failed:
        rest.get("/user/detail")
    assert failed.value.retry_after_s == 7.0
    assert paused == [7.0]


# --- the book -----------------------------------------------------------------------------------

ROW: dict[str, Any] = {
    "groww_order_id": "GMK39038RDT490CCVRO", "trading_symbol": "INFY", "order_status": "APPROVED",
    "remark": "Order placed", "quantity": 5, "price": 1500.05, "trigger_price": 0,
    "filled_quantity": 2, "remaining_quantity": 3, "average_fill_price": 1500,
    "deliverable_quantity": 0, "amo_status": "NA", "validity": "DAY", "exchange": "NSE",
    "order_type": "LIMIT", "transaction_type": "BUY", "segment": "CASH", "product": "CNC",
    "created_at": "2026-11-24T10:30:00", "exchange_time": "2026-11-24T10:30:02",
    "trade_date": "2026-11-24T00:00:00Z", "order_reference_id": TAG,
}  # fmt: skip
TRADE: dict[str, Any] = {
    "price": 1500.0, "isin": "INE009A01021", "quantity": 2,
    "groww_order_id": "GMK39038RDT490CCVRO", "groww_trade_id": "GTR1", "exchange_trade_id": "10001",
    "exchange_order_id": "1100000000000001", "trade_status": "EXECUTED", "trading_symbol": "INFY",
    "remark": "", "exchange": "NSE", "segment": "CASH", "product": "CNC",
    "transaction_type": "BUY", "created_at": "2026-11-24T10:30:01",
    "trade_date_time": "2026-11-24T10:30:01", "settlement_number": "2026231",
}  # fmt: skip


def test_the_book_with_its_trades_which_are_read_once() -> None:
    orders, none = {"order_list": [ROW]}, {"order_list": []}
    told = Told(orders, none, {"trade_list": [TRADE]}, orders, none)
    groww = told.orders
    (order,) = groww.order_book()
    assert order.at == datetime(2026, 11, 24, 5, 0, 2, tzinfo=UTC)
    assert order.placed_at == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert order.sequence == int(order.at.timestamp()) * 1_000_000
    assert order.request == OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.LIMIT, quantity=5, price=Decimal("1500.05"),
    )  # fmt: skip
    assert (order.tag, order.status, order.filled_quantity) == (TAG, OrderStatus.OPEN, 2)
    assert [(one.trade_id, one.quantity, one.price) for one in order.trades] == [
        ("GTR1", 2, Decimal("1500.0"))
    ]
    assert order.is_snapshot
    (again,) = groww.order_book()
    assert again.trades == order.trades
    assert told.payloads == []


def test_a_fill_that_is_new_has_its_trades_read() -> None:
    later = ROW | {"filled_quantity": 5, "remaining_quantity": 0, "order_status": "EXECUTED"}
    second = TRADE | {"groww_trade_id": "GTR2", "quantity": 3}
    none = {"order_list": []}
    told = Told(
        {"order_list": [ROW]}, none, {"trade_list": [TRADE]},
        {"order_list": [later]}, none, {"trade_list": [TRADE, second]},
    )  # fmt: skip
    groww = told.orders
    groww.order_book()
    (order,) = groww.order_book()
    assert [one.quantity for one in order.trades] == [2, 3]
    assert order.status is OrderStatus.COMPLETE


def test_every_page_is_read_whatever_its_size() -> None:
    """Pages of 25 though 50 were asked for; an order that comes in between moves one onto two."""
    rows = [ROW | {"groww_order_id": f"GMK{n}", "filled_quantity": 0} for n in range(60)]
    pages = [rows[:25], rows[24:49], rows[49:]]
    told = Told(*({"order_list": page} for page in pages), {"order_list": []})
    book = told.orders.order_book()
    assert [one.venue_order_id for one in book] == [one["groww_order_id"] for one in rows]
    assert [one.url.params["page"] for one in told.asked] == ["0", "1", "2", "0"]
    assert [one.url.params["segment"] for one in told.asked] == ["CASH"] * 3 + ["FNO"]


@pytest.mark.parametrize(
    ("name", "filled", "left", "status"),
    [
        *((name, 0, 5, status) for name, status in STATUSES.items()
          if status is not OrderStatus.COMPLETE),
        ("EXECUTED", 5, 0, OrderStatus.COMPLETE),
        ("DELIVERY_AWAITED", 5, 0, OrderStatus.COMPLETE),
        ("COMPLETED", 5, 0, OrderStatus.COMPLETE),
        ("EXECUTED", 2, 3, OrderStatus.OPEN),
        ("COMPLETED", 2, 0, OrderStatus.CANCELLED),
    ],
)  # fmt: skip
def test_every_state_of_groww_is_known(
    name: str, filled: int, left: int, status: OrderStatus
) -> None:
    row = ROW | {"order_status": name, "filled_quantity": filled, "remaining_quantity": left}
    assert venue_order(row, NAMES).status is status


def test_an_after_market_order_waits_for_the_next_session() -> None:
    row = ROW | {"order_status": "NEW", "amo_status": "PENDING", "filled_quantity": 0}
    assert venue_order(row, NAMES).status is OrderStatus.AMO_REQUESTED


def test_what_was_left_of_an_immediate_order_was_cancelled_by_its_validity() -> None:
    row = ROW | {"order_status": "CANCELLED", "validity": "IOC"}
    assert venue_order(row, NAMES).reason is CancelReason.IOC
    assert venue_order(ROW | {"order_status": "CANCELLED"}, NAMES).reason is CancelReason.VENUE


@pytest.mark.parametrize(
    ("product", "ours"),
    [("CNC", "CNC"), ("MIS", "MIS"), ("NRML", "NRML"), ("MTF", "MTF"), ("CO", "MIS"),
     ("BO", "MIS"), ("ARB", "NRML")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["LIMIT", "MARKET", "SL", "SL_M"])
@pytest.mark.parametrize("validity", ["DAY", "IOC", "EOS", "GTC", "GTD"])
def test_every_product_type_and_validity_of_groww_is_known(
    product: str, ours: str, kind: str, validity: str
) -> None:
    row = ROW | {"product": product, "order_type": kind, "validity": validity}
    request = venue_order(row, NAMES).request
    assert request.product.value == ours
    assert request.order_type.value == kind.replace("_", "-")
    assert request.validity is (Validity.IOC if validity == "IOC" else Validity.DAY)


def test_an_order_of_another_segment_keeps_its_exchange() -> None:
    future = ROW | {"segment": "FNO", "exchange": "BSE", "trading_symbol": "SENSEX26NOVFUT"}
    assert venue_order(future, NAMES).request.instrument == "BFO:SENSEX26NOVFUT"
    metal = ROW | {"segment": "COMMODITY", "exchange": "MCX", "trading_symbol": "GOLD26DECFUT"}
    assert venue_order(metal, NAMES).request.instrument == "MCX:GOLD26DECFUT"


@pytest.mark.parametrize(
    "change",
    [
        {"order_status": "SOMETHING NEW"}, {"created_at": None}, {"created_at": "yesterday"},
        {"product": "XX"}, {"quantity": "many"}, {"price": "much"}, {"transaction_type": "HOLD"},
        {"groww_order_id": None, "order_type": None},
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_so(change: dict[str, object]) -> None:
    """Nothing is guessed: a book with such a row counts as not read."""
    with pytest.raises(UnknownRow):
        venue_order(ROW | change, NAMES)


@pytest.mark.parametrize("missing", ["quantity", "price", "created_at", "exchange_trade_id"])
def test_a_trade_that_cannot_be_read_says_so(missing: str) -> None:
    row = {
        k: v for k, v in TRADE.items() if k not in (missing, "groww_trade_id", "trade_date_time")
    }
    with pytest.raises(UnknownRow):
        trade_of(row)


def test_a_book_that_cannot_be_read_is_not_an_empty_book() -> None:
    told = Told({"order_list": [ROW | {"order_status": "ODD"}]}, {"order_list": []}, {
        "trade_list": [TRADE]})  # fmt: skip
    with pytest.raises(e.Unavailable, match="cannot be read"):
        told.orders.order_book()
    with pytest.raises(e.Unavailable, match="order_list"):
        Told({"orders": []}, {"orders": []}).orders.order_book()
