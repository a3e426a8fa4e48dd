"""Rate limits on requests: for each key and account in each class, and for addresses not signed in.

A class has buckets of its own, so that reading as fast as one can never keeps an exit out. A flood
of refused requests is slowed down: a client that repeats at once waits for each refusal.
"""

from __future__ import annotations

import math
from asyncio import sleep
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from threading import Lock

from starlette.types import ASGIApp, Receive, Scope, Send

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.errors import TooMany, response_for
from tradertape_server.platform.http.bodies import is_large
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.http.requests import caller_network, client_ip

MAX_BUCKETS = 50_000
LARGE_BODIES_PER_MINUTE = 60  # of one key or session: receiving and checking them takes time
KEYS_OF_AN_ACCOUNT = 2  # how many keys at their limit an account may have at once
PROMPT_REFUSALS = 50  # in a second; those after them are held back
HELD_BACK_S = 0.25


class RequestClass(StrEnum):
    """What a request is for. Safety: exits, cancellations, kill switches, heartbeats."""

    SAFETY = "safety"
    ORDERS = "orders"
    READS = "reads"
    CONSOLE = "console"


Classify = Callable[[Scope], RequestClass]


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


class Refusals:
    """How many requests were refused in this second.

    Refusing costs little, but thousands in a second leave the others no processor time. Whoever
    heeds Retry-After is never among those held back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = 0
        self._count = 0

    def next_held_s(self) -> float:
        """Count a refusal; returns the seconds it is held back for."""
        second = int(self._clock.monotonic())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return HELD_BACK_S if self._count > PROMPT_REFUSALS else 0.0


class Strangers:
    """The limit on requests of an address that is not signed in."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._buckets = TokenBuckets(clock, per_minute)
        self._refusals = Refusals(clock)

    def refusal(self, scope: Scope) -> TooMany | None:
        """Count a request; returns why it is refused, or None."""
        wait_s = self._buckets.wait_s(caller_network(client_ip(scope)))
        message = "Too many requests; slow down."
        return TooMany(message, retry_after_s=wait_s) if wait_s else None

    async def hold_back(self) -> None:
        """Wait with a refusal, where there are many in this second."""
        if held_s := self._refusals.next_held_s():
            await sleep(held_s)

    async def demand(self, scope: Scope) -> None:
        """Count a request whose route knows only now that nobody vouches for it. Raises TooMany."""
        refusal = self.refusal(scope)
        if refusal is not None:
            await self.hold_back()
            raise refusal


class RateLimits:
    """Middleware that responds with 429 and Retry-After to callers over their limit.

    per_minute: of one key or session in one class; of all of an account twice that, safety apart.
    classify: the class of a request of somebody who is signed in. counts_itself: requests of
    nobody that their route counts, once it has looked who sent them.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        per_minute: int,
        strangers: Strangers,
        classify: Classify,
        counts_itself: Callable[[Scope], bool],
    ) -> None:
        self._app = app
        self._classify = classify
        self._keys = {one: TokenBuckets(clock, per_minute) for one in RequestClass}
        of_account = KEYS_OF_AN_ACCOUNT * per_minute
        self._accounts = {one: TokenBuckets(clock, of_account) for one in RequestClass}
        self._large = TokenBuckets(clock, LARGE_BODIES_PER_MINUTE)
        self._strangers = strangers
        self._counts_itself = counts_itself

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with 429."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            refusal = self._refusal(scope)
            if refusal is not None:
                await self._strangers.hold_back()
                await response_for(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> TooMany | None:
        identity: Identity | None = scope["state"].get(STATE_KEY)
        if identity is None:
            return None if self._counts_itself(scope) else self._strangers.refusal(scope)
        if is_large(scope) and (wait_s := self._large.wait_s(_key(identity))):
            message = f"Over {LARGE_BODIES_PER_MINUTE} large bodies a minute; slow down."
            return TooMany(message, retry_after_s=wait_s)
        kind = self._classify(scope)
        wait_s = self._wait_s(kind, identity)
        message = f"Too many requests of the class {kind}; slow down. Other classes are free."
        return TooMany(message, retry_after_s=wait_s) if wait_s else None

    def _wait_s(self, kind: RequestClass, caller: Identity) -> int:
        """Seconds until the caller may send another request of the class; 0: now."""
        wait_s = self._keys[kind].wait_s(_key(caller))
        if wait_s or kind is RequestClass.SAFETY:
            return wait_s  # a key that floods exits keeps no other key of its account from exiting
        return self._accounts[kind].wait_s(str(caller.id))


def _key(caller: Identity) -> str:
    return f"{caller.via}:{caller.credential_id}"
