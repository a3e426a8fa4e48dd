"""The sandbox's application in process, with one small door of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import time
from typing import Any

import httpx
from packages.sandbox.tests.exchange.bench import HandClock, request
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from tradertape_sandbox.app import Sandbox, build
from tradertape_sandbox.doors import Door
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.sessions import Sessions

KEY = AccountKey("kite", "SB0001")
ADMIN_KEY = "the-admin-key"


def plain_door(
    exchange: Exchange, _sessions: Sessions, _settings: SandboxSettings
) -> list[BaseRoute]:
    """Place a market order, and read the book: at the addresses that Kite has."""

    async def place(wanted: Request) -> JSONResponse:
        quantity = int((await wanted.form())["quantity"])  # pyright: ignore[reportArgumentType]
        tag = wanted.query_params.get("tag")
        placed = exchange.place(KEY, request(quantity=quantity), tag=tag)
        return JSONResponse({"order_id": placed.order.order_id})

    async def book(_wanted: Request) -> JSONResponse:
        return JSONResponse([one.order_id for one in exchange.orders(KEY)])

    return [
        Route("/orders/regular", place, methods=["POST"]),
        Route("/orders", book, methods=["GET"]),
    ]


@dataclass
class Served:
    """The application and its clock; every call runs to its end."""

    sandbox: Sandbox
    clock: HandClock
    client: str = "127.0.0.1"

    def call(self, method: str, path: str, **terms: Any) -> httpx.Response:
        """Answer one request."""
        return run(self._call(method, path, **terms))

    async def _call(self, method: str, path: str, **terms: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.sandbox.app, client=(self.client, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **terms)


def run(work: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    """Run something asynchronous to its end."""
    return asyncio.run(work)


def served(**terms: Any) -> Served:
    """A fresh sandbox with the plain door."""
    clock = HandClock()
    settings = SandboxSettings(port=18900, totp_secret="S" * 16, admin_key=ADMIN_KEY, **terms)
    doors = [Door("kite", ("", "/kite"), time(6), plain_door)]
    return Served(build(settings, clock, doors=doors), clock)
