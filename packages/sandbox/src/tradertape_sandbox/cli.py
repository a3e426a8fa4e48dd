"""`tradertape sandbox`: a simulated exchange with the brokers' own interfaces."""

from __future__ import annotations

import secrets
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
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 18900,
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
) -> None:
    """Serve the exchange and every broker's interface until interrupted.

    All of it is kept in memory: stopping it ends the accounts and their orders.
    """
    settings = SandboxSettings(
        host=host,
        port=port,
        totp_secret=totp_secret or pyotp.random_base32(),
        admin_key=secrets.token_urlsafe(24),
        always_open=not market_hours,
        cash=Decimal(cash),
        kite_redirect_url=kite_redirect_url,
        kite_postback_url=kite_postback_url,
        upstox_webhook_url=upstox_webhook_url,
    )
    sandbox = build(settings, SystemClock())
    for line in _welcome(settings):
        typer.echo(line)
    config = uvicorn.Config(sandbox.app, host=host, port=port, log_level="warning")
    server = uvicorn.Server(config)
    sandbox.app.cut = lambda client: cut_connection(server, client)
    server.run()


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
