"""Groww's door: every address under `/groww`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.groww import account_calls as account
from tradertape_sandbox.wire.groww import market_calls as market
from tradertape_sandbox.wire.groww import trading_calls as trading
from tradertape_sandbox.wire.groww.calls import (
    LIMITS,
    LIVE,
    ORDERS,
    OTHER,
    Endpoint,
    Groww,
    Handler,
    bearer,
    document_of,
    endpoint,
    read_body,
)
from tradertape_sandbox.wire.groww.envelopes import (
    Code,
    GrowwError,
    JsonResponse,
    failure,
    gateway_failure,
)
from tradertape_sandbox.wire.groww.feed import Feed
from tradertape_sandbox.wire.groww.instruments import instrument_file
from tradertape_sandbox.wire.groww.smart_book import SmartBook
from tradertape_sandbox.wire.groww.sockets import feed_endpoint
from tradertape_sandbox.wire.groww.tokens import AccessTokens, WallClock, token_reply
from tradertape_sandbox.wire.rate_limits import RateLimits
from tradertape_sandbox.wire.sessions import Sessions

PATH = "/groww"
SESSIONS_END = time(6, 0)  # in India; source: groww.in/trade-api/docs

_SMART = "/order-advance"
_SMART_ID = "{segment}/{smart_order_type}"
# Method, path after /v1, class of rate limit, handler, status of success.
_CALLS: Sequence[tuple[str, str, str, Handler, int]] = (
    ("POST", "/order/create", ORDERS, trading.create_order, 200),
    ("POST", "/order/modify", ORDERS, trading.modify_order, 200),
    ("POST", "/order/cancel", ORDERS, trading.cancel_order, 200),
    ("GET", "/order/list", OTHER, trading.list_orders, 200),
    ("GET", "/order/detail/{groww_order_id}", OTHER, trading.order_detail, 200),
    ("GET", "/order/status/reference/{reference}", OTHER, trading.status_by_reference, 200),
    ("GET", "/order/status/{groww_order_id}", OTHER, trading.status_of_order, 200),
    ("GET", "/order/trades/{groww_order_id}", OTHER, trading.order_trades, 200),
    ("POST", f"{_SMART}/create", ORDERS, trading.create_smart_order, 201),
    ("PUT", f"{_SMART}/modify/{{smart_order_id}}", ORDERS, trading.modify_smart_order, 202),
    (
        "POST",
        f"{_SMART}/cancel/{_SMART_ID}/{{smart_order_id}}",
        ORDERS,
        trading.cancel_smart_order,
        202,
    ),
    (
        "GET",
        f"{_SMART}/status/{_SMART_ID}/internal/{{smart_order_id}}",
        OTHER,
        trading.smart_order,
        200,
    ),
    ("GET", f"{_SMART}/list", OTHER, trading.list_smart_orders, 200),
    ("GET", "/holdings/user", OTHER, account.holdings, 200),
    ("GET", "/positions/user", OTHER, account.positions, 200),
    ("GET", "/positions/trading-symbol", OTHER, account.positions_of_symbol, 200),
    ("GET", "/margins/detail/user", OTHER, account.user_margin, 200),
    ("POST", "/margins/detail/orders", OTHER, account.order_margin, 200),
    ("GET", "/user/detail", OTHER, account.user, 200),
    ("GET", "/live-data/quote", LIVE, market.quote, 200),
    ("GET", "/live-data/ltp", LIVE, market.last_prices, 200),
    ("GET", "/live-data/ohlc", LIVE, market.ohlc, 200),
    (
        "GET",
        "/live-data/greeks/exchange/{exchange}/underlying/{underlying}"
        "/trading_symbol/{trading_symbol}/expiry/{expiry}",
        LIVE,
        market.greeks,
        200,
    ),
    (
        "GET",
        "/option-chain/exchange/{exchange}/underlying/{underlying}",
        OTHER,
        market.option_chain,
        200,
    ),
    ("GET", "/historical/candle/range", OTHER, market.candle_range, 200),
    ("GET", "/historical/candles", OTHER, market.candles, 200),
    ("GET", "/historical/expiries", OTHER, market.expiries, 200),
    ("GET", "/historical/contracts", OTHER, market.contracts, 200),
)


def routes(
    exchange: Exchange, sessions: Sessions, settings: SandboxSettings
) -> Sequence[BaseRoute]:
    """The routes of the door, relative to `PATH`."""
    limits = RateLimits(exchange.clock, LIMITS)
    groww = Groww(exchange, sessions, limits, SmartBook(exchange))
    tokens = AccessTokens(sessions, settings.totp_secret, WallClock(exchange.clock).now)
    feed = Feed(groww)
    calls = [
        Route(f"/v1{path}", endpoint(groww, kind, handler, status), methods=[method])
        for method, path, kind, handler, status in _CALLS
    ]
    socket_token = endpoint(groww, OTHER, feed.socket_token)
    return [
        *calls,
        Route("/v1/api/apex/v1/socket/token/create/", socket_token, methods=["POST"]),
        Route("/v1/token/api/access", _token_endpoint(tokens), methods=["POST"]),
        Route("/v1/changelog", _changelog, methods=["GET"]),
        Route("/instruments/instrument.csv", _instruments_endpoint(groww), methods=["GET"]),
        WebSocketRoute("/feed", feed_endpoint(feed)),
        Route("/v1/{path:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ]


def _token_endpoint(tokens: AccessTokens) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            body = document_of(await read_body(request))
            return JsonResponse(token_reply(tokens.open(bearer(request), body)))
        except GrowwError as error:
            if error.code is Code.NOT_AUTHORISED:
                return gateway_failure(401, error.code, error.message)
            return failure(error)

    return answer


def _instruments_endpoint(groww: Groww) -> Endpoint:
    async def answer(_request: Request) -> Response:
        return Response(instrument_file(groww.exchange.instruments), media_type="text/csv")

    return answer


async def _changelog(_request: Request) -> Response:
    """What the official client prints when it starts: nothing."""
    return JsonResponse({"info": [], "warning": []})


async def _unknown(request: Request) -> Response:
    text = f"{request.method} {request.url.path} is not an address of this API"
    return failure(GrowwError(Code.NOT_FOUND, text))
