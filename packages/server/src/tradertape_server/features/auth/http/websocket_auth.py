"""Who opens a WebSocket: these do not pass the gate of the HTTP requests."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket

from tradertape_server.features.auth.sign_in.sessions import COOKIE, Authenticator
from tradertape_server.platform.http.identity import AddressRefused, Identity
from tradertape_server.platform.http.requests import client_ip
from tradertape_server.platform.http.security import origin_of

_PROTOCOL = "bearer"


async def session_caller(socket: WebSocket, authenticator: Authenticator) -> Identity | None:
    """The signed-in person whose browser opens the socket."""
    token = socket.cookies.get(COOKIE, "")
    if not token:
        return None
    identity, _ = await run_in_threadpool(authenticator.by_cookie, token)
    return identity


async def key_caller(socket: WebSocket, authenticator: Authenticator) -> Identity | None:
    """The holder of the token in the query, the Authorization header or the subprotocol."""
    token = token_of(socket)
    if not token:
        return None
    try:
        return await run_in_threadpool(authenticator.by_bearer, token, client_ip(socket.scope))
    except AddressRefused:
        return None


def token_of(socket: WebSocket) -> str:
    """The token a client that cannot set headers, or can, sends along; never log this."""
    kind, _, token = socket.headers.get("authorization", "").partition(" ")
    if kind.lower() == _PROTOCOL and token:
        return token.strip()
    offered = [part.strip() for part in subprotocols(socket)]
    if len(offered) >= 2 and offered[0].lower() == _PROTOCOL:
        return offered[1]
    return socket.query_params.get("token", "")


def subprotocols(socket: WebSocket) -> list[str]:
    """What the client offers to speak."""
    return [p for p in socket.headers.get("sec-websocket-protocol", "").split(",") if p.strip()]


def accepted_protocol(socket: WebSocket) -> str | None:
    """What to answer to a client that sent its token as a subprotocol: a browser insists on one."""
    offered = subprotocols(socket)
    return _PROTOCOL if offered and offered[0].strip().lower() == _PROTOCOL else None


def is_own_page(socket: WebSocket, public_url: str) -> bool:
    """Whether the page that opens the socket is ours; true for programs, which send no Origin."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    own_host = socket.headers.get("host", "")
    is_same_host = bool(own_host) and urlsplit(origin).netloc == own_host
    return is_same_host or origin_of(origin) == origin_of(public_url)
