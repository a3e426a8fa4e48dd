"""Routes of agent keys and worker tokens; both kinds have the same ones."""

from __future__ import annotations

from fastapi import APIRouter

from tradertape_server.features.auth import schemas
from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.credentials.keys import Kind, Owner
from tradertape_server.features.auth.http.dependencies import Auth, SessionUser
from tradertape_server.features.auth.token_limits import TokenLimits
from tradertape_server.features.auth.token_scope import TokenScope
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import DbSession, RowId, TransactionRoute

router = APIRouter(route_class=TransactionRoute)


@router.post("/agent-keys", status_code=201)
def create_agent_key(
    body: schemas.NewAgentKey,
    auth: Auth,
    user: SessionUser,
    session: DbSession,
    origin: Origin,
) -> schemas.NewKey:
    """Create a key for an agent or a script; only this response contains it."""
    return auth.keys["agent"].create(
        session,
        _owner(user),
        origin,
        label=body.label,
        scopes=body.scopes,
        expires_in_days=body.expires_in_days,
    )


@router.post("/worker-tokens", status_code=201)
def create_worker_token(
    body: schemas.NewWorkerToken,
    auth: Auth,
    user: SessionUser,
    session: DbSession,
    origin: Origin,
) -> schemas.NewKey:
    """Create a token for a worker; only this response contains it."""
    return auth.keys["worker"].create(
        session,
        _owner(user),
        origin,
        label=body.label,
        scopes=body.scopes,
        expires_in_days=body.expires_in_days,
        token_scope=TokenScope.of(body.account_scopes, body.allowed_ips),
        limits=TokenLimits.of(body.price_band_pct, body.option_price_band_pct),
    )


def _owner(user: Identity) -> Owner:
    return Owner(user.id, user.email)


def _add_common_routes(path: str, kind: Kind, thing: str) -> None:
    name = path.replace("-", "_")

    @router.get(f"/{path}", name=f"list_{name}", summary=f"List {thing}s")
    def list_keys(auth: Auth, user: SessionUser, session: DbSession) -> list[schemas.KeyRow]:
        """Those that are not revoked, newest first, without their secrets."""
        rows = auth.keys[kind].list(session, _owner(user))
        return [schemas.KeyRow.model_validate(row) for row in rows]

    @router.post(
        f"/{path}/{{key_id}}/regenerate",
        name=f"regenerate_{name}",
        summary=f"Replace the secret of a {thing}",
    )
    def regenerate(
        key_id: RowId, auth: Auth, user: SessionUser, session: DbSession, origin: Origin
    ) -> schemas.NewKey:
        """The old secret becomes invalid at once; only this response contains the new one."""
        return auth.keys[kind].regenerate(session, _owner(user), key_id, origin)

    @router.delete(
        f"/{path}/{{key_id}}", status_code=204, name=f"revoke_{name}", summary=f"Revoke a {thing}"
    )
    def revoke(
        key_id: RowId, auth: Auth, user: SessionUser, session: DbSession, origin: Origin
    ) -> None:
        """Revoke it at once and permanently."""
        auth.keys[kind].revoke(session, _owner(user), key_id, origin)


_add_common_routes("agent-keys", "agent", "agent key")
_add_common_routes("worker-tokens", "worker", "worker token")
