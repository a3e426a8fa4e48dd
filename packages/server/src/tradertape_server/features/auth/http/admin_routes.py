"""Routes of the admin pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.administration import user_row
from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import AdminUser, Auth
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute

router = APIRouter(prefix="/admin", tags=["administration"], route_class=TransactionRoute)


@router.get("/users")
def users(_admin: AdminUser, session: DbSession, page: Page) -> list[schemas.UserRow]:
    """Every account, in the order of creation."""
    rows, total = repository.users(session, limit=page.limit, offset=page.offset)
    page.total(total)
    return [user_row(row) for row in rows]


@router.post("/users/{user_id}/disable")
def disable(
    user_id: RowId, admin: AdminUser, auth: Auth, session: DbSession, origin: Origin
) -> schemas.UserRow:
    """Disable an account at once: its sessions end and its keys become invalid."""
    return user_row(auth.administration.disable(session, admin, user_id, origin))


@router.post("/users/{user_id}/enable")
def enable(
    user_id: RowId, admin: AdminUser, auth: Auth, session: DbSession, origin: Origin
) -> schemas.UserRow:
    """Enable an account again."""
    return user_row(auth.administration.enable(session, admin, user_id, origin))


@router.post("/users/{user_id}/sign-in-link")
def sign_in_link(
    user_id: RowId, admin: AdminUser, auth: Auth, session: DbSession, origin: Origin
) -> schemas.SignInLink:
    """Create a sign-in link for a user whose mail does not arrive."""
    return auth.administration.sign_in_link(session, admin, user_id, origin)


@router.get("/audit-log")
def audit_log(
    _admin: AdminUser,
    session: DbSession,
    page: Page,
    user_id: Annotated[RowId | None, Query(ge=1)] = None,
) -> list[schemas.AuditRow]:
    """The audit log, newest first; of one account or of all."""
    rows, total = repository.audit_entries(
        session, user_id=user_id, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return [schemas.AuditRow.model_validate(row) for row in rows]
