"""HTTP of robustness studies."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.backtests.build import Backtests
from tradertape_server.features.backtests.runs.schemas import RunStatus
from tradertape_server.features.backtests.studies import repository, views
from tradertape_server.features.backtests.studies.schemas import (
    Kind,
    StudyDetail,
    StudyOut,
    StudyRequest,
)
from tradertape_server.platform.http.routing import DbSession, Page, TransactionRoute, part

router = APIRouter(prefix="/api/backtest/studies", tags=["backtests"], route_class=TransactionRoute)

Parts = Annotated[Backtests, Depends(part("backtests"))]


@router.post("", status_code=202)
def start_study(
    session: DbSession, backtests: Parts, user: CurrentUser, body: StudyRequest
) -> StudyOut:
    """Start a robustness study of a backtest; poll it until its status is `completed`."""
    row = backtests.studies.start(
        session, user.id, backtests.studies.prepare(session, user.id, body)
    )
    backtests.study_jobs.wake_after_commit(session)
    return views.present_study(row)


@router.get("")
def list_studies(
    session: DbSession,
    backtests: Parts,
    user: CurrentUser,
    page: Page,
    *,
    kind: Kind | None = None,
    status: RunStatus | None = None,
    run_id: Annotated[str | None, Query(max_length=40)] = None,
) -> list[StudyOut]:
    """Your studies, newest first."""
    rows, total = backtests.studies.find(
        session,
        user.id,
        kind=kind,
        status=status,
        run_id=run_id,
        limit=page.limit,
        offset=page.offset,
    )
    page.total(total)
    return [views.present_study(row) for row in rows]


@router.get("/{study_id}")
def get_study(
    session: DbSession, backtests: Parts, user: CurrentUser, study_id: str
) -> StudyDetail:
    """One study: its progress, the best rows so far, and the result once it is completed."""
    row = backtests.studies.get(session, user.id, study_id)
    return views.present_detail(row, repository.rows(session, row.id))


@router.get("/{study_id}/rows")
def list_study_rows(
    session: DbSession, backtests: Parts, user: CurrentUser, page: Page, study_id: str
) -> list[dict[str, Any]]:
    """Every finished row in the order of the grid, of the trials or of the windows."""
    row = backtests.studies.get(session, user.id, study_id)
    rows, total = repository.page_of_rows(session, row.id, limit=page.limit, offset=page.offset)
    page.total(total)
    return rows


@router.post("/{study_id}/cancel")
def cancel_study(
    session: DbSession, backtests: Parts, user: CurrentUser, study_id: str
) -> StudyOut:
    """Cancel a study; its finished rows are kept."""
    return views.present_study(backtests.studies.cancel(session, user.id, study_id))


@router.post("/{study_id}/resume", status_code=202)
def resume_study(
    session: DbSession, backtests: Parts, user: CurrentUser, study_id: str
) -> StudyOut:
    """Resume a study that was cancelled or failed; finished rows are not computed again."""
    row = backtests.studies.resume(session, user.id, study_id)
    backtests.study_jobs.wake_after_commit(session)
    return views.present_study(row)


@router.delete("/{study_id}", status_code=204)
def delete_study(session: DbSession, backtests: Parts, user: CurrentUser, study_id: str) -> None:
    """Delete a study and its rows."""
    backtests.studies.delete(session, user.id, study_id)
