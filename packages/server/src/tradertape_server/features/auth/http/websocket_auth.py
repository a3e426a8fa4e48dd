"""Authentication of WebSockets, which the middleware for HTTP requests does not cover."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket

from tradertape_server.features.auth.sign_in.sessions import COOKIE, Authenticator
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.requests import client_ip
from tradertape_server.platform.http.security import origin_of

_PROTOCOL = "bearer"


async def session_caller(socket: WebSocket, authenticator: Authenticator) -> Identity | None:
    """The signed-in user whose browser opens the WebSocket, None if nobody is signed in."""
    token = socket.cookies.get(COOKIE, "")
    if not token:
        return None
    identity, _ = await run_in_threadpool(authenticator.by_cookie, token)
    return identity


async def key_caller(socket: WebSocket, authenticator: Authenticator) -> Identity | None:
    """The caller by a token in the Authorization header, subprotocol or query; None without one.

    Raises TokenInvalid, AddressRefused.
    """
    token = token_of(socket)
    if not token:
        return None
    return await run_in_threadpool(authenticator.by_bearer, token, client_ip(socket.scope))


def token_of(socket: WebSocket) -> str:
    """The token the client sends, in a header, as a subprotocol or in the query; never log it."""
    kind, _, token = socket.headers.get("authorization", "").partition(" ")
    if kind.lower() == _PROTOCOL and token:
        return token.strip()
    offered = [part.strip() for part in subprotocols(socket)]
    if len(offered) >= 2 and offered[0].lower() == _PROTOCOL:
        return offered[1]
    return socket.query_params.get("token", "")


def subprotocols(socket: WebSocket) -> list[str]:
    """The subprotocols the client offers."""
    return [p for p in socket.headers.get("sec-websocket-protocol", "").split(",") if p.strip()]


def accepted_protocol(socket: WebSocket) -> str | None:
    """The subprotocol to accept if the client sent its token as one: browsers require a choice."""
    offered = subprotocols(socket)
    return _PROTOCOL if offered and offered[0].strip().lower() == _PROTOCOL else None


def is_own_page(socket: WebSocket, public_url: str) -> bool:
    """Whether our own page opens the WebSocket; true for programs, which send no Origin."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    own_host = socket.headers.get("host", "")
    is_same_host = bool(own_host) and urlsplit(origin).netloc == own_host
    return is_same_host or origin_of(origin) == origin_of(public_url)
