"""NATS and protobuf as they are on the wire: however cut, and whatever is in them."""

from __future__ import annotations

import base64
import itertools
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_brokers.groww import nats
from tradertape_brokers.groww.messages import (
    BookUpdate,
    IndexUpdate,
    OrderHint,
    PriceUpdate,
    market_update,
    order_hint,
)
from tradertape_brokers.groww.nkeys import KeyPair
from tradertape_brokers.groww.protobuf import Malformed, fields_of
from tradertape_brokers.groww.subjects import Content, FeedName, is_of_orders, order_subjects
from tradertape_brokers.groww.subscriptions import Subscriptions
from tradertape_brokers.groww.ticks import TickJoiner
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_sandbox.wire.groww.messages import OrderBroadcast, SocketResponse
from tradertape_sandbox.wire.groww.nkeys import decode_public

STREAM = (
    b'INFO {"nonce":"abc","auth_required":true}\r\nPING\r\n'
    b"MSG /ld/eq/nse/price.1 1 5\r\nhe\r\no\r\n"
    b"MSG a.b 2 reply 0\r\n\r\nHMSG a.b 2 12 15\r\nNATS/1.0\r\n\r\nabc\r\n+OK\r\nPONG\r\n"
    b"-ERR 'Permissions Violation for Subscription to \"a.b\"'\r\n"
)
OPERATIONS = [
    nats.Greeting("abc"),
    nats.Asked(),
    nats.Message("/ld/eq/nse/price.1", b"he\r\no"),
    nats.Message("a.b", b""),
    nats.Message("a.b", b"abc"),
    nats.Answered(),
    nats.Complaint('Permissions Violation for Subscription to "a.b"'),
]
AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_a_stream_means_the_same_however_it_is_cut(cuts: list[int]) -> None:
    reader = nats.OperationReader()
    places = [0, *sorted(cuts), len(STREAM)]
    found = [
        operation
        for start, end in itertools.pairwise(places)
        for operation in reader.feed(STREAM[start:end])
    ]
    assert found == OPERATIONS


_WORDS = [b"MSG a 1 ", b"HMSG a 1 ", b"INFO {", b"}", b"\r\n", b"5", b"12 15", b"PING", b"-ERR 'x'"]
_PIECES = st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(_WORDS)), max_size=40)


@settings(max_examples=400)
@given(_PIECES)
def test_a_stream_is_read_or_refused(pieces: list[bytes]) -> None:
    reader = nats.OperationReader()
    with suppress(nats.ProtocolError):  # nothing else is raised
        for piece in pieces:
            list(reader.feed(piece))


@pytest.mark.parametrize(
    "stream",
    [
        b"NOSUCH\r\n", b"MSG a 1\r\n", b"MSG a 1 x\r\n", b"MSG a 1 -5\r\n", b"MSG a 1 99999999\r\n",
        b"HMSG a 1 9 5\r\n", b"MSG a 1 2\r\nabcd", b"INFO []\r\n", b"INFO {\r\n", b"\xff\r\n",
        b"x" * 70_000,
    ],
)  # fmt: skip
def test_a_stream_that_is_no_nats_is_refused(stream: bytes) -> None:
    with pytest.raises(nats.ProtocolError):
        list(nats.OperationReader().feed(stream))


def test_a_complaint_about_a_subject_is_told_from_one_about_the_connection() -> None:
    assert nats.Complaint('Permissions Violation for Subscription to "a.b"').subject == "a.b"
    assert nats.Complaint("User Authentication Expired").subject is None


def test_a_key_signs_what_its_public_half_verifies() -> None:
    pair = KeyPair()
    raw = decode_public(pair.public)
    assert pair.public.startswith("U")
    signature = base64.urlsafe_b64decode(pair.sign("nonce") + "==")
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, b"nonce")
    assert KeyPair().public != pair.public


# --- messages -----------------------------------------------------------------------------------


def price_message(**values: float) -> bytes:
    message = SocketResponse(symbol="1594", segment=0, exchange=1)
    for name, value in values.items():
        setattr(message.stockLivePrice, name, value)
    return message.SerializeToString()


def test_a_price_in_full() -> None:
    payload = price_message(
        tsInMillis=AT.timestamp() * 1_000, open=1490.5, high=1510, low=1480.05, close=1495,
        volume=12_345, value=1e9, bidQty=10, offerQty=20, avgPrice=1499.123456,
        highPriceRange=1644.5, lowPriceRange=1345.5, ltp=1500.05, openInterest=7,
    )  # fmt: skip
    assert market_update(payload) == PriceUpdate(
        at=AT, last_price=Decimal("1500.05"), open=Decimal("1490.5"), high=Decimal(1510),
        low=Decimal("1480.05"), close=Decimal(1495), average_price=Decimal("1499.1235"),
        volume=12_345, oi=7, lower_circuit=Decimal("1345.5"), upper_circuit=Decimal("1644.5"),
    )  # fmt: skip
    assert str(market_update(price_message(ltp=1_510.0)).last_price) == "1510"  # type: ignore[union-attr]


def test_what_groww_does_not_send_is_nothing_and_no_price_of_zero() -> None:
    found = market_update(price_message(ltp=1500))
    assert isinstance(found, PriceUpdate)
    assert (found.at, found.open, found.upper_circuit, found.volume) == (None, None, None, 0)


def test_a_book_is_in_the_order_of_its_places() -> None:
    message = SocketResponse(symbol="1594")
    for place, price in ((3, 1498.0), (1, 1500.0), (2, 1499.0)):
        message.stocksMarketDepth.buyBook[place].price = price
        message.stocksMarketDepth.buyBook[place].qty = place * 10
    message.stocksMarketDepth.sellBook[1].qty = 0  # an empty level
    found = market_update(message.SerializeToString())
    assert isinstance(found, BookUpdate)
    assert [(one.price, one.quantity) for one in found.depth.buy] == [
        (Decimal(1500), 10), (Decimal(1499), 20), (Decimal(1498), 30),
    ]  # fmt: skip
    assert found.depth.sell == ()


