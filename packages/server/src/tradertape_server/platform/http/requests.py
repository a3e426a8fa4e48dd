"""The outermost middleware: gives every request an id, the caller's address, a log line and a
metric, and turns an unexpected error inside into a plain 500."""

from __future__ import annotations

import random
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
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
# Headers that a proxy adds: whoever sends one is not a caller on this machine.
_PROXY_HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
_random = random.Random()  # for request ids

_AWAY = (OperationalError, InterfaceError, PoolTimeout)

logger = get_logger(__name__)


class RequestContext:
    """Middleware around the whole application."""

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
        # Not a secret: reading the system's random source would release the interpreter lock.
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
                if (response := _database_error_response(error)) is not None:
                    logger.error("the database refused the request", reason=_cause(error))
                    if status:
                        raise
                    await response(scope, receive, send_with_id)
                    return
                logger.exception("request failed", method=scope["method"], path=scope["path"])
                if status:
                    raise  # part of the response was sent: the connection has to be closed
                response = error_response(500, f"Internal error (request {request_id})")
                await response(scope, receive, send_with_id)
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


def _database_error_response(error: Exception) -> ASGIApp | None:
    """The response when the database caused the error; None when it did not."""
    if is_taken(error):
        detail = "Another request made the same at this moment. Load it again, or retry."
        return error_response(409, detail)
    disk_error = disk_error_of(error)
    if disk_error is None:
        is_disconnected = isinstance(error, DBAPIError) and error.connection_invalidated
        return database_away() if is_disconnected or isinstance(error, _AWAY) else None
    detail = f"Nothing can be stored: {disk_error.problem}. {disk_error.remedy} Then retry."
    return error_response(503, detail, code=disk_error.code, headers={"Retry-After": "30"})


def is_taken(error: Exception) -> bool:
    """Whether a row was not stored because another one has its unique values.

    Routes look before they store: what they did not see came between.
    """
    if not isinstance(error, IntegrityError):
        return False
    cause = error.orig
    is_postgresql = getattr(cause, "sqlstate", None) == "23505"
    return is_postgresql or getattr(cause, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_UNIQUE"


def _cause(error: Exception) -> str:
    # The class name only: the message may contain values of the statement.
    return type(getattr(error, "orig", None) or error).__name__


def known_method(method: str) -> str:
    """The method as a metric label; unknown ones become `other`, so that labels stay few."""
    return method if method in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} else "other"


def client_ip(scope: Scope) -> str:
    """The caller's address; that behind trusted proxies."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def caller_network(address: str) -> str:
    """What counts as one caller for rate limits: an IPv4 address, or an IPv6 /64 network."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network(f"{found}/64", strict=False))
    return str(found or address)


def trust_forwarding(scope: Scope, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
    """Replace the peer's address and scheme by those a trusted proxy forwards; ignore all others.

    X-Forwarded-For is read from the right, over all of its lines: each trusted hop vouches for the
    one before it, and the first address that is not trusted is the caller, whatever stands further
    left.
    """
    headers, peer = Headers(scope=scope), client_ip(scope)
    scope.setdefault("state", {})["is_forwarded"] = any(name in headers for name in _PROXY_HEADERS)
    address = _address(peer)
    if address is None:
        return
    is_behind_proxy = _is_trusted(address, trusted)
    for hop in reversed(_listed(headers, "x-forwarded-for")):
        before = _address(hop)
        if before is None or not _is_trusted(address, trusted):
            break
        address = before
    scope["client"] = (str(address), scope["client"][1])
    schemes = _listed(headers, "x-forwarded-proto")
    if is_behind_proxy and scope["type"] == "http" and schemes[-1:] in (["http"], ["https"]):
        scope["scheme"] = schemes[-1]


def _listed(headers: Headers, name: str) -> list[str]:
    """The values of a header that is a list, those of all its lines."""
    return [one.strip() for line in headers.getlist(name) for one in line.split(",")]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address, as proxies write it: also with a port. None for anything else.

    A dual-stack socket reports an IPv4 caller as an IPv4-mapped IPv6 address: here it is IPv4.
    """
    host = text.partition("%")[0]
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_trusted(
    address: IPv4Address | IPv6Address, trusted: Sequence[IPv4Network | IPv6Network]
) -> bool:
    return any(address in network for network in trusted)


def is_local(scope: Scope) -> bool:
    """Whether the request comes from this machine, and not through an unknown proxy."""
    address = _address(client_ip(scope))
    # A proxy on this machine that is not in `trusted_proxies` looks like loopback.
    is_direct = not scope["state"].get("is_forwarded")
    return is_direct and address is not None and address.is_loopback
