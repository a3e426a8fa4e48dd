"""The door's routes, as the application mounts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute

from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.rate_limits import Limit, RateLimits
from tradertape_sandbox.wire.sessions import Sessions
from tradertape_sandbox.wire.upstox import (
    access,
    charges,
    feed_access,
    gtt,
    history,
    instruments,
    market,
    multi,
    options,
    orders,
    portfolio,
    quotes,
    reports,
    switches,
)
from tradertape_sandbox.wire.upstox.account_state import Switches
from tradertape_sandbox.wire.upstox.door import LIMITS, Endpoint, UpstoxDoor, route
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, failure
from tradertape_sandbox.wire.upstox.feed import MarketFeed
from tradertape_sandbox.wire.upstox.greeks import OptionTables
from tradertape_sandbox.wire.upstox.gtt_book import GttBook
from tradertape_sandbox.wire.upstox.portfolio_feed import PortfolioFeed
from tradertape_sandbox.wire.upstox.webhooks import Webhooks

ENDPOINTS: tuple[Endpoint, ...] = (
    *access.ENDPOINTS,
    *orders.ENDPOINTS,
    *multi.ENDPOINTS,
    *gtt.ENDPOINTS,
    *switches.ENDPOINTS,
    *portfolio.ENDPOINTS,
    *quotes.ENDPOINTS,
    *history.ENDPOINTS,
    *options.ENDPOINTS,
    *instruments.ENDPOINTS,
    *market.ENDPOINTS,
    *charges.ENDPOINTS,
    *reports.ENDPOINTS,
    *feed_access.ENDPOINTS,
)  # The client asks for its own path; programs that were authorised are sent to the first.
_MARKET_PATHS = (feed_access.MARKET_PATH, "/v3/feed/market-data-feed")
_PORTFOLIO_PATHS = (feed_access.PORTFOLIO_PATH, "/v2/feed/portfolio-stream-feed")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def routes(
    exchange: Exchange,
    sessions: Sessions,
    settings: SandboxSettings,
    *,
    limits: Mapping[str, Sequence[Limit]] = LIMITS,
) -> Sequence[BaseRoute]:
    """Everything of the door."""
    switches_kept = Switches()
    door = UpstoxDoor(
        exchange,
        sessions,
        RateLimits(exchange.clock, limits),
        settings.socket_origin,
        GttBook(exchange, switches_kept.is_killed),
        OptionTables(exchange),
        switches=switches_kept,
    )
    if settings.upstox_webhook_url:
        Webhooks(door, settings.upstox_webhook_url)
    known = [route(door, endpoint) for endpoint in ENDPOINTS]
    market_feed = MarketFeed(door)
    portfolio_feed = PortfolioFeed(door)
    sockets = [WebSocketRoute(path, market_feed.serve) for path in _MARKET_PATHS]
    sockets += [WebSocketRoute(path, portfolio_feed.serve) for path in _PORTFOLIO_PATHS]
    return [*known, *sockets, _unknown(known)]


def _unknown(known: Sequence[Route]) -> Route:
    async def answer(request: Request) -> Response:
        if any(one.matches(request.scope)[0] is Match.PARTIAL for one in known):
            return failure(UpstoxError("UDAPI10000", "Method not allowed", status=405))
        return failure(UpstoxError("UDAPI100060", "Resource not found", status=404))

    return Route("/{path:path}", answer, methods=list(_METHODS))
