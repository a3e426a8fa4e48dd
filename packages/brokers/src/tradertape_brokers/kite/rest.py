"""Kite's REST interface through the official client, under the account's limiter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from kiteconnect import KiteConnect  # pyright: ignore[reportMissingTypeStubs]

from tradertape_brokers.errors import RateLimited, Unavailable
from tradertape_brokers.kite.fresh_connections import FreshConnections
from tradertape_brokers.kite.orders_mapping import IST
from tradertape_brokers.kite.requests_sorting import sorted_error
from tradertape_brokers.limiter import Kind, Limiter, Urgency, Window

ROOT, LOGIN_ROOT = "https://api.kite.trade", "https://kite.zerodha.com"
TOKENS_END = time(6)  # of the morning after the login, Indian time
TIMEOUT_S, PATIENCE_S = 7.0, 10.0
HISTORY_TIMEOUT_S = 30.0  # an answer has up to 2,000 days of candles: nobody's order waits for it
_PAUSE_S = 1.0  # after an answer 429, which names none

T = TypeVar("T")

# Source: kite.trade/docs/connect/v3/exceptions, API rate limits. Of a minute's and a day's orders
# a part is kept for exits: who used up either must still get out, of many positions at once.
LIMITS: Mapping[Kind, tuple[Window, ...]] = {
    Kind.ORDERS: (
        Window(10, 1.0),
        Window(200, 60.0, kept_for_exits=60),
        Window(3000, 86_400.0, kept_for_exits=300),
    ),
    Kind.QUOTES: (Window(1, 1.0),),
    Kind.HISTORY: (Window(3, 1.0),),
    Kind.OTHER: (Window(10, 1.0),),
}


@dataclass(frozen=True, slots=True)
class Session:
    """A login at Kite. The access token appears in no text of this package."""

    user_id: str
    api_key: str
    access_token: str
    signed_in_at: datetime

    @property
    def valid_until(self) -> datetime:
        """When Kite ends it: at six the next morning, not a day later."""
        return session_end(self.signed_in_at)

    def __repr__(self) -> str:
        return f"Session(user_id={self.user_id!r}, valid_until={self.valid_until.isoformat()})"


def session_end(signed_in_at: datetime) -> datetime:
    """When a session of Kite that began at this moment ends."""
    local = signed_in_at.astimezone(IST)
    end = local.replace(hour=TOKENS_END.hour, minute=0, second=0, microsecond=0)
    return end if local < end else end + timedelta(days=1)


def login_address(api_key: str, login_root: str = LOGIN_ROOT) -> str:
    """Where the user signs in."""
    return f"{login_root.rstrip('/')}/connect/login?api_key={api_key}&v=3"


def checksum_of(api_key: str, request_token: str, api_secret: str) -> str:
    """The proof that the request token came back to the app: hex SHA-256 of the three."""
    return hashlib.sha256((api_key + request_token + api_secret).encode()).hexdigest()


class Rest:
    """One account's connection. Every call waits for its turn at the limiter."""

    def __init__(
        self,
        api_key: str,
        access_token: str | None = None,
        *,
        root: str = ROOT,
        limiter: Limiter | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._limiter = limiter or Limiter(LIMITS)
        self._client = _client(api_key, access_token, root, timeout_s)
        self._history = _client(api_key, access_token, root, max(timeout_s, HISTORY_TIMEOUT_S))

    def read(
        self,
        call: Callable[[Any], T],
        kind: Kind = Kind.OTHER,
        urgency: Urgency = Urgency.DATA,
        patience_s: float = PATIENCE_S,
    ) -> T:
        """Call a method of the client that changes nothing; without an answer, once more.

        Raises BrokerError.
        """
        with suppress(Unavailable):
            return self._call(call, kind, urgency, patience_s, is_write=False)
        return self._call(call, kind, urgency, patience_s, is_write=False)

    def ask_once(self, call: Callable[[Any], T]) -> T:
        """Call a method that moves no money, and does something else when it is repeated.

        Raises BrokerError.
        """
        return self._call(call, Kind.OTHER, Urgency.DATA, PATIENCE_S, is_write=False)

    def place(
        self, call: Callable[[Any], T], urgency: Urgency, patience_s: float = PATIENCE_S
    ) -> T:
        """Call a method of the client that places an order, once. Raises BrokerError."""
        return self._call(call, Kind.ORDERS, urgency, patience_s, is_write=True)

    def write(
        self, call: Callable[[Any], T], urgency: Urgency, patience_s: float = PATIENCE_S
    ) -> T:
        """Call a method of the client that changes something else, once. Raises BrokerError.

        Kite counts these among all other requests, so that readings may leave no room for them;
        they are counted among the orders too, of which it is not known that they are left out.
        """
        self._limiter.acquire(Kind.ORDERS, urgency, patience_s)
        return self._call(call, Kind.OTHER, urgency, patience_s, is_write=True)

    def _call(
        self,
        call: Callable[[Any], T],
        kind: Kind,
        urgency: Urgency,
        patience_s: float,
        *,
        is_write: bool,
    ) -> T:
        self._limiter.acquire(kind, urgency, patience_s)
        try:
            return call(self._history if kind is Kind.HISTORY else self._client)
        except Exception as error:  # noqa: BLE001 - sorted, none is lost
            ours = sorted_error(error, is_write=is_write)
            if isinstance(ours, RateLimited):
                self._limiter.pause(kind, ours.retry_after_s or _PAUSE_S)
            raise ours from None  # theirs may quote an address with a token in it


def _client(api_key: str, access_token: str | None, root: str, timeout_s: float) -> Any:
    made: Any = KiteConnect(api_key, access_token=access_token, root=root, timeout=timeout_s)
    for scheme in ("https://", "http://"):
        made.reqsession.mount(scheme, FreshConnections())
    return made
