"""Routes of strategies."""

from __future__ import annotations

import re
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.strategies import views
from tradertape_server.features.strategies.models import StrategyRow
from tradertape_server.features.strategies.repository import Filter, Scope, Sort
from tradertape_server.features.strategies.schemas import (
    Catalogue,
    ForkIn,
    RestoreIn,
    ShareIn,
    StrategyDocument,
    StrategyOut,
    StrategyReplacement,
    Validation,
    VersionOut,
    without_added,
)
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute

router = APIRouter(prefix="/api/strategies", tags=["strategies"], route_class=TransactionRoute)


def _service(request: Request) -> StrategyService:
    return cast("StrategyService", request.app.state.container.strategies)


def _one(session: Session, row: StrategyRow, user: Identity) -> StrategyOut:
    session.flush()
    return views.present(session, [row], user.id)[0]


@router.get("")
def list_strategies(
    request: Request,
    session: DbSession,
    user: CurrentUser,
    page: Page,
    *,
    scope: Annotated[
        Scope | None, Query(description="Which strategies: mine, templates, public, all.")
    ] = None,
    is_active: bool | None = None,
    is_template: bool | None = None,
    is_public: bool | None = None,
    base_model: str | None = None,
    tag: str | None = None,
    q: Annotated[str | None, Query(max_length=100, description="In name or description.")] = None,
    sort: Sort = "updated",
) -> list[StrategyOut]:
    """Your strategies; `scope=templates`: those we ship, `scope=public`: those others share."""
    wanted = Filter(
        scope=scope or ("templates" if is_template else "mine"),
        is_active=is_active,
        is_template=is_template,
        is_public=is_public,
        base_model=base_model,
        tag=tag,
        text=q,
        sort=sort,
    )
    rows, total = _service(request).find(
        session, user.id, wanted, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return views.present(session, rows, user.id)


@router.post("", status_code=201)
def create_strategy(
    request: Request, session: DbSession, user: CurrentUser, body: StrategyDocument
) -> StrategyOut:
    """Create a strategy. Missing blocks are taken from the base model and stored."""
    row = _service(request).create(session, user.id, body.document(), is_active=body.is_active)
    return _one(session, row, user)


@router.get("/indicators")
def indicator_catalogue(_user: CurrentUser) -> Catalogue:
    """Every indicator, short name and position field the rule language knows."""
    return views.catalogue()


@router.post("/validate")
def validate_strategy(_user: CurrentUser, body: dict[str, object]) -> Validation:
    """Check a document without saving it: its problems with JSON pointers, or its description."""
    return views.validate(without_added(body))


@router.post("/import", status_code=201)
def import_strategy(
    request: Request, session: DbSession, user: CurrentUser, body: StrategyDocument
) -> StrategyOut:
    """Create a strategy from an exported document."""
    row = _service(request).create(session, user.id, body.document(), note="Imported")
    return _one(session, row, user)


@router.get("/{strategy_id}")
def get_strategy(
    request: Request, session: DbSession, user: CurrentUser, strategy_id: RowId
) -> StrategyOut:
    """One strategy: your own, a public one or a template."""
    return _one(session, _service(request).get(session, user.id, strategy_id), user)


@router.put("/{strategy_id}")
def replace_strategy(
    request: Request,
    session: DbSession,
    user: CurrentUser,
    strategy_id: RowId,
    body: StrategyReplacement,
) -> StrategyOut:
    """Save the whole strategy as the next version; the earlier one is kept.

    The body is that of a new strategy: nothing remains of the earlier version, and blocks that are
    left out come from the base model.
    """
    row = _service(request).replace(
        session,
        user.id,
        strategy_id,
        body.document(),
        is_active=body.is_active,
        expected_version=body.expected_version,
    )
    return _one(session, row, user)


@router.delete("/{strategy_id}", status_code=204)
def delete_strategy(
    request: Request, session: DbSession, user: CurrentUser, strategy_id: RowId
) -> None:
    """Delete a strategy. Forks and finished backtests stay; 409 while something uses it."""
    _service(request).delete(session, user.id, strategy_id)


@router.post("/{strategy_id}/fork", status_code=201)
def fork_strategy(
    request: Request,
    session: DbSession,
    user: CurrentUser,
    strategy_id: RowId,
    body: ForkIn | None = None,
) -> StrategyOut:
    """Copy a strategy into your own, private, as version 1."""
    name = body.name if body else None
    return _one(session, _service(request).fork(session, user.id, strategy_id, name=name), user)


@router.post("/{strategy_id}/share")
def share_strategy(
    request: Request,
    session: DbSession,
    user: CurrentUser,
    strategy_id: RowId,
    body: ShareIn | None = None,
) -> StrategyOut:
    """Share the strategy with everybody who is signed in, or stop sharing it."""
    is_public = body.is_public if body else None
    row = _service(request).share(session, user.id, strategy_id, is_public=is_public)
    return _one(session, row, user)


@router.get("/{strategy_id}/versions")
def list_versions(
    request: Request, session: DbSession, user: CurrentUser, page: Page, strategy_id: RowId
) -> list[VersionOut]:
    """Every saved version, newest first."""
    service = _service(request)
    found = service.versions(session, user.id, strategy_id)
    current = service.get(session, user.id, strategy_id).version
    page.total(len(found))
    part = found[page.offset : page.offset + page.limit]
    return [views.present_version(one, current) for one in part]


@router.post("/{strategy_id}/versions/{version}/restore")
def restore_version(
    request: Request,
    session: DbSession,
    user: CurrentUser,
    strategy_id: RowId,
    version: RowId,
    body: RestoreIn | None = None,
) -> StrategyOut:
    """Save an earlier version again, as the next one."""
    expected = body.expected_version if body else None
    row = _service(request).restore(
        session, user.id, strategy_id, version, expected_version=expected
    )
    return _one(session, row, user)


@router.get("/{strategy_id}/export")
def export_strategy(
    request: Request,
    response: Response,
    session: DbSession,
    user: CurrentUser,
    strategy_id: RowId,
) -> dict[str, object]:
    """The document alone, as a file for `import`."""
    row = _service(request).get(session, user.id, strategy_id)
    stem = re.sub(r"[^a-z0-9]+", "-", row.name.lower()).strip("-") or "strategy"
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.json"'
    return row.document
