"""Order updates: posted to the app's address, and as the ticker sends them.

A postback is sent once. Nobody answers for its order of arrival, nor for its arrival at all: an app
that must know asks for the order book.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import structlog

from tradertape_sandbox.exchange.events import ChangeKind, Event, OrderChanged
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.kite.door import BROKER, KiteDoor
from tradertape_sandbox.wire.kite.order_shapes import order_json, postback_json
from tradertape_sandbox.wire.sessions import ApiApp

_TIMEOUT_S = 5.0

Post = Callable[[str, bytes], Awaitable[None]]

_log = structlog.get_logger(__name__)


def update_of(exchange: Exchange, event: OrderChanged, app: ApiApp) -> dict[str, Any]:
    """An order update as its body. A new order that is open has its own status, not `UPDATE`."""
    order = event.order
    instrument = exchange.instruments.get(order.request.instrument)
    body = postback_json(order, event.key.user_id, instrument, app_id=app.app_id, secret=app.secret)
    if event.kind is ChangeKind.PLACED:
        body["status"] = order_json(order, event.key.user_id, instrument)["status"]
    return body


class Postbacks:
    """Posts the updates of the door's orders to the apps of their users."""

    def __init__(self, door: KiteDoor, post: Post | None = None) -> None:
        self._door = door
        self._post = post or _post
        self._sending: set[asyncio.Task[None]] = set()
        door.exchange.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if not isinstance(event, OrderChanged) or event.key.broker != BROKER:
            return
        if event.kind is ChangeKind.PLACED:
            return  # the caller knows of it by the reply
        for app in self._door.sessions.apps:
            if app.postback_url and app.user_id == event.key.user_id:
                body = orjson.dumps(update_of(self._door.exchange, event, app))
                task = asyncio.get_running_loop().create_task(self._send(app.postback_url, body))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _send(self, address: str, body: bytes) -> None:
        try:
            await self._post(address, body)
        except httpx.HTTPError as error:
            _log.warning("a postback was not delivered", address=address, reason=str(error))


async def _post(address: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
        await client.post(address, content=body, headers=headers)
