"""Joins the exchange and the brokers' doors to one web application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import structlog
from starlette.applications import Starlette
from starlette.routing import Mount

from tradertape_core.kernel.clock import Clock
from tradertape_sandbox.admin.routes import AdminDoor
from tradertape_sandbox.doors import DOORS, Door
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.exchange.sessions import day_of
from tradertape_sandbox.faults.middleware import Faults
from tradertape_sandbox.faults.plans import FaultBook
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.sessions import (
    SANDBOX_API_KEY,
    SANDBOX_SECRET,
    SANDBOX_USER,
    ApiApp,
    Sessions,
)

ADVANCE_EVERY_S = 0.2
_AHEAD = timedelta(minutes=10)  # so long before a day begins, its world is made
# Units of the shares that a new account holds.
_FIRST_HOLDINGS = {"INFY": 100, "RELIANCE": 40, "HDFCBANK": 60, "TCS": 15, "SBIN": 80}
_BOUGHT_AT = Decimal("0.92")  # of the price at the start

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Sandbox:
    """The exchange, each door's sessions, and the application with its planned faults."""

    exchange: Exchange
    sessions: dict[str, Sessions]
    faults: FaultBook
    app: Faults


def build(settings: SandboxSettings, clock: Clock, *, doors: Sequence[Door] = DOORS) -> Sandbox:
    """Open the exchange with one account a door, and mount the doors."""
    exchange = Exchange(clock, always_open=settings.always_open)
    sessions: dict[str, Sessions] = {}
    mounts: list[Mount] = []
    for door in doors:
        sessions[door.name] = _sessions_of(door, exchange)
        open_default_account(exchange, door.name, settings.cash)
        routes = list(door.routes(exchange, sessions[door.name], settings))
        mounts += [Mount(path, routes=routes) for path in door.paths]
    faults = FaultBook()

    def cut_sockets(broker: str | None) -> int:
        return app.cut_sockets(broker)

    exchange.delivery = faults
    admin = AdminDoor(
        exchange,
        sessions,
        faults,
        settings.admin_key,
        cut_sockets,
        lambda broker, user_id: open_default_account(exchange, broker, settings.cash, user_id),
    )
    mounts.append(Mount("/admin", routes=admin.routes()))
    mounts.sort(key=lambda mount: mount.path, reverse=True)  # the root last: it takes everything

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_advance(exchange))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = Faults(Starlette(routes=mounts, lifespan=lifespan), faults)
    return Sandbox(exchange, sessions, faults, app)


def open_default_account(
    exchange: Exchange, broker: str, cash: Decimal, user_id: str = SANDBOX_USER
) -> None:
    """Open an account at a broker, or begin it anew: money and some settled shares."""
    held: list[tuple[str, int, Decimal]] = []
    for symbol, quantity in _FIRST_HOLDINGS.items():
        instrument = exchange.instruments.get(f"NSE:{symbol}")
        tick = None if instrument is None else exchange.tick(instrument.id)
        if instrument is not None and tick is not None:
            size = instrument.tick_size
            held.append((instrument.id, quantity, tick.last_price * _BOUGHT_AT // size * size))
    exchange.open_account(AccountKey(broker, user_id), cash, holdings=held)


def _sessions_of(door: Door, exchange: Exchange) -> Sessions:
    sessions = Sessions(exchange.clock, door.sessions_end)
    app = ApiApp(api_key=SANDBOX_API_KEY, secret=SANDBOX_SECRET, user_id=SANDBOX_USER)
    sessions.register(app)
    return sessions


async def _advance(exchange: Exchange) -> None:
    """Let the exchange's time pass; a step that fails is logged, and the next one is taken."""
    ready = exchange.today
    while True:
        try:
            soon = exchange.now() + _AHEAD
            if (day := day_of(soon)) != ready:
                ready = day
                await asyncio.to_thread(exchange.market.make_ready, soon)
            exchange.advance()
        except Exception:
            logger.exception("the exchange could not advance")
        await asyncio.sleep(ADVANCE_EVERY_S)
