"""The brokers' doors: where each is mounted, and when its sessions end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time

from starlette.routing import BaseRoute

from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.groww import door as groww
from tradertape_sandbox.wire.kite import build as kite
from tradertape_sandbox.wire.sessions import Sessions
from tradertape_sandbox.wire.upstox import build as upstox

Routes = Callable[[Exchange, Sessions, SandboxSettings], Sequence[BaseRoute]]


@dataclass(frozen=True, slots=True)
class Door:
    """One broker's wire.

    name: the broker of its accounts. paths: where its routes are mounted, "" the port's root.
    sessions_end: the hour in India at which access tokens end.
    """

    name: str
    paths: tuple[str, ...]
    sessions_end: time
    routes: Routes


# One line a broker.
DOORS: tuple[Door, ...] = (
    Door("kite", ("", "/kite"), time(6, 0), kite.routes),
    Door("upstox", ("/upstox",), time(3, 30), upstox.routes),
    Door("groww", (groww.PATH,), groww.SESSIONS_END, groww.routes),
)
