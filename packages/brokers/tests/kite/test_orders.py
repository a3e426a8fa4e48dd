"""Orders at Kite: what is sent, what a bad answer means, how the book is read."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from packages.brokers.tests.kite.answering import Answer, answering

from tradertape_brokers import errors as e
from tradertape_brokers.kite.orders import KiteOrders
from tradertape_brokers.kite.orders_mapping import UnknownRow, venue_order, venue_orders
from tradertape_brokers.kite.rest import Rest, Session, checksum_of, login_address, session_end
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

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SECRET = "TOKENTOKENTOKEN"


class Standing:
    def now(self) -> datetime:
        return NOW


def order_of(**terms: Any) -> Order:
    """An order of ours, at Kite under number 7."""
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
        tag="TT0123456789ABCDEF",
        placed_at=NOW,
        updated_at=NOW,
        venue_order_id="7",
    )


def kite_at(root: str, timeout_s: float = 2.0) -> KiteOrders:
    rest = Rest("key", SECRET, root=root, limiter=Limiter({}), timeout_s=timeout_s)
    return KiteOrders(rest, Standing())


def sent(answer: Answer) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(answer.asked[-1][2].decode()).items()}


# --- what is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "form"),
    [
        ({}, {"order_type": "LIMIT", "price": "1500.05"}),
        (
            {"order_type": OrderType.MARKET, "price": Decimal(0), "market_protection": Decimal(-1)},
            {"order_type": "MARKET", "market_protection": "-1"},
        ),
        (
            {
                "order_type": OrderType.SL_M,
                "price": Decimal(0),
                "trigger_price": Decimal("1480.5"),
                "market_protection": Decimal("2.5"),
            },
            {"order_type": "SL-M", "trigger_price": "1480.5", "market_protection": "2.5"},
        ),
        (
            {"validity": Validity.TTL, "validity_ttl": 3},
            {"validity": "TTL", "validity_ttl": "3", "order_type": "LIMIT", "price": "1500.05"},
        ),
        (
            {"variety": Variety.ICEBERG, "iceberg_legs": 5, "iceberg_quantity": 1},
            {
                "variety": "iceberg",
                "iceberg_legs": "5",
                "iceberg_quantity": "1",
                "order_type": "LIMIT",
                "price": "1500.05",
            },
        ),
    ],
)
def test_a_new_order_is_sent_with_its_tag_and_nothing_it_has_not(
    terms: dict[str, Any], form: dict[str, str]
) -> None:
    answer = Answer()
    order = order_of(**terms)
    with answering(answer) as root:
        report = kite_at(root).submit(order)
    usual = {
        "variety": "regular",
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "transaction_type": "BUY",
        "quantity": "5",
        "product": "CNC",
        "validity": "DAY",
        "tag": "TT0123456789ABCDEF",
    }
    assert sent(answer) == usual | form
    assert answer.asked[0][:2] == ("POST", f"/orders/{order.request.variety}")
    assert report is not None
    assert (report.order_id, report.venue_order_id, report.status) == (
        "ours", "1", OrderStatus.PUT_REQUESTED,
    )  # fmt: skip


def test_an_after_market_order_at_the_exchange_is_changed_as_a_regular_one() -> None:
    """Kite keeps its variety in the book and refuses to cancel it under that."""
    answer = Answer()
    waiting = replace(order_of(variety=Variety.AMO), venue_status=OrderStatus.AMO_REQUESTED)
    with answering(answer) as root:
        for order in (waiting, replace(waiting, venue_status=OrderStatus.OPEN)):
            kite_at(root).cancel(order, 1)
            kite_at(root).modify(order, 2, Change(price=Decimal("1499.95")))
    assert [path for _, path, _ in answer.asked] == [
        "/orders/amo/7", "/orders/amo/7", "/orders/regular/7", "/orders/regular/7",
    ]  # fmt: skip
    assert sent(answer)["price"] == "1499.95"


# --- bad answers --------------------------------------------------------------------------------


def refusal(kind: str, text: str = "No.") -> bytes:
    return json.dumps({"status": "error", "message": text, "error_type": kind}).encode()


HTML, JSON = "text/html", "application/json"
BAD: list[tuple[str, Answer, type[e.BrokerError], type[e.BrokerError]]] = [
    # what comes back, of a write, of a read
    ("margin", Answer(400, JSON, refusal("MarginException")), e.Refused, e.Refused),
    ("input", Answer(400, JSON, refusal("InputException")), e.Refused, e.Refused),
    ("order", Answer(400, JSON, refusal("OrderException")), e.Refused, e.Refused),
    ("holding", Answer(400, JSON, refusal("HoldingException")), e.Refused, e.Refused),
    ("user", Answer(403, JSON, refusal("UserException")), e.Refused, e.Refused),
    ("permission", Answer(403, JSON, refusal("PermissionException")), e.Refused, e.Refused),
    ("unknown kind", Answer(400, JSON, refusal("NewException")), e.Refused, e.Refused),
    ("gone", Answer(410, JSON, refusal("GeneralException")), e.Refused, e.Refused),
    ("method", Answer(405, JSON, refusal("GeneralException")), e.Refused, e.Refused),
    ("not found", Answer(404, JSON, refusal("GeneralException")), e.Refused, e.Refused),
    ("token", Answer(403, JSON, refusal("TokenException")), e.SessionExpired, e.SessionExpired),
    ("429", Answer(429, JSON, refusal("NetworkException")), e.RateLimited, e.RateLimited),
    ("order 500", Answer(500, JSON, refusal("OrderException")), e.OutcomeUnknown, e.Unavailable),
    ("500", Answer(500, JSON, refusal("GeneralException")), e.OutcomeUnknown, e.Unavailable),
    ("502", Answer(502, JSON, refusal("DataException")), e.OutcomeUnknown, e.Unavailable),
    ("503", Answer(503, JSON, refusal("NetworkException")), e.OutcomeUnknown, e.Unavailable),
    ("504", Answer(504, JSON, refusal("NetworkException")), e.OutcomeUnknown, e.Unavailable),
    ("no words", Answer(400, JSON, b'{"status":"error"}'), e.OutcomeUnknown, e.Unavailable),
    ("kind null", Answer(400, JSON, b'{"status":"error","message":"m","error_type":null}'),
     e.OutcomeUnknown, e.Unavailable),
    *(
        (f"{status} {name}", Answer(status, kind, body, length=length), e.OutcomeUnknown,
         e.Unavailable)
        for status in (200, 429, 500, 502, 503, 504)
        for name, kind, body, length in (
            ("html", HTML, b"<html>Bad gateway</html>", None),
            ("empty json", JSON, b"", None),
            ("truncated", JSON, b'{"status":"success","data":{"order', None),
            ("shorter than said", JSON, b'{"status":"success"', 900),
        )
    ),
    ("no type", Answer(200, "", b"{}"), e.OutcomeUnknown, e.Unavailable),
    ("no data", Answer(200, JSON, b'{"status":"success"}'), e.OutcomeUnknown, e.Unavailable),
    ("data null", Answer(200, JSON, b'{"status":"success","data":null}'), e.OutcomeUnknown,
     e.Unavailable),
    ("a list", Answer(200, JSON, b"[]"), e.OutcomeUnknown, e.Unavailable),
    ("id null", Answer(200, JSON, b'{"data":{"order_id":null}}'), e.OutcomeUnknown, e.Unavailable),
    ("closed", Answer(0), e.OutcomeUnknown, e.Unavailable),
    ("silent", Answer(delay_s=0.6), e.OutcomeUnknown, e.Unavailable),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "of_write", "of_read"), [pytest.param(*rest, id=name) for name, *rest in BAD]
)
def test_a_bad_answer(
    answer: Answer, of_write: type[e.BrokerError], of_read: type[e.BrokerError]
) -> None:
    """Each becomes the one error that says what to do; the token is in none of their words."""
    order = order_of()
    writes: list[Callable[[KiteOrders], object]] = [
        lambda kite: kite.submit(order),
        lambda kite: kite.modify(order, 1, Change(quantity=4)),
        lambda kite: kite.cancel(order, 1),
    ]
    with answering(answer) as root:
        kite = kite_at(root, timeout_s=0.3)
        for call in writes:
            with pytest.raises(e.BrokerError) as failed:
                call(kite)
            assert type(failed.value) is of_write
            assert SECRET not in repr(failed.value)
            assert failed.value.__cause__ is None
        with pytest.raises(e.BrokerError) as failed:
            kite.order_book()
        assert type(failed.value) is of_read
    sent_writes = [command for command, _, _ in answer.asked if command != "GET"]
    assert sent_writes == ["POST", "PUT", "DELETE"]  # each once: nothing is repeated


def test_what_never_left_may_be_repeated() -> None:
    """No connection came about: that is no unknown outcome."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(e.Unavailable):
            kite_at(root).submit(order_of())
    with pytest.raises(e.Unavailable):
        kite_at("http://no-such-host.invalid").submit(order_of())


