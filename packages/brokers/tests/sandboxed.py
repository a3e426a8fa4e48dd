"""A sandbox behind a real port of this machine, for adapters to speak to."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from tradertape_sandbox.app import Sandbox, build
from tradertape_sandbox.cli import SystemClock, cut_connection
from tradertape_sandbox.settings import SandboxSettings

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Running:
    """A served sandbox, and its port."""

    sandbox: Sandbox
    port: int

    def url(self, broker: str) -> str:
        """Where a broker's interface is."""
        return f"http://127.0.0.1:{self.port}/{broker}"


@contextmanager
def served_sandbox() -> Iterator[Running]:
    """Serve a sandbox until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port: int = listening.getsockname()[1]  # feeds are authorised to it
    settings = SandboxSettings(port=port, totp_secret=TOTP_SECRET, admin_key="k")
    sandbox = build(settings, SystemClock())
    config = uvicorn.Config(sandbox.app, log_config=None, ws="websockets-sansio", lifespan="on",
                            timeout_keep_alive=75)  # fmt: skip
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listening])

    def cut(client: tuple[str, int] | None) -> None:
        """Tests cut from their own thread: a transport is only touched on its loop."""
        loops[0].call_soon_threadsafe(cut_connection, server, client)

    sandbox.app.cut = cut
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    yield Running(sandbox, port)
    server.should_exit = True
    thread.join(10)
