"""The services of workers, as routes ask for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from tradertape_server.features.workers.accounts import AccountService
from tradertape_server.features.workers.gtt import GttService
from tradertape_server.features.workers.intents import IntentService
from tradertape_server.features.workers.kill_switch import KillSwitch
from tradertape_server.features.workers.leaving import LeavingService
from tradertape_server.features.workers.orders import OrderService
from tradertape_server.features.workers.pages import PageService
from tradertape_server.features.workers.pnl import PnlService
from tradertape_server.features.workers.protecting import ProtectionService
from tradertape_server.features.workers.runs import RunService
from tradertape_server.features.workers.safety import SafetyService
from tradertape_server.features.workers.service import Workers
from tradertape_server.features.workers.sessions import SessionService
from tradertape_server.features.workers.timeline import TimelineService


def workers_of(connection: HTTPConnection) -> Workers:
    """The workers' part of the container."""
    return cast("Workers", connection.app.state.container.workers)


def _one(name: str) -> Callable[[HTTPConnection], Awaitable[Any]]:
    async def take(connection: HTTPConnection) -> Any:
        return getattr(workers_of(connection), name)

    return take


Runs = Annotated[RunService, Depends(_one("runs"))]
Sessions = Annotated[SessionService, Depends(_one("sessions"))]
Safety = Annotated[SafetyService, Depends(_one("safety"))]
Intents = Annotated[IntentService, Depends(_one("intents"))]
Orders = Annotated[OrderService, Depends(_one("orders"))]
Leaving = Annotated[LeavingService, Depends(_one("leaving"))]
Protections = Annotated[ProtectionService, Depends(_one("protections"))]
Pnls = Annotated[PnlService, Depends(_one("pnl"))]
Timelines = Annotated[TimelineService, Depends(_one("timeline"))]
Gtts = Annotated[GttService, Depends(_one("gtts"))]
Accounts = Annotated[AccountService, Depends(_one("accounts"))]
Pages = Annotated[PageService, Depends(_one("pages"))]
KillSwitches = Annotated[KillSwitch, Depends(_one("kill_switch"))]
