"""Rate limits on requests: for each account, and for each address that is not signed in."""

from __future__ import annotations

import math
from collections import OrderedDict
from threading import Lock

from starlette.types import ASGIApp, Receive, Scope, Send

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.errors import TooMany, response_for
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.http.requests import caller_network, client_ip

MAX_BUCKETS = 50_000


class TokenBuckets:
    """A token bucket for each key, filled evenly: a burst may use a minute's tokens at once."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._size = float(per_minute)
        self._rate = per_minute / 60
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key: (left, at)
        self._lock = Lock()

    def wait_s(self, key: str) -> int:
        """Take a token; returns 0, or without a token the seconds until there is one."""
        now = self._clock.monotonic()
        with self._lock:
            left, at = self._left.pop(key, (self._size, now))
            left = min(self._size, left + (now - at) * self._rate)
            has_one = left >= 1
            left -= 1 if has_one else 0
            self._left[key] = (left, now)
            while len(self._left) > MAX_BUCKETS:
                self._left.popitem(last=False)
        return 0 if has_one else math.ceil((1 - left) / self._rate)


class RateLimits:
    """Middleware that responds with 429 and Retry-After to callers over their limit."""

    def __init__(
        self, app: ASGIApp, *, clock: Clock, per_minute: int, anonymous_per_minute: int
    ) -> None:
        self._app = app
        self._known = TokenBuckets(clock, per_minute)
        self._anonymous = TokenBuckets(clock, anonymous_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with 429."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            identity: Identity | None = scope["state"].get(STATE_KEY)
            wait_s = (
                self._known.wait_s(str(identity.id))
                if identity
                else self._anonymous.wait_s(caller_network(client_ip(scope)))
            )
            if wait_s:
                error = TooMany("Too many requests; slow down.", retry_after_s=wait_s)
                await response_for(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
