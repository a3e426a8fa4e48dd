"""HTTP, server-sent events and WebSockets of workers: funds, profit and loss, the timeline."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, WebSocket
from pydantic import BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from tradertape_server.features.auth.http.credential_monitor import CredentialMonitor, StreamGuard
from tradertape_server.features.workers.errors import AccountNotAllowed, UnknownRun
from tradertape_server.features.workers.http.answers.monitoring import (
    AccountFunds,
    RunEvent,
    RunFunds,
    RunPnlSnapshot,
    TimelinePage,
)
from tradertape_server.features.workers.http.authorization import PaperWorker
from tradertape_server.features.workers.http.market_streams import (
    holder_of_data,
    refuse,
    serve_socket,
)
from tradertape_server.features.workers.http.run_routes import PREFIX, Json
from tradertape_server.features.workers.http.services import (
    Accounts,
    Pnls,
    Runs,
    Timelines,
    workers_of,
)
from tradertape_server.features.workers.monitoring.run_streams import (
    pnl_events,
    pnl_messages,
    timeline_events,
)
from tradertape_server.features.workers.monitoring.timeline import MOST_EVENTS
from tradertape_server.features.workers.runs.account_scope import usual_scope
from tradertape_server.features.workers.schemas import DecisionEvent
from tradertape_server.platform.errors import BadRequest
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.routing import MAX_CURSOR, part
from tradertape_server.platform.streaming.streams import EventStream

router = APIRouter(prefix=PREFIX, tags=["workers"])

Credentials = Annotated[CredentialMonitor, Depends(part("credentials"))]


def _absent_when_empty(value: Any) -> Any:
    return None if value == "" else value


# One of the published clients sends what is not set as an empty value.
Count = Annotated[int, Field(ge=0, le=MAX_CURSOR)]
Page = Annotated[int, Field(ge=1, le=MOST_EVENTS)]
Cursor = Annotated[Count | None, BeforeValidator(_absent_when_empty), Query()]
Limit = Annotated[Page | None, BeforeValidator(_absent_when_empty), Query()]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[Finite | None, BeforeValidator(_absent_when_empty), Query()]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID")]


def cursor_of(last_event_id: str | None) -> int | None:
    """The cursor after which a stream continues; None when the header has none."""
    if last_event_id is None or not (last_event_id.isascii() and last_event_id.isdigit()):
        return None
    return int(last_event_id) if len(last_event_id) < len(str(MAX_CURSOR)) else MAX_CURSOR


@router.get("/funds", responses=answers(AccountFunds))
def funds(
    accounts: Accounts, caller: PaperWorker, mode: str = "paper", account_scope: str = ""
) -> Json:
    """Return the funds of an account; by default the first one that the caller may use."""
    return accounts.funds(caller, mode=mode, scope=account_scope or usual_scope(caller))


@router.get("/runs/{strategy_run_id}/funds", responses=answers(RunFunds))
def run_funds(runs: Runs, pnl: Pnls, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Return how much of its allocation a run uses."""
    return pnl.run_funds(runs.get(caller, strategy_run_id))


@router.get("/runs/{strategy_run_id}/pnl", responses=answers(RunPnlSnapshot))
def run_pnl(runs: Runs, pnl: Pnls, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Return a run's profit and loss at the latest prices, in total and for each leg."""
    return pnl.snapshot(runs.get(caller, strategy_run_id))


@router.get(
    "/runs/{strategy_run_id}/pnl/stream",
    responses=answers(RunPnlSnapshot),
    response_class=EventStream,
)
async def stream_pnl(
    runs: Runs,
    pnl: Pnls,
    watch: Credentials,
    caller: PaperWorker,
    strategy_run_id: str,
    interval_seconds: Seconds = None,
) -> EventStream:
    """Stream a run's profit and loss every `interval_seconds`, until the run is closed."""
    run = await run_in_threadpool(runs.get, caller, strategy_run_id)
    events = pnl_events(pnl, runs, caller, run, interval_seconds or 1.0)
    return EventStream(events, StreamGuard(watch, caller))


@router.websocket("/ws/runs/{strategy_run_id}/pnl")
async def pnl_socket(socket: WebSocket, strategy_run_id: str) -> None:
    """A run's profit and loss every `interval_seconds` of the query."""
    caller = await holder_of_data(socket, "paper")
    if caller is None:
        return
    workers = workers_of(socket)
    try:
        run = await run_in_threadpool(workers.runs.get, caller, strategy_run_id)
        interval_s = _seconds(socket.query_params.get("interval_seconds") or "1")
    except (UnknownRun, AccountNotAllowed, BadRequest) as wrong:
        await refuse(socket, wrong)
        return
    messages = pnl_messages(workers.pnl, workers.runs, caller, run, interval_s)
    await serve_socket(socket, caller, messages)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise BadRequest("interval_seconds must be a number")
    return seconds


@router.get("/runs/{strategy_run_id}/timeline", responses=answers(TimelinePage))
def list_timeline(
    runs: Runs,
    timeline: Timelines,
    caller: PaperWorker,
    strategy_run_id: str,
    after_cursor: Cursor = None,
    limit: Limit = None,
    event_kind: str = "",
) -> Json:
    """List a run's events after a cursor, oldest first."""
    run = runs.get(caller, strategy_run_id)
    return timeline.page(run, after=after_cursor or 0, limit=limit or 100, kind=event_kind or None)


@router.get(
    "/runs/{strategy_run_id}/timeline/stream",
    responses=answers(RunEvent),
    response_class=EventStream,
)
async def stream_timeline(
    runs: Runs,
    timeline: Timelines,
    watch: Credentials,
    caller: PaperWorker,
    strategy_run_id: str,
    after_cursor: Cursor = None,
    event_kind: str = "",
    last_event_id: LastEventId = None,
) -> EventStream:
    """Stream a run's events after a cursor, and new ones as they happen.

    `id:` is each event's cursor: reconnect with it as `Last-Event-ID`, or as `after_cursor`.
    """
    run = await run_in_threadpool(runs.get, caller, strategy_run_id)
    after = cursor_of(last_event_id)
    if after is None:
        after = after_cursor or 0
    timeline.check_kind(event_kind or None)
    events = timeline_events(timeline, run, after=after, kind=event_kind or None)
    return EventStream(events, StreamGuard(watch, caller))


@router.post("/runs/{strategy_run_id}/decision-events", responses=answers(RunEvent))
def log_decision(
    runs: Runs,
    timeline: Timelines,
    caller: PaperWorker,
    strategy_run_id: str,
    body: DecisionEvent,
) -> Json:
    """Write a decision into the run's timeline."""
    return timeline.log(runs.get(caller, strategy_run_id), body)
