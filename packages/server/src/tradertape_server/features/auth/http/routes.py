"""Routes of signing in and of the caller's account; includes the feature's other routers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Response

from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http import account_routes, admin_routes, key_routes
from tradertape_server.features.auth.http.dependencies import Auth, KnownCaller, SessionUser
from tradertape_server.features.auth.sign_in import known_devices
from tradertape_server.features.auth.sign_in.sessions import cookie_header
from tradertape_server.features.auth.sign_in.sign_in import CODE_LIFE, Browser, SignedIn
from tradertape_server.platform.http.routing import DbSession, TransactionRoute

MARK = "kite_signin"  # cookie that marks the browser which requested a link

router = APIRouter(prefix="/api/auth", tags=["accounts"], route_class=TransactionRoute)


async def _browser(
    origin: Origin,
    kite_session: Annotated[str, Cookie(include_in_schema=False)] = "",
    kite_signin: Annotated[str, Cookie(include_in_schema=False)] = "",
    kite_device: Annotated[str, Cookie(include_in_schema=False)] = "",
) -> Browser:
    return Browser(
        origin, session_token=kite_session, link_mark=kite_signin, device_token=kite_device
    )


ThisBrowser = Annotated[Browser, Depends(_browser)]


@router.get("/sign-in-methods")
def sign_in_methods(auth: Auth) -> schemas.SignInMethods:
    """The ways to sign in, the preferred one first: on a demo, by password."""
    if auth.prefers_password:
        return schemas.SignInMethods(methods=["password", "link"])
    return schemas.SignInMethods(methods=["link", "password"])


@router.post("/magic-link")
def request_link(
    body: schemas.LinkRequest, auth: Auth, browser: ThisBrowser, response: Response
) -> schemas.Message:
    """Send a sign-in link and a six-digit code; the response is the same for every address."""
    mark = auth.sign_in.request_link(body.email, browser)
    _set_cookie(auth, response, MARK, mark, CODE_LIFE)
    return schemas.Message(
        detail="If the address is registered or allowed, a sign-in link has been sent."
    )


@router.post("/verify-link")
def verify_link(
    body: schemas.VerifyLink, auth: Auth, browser: ThisBrowser, response: Response
) -> schemas.Me:
    """Sign in with a link's token, or with an e-mail address and the code sent to it."""
    totp = _digits(body.totp)
    if body.token is not None:
        signed_in = auth.sign_in.by_link(body.token, browser, confirm=body.confirm, totp=totp)
    else:
        signed_in = auth.sign_in.by_code(
            body.email or "", _digits(body.otp) or "", browser, totp=totp
        )
    response.delete_cookie(MARK, path="/api/auth")
    return _sign_in_response(auth, signed_in, response)


@router.post("/password-login")
def password_login(
    body: schemas.PasswordLogin, auth: Auth, browser: ThisBrowser, response: Response
) -> schemas.Me:
    """Sign in with a password, and the second factor if the account has one."""
    signed_in = auth.sign_in.by_password(
        body.email, body.password.get_secret_value(), browser, totp=_digits(body.totp)
    )
    return _sign_in_response(auth, signed_in, response)


@router.post("/logout")
def logout(
    auth: Auth,
    user: SessionUser,
    session: DbSession,
    response: Response,
    body: schemas.Logout | None = None,
) -> schemas.Message:
    """End this session, or every session of the account."""
    if body is not None and body.everywhere:
        repository.end_sessions(session, user.id)
        known_devices.forget_devices(session, user.id)
    else:
        repository.end_session(session, user.id, user.credential_id)
    response.headers.append(
        "set-cookie", cookie_header("", life=auth.policy.life, secure=auth.policy.is_secure)
    )
    return schemas.Message(detail="Signed out.")


@router.get("/me")
def me(auth: Auth, caller: KnownCaller, session: DbSession) -> schemas.Me:
    """The caller's account; any valid session, key or token is accepted."""
    return auth.account.me(session, caller.id)


def _sign_in_response(auth: Auth, signed_in: SignedIn, response: Response) -> schemas.Me:
    cookie = cookie_header(signed_in.token, life=auth.policy.life, secure=auth.policy.is_secure)
    response.headers.append("set-cookie", cookie)
    _set_cookie(auth, response, known_devices.COOKIE, signed_in.device_token, known_devices.LIFE)
    return auth.me_of(signed_in.user_id)


def _set_cookie(auth: Auth, response: Response, name: str, value: str, life: timedelta) -> None:
    """Set a cookie that only the routes of signing in get."""
    response.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path="/api/auth",
        httponly=True,
        samesite="lax",
        secure=auth.policy.is_secure,
    )


def _digits(code: str | None) -> str | None:
    return "".join(code.split()) if code else None


for _part in (account_routes, key_routes, admin_routes):
    router.include_router(_part.router)
