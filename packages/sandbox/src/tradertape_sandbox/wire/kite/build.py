"""The door's routes, as the application mounts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute

from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.kite import access, gtt, margins, market, orders, portfolio
from tradertape_sandbox.wire.kite.alerts import routes as alerts
from tradertape_sandbox.wire.kite.alerts.book import AlertBook
from tradertape_sandbox.wire.kite.door import LIMITS, Endpoint, KiteDoor, route
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError, failure
from tradertape_sandbox.wire.kite.funds import routes as funds
from tradertape_sandbox.wire.kite.postbacks import Postbacks
from tradertape_sandbox.wire.kite.ticker import Ticker
from tradertape_sandbox.wire.rate_limits import Limit, RateLimits
from tradertape_sandbox.wire.sessions import Sessions

ENDPOINTS: tuple[Endpoint, ...] = (
    *access.ENDPOINTS,
    *orders.ENDPOINTS,
    *portfolio.ENDPOINTS,
    *margins.ENDPOINTS,
    *market.ENDPOINTS,
    *gtt.ENDPOINTS,
    *funds.ENDPOINTS,
    *alerts.ENDPOINTS,
)
# The client asks for its root as it is; programs that name the ticker's own path find it there too.
_TICKER_PATHS = ("/", "/ws", "/kite")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def routes(
    exchange: Exchange, sessions: Sessions, settings: SandboxSettings
) -> Sequence[BaseRoute]:
    """Everything of the door: REST, the login page and the ticker."""
    for app in sessions.apps:
        sessions.register(
            replace(
                app,
                redirect_url=settings.kite_redirect_url or app.redirect_url,
                postback_url=settings.kite_postback_url or app.postback_url,
            )
        )
    return routes_of(exchange, sessions, limits=LIMITS)


def routes_of(
    exchange: Exchange, sessions: Sessions, *, limits: Mapping[str, Sequence[Limit]]
) -> Sequence[BaseRoute]:
    """The same with other rate limits."""
    door = KiteDoor(exchange, sessions, RateLimits(exchange.clock, limits), {}, AlertBook(exchange))
    ticker = Ticker(door)
    Postbacks(door)
    known = [route(door, endpoint) for endpoint in ENDPOINTS]
    sockets = [WebSocketRoute(path, ticker.serve) for path in _TICKER_PATHS]
    return [*known, *sockets, _unknown(known)]


def _unknown(known: Sequence[Route]) -> Route:
    async def answer(request: Request) -> Response:
        matches = [one.matches(request.scope)[0] for one in known]
        is_path = Match.PARTIAL in matches
        message = "Method not allowed" if is_path else "Route not found"
        return failure(KiteError(Kind.GENERAL, message, status=405 if is_path else 404))

    return Route("/{path:path}", answer, methods=list(_METHODS))
