"""Order updates posted to the app's address: once each, in any order, without a signature."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import orjson
import structlog

from tradertape_sandbox.exchange.events import Event, OrderChanged
from tradertape_sandbox.wire.upstox.door import BROKER, UpstoxDoor
from tradertape_sandbox.wire.upstox.order_shapes import update_json

_TIMEOUT_S = 5.0

Post = Callable[[str, bytes], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Webhooks:
    """Posts every change of the door's orders to one address."""

    def __init__(self, door: UpstoxDoor, address: str, post: Post | None = None) -> None:
        self._door = door
        self._address = address
        self._post = post or _post
        self._sending: set[asyncio.Task[None]] = set()
        door.exchange.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if not isinstance(event, OrderChanged) or event.key.broker != BROKER:
            return
        body = orjson.dumps({"update_type": "order", **update_json(self._door.exchange, event)})
        task = asyncio.get_running_loop().create_task(self._send(body))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, body: bytes) -> None:
        try:
            await self._post(self._address, body)
        except httpx.HTTPError as error:
            _log.warning("a webhook was not delivered", address=self._address, reason=str(error))


async def _post(address: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
        await client.post(address, content=body, headers=headers)
