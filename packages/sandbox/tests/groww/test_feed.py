"""The feed: who may open it, what it carries, and when it ends."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from packages.sandbox.tests.groww.served_groww import ServedGroww
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from tradertape_sandbox.wire.groww.messages import OrderBroadcast, PositionDetail, SocketResponse
from tradertape_sandbox.wire.groww.nkeys import USER, encode_public

SHARE = "/ld/eq/nse/price"


class Visitor:
    """A key pair, and what the sandbox gave for it."""

    def __init__(self, groww: ServedGroww) -> None:
        self._groww = groww
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.public = encode_public(raw, USER)
        reply = groww.payload(
            "POST", "/api/apex/v1/socket/token/create/", json={"socketKey": self.public}
        )
        self.token, self.subscription_id = reply["token"], reply["subscriptionId"]

    def connect(self, nonce: str, **options: Any) -> bytes:
        """The line with which it signs in."""
        signed = base64.urlsafe_b64encode(self._key.sign(nonce.encode())).decode().rstrip("=")
        fields = {"jwt": self.token, "sig": signed, "verbose": False, **options}
        return b"CONNECT " + orjson.dumps(fields) + b"\r\nPING\r\n"

    @contextmanager
    def opened(self, **options: Any) -> Iterator[WebSocketTestSession]:
        """A signed-in connection."""
        with self.knocking() as (socket, nonce):
            socket.send_bytes(self.connect(nonce, **options))
            assert socket.receive_bytes() == b"PONG\r\n"
            yield socket

    @contextmanager
    def knocking(self) -> Iterator[tuple[WebSocketTestSession, str]]:
        """A connection that is not signed in, and its nonce."""
        test = TestClient(self._groww.sandbox.app)
        with test.websocket_connect("/groww/feed") as socket:
            line = socket.receive_bytes()
            info = orjson.loads(line.removeprefix(b"INFO "))
            assert info["auth_required"]
            assert info["headers"]
            yield socket, info["nonce"]


@pytest.fixture
def visitor(groww: ServedGroww) -> Visitor:
    return Visitor(groww)


def token_of(groww: ServedGroww, name: str = "NSE:INFY") -> int:
    found = groww.sandbox.exchange.instruments.get(name)
    assert found is not None
    return found.exchange_token


def subscribe(socket: WebSocketTestSession, *subjects: str) -> None:
    lines = [f"SUB {subject}  {number}\r\n" for number, subject in enumerate(subjects, start=1)]
    socket.send_bytes("".join([*lines, "PING\r\n"]).encode())
    assert socket.receive_bytes() == b"PONG\r\n"


def messages(socket: WebSocketTestSession, count: int) -> list[tuple[str, bytes]]:
    """Subjects and payloads of the next messages."""
    found: list[tuple[str, bytes]] = []
    held = b""
    while len(found) < count:
        held += socket.receive_bytes()
        while held:
            head, _, rest = held.partition(b"\r\n")
            kind, subject, _sid, size = head.decode().split()
            assert kind == "MSG"
            payload, held = rest[: int(size)], rest[int(size) + 2 :]
            found.append((subject, payload))
    return found


def test_a_price_and_its_depth_arrive_with_the_tick(groww: ServedGroww, visitor: Visitor) -> None:
    token = token_of(groww)
    book = f"/ld/eq/nse/book.{token}"
    with visitor.opened() as socket:
        subscribe(socket, f"{SHARE}.{token}", book)
        groww.price("151.00")
        found = dict(messages(socket, 2))
    price, depth = SocketResponse(), SocketResponse()
    price.ParseFromString(found[f"{SHARE}.{token}"])
    depth.ParseFromString(found[book])
    assert (price.symbol, price.segment, price.exchange) == (str(token), 0, 1)
    assert price.stockLivePrice.ltp == 151.0
    assert price.stockLivePrice.tsInMillis == groww.clock.at.timestamp() * 1_000
    assert not price.HasField("stocksMarketDepth")
    buys, sells = depth.stocksMarketDepth.buyBook, depth.stocksMarketDepth.sellBook
    assert sorted(buys) == sorted(sells) == [1, 2, 3, 4, 5]
    assert buys[5].price < buys[1].price
    assert buys[1].price < sells[1].price < sells[5].price


def test_an_index_has_a_value(groww: ServedGroww, visitor: Visitor) -> None:
    with visitor.opened() as socket:
        subscribe(socket, "/ld/indices/nse/price.NIFTY")
        groww.price("25000.00", "NSE:NIFTY 50")
        ((_, payload),) = messages(socket, 1)
    message = SocketResponse()
    message.ParseFromString(payload)
    assert message.stocksLiveIndices.value == 25_000.0


def test_order_updates_go_to_their_segment_and_prices_are_paise(
    groww: ServedGroww, visitor: Visitor
) -> None:
    mine = visitor.subscription_id
    subject = f"stocks/order/updates.apex.{mine}"
    with visitor.opened() as socket:
        subscribe(socket, subject, f"stocks_fo/order/updates.apex.{mine}")
        groww.place(order_type="LIMIT", price=145.5)
        found = messages(socket, 1)
    message = OrderBroadcast()
    message.ParseFromString(found[-1][1])
    detail = message.orderDetailUpdateDto
    assert found[-1][0] == subject
    assert (detail.qty, detail.price, detail.remainingQty) == (5, 14_550, 5)
    assert (detail.orderStatus, detail.orderType, detail.buySell, detail.product) == (3, 1, 0, 0)
    assert detail.guiOrderId == "abcd-12345"
    assert message.stageAndTimeStamp[0].stageName == "APPROVED"


def test_a_position_of_derivatives_is_told_after_its_trade(
    groww: ServedGroww, visitor: Visitor
) -> None:
    day = groww.payload("GET", "/historical/expiries", params={
        "exchange": "NSE", "underlying_symbol": "NIFTY"})["expiries"][0]  # fmt: skip
    strikes = groww.payload(
        "GET", "/option-chain/exchange/NSE/underlying/NIFTY", params={"expiry_date": day}
    )
    near = min(strikes["strikes"], key=lambda text: abs(float(text) - strikes["underlying_ltp"]))
    symbol = strikes["strikes"][near]["CE"]["trading_symbol"]
    contract = groww.sandbox.exchange.instruments.get(f"NFO:{symbol}")
    assert contract is not None
    with visitor.opened() as socket:
        subscribe(socket, f"stocks_fo/position/updates.apex.{visitor.subscription_id}")
        groww.place(
            trading_symbol=symbol, segment="FNO", product="NRML", quantity=contract.lot_size
        )
        ((_, payload),) = messages(socket, 1)
    message = PositionDetail()
    message.ParseFromString(payload)
    assert message.positionInfo.symbolIsin == symbol
    assert message.positionInfo.NSE.creditQty == contract.lot_size
    assert message.positionInfo.NSE.debitQty == 0


def test_nobody_hears_of_another_users_orders(groww: ServedGroww, visitor: Visitor) -> None:
    other = Visitor(groww)
    with visitor.opened() as socket:
        for subject in (
            f"stocks/order/updates.apex.{other.subscription_id}",
            "stocks/order/updates.apex.*",
            "stocks/order/updates.apex.>",
            "/ld/eq/nse/price.*",
            ">",
            "/ld/eq/nse/price.0",
            f"stocks/position/updates.apex.{visitor.subscription_id}",
        ):
            socket.send_bytes(f"SUB {subject} 9\r\n".encode())
            line = socket.receive_bytes()
            assert line.startswith(b"-ERR 'Permissions Violation for Subscription"), subject


def test_the_feed_opens_to_the_owner_of_the_key_alone(groww: ServedGroww, visitor: Visitor) -> None:
    other = Visitor(groww)
    claims, _, signature = visitor.token.rpartition(".")
    altered = f"{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    for options in (
        {"sig": "AAAA"},
        {"sig": ""},
        {"jwt": other.token},
        {"jwt": altered},
        {"jwt": "no.token.this"},
        {"jwt": None},
    ):
        with visitor.knocking() as (socket, nonce):
            socket.send_bytes(visitor.connect(nonce, **options))
            assert socket.receive_bytes() == b"-ERR 'Authorization Violation'\r\n", options
            with pytest.raises(WebSocketDisconnect):
                socket.receive_bytes()


def test_a_signature_is_for_one_connection(groww: ServedGroww, visitor: Visitor) -> None:
    with visitor.knocking() as (_, first):
        line = visitor.connect(first)
    with visitor.knocking() as (socket, _):
        socket.send_bytes(line)
        assert b"Authorization Violation" in socket.receive_bytes()


@pytest.mark.parametrize("key", ["", "U", "A" * 56, "not base32!", None, 7])
def test_a_socket_token_is_for_the_public_key_of_a_user(groww: ServedGroww, key: Any) -> None:
    refused = groww.error("POST", "/api/apex/v1/socket/token/create/", json={"socketKey": key})
    assert refused[:2] == (400, "GA001")
    assert "socketKey" in refused[2]


def test_the_end_of_the_session_closes_the_feed(groww: ServedGroww, visitor: Visitor) -> None:
    with visitor.opened() as socket:
        groww.clock.at += timedelta(days=1)
        assert socket.receive_bytes() == b"-ERR 'User Authentication Expired'\r\n"
        with pytest.raises(WebSocketDisconnect):
            socket.receive_bytes()


def test_what_nobody_listens_to_is_not_watched(groww: ServedGroww, visitor: Visitor) -> None:
    exchange = groww.sandbox.exchange
    watched = exchange._watched  # pyright: ignore[reportPrivateUsage]
    token = token_of(groww)
    with visitor.opened() as socket:
        subscribe(socket, f"{SHARE}.{token}", f"/ld/eq/nse/book.{token}")
        assert frozenset({"NSE:INFY"}) in watched.values()
        socket.send_bytes(b"UNSUB 1\r\nPING\r\n")
        assert socket.receive_bytes() == b"PONG\r\n"
        assert frozenset({"NSE:INFY"}) in watched.values()
        socket.send_bytes(b"UNSUB 2\r\nPING\r\n")
        assert socket.receive_bytes() == b"PONG\r\n"
        assert watched == {}
        subscribe(socket, f"{SHARE}.{token}")
    assert watched == {}


def test_a_verbose_client_hears_ok(groww: ServedGroww, visitor: Visitor) -> None:
    with visitor.knocking() as (socket, nonce):
        socket.send_bytes(visitor.connect(nonce, verbose=True))
        assert socket.receive_bytes() == b"+OK\r\nPONG\r\n"