def test_an_index_and_an_order() -> None:
    message = SocketResponse(symbol="NIFTY")
    message.stocksLiveIndices.value = 25_000.25
    assert market_update(message.SerializeToString()) == IndexUpdate(None, Decimal("25000.25"))
    order = OrderBroadcast()
    order.orderDetailUpdateDto.growwOrderId = "GMK7"
    order.orderDetailUpdateDto.segment = 1
    assert order_hint(order.SerializeToString()) == OrderHint("GMK7", "FNO")


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in ("ltp", "volume", "tsInMillis")
     for value in (float("nan"), float("inf"), -1.0, 1e17)],
)  # fmt: skip
def test_a_number_that_cannot_be_is_malformed(name: str, value: float) -> None:
    with pytest.raises(Malformed):
        market_update(price_message(**{"ltp": 1500.0, name: value}))


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"\x08", b"\x0a\x05ab", b"\x0b", b"\x22\x02\xff\xff", b"\x20\x01",
        b"\x08" + b"\xff" * 11, b"\x22\x01\x09",
    ],
)  # fmt: skip
def test_a_broken_message_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        market_update(payload)
    with pytest.raises(Malformed):
        order_hint(payload)


@settings(max_examples=1_000)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_malformed(payload: bytes) -> None:
    for read in (fields_of, market_update, order_hint):
        with suppress(Malformed):  # nothing else is raised
            read(payload)


@settings(max_examples=500)
@given(st.integers(0, 300), st.integers(0, 255))
def test_a_changed_byte_is_read_or_malformed(place: int, byte: int) -> None:
    payload = bytearray(price_message(ltp=1500.05, open=1490.0, tsInMillis=1e12, volume=5))
    payload[place % len(payload)] = byte
    with suppress(Malformed):
        market_update(bytes(payload))


# --- ticks --------------------------------------------------------------------------------------

INFY = Instrument(exchange="NSE", tradingsymbol="INFY", instrument_token=7, exchange_token=1594)
NIFTY = Instrument(exchange="NSE", tradingsymbol="NIFTY 50", instrument_token=8, exchange_token=1)
SHARE = FeedName("NSE", "CASH", "1594")
INDEX = FeedName("NSE", "CASH", "NIFTY", is_index=True)
OPTION = FeedName("BSE", "FNO", "812345")


def test_subjects() -> None:
    assert SHARE.subject(Content.PRICE) == "/ld/eq/nse/price.1594"
    assert SHARE.subject(Content.BOOK) == "/ld/eq/nse/book.1594"
    assert OPTION.subject(Content.BOOK) == "/ld/fo/bse/book.812345"
    assert INDEX.subject(Content.PRICE) == "/ld/indices/nse/price.NIFTY"
    assert all(is_of_orders(one) for one in order_subjects("x"))
    assert not is_of_orders(SHARE.subject(Content.PRICE))


def test_prices_and_depth_are_joined_to_one_tick() -> None:
    joiner = TickJoiner()
    joiner.add(SHARE, INFY)
    joiner.add(INDEX, NIFTY)
    book = BookUpdate(AT, Depth(buy=(DepthLevel(Decimal(1499), 5),)))
    assert joiner.take("/ld/eq/nse/book.1594", book, AT) is None  # there is no price yet
    payload = price_message(ltp=1500.05, open=1490.0, volume=9)
    first = joiner.take("/ld/eq/nse/price.1594", market_update(payload), AT)
    assert first == Tick(
        instrument_token=7, instrument_id="NSE:INFY", last_price=Decimal("1500.05"), at=AT, seq=1,
        volume=9, open=Decimal(1490),
    )  # fmt: skip
    second = joiner.take("/ld/eq/nse/book.1594", book, AT)
    assert second is not None
    assert (second.bid, second.bid_quantity, second.ask, second.seq) == (Decimal(1499), 5, None, 2)
    assert second.last_price == Decimal("1500.05")
    index: Any = joiner.take("/ld/indices/nse/price.NIFTY", IndexUpdate(AT, Decimal(25_000)), AT)
    assert (index.instrument_id, index.last_price, index.exchange_at) == (
        "NSE:NIFTY 50", Decimal(25_000), AT,
    )  # fmt: skip
    assert joiner.take("/ld/eq/nse/price.1", market_update(payload), AT) is None
    joiner.forget()
    assert joiner.take("/ld/eq/nse/book.1594", book, AT) is None


def test_what_several_clients_want_is_subscribed_to_once_until_the_last_has_left() -> None:
    wanted = Subscriptions(most=3)
    wanted.add("page", {SHARE: False})
    wanted.add("run", {SHARE: True, INDEX: True})
    price, book = SHARE.subject(Content.PRICE), SHARE.subject(Content.BOOK)
    index, option = INDEX.subject(Content.PRICE), OPTION.subject(Content.PRICE)
    assert wanted.subjects == (price, index, book)
    wanted.remove("page", [SHARE])
    wanted.add("page", {OPTION: False})
    assert set(wanted.subjects) == {price, index, option}
    assert (wanted.left_out, wanted.count) == ((book,), 3)
    wanted.add("run", {SHARE: False})
    assert wanted.left_out == ()
    wanted.remove("run")
    assert (wanted.subjects, wanted.count) == ((option,), 1)
    assert wanted.wanted("page", OPTION) is False
    assert wanted.wanted("run", SHARE) is None
