"""The outermost layer: every request gets an id, a caller's address, a log line and a figure, and
whatever goes wrong inside becomes a clean 500."""

from __future__ import annotations

import random
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.database.disk_errors import disk_error_of
from tradertape_server.platform.errors import database_away, error_response
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.metrics import Metrics

REQUEST_ID_HEADER = "X-Request-Id"
UNROUTED = "(none)"
_random = random.Random()  # for ids of requests

_AWAY = (OperationalError, InterfaceError, PoolTimeout)

logger = get_logger(__name__)


class RequestContext:
    """Wraps the whole application."""

    def __init__(
        self, app: ASGIApp, *, clock: Clock, metrics: Metrics, trusted_proxies: Sequence[str]
    ) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics
        self._trusted = [ip_network(network, strict=False) for network in trusted_proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request inside its context."""
        if scope["type"] == "websocket":
            trust_forwarding(scope, self._trusted)
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # No secret, so the system is not asked: that gives the interpreter away.
        request_id = f"{_random.getrandbits(64):016x}"
        trust_forwarding(scope, self._trusted)
        scope.setdefault("state", {})["request_id"] = request_id
        started = self._clock.monotonic()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:
                if (answer := _no_storage(error)) is not None:
                    logger.error("the database does not answer", reason=_cause(error))
                    if status:
                        raise
                    await answer(scope, receive, send_with_id)
                    return
                logger.exception("request failed", method=scope["method"], path=scope["path"])
                if status:
                    raise  # half an answer is out: only cutting the connection is honest
                answer = error_response(500, f"Internal error (request {request_id})")
                await answer(scope, receive, send_with_id)
            finally:
                self._record(scope, status, self._clock.monotonic() - started)

    def _record(self, scope: Scope, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", UNROUTED)
        self._metrics.observe(
            method=known_method(scope["method"]), route=route, status=status, took_s=took_s
        )
        identity: Identity | None = scope["state"].get(STATE_KEY)
        level = logger.info if scope["path"].startswith("/api/") else logger.debug
        level(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(took_s * 1000, 1),
            user=identity.id if identity else None,
            ip=client_ip(scope),
        )


def _no_storage(error: Exception) -> ASGIApp | None:
    """What is answered where the database is the reason; None where it is not."""
    trouble = disk_error_of(error)
    if trouble is None:
        is_cut = isinstance(error, DBAPIError) and error.connection_invalidated
        return database_away() if is_cut or isinstance(error, _AWAY) else None
    detail = f"Nothing can be stored: {trouble.what}. {trouble.remedy} Then ask again."
    return error_response(503, detail, code=trouble.code, headers={"Retry-After": "30"})


def _cause(error: Exception) -> str:
    # Its words may hold what was asked of the database.
    return type(getattr(error, "orig", None) or error).__name__


def known_method(method: str) -> str:
    """A method as a label: a stranger cannot make up new ones without end."""
    return method if method in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} else "other"


def client_ip(scope: Scope) -> str:
    """The caller's address, behind trusted proxies too."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def caller_network(address: str) -> str:
    """What counts as one caller for a limit: an IPv4 address, or an IPv6 customer's /64."""
    if _is_address(address) and ip_address(address).version == 6:
        return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))
    return address


def trust_forwarding(scope: Scope, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
    """Replace the peer's address and scheme by what a trusted proxy says; else believe nothing.

    Read from the right: each trusted hop vouches for the one before it, and the first address that
    is not trusted is the caller, whatever the caller wrote further left.
    """
    headers = Headers(scope=scope)
    forwarded = headers.get("x-forwarded-for")
    scope.setdefault("state", {})["is_forwarded"] = forwarded is not None
    if not _is_trusted(client_ip(scope), trusted):
        return
    address = client_ip(scope)
    for hop in reversed((forwarded or "").split(",")):
        if not _is_trusted(address, trusted) or not _is_address(hop.strip()):
            break
        address = hop.strip()
    scope["client"] = (address, 0)
    if scope["type"] == "http" and headers.get("x-forwarded-proto") in {"http", "https"}:
        scope["scheme"] = headers["x-forwarded-proto"]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, trusted: Sequence[IPv4Network | IPv6Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)


def is_local(scope: Scope) -> bool:
    """Whether the request comes from this machine and through nobody we were not told about."""
    address = client_ip(scope)
    if scope["state"].get("is_forwarded") and _is_address(address):
        # A proxy on this machine that is not in `trusted_proxies` looks like loopback.
        return False
    return _is_address(address) and ip_address(address).is_loopback
