"""The console's socket through the app (WS-01..06)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.feed.http import tick_socket
from tradertape_server.platform.streaming.bus import Event

from .sockets import closing

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

CONSOLE = "ws://localhost:18777/api/ws/ticks"


def said(socket: Any, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    while (message := socket.receive_json())["type"] != kind:
        pass
    return message


@pytest.fixture
def console(signed_in: TestClient) -> Iterator[Any]:
    with signed_in.websocket_connect(CONSOLE) as socket:
        yield socket


def test_the_console_subscribes_and_gets_a_snapshot_at_once(console: Any) -> None:
    """WS-02, WS-04, WS-05, WS-06."""
    status = said(console, "status")
    assert (status["connected"], status["simulated"], status["stale"]) == (True, True, False)
    console.send_json({"action": "subscribe", "symbols": ["NSE:INFY", "NSE:NO"], "mode": "full"})
    answer = said(console, "subscribed")
    assert answer["symbols"] == ["NSE:INFY"]
    assert answer["rejected"][0]["symbol"] == "NSE:NO"
    tick = said(console, "ticks")["data"]["NSE:INFY"]
    assert {"ltp", "open", "high", "low", "close", "change_pct", "bid", "ask", "depth"} <= set(tick)
    console.send_json({"action": "list"})
    assert said(console, "subscriptions")["data"] == {"NSE:INFY": "full"}
    console.send_json({"action": "ping"})
    assert said(console, "pong")


def test_one_clients_leaving_does_not_take_the_ticks_from_another(
    signed_in: TestClient, console: Any, container: Container, clock: Any
) -> None:
    console.send_json({"action": "subscribe", "symbols": ["NSE:INFY"], "mode": "ltp"})
    said(console, "ticks")
    with signed_in.websocket_connect(CONSOLE) as other:
        other.send_json({"action": "subscribe", "symbols": ["NSE:INFY"], "mode": "full"})
        said(other, "ticks")
        assert container.feed.subscriptions.active[0].mode.name == "FULL"
        other.send_json({"action": "unsubscribe", "symbols": ["NSE:INFY"]})
        said(other, "unsubscribed")
    assert container.feed.subscriptions.active[0].mode.name == "LTP"
    clock.advance(seconds=3)
    container.feed.step()
    assert set(said(console, "ticks")["data"]["NSE:INFY"]) == {
        "ltp", "close", "change", "change_pct", "ts", "seq",
    }  # fmt: skip


def test_an_accounts_news_come_over_the_same_socket(
    console: Any, container: Container, signed_in: TestClient
) -> None:
    console.send_json({"action": "subscribe", "channels": ["events"]})
    said(console, "subscribed")
    me = signed_in.get("/api/auth/me").json()["id"]
    container.bus.publish(Event(tick_socket.events_topic(me + 1), 4, {"event": "order.filled"}))
    container.bus.publish(Event(tick_socket.events_topic(me), 5, {"event": "order.accepted"}))
    event = said(console, "event")
    assert (event["cursor"], event["event"]) == (5, "order.accepted")


def test_nobody_gets_prices_without_signing_in(client: TestClient) -> None:
    """WS-01."""
    with client.websocket_connect(CONSOLE) as socket:
        assert closing(socket) == 4401


def test_another_sites_page_gets_no_socket(signed_in: TestClient) -> None:
    headers = {"Origin": "https://evil.example"}
    with signed_in.websocket_connect(CONSOLE, headers=headers) as socket:
        assert closing(socket) == 4403


def test_a_flood_of_messages_ends_the_connection(console: Any) -> None:
    for _ in range(300):
        console.send_json({"action": "ping"})
    assert closing(console) == 4429


def test_too_many_symbols_end_the_connection(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick_socket, "MAX_SYMBOLS", 2)
    symbols = ["NSE:INFY", "NSE:TCS", "NSE:SBIN"]
    console.send_json({"action": "subscribe", "symbols": symbols})
    assert closing(console) == 4413


def test_a_sixth_connection_is_refused(signed_in: TestClient, container: Container) -> None:
    with ExitStack() as stack:
        for _ in range(5):
            said(stack.enter_context(signed_in.websocket_connect(CONSOLE)), "status")
        assert container.credentials.streams == 5
        with signed_in.websocket_connect(CONSOLE) as sixth:
            assert closing(sixth) == 4429


NONSENSE = (
    "", "nonsense", "[1]", "null", '{"action": 7}', '{"action": "subscribe", "mode": "x"}',
    '{"action": "subscribe", "symbols": [null, {}, 5]}', '{"action": "unsubscribe"}',
)  # fmt: skip


@pytest.mark.parametrize("message", NONSENSE)
def test_nonsense_is_answered_and_the_socket_lives(console: Any, message: str) -> None:
    console.send_text(message)
    console.send_json({"action": "ping"})
    assert said(console, "pong")