# --- the book -----------------------------------------------------------------------------------

ROW: dict[str, Any] = {
    "order_id": "2026112400000000001", "exchange_order_id": "1100000000000001",
    "parent_order_id": None, "status": "OPEN", "status_message": None,
    "order_timestamp": "2026-11-24 10:30:00", "exchange_update_timestamp": "2026-11-24 10:30:02",
    "exchange_timestamp": "2026-11-24 10:30:01", "variety": "regular", "modified": False,
    "exchange": "NSE", "tradingsymbol": "INFY", "instrument_token": 408065, "order_type": "LIMIT",
    "transaction_type": "BUY", "validity": "DAY", "validity_ttl": 0, "product": "CNC",
    "quantity": 5, "disclosed_quantity": 0, "price": 1500.05, "trigger_price": 0,
    "average_price": 1500, "filled_quantity": 2, "pending_quantity": 3, "cancelled_quantity": 0,
    "market_protection": 0, "meta": {}, "tag": "TT0123456789ABCDEF", "guid": None,
}  # fmt: skip
TRADE: dict[str, Any] = {
    "trade_id": "10001", "order_id": "2026112400000000001", "exchange": "NSE",
    "tradingsymbol": "INFY", "product": "CNC", "average_price": 1500.0, "quantity": 2,
    "transaction_type": "BUY", "fill_timestamp": "2026-11-24 10:30:01",
    "order_timestamp": "10:30:00", "exchange_timestamp": "2026-11-24 10:30:01",
}  # fmt: skip


