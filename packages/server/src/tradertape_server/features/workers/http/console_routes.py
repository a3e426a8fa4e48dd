"""HTTP of the console's pages of workers; changes go through the worker API."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.workers.console import schemas as out
from tradertape_server.features.workers.http.services import Pages
from tradertape_server.features.workers.service import OptionServices
from tradertape_server.platform.http.routing import MAX_CURSOR, part

router = APIRouter(prefix="/api/workers", tags=["workers: pages"])

Kind = Literal["execution", "decision", "protection"]


@router.get("/overview")
def overview(user: CurrentUser, pages: Pages) -> out.OverviewOut:
    """Runs by execution mode, and those that need attention."""
    return pages.overview(user)


@router.get("/runs")
def list_cards(
    user: CurrentUser,
    pages: Pages,
    *,
    finished: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> list[out.RunCard]:
    """Cards of runs, newest first; with `finished` also those that are closed."""
    return pages.cards(user, finished=finished, limit=limit)


@router.get("/option-runs")
def list_option_cards(
    user: CurrentUser,
    services: Annotated[OptionServices, Depends(part("option_services"))],
    *,
    finished: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[out.OptionRunCard]:
    """Cards of option runs with legs and premium, newest first; `finished`: also closed ones."""
    return services.pages.cards(user, finished=finished, limit=limit)


@router.get("/runs/{strategy_run_id}")
def show_run_page(user: CurrentUser, pages: Pages, strategy_run_id: str) -> out.RunPage:
    """A single run, with the reasons that block it."""
    return pages.page(user, strategy_run_id)


@router.get("/runs/{strategy_run_id}/pnl-line")
def pnl_line(
    user: CurrentUser,
    pages: Pages,
    strategy_run_id: str,
    *,
    hours: Annotated[int, Query(ge=1, le=24 * 90)] = 24,
) -> list[out.PnlAt]:
    """A run's profit and loss over the last hours, oldest first, at most some 800 points."""
    return pages.line(user, strategy_run_id, hours=hours)


@router.get("/runs/{strategy_run_id}/timeline")
def run_timeline(
    user: CurrentUser,
    pages: Pages,
    strategy_run_id: str,
    *,
    before: Annotated[
        int | None, Query(ge=0, le=MAX_CURSOR, description="A cursor: what came earlier.")
    ] = None,
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[out.TimelineEvent]:
    """The events of a run, newest first."""
    return pages.timeline(user, strategy_run_id, before=before, kind=kind, limit=limit)


@router.get("/runs/{strategy_run_id}/exit-plan")
def exit_plan(user: CurrentUser, pages: Pages, strategy_run_id: str) -> out.ExitPlanOut:
    """What an exit of the run would do now: orders it cancels, orders it sends, their value."""
    return pages.exit_plan(user, strategy_run_id)
