"""One call at the door: who calls, whether they may, and the reply in Upstox's envelope."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any, cast

import structlog
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.exchange.errors import (
    RefusalKind,
    Refused,
    UnknownAccount,
    UnknownOrder,
)
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.exchange.listing import Listing
from tradertape_sandbox.wire.callers import AddressRefused, caller_address, check_address
from tradertape_sandbox.wire.rate_limits import Limit, RateLimits
from tradertape_sandbox.wire.sessions import Session, Sessions
from tradertape_sandbox.wire.upstox.account_state import Switches
from tradertape_sandbox.wire.upstox.envelope import (
    UpstoxError,
    bad_token,
    failure,
    invalid,
    success,
    too_many,
)
from tradertape_sandbox.wire.upstox.greeks import OptionTables
from tradertape_sandbox.wire.upstox.gtt_book import GttBook
from tradertape_sandbox.wire.upstox.keys import instrument_of

BROKER = "upstox"
ORDERS_FROM = time(5, 30)  # until midnight; with an always open market at every hour
_ORDER_KINDS = frozenset({"order", "multi"})

# Per user and API. Source: Upstox's documentation, "Rate limiting", 2026-09-02.
LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "order": (Limit(10, 1.0), Limit(500, 60.0), Limit(2000, 1800.0)),
    "multi": (Limit(4, 1.0), Limit(40, 60.0), Limit(400, 1800.0)),
    "other": (Limit(50, 1.0), Limit(500, 60.0), Limit(2000, 1800.0)),
}

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class InstrumentFiles:
    """The packed instrument files of a day's listing, by name."""

    listing: Listing | None = None
    packed: dict[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass(frozen=True, slots=True)
class UpstoxDoor:
    """What every call works with.

    socket_origin: `ws://127.0.0.1:18900`, which feeds are authorised to. tickets: access tokens of
    authorised feeds, by the code of their address; a code is for one connection. switches: what
    accounts have set for themselves.
    """

    exchange: Exchange
    sessions: Sessions
    limits: RateLimits
    socket_origin: str
    gtts: GttBook
    options: OptionTables
    switches: Switches
    instrument_files: InstrumentFiles = field(default_factory=InstrumentFiles)
    tickets: dict[str, str] = field(default_factory=dict[str, str])

    def instrument(self, key: str) -> Instrument:
        """An instrument by its key. Raises UpstoxError."""
        return instrument_of(self.exchange.instruments, key)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `root`: the path under which the door is mounted; `address`: the caller's."""

    door: UpstoxDoor
    root: str
    address: str
    caller: Session | None
    path: Mapping[str, str]
    query: QueryParams
    form: Mapping[str, str]
    body: bytes

    @property
    def exchange(self) -> Exchange:
        """The exchange behind the door."""
        return self.door.exchange

    @property
    def session(self) -> Session:
        """The caller's session; calls that are open to everybody must not ask for it."""
        if self.caller is None:
            raise bad_token()
        return self.caller

    @property
    def key(self) -> AccountKey:
        """The caller's account at the exchange."""
        return AccountKey(BROKER, self.session.user_id)

    @property
    def document(self) -> Mapping[str, Any]:
        """The body as a JSON object; its numbers with a point are Decimals."""
        value = self.json
        if not isinstance(value, dict):
            raise invalid("Invalid input: the body must be a JSON object")
        return cast(dict[str, Any], value)

    @property
    def json(self) -> object:
        """The body as JSON."""
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError as error:
            raise invalid("Invalid input: the body is not JSON") from error


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route. `kind`: its class of rate limits; `is_open`: whether it needs no session; `is_read`:
    whether a POST only asks."""

    method: str
    path: str
    handler: Handler
    kind: str = "other"
    is_open: bool = False
    is_read: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes something, which an extended token may not."""
        return self.method != "GET" and not self.is_read and not self.is_open


def route(door: UpstoxDoor, endpoint: Endpoint) -> Route:
    """The endpoint as a route of the framework."""

    async def answer(request: Request) -> Response:
        try:
            result = endpoint.handler(await _call(door, endpoint, request))
        except Exception as error:  # noqa: BLE001 - a caller gets an envelope whatever happens
            return failure(_error_of(error, endpoint))
        return result if isinstance(result, Response) else success(result)

    return Route(endpoint.path, answer, methods=[endpoint.method])


def session_of(door: UpstoxDoor, authorization: str) -> Session | None:
    """The open session of an Authorization header."""
    scheme, _, token = authorization.partition(" ")
    return door.sessions.find(token.strip()) if scheme.lower() == "bearer" else None


def refusal(error: Refused) -> UpstoxError:
    """What the exchange refuses, as the wire has it."""
    if error.kind is RefusalKind.CLOSED:
        return UpstoxError("UDAPI100057", error.message)
    if error.kind is RefusalKind.PERMISSION:
        return UpstoxError("UDAPI10000", error.message, status=403)
    return invalid(error.message)


def _error_of(error: Exception, endpoint: Endpoint) -> UpstoxError:
    """The error as the wire has it; one that nobody meant is logged with its traceback."""
    match error:
        case UpstoxError():
            return error
        case Refused():
            return refusal(error)
        case UnknownAccount():
            return UpstoxError("UDAPI100049", "The account is not open", status=403)
        case AddressRefused():
            words = (
                f"Orders from {error.address} are not allowed: register the address as static IP"
            )
            return UpstoxError("UDAPI1154", words, status=403)
        case UnknownOrder():
            return UpstoxError("UDAPI100010", "Order not found")
        case InvalidInput():
            return invalid(error.message)
        case _:
            _log.error("upstox call failed", path=endpoint.path, exc_info=error)
            return UpstoxError("UDAPI100500", "The sandbox failed: see its log", status=500)


async def _call(door: UpstoxDoor, endpoint: Endpoint, request: Request) -> Call:
    address = caller_address(request)
    session = None
    if not endpoint.is_open:
        session = session_of(door, request.headers.get("authorization", ""))
        if session is None:
            raise bad_token()
        _check_caller(door, endpoint, session, request)
    caller = session.user_id if session else address
    if door.limits.admit((caller, endpoint.method, endpoint.path), endpoint.kind) is not None:
        raise too_many()
    root = str(request.scope.get("root_path", ""))
    form: dict[str, str] = {}
    body = b""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = {name: str(value) for name, value in (await request.form()).items()}
    else:
        body = await request.body()
    path, query = request.path_params, request.query_params
    return Call(door, root, address, session, path, query, form, body)


def _check_caller(door: UpstoxDoor, endpoint: Endpoint, session: Session, request: Request) -> None:
    """Whether the session may call this endpoint, now and from there."""
    if session.is_read_only and endpoint.writes:
        words = "The API you are trying to access is not permitted with an extended_token"
        raise UpstoxError("UDAPI100067", words, status=403)
    if endpoint.kind not in _ORDER_KINDS:
        return
    check_address(door.sessions, session, request)
    clock = door.exchange.now().astimezone(IST).time()
    if not door.exchange.times.always_open and clock < ORDERS_FROM:
        words = "Orders are accepted from 05:30 to midnight: send it again then"
        raise UpstoxError("UDAPI100074", words, status=423)
