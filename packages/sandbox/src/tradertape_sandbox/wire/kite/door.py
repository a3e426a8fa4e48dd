"""One call at the door: who calls, whether they may, and the reply in Kite's envelope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
import structlog
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.exchange.errors import (
    RefusalKind,
    Refused,
    UnknownAccount,
    UnknownGtt,
    UnknownOrder,
)
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.callers import AddressRefused, caller_address, check_address
from tradertape_sandbox.wire.kite.alerts.book import AlertBook
from tradertape_sandbox.wire.kite.envelope import (
    Kind,
    KiteError,
    bad_token,
    failure,
    success,
    too_many,
)
from tradertape_sandbox.wire.kite.forms import Form, worded
from tradertape_sandbox.wire.kite.funds.account import FundAccount
from tradertape_sandbox.wire.rate_limits import Limit, RateLimits
from tradertape_sandbox.wire.sessions import Session, Sessions

BROKER = "kite"

# Source: Kite Connect's documentation, "Rate limits", 2025.
LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "quote": (Limit(1, 1.0),),
    "historical": (Limit(3, 1.0),),
    "order": (Limit(10, 1.0), Limit(200, 60.0), Limit(3000, 86_400.0)),
    "other": (Limit(10, 1.0),),
    "free": (),
}

_KINDS = {
    RefusalKind.INPUT: Kind.INPUT,
    RefusalKind.ORDER: Kind.ORDER,
    RefusalKind.MARGIN: Kind.MARGIN,
    RefusalKind.HOLDING: Kind.HOLDING,
    RefusalKind.PERMISSION: Kind.PERMISSION,
    RefusalKind.CLOSED: Kind.ORDER,
}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KiteDoor:
    """What every call works with."""

    exchange: Exchange
    sessions: Sessions
    limits: RateLimits
    funds: dict[str, FundAccount]
    alerts: AlertBook

    def funds_of(self, user_id: str) -> FundAccount:
        """A user's mutual funds, brought up to now."""
        account = self.funds.setdefault(user_id, FundAccount())
        account.advance(self.exchange.now())
        return account

    def instrument(self, exchange: str, tradingsymbol: str) -> Instrument:
        """An instrument by its two names."""
        name = f"{exchange}:{tradingsymbol}"
        found = self.exchange.instruments.get(name)
        if found is None:
            message = f"The instrument {name} does not exist; GET /instruments lists them"
            raise KiteError(Kind.INPUT, message)
        return found

    def last_price(self, instrument: Instrument) -> Decimal | None:
        """The latest price of an instrument."""
        tick = self.exchange.tick(instrument.id)
        return None if tick is None else tick.last_price


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `root`: the path under which the door stands, empty at the port's root."""

    door: KiteDoor
    root: str
    caller: Session | None
    path: Mapping[str, str]
    query: QueryParams
    form: Form
    body: bytes
    takes_gzip: bool

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
    def rows(self) -> object:
        """The body as JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise KiteError(Kind.INPUT, "Invalid JSON in the body") from error


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route. `kind`: its class of rate limits; `is_open`: whether it needs no session."""

    method: str
    path: str
    handler: Handler
    kind: str = "other"
    is_open: bool = False

    @property
    def sends_orders(self) -> bool:
        """Whether it is taken from an app's registered addresses only."""
        return self.method != "GET" and self.path.startswith(("/orders/", "/gtt/"))


def route(door: KiteDoor, endpoint: Endpoint) -> Route:
    """The endpoint as a route of the framework."""

    async def answer(request: Request) -> Response:
        try:
            result = endpoint.handler(await _call(door, endpoint, request))
        except Exception as error:  # noqa: BLE001 - a caller gets an envelope whatever happens
            return failure(_error_of(error, endpoint))
        return result if isinstance(result, Response) else success(result)

    return Route(endpoint.path, answer, methods=[endpoint.method])


def refusal(error: Refused) -> KiteError:
    """What the exchange refuses, as the wire has it."""
    return KiteError(_KINDS[error.kind], error.message)


def _error_of(error: Exception, endpoint: Endpoint) -> KiteError:
    """The error as the wire has it; one that nobody meant is logged with its traceback."""
    match error:
        case KiteError():
            return error
        case Refused():
            return refusal(error)
        case AddressRefused():
            words = f"IP ({error.address}) is not allowed to place orders for this app: register it"
            return KiteError(Kind.PERMISSION, words)
        case UnknownAccount():
            return KiteError(Kind.USER, "The user is not enabled for trading")
        case UnknownOrder():
            return KiteError(Kind.GENERAL, "Couldn't find that `order_id`.", status=404)
        case UnknownGtt():
            return KiteError(Kind.GENERAL, "Couldn't find that `trigger_id`.", status=404)
        case InvalidInput():
            return KiteError(Kind.INPUT, worded(error))
        case _:
            _log.error("kite call failed", path=endpoint.path, exc_info=error)
            return KiteError(Kind.GENERAL, "The sandbox failed: see its log")


def session_of(door: KiteDoor, api_key: str, access_token: str) -> Session | None:
    """The open session of a key and a token that belong together."""
    session = door.sessions.find(access_token)
    return session if session is not None and session.api_key == api_key else None


async def _call(door: KiteDoor, endpoint: Endpoint, request: Request) -> Call:
    session = None if endpoint.is_open else _authorised(door, request)
    caller = session.api_key if session else caller_address(request)
    if door.limits.admit(caller, endpoint.kind) is not None:
        raise too_many()
    if session is not None and endpoint.sends_orders:
        check_address(door.sessions, session, request)
    root = str(request.scope.get("root_path", ""))
    form: Form = {}
    kind = request.headers.get("content-type", "")
    body = b""
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        form = {name: str(value) for name, value in (await request.form()).items()}
    elif request.method in ("POST", "PUT"):
        body = await request.body()
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    return Call(door, root, session, request.path_params, request.query_params, form, body, zipped)


def _authorised(door: KiteDoor, request: Request) -> Session:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    api_key, _, access_token = credentials.strip().partition(":")
    session = session_of(door, api_key, access_token) if scheme.lower() == "token" else None
    if session is None:
        raise bad_token()
    return session
