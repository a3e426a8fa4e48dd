"""HTTP of the account pages: devices, password, second factor, broker credentials."""

from __future__ import annotations

from fastapi import APIRouter

from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import Auth, SessionUser
from tradertape_server.platform.http.routing import DbSession, Page, RowId

router = APIRouter()


@router.put("/profile")
def set_profile(
    body: schemas.Profile, auth: Auth, user: SessionUser, session: DbSession
) -> schemas.Me:
    """Change the name the account shows."""
    auth.account.rename(session, user.id, body.name)
    return auth.account.me(session, user.id)


@router.get("/sessions")
def sessions(user: SessionUser, session: DbSession) -> list[schemas.SessionRow]:
    """The browsers that are signed in, the last used first."""
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
    """Sign one browser out."""
    repository.end_session(session, user.id, session_id)


@router.put("/password")
def set_password(
    body: schemas.SetPassword, auth: Auth, user: SessionUser, origin: Origin
) -> schemas.Message:
    """Set or change the password; every other browser is signed out."""
    current = body.current_password.get_secret_value() if body.current_password else None
    auth.account.set_password(user, body.password.get_secret_value(), current, origin)
    return schemas.Message(detail="The password is set. Other devices were signed out.")


@router.post("/totp")
def start_totp(auth: Auth, user: SessionUser, session: DbSession) -> schemas.TotpStart:
    """Get a secret for an authenticator app; it counts once a code of it is confirmed."""
    return auth.account.start_totp(session, user.id)


@router.post("/totp/confirm")
def confirm_totp(
    body: schemas.TotpCode, auth: Auth, user: SessionUser, session: DbSession, origin: Origin
) -> schemas.Message:
    """Turn the second factor on with a first code."""
    auth.account.confirm_totp(session, user, "".join(body.code.split()), origin)
    return schemas.Message(detail="The second factor is on.")


@router.post("/totp/disable")
def disable_totp(
    body: schemas.TotpCode, auth: Auth, user: SessionUser, origin: Origin
) -> schemas.Message:
    """Turn the second factor off with a present code."""
    auth.account.disable_totp(user, "".join(body.code.split()), origin)
    return schemas.Message(detail="The second factor is off.")


@router.get("/kite-credentials")
def kite_credentials(auth: Auth, user: SessionUser, session: DbSession) -> schemas.KiteCredentials:
    """What is stored for Kite; the secret is never returned."""
    return auth.account.kite_credentials(session, user.id)


@router.post("/kite-credentials")
def save_kite_credentials(
    body: schemas.SaveKiteCredentials,
    auth: Auth,
    user: SessionUser,
    session: DbSession,
    origin: Origin,
) -> schemas.KiteCredentials:
    """Store Kite's key; the secret only if you want one-click login, encrypted."""
    auth.account.save_kite_credentials(session, user, body, origin)
    session.flush()
    return auth.account.kite_credentials(session, user.id)


@router.delete("/kite-credentials", status_code=204)
def delete_kite_credentials(
    auth: Auth, user: SessionUser, session: DbSession, origin: Origin
) -> None:
    """Forget Kite's key and secret."""
    auth.account.delete_kite_credentials(session, user, origin)


@router.get("/activity")
def activity(user: SessionUser, session: DbSession, page: Page) -> list[schemas.AuditRow]:
    """What happened to this account, the newest first."""
    rows, total = repository.audit_entries(
        session, user_id=user.id, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return [schemas.AuditRow.model_validate(row) for row in rows]
