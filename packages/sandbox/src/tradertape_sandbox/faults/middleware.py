"""Carries fault plans out on the wire, around the whole application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_sandbox.faults.endpoints import broker_of, endpoint_of
from tradertape_sandbox.faults.plans import FaultBook, FaultKind, FaultPlan

Client = tuple[str, int] | None
_K = FaultKind
_HTML = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>"
_BUSY = {
    "kite": b'{"status":"error","message":"Too many requests","error_type":"NetworkException"}',
    "upstox": b'{"status":"error","errors":[{"errorCode":"UDAPI10005",'
    b'"message":"Too Many Request Sent","propertyPath":null,"invalidValue":null}]}',
    "groww": b'{"error":{"code":"GA006","message":"Too many requests"}}',
}


class ConnectionCut(ConnectionError):
    """The connection was cut by a fault plan, where no server can close it."""


def refuse_to_answer(_client: Client) -> None:
    """Cut a connection of an application that no server runs: the caller sees an error."""
    raise ConnectionCut("the connection was cut by a fault plan")


@dataclass(slots=True)
class Answer:
    """An answer of the application, caught on its way."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: Message) -> None:
        """Take a part of the answer in."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def give(self, send: Send, body: bytes, content_type: bytes | None = None) -> None:
        """Send it with another body."""
        kept = [row for row in self.headers if row[0].lower() not in _REPLACED]
        kind = next((v for k, v in self.headers if k.lower() == b"content-type"), b"text/plain")
        await _respond(send, self.status, body, content_type or kind, kept)


_REPLACED = (b"content-length", b"content-type", b"content-encoding")


class Faults:
    """An application with its planned faults. cut: closes the connection of a client."""

    def __init__(
        self, app: ASGIApp, book: FaultBook, cut: Callable[[Client], None] = refuse_to_answer
    ) -> None:
        self.application = app
        self._book = book
        self.cut = cut
        self._sockets: dict[Client, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or a socket, as the plans have it."""
        broker = broker_of(scope.get("path", "/")) if scope["type"] != "lifespan" else None
        if broker is None:
            await self.application(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(broker, scope, receive, send)
        else:
            endpoint = endpoint_of(broker, scope["method"], scope["path"])
            fault = self._book.of_request(broker, endpoint)
            if fault is None:
                await self.application(scope, receive, send)
            else:
                await self._request(fault, broker, scope, receive, send)

    def cut_sockets(self, broker: str | None = None) -> int:
        """Cut the open sockets of a broker, or of all; return how many there were."""
        found = [one for one, of in self._sockets.items() if broker in (None, of)]
        for client in found:
            self.cut(client)
        return len(found)

    async def _request(
        self, fault: FaultPlan, broker: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        client: Client = scope.get("client")
        if fault.kind is _K.DELAY:
            await asyncio.sleep(fault.delay_s)
            await self.application(scope, receive, send)
            return
        answer = Answer()
        if fault.kind not in (_K.DROP_BEFORE, _K.STATUS):
            await self.application(scope, receive, answer.take)
        match fault.kind:
            case _K.DROP_BEFORE | _K.DROP_AFTER:
                self.cut(client)
                await asyncio.sleep(0.01)  # for the server to notice before the call returns
            case _K.STATUS | _K.STATUS_AFTER:
                body, kind = _failure(broker, fault.status)
                await _respond(send, fault.status, body, kind, [])
            case _K.HTML:
                await answer.give(send, _HTML % (answer.status, answer.status), b"text/html")
            case _K.EMPTY:
                await answer.give(send, b"")
            case _:
                await answer.give(send, bytes(answer.body[: len(answer.body) // 2]))

    async def _socket(self, broker: str, scope: Scope, receive: Receive, send: Send) -> None:
        client: Client = scope.get("client")

        async def send_unless_silent(message: Message) -> None:
            if message["type"] != "websocket.send" or not self._book.is_silent(broker):
                await send(message)

        self._sockets[client] = broker
        try:
            await self.application(scope, receive, send_unless_silent)
        finally:
            self._sockets.pop(client, None)


def _failure(broker: str, status: int) -> tuple[bytes, bytes]:
    if status == 429:
        return _BUSY[broker], b"application/json"
    return _HTML % (status, status), b"text/html"


async def _respond(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes,
    headers: list[tuple[bytes, bytes]],
) -> None:
    length = str(len(body)).encode()
    start: MutableMapping[str, Any] = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            *headers, (b"content-type", content_type), (b"content-length", length),
        ],
    }  # fmt: skip
    await send(start)
    await send({"type": "http.response.body", "body": body})
