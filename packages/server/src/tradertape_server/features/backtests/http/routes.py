"""HTTP of backtests."""

from __future__ import annotations

from typing import Annotated, Any, cast

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.backtests.build import Backtests
from tradertape_server.features.backtests.models import BacktestRun
from tradertape_server.features.backtests.runs import views
from tradertape_server.features.backtests.runs.run_filter import RunFilter
from tradertape_server.features.backtests.runs.schemas import (
    BacktestRequest,
    LabelsIn,
    Options,
    Report,
    RunOut,
    RunStatus,
)
from tradertape_server.features.backtests.runs.service import BacktestService
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/backtest", tags=["backtests"], route_class=TransactionRoute)


Parts = Annotated[Backtests, Depends(part("backtests"))]


def _service(request: Request) -> BacktestService:
    return cast("Backtests", request.app.state.container.backtests).runs


def _json(report: dict[str, Any], status: int = 200) -> Response:
    # A report has thousands of rows: validating them again would take longer than writing them.
    body = orjson.dumps(report, default=str)
    return Response(body, status_code=status, media_type="application/json")


@router.post(
    "/run",
    response_model=Report,
    responses={202: {"model": RunOut, "description": "Not finished: poll the status of the run."}},
)
def run_backtest(backtests: Parts, user: CurrentUser, body: BacktestRequest) -> Response:
    """Run a backtest and reply with the whole report.

    Blocks until it is done, for a minute at most: a longer one continues as if requested
    with `async`, and the reply is 202.
    """
    found = backtests.runner.run(user.id, body)
    if isinstance(found, BacktestRun):
        return _json(views.present_run(found).model_dump(mode="json"), 202)
    return _json(found)


@router.get("/options")
def backtest_options(_user: CurrentUser) -> Options:
    """The choices that the fields of a backtest have, and their defaults."""
    return views.options()


@router.get("/latest")
def latest_runs(request: Request, session: DbSession, user: CurrentUser) -> list[RunOut]:
    """The last finished run of each of the strategies you have run."""
    rows = _service(request).latest(session, user.id)
    return [views.present_run(row) for row in rows]


@router.get("/runs")
def list_runs(
    request: Request,
    session: DbSession,
    user: CurrentUser,
    page: Page,
    *,
    strategy_id: RowId | None = None,
    universe: str | None = None,
    data_set: str | None = None,
    status: RunStatus | None = None,
    tag: str | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> list[RunOut]:
    """Your backtests, newest first."""
    wanted = RunFilter(strategy_id, universe, data_set, status, tag, q)
    rows, total = _service(request).find(
        session, user.id, wanted, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return [views.present_run(row) for row in rows]


@router.get("/runs/{run_id}", response_model=Report)
def get_run(request: Request, session: DbSession, user: CurrentUser, run_id: str) -> Response:
    """One backtest with its whole report; 409 with its state while it is not finished."""
    return _json(_service(request).report(session, user.id, run_id))


@router.get("/runs/{run_id}/status")
def get_run_status(request: Request, session: DbSession, user: CurrentUser, run_id: str) -> RunOut:
    """One backtest without its report, to poll an asynchronous run."""
    return views.present_run(_service(request).get(session, user.id, run_id))


@router.put("/runs/{run_id}/labels")
def label_run(
    request: Request, session: DbSession, user: CurrentUser, run_id: str, body: LabelsIn
) -> RunOut:
    """Name and tag a run."""
    row = _service(request).label(session, user.id, run_id, name=body.name, tags=body.tags)
    return views.present_run(row)


@router.post("/runs/{run_id}/cancel")
def cancel_run(request: Request, session: DbSession, user: CurrentUser, run_id: str) -> RunOut:
    """Cancel a run that is not finished."""
    return views.present_run(_service(request).cancel(session, user.id, run_id))


@router.delete("/runs/{run_id}", status_code=204)
def delete_run(request: Request, session: DbSession, user: CurrentUser, run_id: str) -> None:
    """Delete a run and its report."""
    _service(request).delete(session, user.id, run_id)


@router.get("/runs/{run_id}/trades.csv", response_class=Response)
def download_trades(
    request: Request, session: DbSession, user: CurrentUser, run_id: str
) -> Response:
    """The trades as CSV."""
    return _download(_service(request), session, user.id, run_id, "trades.csv")


@router.get("/runs/{run_id}/equity.csv", response_class=Response)
def download_equity(
    request: Request, session: DbSession, user: CurrentUser, run_id: str
) -> Response:
    """The equity curve as CSV."""
    return _download(_service(request), session, user.id, run_id, "equity.csv")


@router.get("/runs/{run_id}/tear-sheet.html", response_class=Response)
def download_tear_sheet(
    request: Request, session: DbSession, user: CurrentUser, run_id: str
) -> Response:
    """The result as one self-contained page, to keep, print or share."""
    return _download(_service(request), session, user.id, run_id, "tear-sheet.html")


def _download(
    service: BacktestService, session: Session, user_id: int, run_id: str, what: str
) -> Response:
    report = service.report(session, user_id, run_id)
    body, media_type = views.export(report, what)
    name = f"{report['run_id']}-{what}"
    return Response(
        body,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
