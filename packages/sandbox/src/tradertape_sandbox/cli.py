"""`tradertape sandbox`: a simulated exchange with the brokers' own interfaces."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import pyotp
import typer
import uvicorn
from pyotp.totp import TOTP

from tradertape_sandbox.app import build
from tradertape_sandbox.doors import DOORS
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.sessions import SANDBOX_API_KEY, SANDBOX_SECRET, SANDBOX_USER

_LOOK_EVERY_S = 0.25
_TO_STOP_S = 3
_KEEP_ALIVE_S = 75  # as brokers do: clients keep theirs for less

app = typer.Typer(
    help="Serve a simulated exchange that answers as the brokers do.",
    no_args_is_help=True,
    add_completion=False,
)


class SystemClock:
    """The machine's clock, as `tradertape_core.kernel.clock.Clock`."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the Clock that the ban points to

    def monotonic(self) -> float:
        """Seconds on a clock that never steps back."""
        return time.monotonic()


@app.callback()
def _root() -> None: ...


def _seed(value: str | None) -> str | None:
    """Refuse a seed that makes no one-time passwords."""
    if value is None:
        return None
    try:
        TOTP(value)
    except ValueError:
        raise typer.BadParameter(
            "must be base32 (letters A to Z, digits 2 to 7) of at least 23 characters"
        ) from None
    return value


@app.command()
def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0: a free one.")
    ] = 18900,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    market_hours: Annotated[
        bool, typer.Option("--market-hours", help="Trade in NSE's sessions only.")
    ] = False,
    cash: Annotated[int, typer.Option(help="Rupees of each default account.")] = 1_000_000,
    totp_secret: Annotated[
        str | None,
        typer.Option(help="Seed of one-time passwords; by default a new one.", callback=_seed),
    ] = None,
    kite_redirect_url: Annotated[
        str, typer.Option(help="Where Kite's login page sends the browser.")
    ] = "",
    kite_postback_url: Annotated[
        str, typer.Option(help="Where Kite's order updates are posted.")
    ] = "",
    upstox_webhook_url: Annotated[
        str, typer.Option(help="Where Upstox's order updates are posted.")
    ] = "",
    # Of a program that starts the sandbox for itself: a socket that listens already, and its own
    # process, with which the sandbox ends however that one ended.
    listen_fd: Annotated[int, typer.Option(hidden=True)] = -1,
    parent_pid: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Serve the exchange and every broker's interface until interrupted.

    All of it is kept in memory: stopping it ends the accounts and their orders.
    """
    listening = _listening(host, port, listen_fd)
    settings = SandboxSettings(
        host=host,
        port=listening.getsockname()[1],
        totp_secret=totp_secret or pyotp.random_base32(),
        admin_key=secrets.token_urlsafe(24),
        always_open=not market_hours,
        cash=Decimal(cash),
        kite_redirect_url=kite_redirect_url,
        kite_postback_url=kite_postback_url,
        upstox_webhook_url=upstox_webhook_url,
    )
    sandbox = build(settings, SystemClock())
    if not parent_pid:
        for line in _welcome(settings):
            typer.echo(line)
    config = uvicorn.Config(
        sandbox.app, log_level="warning", timeout_graceful_shutdown=_TO_STOP_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )  # fmt: skip
    server = uvicorn.Server(config)
    sandbox.app.cut = lambda client: cut_connection(server, client)
    if parent_pid:
        threading.Thread(target=_end_with, args=(parent_pid, server), daemon=True).start()
    server.run(sockets=[listening])


def _listening(host: str, port: int, descriptor: int) -> socket.socket:
    """The socket to serve at; of port 0 the system chooses one."""
    if descriptor >= 0:
        return socket.socket(fileno=descriptor)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        words = f"{host}:{port} cannot be listened on ({error.strerror}): choose another --port"
        raise typer.BadParameter(words, param_hint="--port") from None
    # asyncio sets it for sockets that it makes alone; without it each reply may wait for 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _end_with(parent_pid: int, server: uvicorn.Server) -> None:
    """Stop once the process that started this one is gone: killed, it could not say so."""
    while os.getppid() == parent_pid:
        time.sleep(_LOOK_EVERY_S)
    server.should_exit = True
    time.sleep(_TO_STOP_S + 1)
    os._exit(1)  # a request that does not end


def cut_connection(server: uvicorn.Server, client: tuple[str, int] | None) -> None:
    """Close a client's connection at once, without an answer."""
    for connection in list(server.server_state.connections):
        if getattr(connection, "client", None) == client:
            connection.transport.abort()


def _welcome(settings: SandboxSettings) -> list[str]:
    lines = [f"{door.name:8} {settings.origin}{path}" for door in DOORS for path in door.paths]
    return [
        *lines,
        f"user {SANDBOX_USER}, API key {SANDBOX_API_KEY}, secret {SANDBOX_SECRET}",
        f"TOTP seed {settings.totp_secret}",
        f"admin    {settings.origin}/admin, from elsewhere with X-Admin-Key {settings.admin_key}",
    ]
