"""The ticker's sockets: modes, limits, and the end of a session."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from tradertape_sandbox.wire.kite import ticker


@contextmanager
def socket(
    kite: ServedKite, path: str = "/kite/ws", **query: str
) -> Iterator[WebSocketTestSession]:
    token = kite.headers["Authorization"].removeprefix("token sandbox:")
    terms = {"api_key": "sandbox", "access_token": token, **query}
    address = f"{path}?{'&'.join(f'{name}={value}' for name, value in terms.items())}"
    client = TestClient(kite.sandbox.app, client=("127.0.0.1", 4711))
    with client.websocket_connect(address) as opened:
        yield opened


def packets(message: bytes) -> list[bytes]:
    count, at, found = struct.unpack(">H", message[:2])[0], 2, []
    for _ in range(count):
        size = struct.unpack(">H", message[at : at + 2])[0]
        found.append(message[at + 2 : at + 2 + size])
        at += 2 + size
    assert at == len(message)
    return found


def next_packets(opened: WebSocketTestSession) -> list[bytes]:
    """The next frame that is no heartbeat."""
    while True:
        message = opened.receive_bytes()
        if len(message) > 1:
            return packets(message)


def receive_forever(opened: WebSocketTestSession) -> None:
    while True:
        opened.receive_bytes()


def tokens_of(kite: ServedKite, count: int) -> list[int]:
    return [one.instrument_token for one in kite.sandbox.exchange.instruments.all[:count]]


@pytest.mark.parametrize("path", ["/", "/ws", "/kite", "/kite/", "/kite/ws"])
def test_the_ticker_is_at_the_root_and_under_kite(kite: ServedKite, path: str) -> None:
    with socket(kite, path) as opened:
        opened.send_json({"a": "subscribe", "v": tokens_of(kite, 1)})
        assert [len(one) for one in next_packets(opened)] == [44]


@pytest.mark.parametrize("query", [{"access_token": "wrong"}, {"api_key": "another"}])
def test_a_wrong_token_opens_no_socket(kite: ServedKite, query: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), socket(kite, **query):
        pass


def test_a_mode_holds_until_it_is_changed(kite: ServedKite) -> None:
    [token] = tokens_of(kite, 1)
    with socket(kite) as opened:
        opened.send_json({"a": "mode", "v": ["full", [token]]})
        assert [len(one) for one in next_packets(opened)] == [184]
        opened.send_json({"a": "subscribe", "v": [token]})
        assert [len(one) for one in next_packets(opened)] == [184]
        opened.send_json({"a": "mode", "v": ["ltp", [token]]})
        while len(next_packets(opened)[0]) != 8:
            pass


def test_one_instrument_more_than_a_connection_may_have(
    kite: ServedKite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "MOST_INSTRUMENTS", 3)
    first, *others = tokens_of(kite, 4)
    with socket(kite) as opened:
        opened.send_json({"a": "mode", "v": ["ltp", [first]]})
        assert len(next_packets(opened)) == 1
        opened.send_json({"a": "subscribe", "v": others})
        message: Any = opened.receive()
        while "text" not in message:
            message = opened.receive()
        assert "At most 3 instruments" in message["text"]


@pytest.mark.parametrize(
    "sent",
    [
        "[]", "{}", "nothing", '{"a":"subscribe"}', '{"a":"subscribe","v":["INFY"]}',
        '{"a":"mode","v":["best",[1]]}', '{"a":"mode","v":[["full"],[1]]}',
        '{"a":"mode","v":["full"]}', '{"a":["subscribe"],"v":[1]}',
        '{"a":"subscribe","v":[true]}', '{"a":"unsubscribe","v":{"1":2}}',
    ],
)  # fmt: skip
def test_a_message_that_is_wrong_is_answered_and_the_socket_stays(
    kite: ServedKite, sent: str
) -> None:
    with socket(kite) as opened:
        opened.send_text(sent)
        assert opened.receive_json()["type"] == "error"
        opened.send_json({"a": "subscribe", "v": [*tokens_of(kite, 1), 1, -1, 2**40]})
        assert len(next_packets(opened)) == 1


def test_the_end_of_the_session_closes_the_socket(kite: ServedKite) -> None:
    with socket(kite) as opened:
        kite.clock.at += timedelta(days=1)
        with pytest.raises(WebSocketDisconnect) as closed:
            receive_forever(opened)
        assert closed.value.code == 1008