def test_the_book_with_its_trades() -> None:
    (order,) = venue_orders([ROW], [TRADE])
    assert order.at == datetime(2026, 11, 24, 5, 0, 2, tzinfo=UTC)
    assert order.sequence == int(order.at.timestamp()) * 1_000_000
    assert order.request.price == Decimal("1500.05")
    assert (order.tag, order.status, order.filled_quantity) == (ROW["tag"], OrderStatus.OPEN, 2)
    assert [(one.trade_id, one.quantity, one.price) for one in order.trades] == [
        ("10001", 2, Decimal("1500.0"))
    ]
    assert order.trades[0].at == datetime(2026, 11, 24, 5, 0, 1, tzinfo=UTC)
    assert order.is_snapshot


@pytest.mark.parametrize("status", [one for one in OrderStatus if one != OrderStatus.IN_DOUBT])
def test_every_state_of_kite_is_known(status: OrderStatus) -> None:
    row = ROW | {"status": status.value, "filled_quantity": 0}
    assert venue_order(row, is_snapshot=True).status is status


@pytest.mark.parametrize("variety", list(Variety))
@pytest.mark.parametrize("product", ["CNC", "MIS", "NRML", "MTF", "CO"])
def test_every_variety_and_product_of_kite_is_known(variety: Variety, product: str) -> None:
    entry = venue_order(ROW | {"variety": variety.value, "product": product}, is_snapshot=False)
    assert entry.request.variety is variety
    assert entry.request.product is (Product.MIS if product == "CO" else Product(product))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "SOMETHING NEW"}, {"status": "IN_DOUBT"}, {"order_timestamp": None},
        {"order_timestamp": "yesterday"}, {"product": "XX"}, {"quantity": "many"},
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_so(change: dict[str, object]) -> None:
    """Nothing is guessed: a book with such a row counts as not read."""
    with pytest.raises(UnknownRow):
        venue_order(ROW | change, is_snapshot=True)


def test_a_book_that_cannot_be_read_is_not_an_empty_book() -> None:
    body = json.dumps({"status": "success", "data": [ROW | {"status": "NEW"}]}).encode()
    with answering(Answer(body=body)) as root, pytest.raises(e.Unavailable, match="cannot be read"):
        kite_at(root).order_book()


# --- the session --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed_in", "ends"),
    [
        ("2026-11-24T09:00+05:30", "2026-11-25T06:00+05:30"),
        ("2026-11-24T05:59+05:30", "2026-11-24T06:00+05:30"),
        ("2026-11-24T06:00+05:30", "2026-11-25T06:00+05:30"),
        ("2026-11-24T00:29+00:00", "2026-11-24T06:00+05:30"),
        ("2026-12-31T23:59+05:30", "2027-01-01T06:00+05:30"),
    ],
)
def test_a_session_ends_at_six_and_not_a_day_later(signed_in: str, ends: str) -> None:
    assert session_end(datetime.fromisoformat(signed_in)) == datetime.fromisoformat(ends)


def test_a_session_does_not_print_its_token() -> None:
    assert SECRET not in repr(Session("AB1234", "key", SECRET, NOW))


def test_signing_in() -> None:
    assert login_address("key") == "https://kite.zerodha.com/connect/login?api_key=key&v=3"
    assert checksum_of("a", "b", "c") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
