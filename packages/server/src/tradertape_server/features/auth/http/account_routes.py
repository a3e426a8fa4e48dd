"""Routes of the account pages: devices, password, second factor."""

from __future__ import annotations

from fastapi import APIRouter

from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import Auth, SessionUser
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute

router = APIRouter(route_class=TransactionRoute)


@router.put("/profile")
def set_profile(
    body: schemas.Profile, auth: Auth, user: SessionUser, session: DbSession
) -> schemas.Me:
    """Change the account's display name."""
    auth.account.rename(session, user.id, body.name)
    return auth.account.me(session, user.id)


@router.get("/sessions")
def sessions(user: SessionUser, session: DbSession) -> list[schemas.SessionRow]:
    """The signed-in browsers, most recently used first."""
    return [
        schemas.SessionRow(
            id=row.id,
            is_this=row.id == user.credential_id,
            method=row.method,
            ip=row.ip,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
        )
        for row in repository.sessions_of(session, user.id)
    ]


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: RowId, user: SessionUser, session: DbSession) -> None:
    """Sign out one browser."""
    repository.end_session(session, user.id, session_id)


@router.put("/password")
def set_password(
    body: schemas.SetPassword, auth: Auth, user: SessionUser, origin: Origin
) -> schemas.Message:
    """Set or change the password; signs out every other browser."""
    current = body.current_password.get_secret_value() if body.current_password else None
    auth.account.set_password(user, body.password.get_secret_value(), current, origin)
    return schemas.Message(detail="The password is set. Other devices were signed out.")


@router.get("/totp")
def totp_state(auth: Auth, user: SessionUser, session: DbSession) -> schemas.TotpState:
    """Whether the second factor is on, and how many recovery codes are left."""
    return auth.second_factor.state(session, user.id)


@router.post("/totp")
def start_totp(auth: Auth, user: SessionUser, session: DbSession) -> schemas.TotpStart:
    """Create a secret for an authenticator app; it takes effect once a code is confirmed."""
    return auth.second_factor.start(session, user.id)


@router.post("/totp/confirm")
def confirm_totp(
    body: schemas.TotpCode, auth: Auth, user: SessionUser, origin: Origin
) -> schemas.RecoveryCodes:
    """Enable the second factor with a first code; returns recovery codes, shown only once."""
    return auth.second_factor.confirm(user, "".join(body.code.split()), origin)


@router.post("/totp/disable")
def disable_totp(
    body: schemas.AnyCode, auth: Auth, user: SessionUser, origin: Origin
) -> schemas.Message:
    """Disable the second factor with a current code or a recovery code."""
    auth.second_factor.disable(user, "".join(body.code.split()), origin)
    return schemas.Message(detail="Two-factor authentication is off.")


@router.post("/totp/recovery-codes")
def renew_recovery_codes(
    body: schemas.AnyCode, auth: Auth, user: SessionUser, origin: Origin
) -> schemas.RecoveryCodes:
    """Replace the recovery codes with new ones, with a current code or a recovery code."""
    return auth.second_factor.renew_codes(user, "".join(body.code.split()), origin)


@router.get("/activity")
def activity(user: SessionUser, session: DbSession, page: Page) -> list[schemas.AuditRow]:
    """The audit log of this account, newest first."""
    rows, total = repository.audit_entries(
        session, user_id=user.id, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return [schemas.AuditRow.model_validate(row) for row in rows]
