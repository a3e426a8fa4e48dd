"""Upstox's REST interface, under the account's limiter."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import httpx

from tradertape_brokers.errors import RateLimited, Unavailable
from tradertape_brokers.limiter import Kind, Limiter, Urgency, Window
from tradertape_brokers.tls import tls
from tradertape_brokers.upstox.answers import Fields, body_of, data_of, transport_error

ROOT: Final = "https://api.upstox.com"
ORDER_ROOT: Final = "https://api-hft.upstox.com"  # places, changes and cancels orders
TIMEOUT_S, PATIENCE_S = 7.0, 10.0
_PAUSE_S = 1.0  # after an answer 429, which names none

# Source: upstox.com/developer/api-documentation, "Rate limiting", 2026-09-02, for an algorithm that
# is not registered. Upstox counts each call by itself: together they stay below. Of the orders'
# longer windows three tenths are kept for exits.
LIMITS: Final[Mapping[Kind, tuple[Window, ...]]] = {
    Kind.ORDERS: (
        Window(10, 1.0),
        Window(500, 60.0, kept_for_exits=150),
        Window(2000, 1800.0, kept_for_exits=600),
    ),
    Kind.QUOTES: (Window(50, 1.0), Window(500, 60.0), Window(2000, 1800.0)),
    Kind.HISTORY: (Window(50, 1.0), Window(500, 60.0), Window(2000, 1800.0)),
    Kind.OTHER: (Window(50, 1.0), Window(500, 60.0), Window(2000, 1800.0)),
}


class Rest:
    """One account's connection. Every call waits for its turn at the limiter.

    token: the access token; it appears in no text of this package. order_root: by default Upstox's
    own beside its main host, and the same host beside any other.
    """

    def __init__(
        self,
        token: str,
        *,
        root: str = ROOT,
        order_root: str | None = None,
        limiter: Limiter | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._root = root.rstrip("/")
        self._order_root = (order_root or (ORDER_ROOT if root == ROOT else root)).rstrip("/")
        self._token = token
        self._limiter = limiter or Limiter(LIMITS)
        self._http = httpx.Client(
            headers={"Accept": "application/json", "Api-Version": "2.0"},
            timeout=timeout_s,
            transport=transport,
            verify=tls(),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        kind: Kind = Kind.OTHER,
        urgency: Urgency = Urgency.DATA,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """The data of a question. One without an answer is asked once more. Raises BrokerError."""
        return data_of(self.page(path, params, kind, urgency, patience_s))

    def page(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        kind: Kind = Kind.OTHER,
        urgency: Urgency = Urgency.DATA,
        patience_s: float = PATIENCE_S,
    ) -> Fields:
        """The same with what an answer has beside its data. Raises BrokerError."""
        with suppress(Unavailable):
            return self._ask("GET", path, kind, urgency, patience_s, params=params)
        return self._ask("GET", path, kind, urgency, patience_s, params=params)

    def ask(self, path: str, body: object, urgency: Urgency = Urgency.DATA) -> Any:
        """Ask for something by a POST that changes nothing. Raises BrokerError."""
        return data_of(self._ask("POST", path, Kind.OTHER, urgency, PATIENCE_S, body=body))

    def write(
        self,
        method: str,
        path: str,
        urgency: Urgency,
        *,
        body: object = None,
        params: Mapping[str, Any] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """Change something, once. Raises BrokerError."""
        answer = self._ask(
            method, path, Kind.ORDERS, urgency, patience_s, params=params, body=body, is_write=True
        )
        return data_of(answer, is_write=True)

    def _ask(
        self,
        method: str,
        path: str,
        kind: Kind,
        urgency: Urgency,
        patience_s: float,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        is_write: bool = False,
    ) -> Fields:
        self._limiter.acquire(kind, urgency, patience_s)
        root = self._order_root if _is_hft(path) else self._root
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            answer = self._http.request(
                method, root + path, params=params, json=body, headers=headers
            )
            return body_of(answer, is_write=is_write)
        except RateLimited as error:
            self._limiter.pause(kind, error.retry_after_s or _PAUSE_S)
            raise
        except httpx.RequestError as error:
            ours = transport_error(error, is_write=is_write)
        raise ours


def _is_hft(path: str) -> bool:
    """Whether a path is served by the orders' host: GTTs and several orders are not."""
    return path.partition("/order/")[2] in ("place", "modify", "cancel")
