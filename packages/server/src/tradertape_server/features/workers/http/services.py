"""The services of workers, as routes declare them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from tradertape_server.features.workers.console.pages import PageService
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.monitoring.timeline import TimelineService
from tradertape_server.features.workers.runs.service import RunService
from tradertape_server.features.workers.runs.sessions import SessionService
from tradertape_server.features.workers.service import Workers
from tradertape_server.features.workers.trading.account_funds import AccountService
from tradertape_server.features.workers.trading.account_gtts import GttService
from tradertape_server.features.workers.trading.exit_runs import ExitService
from tradertape_server.features.workers.trading.order_views import OrderService
from tradertape_server.features.workers.trading.place_orders import IntentService
from tradertape_server.features.workers.trading.protect_runs import ProtectionService
from tradertape_server.features.workers.trading.safety_check import SafetyService


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
Exits = Annotated[ExitService, Depends(_one("exits"))]
Protections = Annotated[ProtectionService, Depends(_one("protections"))]
Pnls = Annotated[PnlService, Depends(_one("pnl"))]
Timelines = Annotated[TimelineService, Depends(_one("timeline"))]
Gtts = Annotated[GttService, Depends(_one("gtts"))]
Accounts = Annotated[AccountService, Depends(_one("accounts"))]
Pages = Annotated[PageService, Depends(_one("pages"))]
