"""Faults that need a real connection: cut ones, silent ones."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time as hour

import httpx
import pytest
import uvicorn
import websockets
from packages.sandbox.tests.admin.served import KEY, plain_door
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from tradertape_sandbox.app import Sandbox, build
from tradertape_sandbox.cli import SystemClock, cut_connection
from tradertape_sandbox.doors import Door
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.sessions import Sessions


async def counting(socket: WebSocket) -> None:
    """Send a number every hundredth of a second."""
    await socket.accept()
    for number in range(100_000):
        await socket.send_text(str(number))
        await asyncio.sleep(0.01)


async def drain(socket: websockets.ClientConnection) -> None:
    """Read until there is nothing more."""
    while True:
        await socket.recv()


def door_with_socket(
    exchange: Exchange, sessions: Sessions, settings: SandboxSettings
) -> list[BaseRoute]:
    return [*plain_door(exchange, sessions, settings), WebSocketRoute("/ws", counting)]


@dataclass
class Running:
    sandbox: Sandbox
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    settings = SandboxSettings(port=0, totp_secret="S" * 16, admin_key="k")
    doors = [Door("kite", ("/kite", ""), hour(6), door_with_socket)]
    sandbox = build(settings, SystemClock(), doors=doors)
    config = uvicorn.Config(
        sandbox.app, port=0, log_config=None, ws="websockets-sansio", lifespan="on"
    )
    server = uvicorn.Server(config)
    sandbox.app.cut = lambda client: cut_connection(server, client)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    yield Running(sandbox, server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(10)


@pytest.fixture(autouse=True)
def without_faults(running: Running) -> Iterator[None]:
    yield
    running.sandbox.faults.remove()


@pytest.mark.parametrize(
    ("kind", "placed"), [(FaultKind.DROP_AFTER, 1), (FaultKind.DROP_BEFORE, 0)]
)
def test_a_cut_connection_gives_no_answer_and_the_next_request_is_served(
    running: Running, kind: FaultKind, placed: int
) -> None:
    account = running.sandbox.exchange.account(KEY)
    before = len(account.orders)
    running.sandbox.faults.add(FaultPlan(kind=kind, endpoint=Endpoint.PLACE, count=1))

    with pytest.raises(httpx.TransportError):
        httpx.post(f"{running.url}/kite/orders/regular", data={"quantity": "1"})

    assert len(account.orders) == before + placed
    answer = httpx.post(f"{running.url}/kite/orders/regular", data={"quantity": "1"})
    assert answer.status_code == 200


def test_a_silent_feed_stays_open_and_sends_nothing(running: Running) -> None:
    async def listen() -> list[str]:
        address = running.url.replace("http", "ws") + "/kite/ws"
        async with websockets.connect(address) as socket:
            heard = [str(await socket.recv())]
            running.sandbox.faults.add(FaultPlan(kind=FaultKind.SILENT_FEED, broker="kite"))
            await asyncio.sleep(0.1)
            while True:  # what was on its way
                try:
                    await asyncio.wait_for(socket.recv(), 0.2)
                except TimeoutError:
                    break
            running.sandbox.faults.remove()
            return [*heard, str(await socket.recv())]

    first, later = asyncio.run(listen())
    assert int(later) > int(first) + 10


def test_an_open_socket_is_cut_by_the_admin_door(running: Running) -> None:
    async def listen() -> int:
        address = running.url.replace("http", "ws") + "/kite/ws"
        async with websockets.connect(address) as socket, httpx.AsyncClient() as client:
            await socket.recv()
            answer = await client.post(f"{running.url}/admin/sockets/cut", json={})
            with pytest.raises(websockets.ConnectionClosed):
                await drain(socket)
            return answer.json()["cut"]

    assert asyncio.run(listen()) == 1
