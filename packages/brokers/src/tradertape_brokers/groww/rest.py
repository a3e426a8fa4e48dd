"""Groww's REST interface, under the account's limiter."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import httpx

from tradertape_brokers.errors import BrokerError, RateLimited, Unavailable
from tradertape_brokers.groww.answers import payload_of, transport_error
from tradertape_brokers.limiter import Kind, Limiter, Urgency, Window
from tradertape_brokers.tls import tls

ROOT: Final = "https://api.groww.in"
TIMEOUT_S, PATIENCE_S = 7.0, 10.0
_PAUSE_S = 1.0  # after an answer 429 that names none

# Source: groww.in/trade-api/docs, "Rate limits". Candles count as the rest, for which nothing is
# said. Of a minute's orders three tenths are kept for exits.
LIMITS: Final[Mapping[Kind, tuple[Window, ...]]] = {
    Kind.ORDERS: (Window(10, 1.0), Window(250, 60.0, kept_for_exits=75)),
    Kind.QUOTES: (Window(10, 1.0), Window(300, 60.0)),
    Kind.OTHER: (Window(20, 1.0), Window(500, 60.0)),
}


class Rest:
    """One account's connection. Every call waits for its turn at the limiter.

    token: the access token; to get one, the API key. It appears in no text of this package.
    """

    def __init__(
        self,
        token: str,
        *,
        root: str = ROOT,
        limiter: Limiter | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._limiter = limiter or Limiter(LIMITS)
        self._http = httpx.Client(
            base_url=f"{root.rstrip('/')}/v1",
            headers={"Accept": "application/json", "X-API-VERSION": "1.0"},
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
        """Ask for something. A question without an answer is asked once more.

        Raises BrokerError.
        """
        with suppress(Unavailable):
            return self._ask("GET", path, kind, urgency, patience_s, params=params)
        return self._ask("GET", path, kind, urgency, patience_s, params=params)

    def ask(
        self, path: str, body: object, params: Mapping[str, Any] | None = None,
        urgency: Urgency = Urgency.DATA,
    ) -> Any:  # fmt: skip
        """Ask for something by a POST that changes nothing. Raises BrokerError."""
        return self._ask("POST", path, Kind.OTHER, urgency, PATIENCE_S, params=params, body=body)

    def write(
        self, method: str, path: str, body: object, urgency: Urgency,
        patience_s: float = PATIENCE_S,
    ) -> Any:  # fmt: skip
        """Change something, once. Raises BrokerError."""
        return self._ask(method, path, Kind.ORDERS, urgency, patience_s, body=body, is_write=True)

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
    ) -> Any:
        self._limiter.acquire(kind, urgency, patience_s)
        headers = {"Authorization": f"Bearer {self._token}", "x-request-id": str(uuid.uuid4())}
        try:
            answer = self._http.request(method, path, params=params, json=body, headers=headers)
            return payload_of(answer, is_write=is_write)
        except RateLimited as error:
            self._limiter.pause(kind, error.retry_after_s or _PAUSE_S)
            raise
        except httpx.TransportError as error:
            ours: BrokerError = transport_error(error, is_write=is_write)
        except httpx.DecodingError:
            ours = transport_error(httpx.ReadError(""), is_write=is_write)
        raise ours
