"""The web application: every feature's routes behind the same layers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import cookie_parser
from starlette.types import Scope

from tradertape_server import __version__
from tradertape_server.container import Container
from tradertape_server.features.activity.routes import router as activity
from tradertape_server.features.agents.console_routes import router as agent_page
from tradertape_server.features.agents.routes import router as agents
from tradertape_server.features.auth.http.routes import router as auth
from tradertape_server.features.auth.sign_in import known_devices
from tradertape_server.features.backtests.http.routes import router as backtests
from tradertape_server.features.backtests.http.study_routes import router as studies
from tradertape_server.features.brokerage.routes import router as brokers
from tradertape_server.features.brokerage.sandbox_routes import router as sandbox
from tradertape_server.features.changelog.routes import router as changelog
from tradertape_server.features.family.routes import router as family
from tradertape_server.features.feed.http.routes import router as live
from tradertape_server.features.feed.http.tick_socket import router as ticks_socket
from tradertape_server.features.gtts.routes import router as gtts
from tradertape_server.features.holdings.routes import router as holdings
from tradertape_server.features.hooks.routes import router as hooks
from tradertape_server.features.market.routes import router as market
from tradertape_server.features.notifications.routes import router as notifications
from tradertape_server.features.operations.routes import router as operations
from tradertape_server.features.options.routes import router as options
from tradertape_server.features.portfolios.reading_routes import router as portfolio_pages
from tradertape_server.features.portfolios.routes import router as portfolios
from tradertape_server.features.reconciliation.routes import router as reconciliation
from tradertape_server.features.risk.routes import router as risk
from tradertape_server.features.strategies.routes import router as strategies
from tradertape_server.features.strategies.trial_routes import router as trials
from tradertape_server.features.trade_journal.pictures import MOST_BYTES as MOST_PICTURE_BYTES
from tradertape_server.features.trade_journal.routes import router as trade_journal
from tradertape_server.features.trading.routes import router as trading
from tradertape_server.features.uploads.routes import router as uploads
from tradertape_server.features.watchlists.routes import router as watchlists
from tradertape_server.features.wealth.routes import router as wealth
from tradertape_server.features.workers.http.account_routes import router as worker_accounts
from tradertape_server.features.workers.http.console_routes import router as worker_pages
from tradertape_server.features.workers.http.market_routes import router as worker_market
from tradertape_server.features.workers.http.market_streams import sockets as worker_sockets
from tradertape_server.features.workers.http.monitor_routes import router as worker_monitor
from tradertape_server.features.workers.http.option_run_routes import (
    router as worker_option_runs,
)
from tradertape_server.features.workers.http.options_routes import router as worker_options
from tradertape_server.features.workers.http.request_classes import keeps_its_keys, request_class
from tradertape_server.features.workers.http.run_routes import router as worker_runs
from tradertape_server.features.workers.http.trading_routes import router as worker_trading
from tradertape_server.platform.errors import install_error_handlers
from tradertape_server.platform.http.answers import describe_answers
from tradertape_server.platform.http.authentication import AuthenticationMiddleware
from tradertape_server.platform.http.bodies import Bodies, CheckedBodies
from tradertape_server.platform.http.concurrency import URGENT, Turns
from tradertape_server.platform.http.forwarding import Forwarding
from tradertape_server.platform.http.hosts import AllowedHosts, CheckedHost
from tradertape_server.platform.http.idempotency import Idempotency
from tradertape_server.platform.http.pages import pages_router
from tradertape_server.platform.http.rate_limits import RateLimits, RequestClass
from tradertape_server.platform.http.requests import RequestContext
from tradertape_server.platform.http.routing import SAFE_METHODS
from tradertape_server.platform.http.security import CrossSite, SecurityHeaders
from tradertape_server.platform.http.wheels import wheels_router
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

# One line for each router.
ROUTERS = (
    worker_trading,  # first: routes are searched in this order
    worker_runs,
    worker_accounts,
    auth,
    agents,
    agent_page,
    sandbox,
    brokers,
    market,
    live,
    ticks_socket,
    watchlists,
    uploads,
    gtts,
    trading,
    activity,
    holdings,
    wealth,
    trade_journal,
    family,
    reconciliation,
    worker_market,
    worker_sockets,
    worker_monitor,
    worker_pages,
    risk,
    options,
    worker_options,
    worker_option_runs,
    strategies,
    trials,
    backtests,
    studies,
    portfolios,
    portfolio_pages,
    notifications,
    hooks,
    changelog,
    operations,
)

WORKER = "/api/algo-workers/worker/"
# Paths that read the live market or the jobs, which are in the trading process.
LIVE = (
    "/api/live/", "/api/trading/", "/api/options", "/api/jobs", f"{WORKER}market/",
    f"{WORKER}options/", "/api/agent/", "/api/agents",
)  # fmt: skip
PORTFOLIOS = "/api/model/"
# Changes that are stored in a transaction of their own, not in one of the trader's.
CHANGES = (
    "/api/auth/", "/api/watchlists", "/api/uploads/mappings", "/api/strategies", "/api/backtest/",
    "/api/journal/",
    "/api/model/", "/api/reconciliation", "/api/agent/", "/api/agents/",
    "/api/notifications", "/api/hooks", "/api/family/", f"{WORKER}heartbeat", f"{WORKER}accounts",
)  # fmt: skip
# Pages that are sums over all that a person has ever traded.
PAGES = ("/api/journal/", "/api/wealth/")
PICTURES = "/api/journal/screenshots/"
# What may wait for a broker that answers slowly, or not at all.
AT_BROKERS = "/api/portfolio/"
# Where passwords are hashed, which takes 64 MB and a tenth of a second each.
PASSWORDS = frozenset({"/api/auth/password-login", "/api/auth/password"})
# Below them, what computes for long and stores little or nothing.
COMPUTATIONS = frozenset(
    {
        "/api/backtest/run",
        "/api/model/scan",
        "/api/strategies/explain",
        "/api/strategies/signals",
        "/api/strategies/validate",
    }
)

DESCRIPTION = """Everything the console does. Sign in at the console and use its cookie, or make an
agent key with the scopes `api:read` and `api:write` and send it as a bearer token. The conventions
(errors, paging, times, idempotency) are in the [documentation](/docs/api/)."""


def create_app(settings: Settings | None = None, *, container: Container | None = None) -> FastAPI:
    """Build the application; tests pass a container with a frozen clock."""
    container = container or build_container(settings or Settings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        container.start()
        yield
        container.close()

    app = FastAPI(
        title="TraderTape",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    app.state.container = container
    install_error_handlers(app)
    settings = container.settings
    pages = pages_router(console=settings.console_path, docs=settings.docs_path)
    # Added directly: `include_router` would copy each route, and find a request's in two steps.
    wheels = wheels_router(settings.sdk_wheels_path)
    for router in (*ROUTERS, wheels, pages):
        app.router.routes.extend(router.routes)
    describe_answers(app)
    _add_layers(app, container)
    return app


def _add_layers(app: FastAPI, container: Container) -> None:
    """Add the middleware from the inside out: the last one added gets a request first."""
    settings = container.settings
    app.add_middleware(Idempotency, store=container.idempotency, keeps_its_own=keeps_its_keys)
    limits = {
        "writers": container.writers,
        "pages": container.pages,
        "at brokers": container.broker_reads,
        "passwords": container.password_checks,
        "passwords of known browsers": container.password_checks_of_known,
    }
    app.add_middleware(Turns, limits=limits, classify=partial(queue_of, secrets=container.secrets))
    app.add_middleware(CheckedBodies)
    app.add_middleware(
        RateLimits,
        clock=container.clock,
        per_minute=settings.requests_per_minute,
        strangers=container.strangers,
        classify=request_class,
        counts_itself=is_postback,
    )
    app.add_middleware(
        AuthenticationMiddleware, callers=container.auth.authenticator, streams=WORKER
    )
    app.add_middleware(CrossSite, public_url=settings.effective_public_url)
    processes = container.processes
    if processes.is_shared:
        app.add_middleware(
            Forwarding,
            election=processes.election,
            secrets=container.secrets,
            rule=needs_trader,
            counts=processes.forwarded,
        )
    app.add_middleware(
        Bodies,
        max_bytes=settings.max_body_bytes,
        larger={"/api/uploads/": settings.max_upload_bytes, "/api/journal/": MOST_PICTURE_BYTES},
    )
    # The fastest level: a report of 1.5 MB takes 6 ms instead of 13, and is a fifth larger.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=1)
    app.add_middleware(CheckedHost, allowed=AllowedHosts(settings.host_names, bound=settings.host))
    app.add_middleware(
        RequestContext,
        clock=container.clock,
        metrics=container.metrics,
        trusted_proxies=settings.trusted_proxies,
    )
    app.add_middleware(SecurityHeaders)  # outermost: on a 500 too


def is_postback(scope: Scope) -> bool:
    """Whether a broker may have sent a request: one that a checksum proves is not limited."""
    path: str = scope["path"]
    return path.startswith("/api/brokers/") and path.endswith("/postback")


def needs_trader(scope: Scope) -> bool:
    """Whether a request must be forwarded to the trading process; streams need not be.

    Other requests are tried here first, and forwarded when they turn out to need the trader.
    """
    path: str = scope["path"]
    if path.endswith("/stream"):
        return False
    is_write = scope["method"] not in SAFE_METHODS
    places = is_write and path.startswith((WORKER, PORTFOLIOS))
    return (places and path not in COMPUTATIONS) or path.startswith(LIVE)


def queue_of(scope: Scope, *, secrets: SecretBox) -> str | None:
    """Which limit a request waits for; strangers do not fill the queue of known browsers."""
    name = limit_of(scope)
    if name != "passwords":
        return name
    cookie = cookie_parser(Headers(scope=scope).get("cookie", "")).get(known_devices.COOKIE, "")
    is_known = known_devices.is_of_our_making(cookie, secrets)
    return "passwords of known browsers" if is_known else name


def limit_of(scope: Scope) -> str | None:
    """Which limit on concurrent requests a request waits for, or that it is urgent."""
    path: str = scope["path"]
    if path.startswith(AT_BROKERS) or path.endswith("/address-check"):
        return "at brokers"
    if scope["method"] in SAFE_METHODS:
        return "pages" if path.startswith(PAGES) and not path.startswith(PICTURES) else None
    if path in COMPUTATIONS:
        return None
    if path in PASSWORDS:
        return "passwords"
    if path.startswith(CHANGES):
        return "writers"
    return URGENT if request_class(scope) in {RequestClass.ORDERS, RequestClass.SAFETY} else None
