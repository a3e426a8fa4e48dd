"""Who may open a feed: authorised addresses, redirects to them, and the sockets' sessions."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.responses import RedirectResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from tradertape_sandbox.wire.sessions import Session
from tradertape_sandbox.wire.upstox.door import Call, Endpoint, UpstoxDoor, session_of
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, bad_token, failure, invalid

MOST_CONNECTIONS = 2  # of a user, to each feed
MARKET_PATH, PORTFOLIO_PATH = "/feed", "/feed/portfolio"
UPDATE_TYPES = ("order", "position", "holding", "gtt_order")


def authorise_market(call: Call) -> dict[str, Any]:
    """The address of the market feed, with a code for one connection."""
    return _both(_address(call, MARKET_PATH))


def authorise_portfolio(call: Call) -> dict[str, Any]:
    """The address of the portfolio feed with the kinds of updates that the query names."""
    return _both(_address(call, PORTFOLIO_PATH, **_kinds(call)))


def redirect_market(call: Call) -> Response:
    """The same, as a redirect."""
    return RedirectResponse(_address(call, MARKET_PATH), status_code=302)


def redirect_portfolio(call: Call) -> Response:
    """The same, as a redirect."""
    return RedirectResponse(_address(call, PORTFOLIO_PATH, **_kinds(call)), status_code=302)


def gone(_call: Call) -> Response:
    """The market feed v2, which ended on 22 August 2025."""
    words = "The market data feed v2 was discontinued: use /v3/feed/market-data-feed"
    raise UpstoxError("UDAPI10000", words, status=410)


def update_types_of(text: str | None) -> frozenset[str]:
    """The kinds of updates that a query names; without any, orders. Raises UpstoxError."""
    kinds = frozenset(word for word in (text or "order").split(",") if word)
    if not kinds <= set(UPDATE_TYPES):
        words = f"update_types must be some of {', '.join(UPDATE_TYPES)}"
        raise invalid(words, "update_types", text)
    return kinds


async def admitted(
    door: UpstoxDoor, socket: WebSocket, others: Iterable[Session]
) -> Session | None:
    """The session of a socket, not yet accepted; one that may not connect is answered 401 or 429.

    others: the sessions of the feed's open connections.
    """
    session = _session(door, socket)
    if session is None:
        await socket.send_denial_response(failure(bad_token()))
        return None
    if sum(one.user_id == session.user_id for one in others) >= MOST_CONNECTIONS:
        words = f"At most {MOST_CONNECTIONS} connections of a user to a feed: close another one"
        refusal = UpstoxError("UDAPI10005", words, status=429)
        await socket.send_denial_response(failure(refusal))
        return None
    return session


async def until_one_ends(*works: Callable[[], Awaitable[None]]) -> None:
    """Let the reader and the writer of a socket work until either ends."""
    async with anyio.create_task_group() as group:

        async def work(one: Callable[[], Awaitable[None]]) -> None:
            with contextlib.suppress(WebSocketDisconnect):
                await one()
            group.cancel_scope.cancel()

        for one in works:
            group.start_soon(work, one)


def _session(door: UpstoxDoor, socket: WebSocket) -> Session | None:
    code = socket.query_params.get("code")
    if code is not None:
        return door.sessions.find(door.tickets.pop(code, ""))
    return session_of(door, socket.headers.get("authorization", ""))


def _kinds(call: Call) -> dict[str, str]:
    return {"update_types": ",".join(sorted(update_types_of(call.query.get("update_types"))))}


def _address(call: Call, path: str, **query: str) -> str:
    code = secrets.token_urlsafe(24)
    call.door.tickets[code] = call.session.access_token
    return f"{call.door.socket_origin}{call.root}{path}?{urlencode({'code': code, **query})}"


def _both(address: str) -> dict[str, Any]:
    return {"authorizedRedirectUri": address, "authorized_redirect_uri": address}


ENDPOINTS = (
    Endpoint("GET", "/v3/feed/market-data-feed/authorize", authorise_market),
    Endpoint("GET", "/v3/feed/market-data-feed", redirect_market),
    Endpoint("GET", "/v2/feed/market-data-feed/authorize", gone),
    Endpoint("GET", "/v2/feed/market-data-feed", gone),
    Endpoint("GET", "/v2/feed/portfolio-stream-feed/authorize", authorise_portfolio),
    Endpoint("GET", "/v2/feed/portfolio-stream-feed", redirect_portfolio),
)
