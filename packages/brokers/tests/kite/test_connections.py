"""Connections to Kite: an order never leaves on one that its server is about to close."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tradertape_brokers.kite import fresh_connections
from tradertape_brokers.kite.rest import Rest
from tradertape_brokers.limiter import Limiter, Urgency

CLOSES_AFTER_S = 0.3


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """It closes what was idle for long, unread, in the moment that the next request arrives."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        answered_at = 0.0

        def _answer(self) -> None:
            is_late = self.answered_at and time.monotonic() - self.answered_at >= CLOSES_AFTER_S
            if is_late:
                self.close_connection = True
                return
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            callers.append(self.client_address[1])
            body = b'{"status": "success", "data": {"order_id": "1"}}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.answered_at = time.monotonic()

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Be quiet."""

    callers: list[int] = []
    serving: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.callers, serving.daemon_threads = callers, True
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


def test_an_order_after_an_idle_time_is_sent_on_a_connection_of_its_own(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh_connections, "IDLE_S", CLOSES_AFTER_S * 0.7)
    rest = Rest("key", "token", root=f"http://127.0.0.1:{server.server_port}", limiter=Limiter({}))

    def order(client: Any) -> Any:
        return client.place_order(
            variety="regular", exchange="NSE", tradingsymbol="INFY", transaction_type="BUY",
            quantity=1, product="CNC", order_type="MARKET",
        )  # fmt: skip

    assert rest.write(order, Urgency.ENTRY) == "1"
    assert rest.write(order, Urgency.ENTRY) == "1"
    first, second = server.callers
    assert first == second, "what is fresh is used again"
    time.sleep(CLOSES_AFTER_S * 1.2)
    assert rest.write(order, Urgency.ENTRY) == "1"
    assert server.callers[2] != first
