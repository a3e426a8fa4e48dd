"""Dependencies that say who may call a route: put one of these in its signature.

CurrentUser   a signed-in browser, or an agent key with the scope `api:read` / `api:write`
SessionUser   a signed-in browser only: account pages
AdminUser     a signed-in browser of an administrator
KnownCaller   anybody signed in, by session, key or token

They are coroutines because FastAPI would run plain functions on another thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from tradertape_server.features.auth.service import AuthService
from tradertape_server.features.auth.sign_in.sessions import COOKIE
from tradertape_server.platform.errors import Forbidden, Unauthenticated
from tradertape_server.platform.http.identity import Identity, identity_of, refusal_of
from tradertape_server.platform.http.routing import SAFE_METHODS, part

Auth = Annotated[AuthService, Depends(part("auth"))]


# The authentication middleware has checked these; here they only describe the API's security.
_cookie = APIKeyCookie(
    name=COOKIE, scheme_name="session", auto_error=False, description="Set by the sign-in routes."
)
_bearer = HTTPBearer(
    scheme_name="key", auto_error=False, description="An agent key (zt_…) or worker token (kwa_…)."
)


async def _anyone_known(
    request: Request,
    _by_cookie: Annotated[str | None, Security(_cookie)],
    _by_bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Identity:
    identity = identity_of(request)
    if identity is None:
        raise refusal_of(request) or Unauthenticated()
    return identity


KnownCaller = Annotated[Identity, Depends(_anyone_known)]


async def _current_user(request: Request, caller: KnownCaller) -> Identity:
    if caller.via != "session":
        require_scope(caller, "api:read" if request.method in SAFE_METHODS else "api:write")
    return caller


async def _session_user(caller: KnownCaller) -> Identity:
    if caller.via != "session":
        raise Forbidden("Sign in with a browser; a key is not sufficient.", code="session_only")
    return caller


CurrentUser = Annotated[Identity, Depends(_current_user)]
SessionUser = Annotated[Identity, Depends(_session_user)]


async def _admin_user(user: SessionUser) -> Identity:
    if not user.is_admin:
        raise Forbidden("This is for administrators only.", code="admin_only")
    return user


AdminUser = Annotated[Identity, Depends(_admin_user)]


def agent_caller(scope: str) -> Callable[..., Awaitable[Identity]]:
    """Return the dependency of a route for agents alone, whose key has the scope."""

    async def take(caller: KnownCaller) -> Identity:
        if caller.via != "agent":
            raise Forbidden("This is for agents: send an agent key.", code="agent_only")
        require_scope(caller, scope)
        return caller

    return take


def require_scope(caller: Identity, scope: str) -> None:
    """Raise Forbidden unless the caller's key has the scope."""
    if scope not in caller.scopes:
        has = ", ".join(sorted(caller.scopes)) or "none"
        raise Forbidden(
            f"The token lacks the scope {scope} (it has {has}): scopes are chosen when a token "
            "is created, in the console under Workers, Tokens, or with "
            f"`tradertape token create --scope {scope}`.",
            code="scope_missing",
        )
