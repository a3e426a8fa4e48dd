"""One call of the API: who makes it, what it asks, and how its reply is wrapped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import cast

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.errors import Refused, UnknownAccount, UnknownOrder
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.callers import AddressRefused, check_address
from tradertape_sandbox.wire.groww.envelopes import (
    Code,
    GrowwError,
    bad_request,
    failure,
    gateway_failure,
    not_found,
    refused,
    success,
)
from tradertape_sandbox.wire.groww.names import Directory
from tradertape_sandbox.wire.groww.quotes import YearRange
from tradertape_sandbox.wire.groww.reading import Document
from tradertape_sandbox.wire.groww.smart_book import SmartBook
from tradertape_sandbox.wire.rate_limits import Limit, RateLimits
from tradertape_sandbox.wire.sessions import Session, Sessions

BROKER = "groww"
ORDERS, LIVE, OTHER = "orders", "live data", "non trading"
_MINUTE = 60.0
# Source: groww.in/trade-api/docs, "Rate limits". Smart orders are counted as orders, candles and
# option chains as the rest: the page does not name them.
LIMITS: Mapping[str, tuple[Limit, ...]] = {
    ORDERS: (Limit(10, 1.0), Limit(250, _MINUTE)),
    LIVE: (Limit(10, 1.0), Limit(300, _MINUTE)),
    OTHER: (Limit(20, 1.0), Limit(500, _MINUTE)),
}

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Groww:
    """What the door's calls share."""

    exchange: Exchange
    sessions: Sessions
    limits: RateLimits
    smart_orders: SmartBook
    year_ranges: dict[tuple[str, date], YearRange] = field(
        default_factory=dict[tuple[str, date], YearRange]
    )
    _directory: Directory | None = None

    @property
    def directory(self) -> Directory:
        """The day's instruments by Groww's names."""
        listing = self.exchange.instruments
        if self._directory is None or self._directory.listing is not listing:
            self._directory = Directory(listing)
        return self._directory

    def tick(self, instrument: Instrument) -> Tick:
        """The latest market of an instrument. Raises GrowwError where it has none."""
        found = self.exchange.tick(instrument.id)
        if found is None:
            raise GrowwError(Code.CANNOT_PROCESS, f"{instrument.tradingsymbol} has no price now")
        return found

    def last_price(self, instrument: Instrument) -> Decimal:
        """The last price of an instrument. Raises GrowwError."""
        return self.tick(instrument).last_price


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose token and rate are in order."""

    groww: Groww
    key: AccountKey
    session: Session
    query: Document
    path: Document
    repeated: Callable[[str], list[str]]
    body: object = None

    @property
    def document(self) -> Document:
        """The body as an object. Raises GrowwError."""
        return document_of(self.body)

    @property
    def exchange(self) -> Exchange:
        """The exchange."""
        return self.groww.exchange


Handler = Callable[[Call], object]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(groww: Groww, kind: str, handler: Handler, status: int = 200) -> Endpoint:
    """The web endpoint of a handler: token, rate, body, envelope and errors."""

    async def answer(request: Request) -> Response:
        session = groww.sessions.find(bearer(request))
        if session is None:
            text = "the access token is missing, unknown or expired: get a new one"
            return gateway_failure(401, Code.NOT_AUTHORISED, text)
        broken = groww.limits.admit(session.user_id, kind)
        if broken is not None:
            text = f"at most {broken.calls} calls of {kind} in {broken.window_s:g} s: slow down"
            return gateway_failure(429, Code.CANNOT_PROCESS, text)
        try:
            if kind == ORDERS:
                check_address(groww.sessions, session, request)
            call = Call(
                groww,
                AccountKey(BROKER, session.user_id),
                session,
                Document(dict(request.query_params)),
                Document(request.path_params),
                request.query_params.getlist,
                await read_body(request),
            )
            return success(handler(call), status)
        except AddressRefused as error:
            text = f"orders from {error.address} are not allowed: register it as static IP"
            return gateway_failure(403, Code.NOT_AUTHORISED, text)
        except GrowwError as error:
            return failure(error)
        except Refused as error:
            return failure(refused(error))
        except (UnknownOrder, UnknownAccount) as error:
            return failure(not_found(str(error)))
        except InvalidInput as error:
            return failure(bad_request(error.message))
        except Exception:
            logger.exception("a call of the Groww API failed", path=request.url.path)
            return failure(GrowwError(Code.INTERNAL, "the sandbox failed: see its log"))

    return answer


async def read_body(request: Request) -> object:
    """The JSON body; None without one. Raises GrowwError."""
    raw = await request.body()
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise bad_request("the body must be JSON") from None


def document_of(body: object) -> Document:
    """A body as an object. Raises GrowwError."""
    if not isinstance(body, Mapping):
        raise bad_request("the body must be a JSON object")
    return Document(cast(Mapping[str, object], body))


def bearer(request: Request) -> str:
    """The token of the Authorization header; empty without one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
