"""Who may call the worker API: a token with the scope, or the account's owner in a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header

from tradertape_server.features.auth.http.dependencies import KnownCaller, require_scope
from tradertape_server.platform.errors import Forbidden
from tradertape_server.platform.http.identity import Identity

NONCE_HEADER = "X-Worker-Session-Nonce"


def worker_with(scope: str) -> Callable[[Identity], Awaitable[Identity]]:
    """A dependency that accepts worker tokens with `scope`, and signed-in browsers."""

    async def check(caller: KnownCaller) -> Identity:
        if not may(caller, scope):
            require_scope(caller, scope)
        return caller

    return check


def may(caller: Identity, scope: str) -> bool:
    """Whether `worker_with(scope)` accepts a caller."""
    if caller.via == "session" or scope in caller.scopes:
        return True
    return scope == "paper" and "live" in caller.scopes  # who may trade live may do less


async def _any_worker(caller: KnownCaller) -> Identity:
    if caller.via == "agent":
        raise Forbidden("This requires a worker token (kwa_…).", code="scope_missing")
    return caller


AnyWorker = Annotated[Identity, Depends(_any_worker)]
PaperWorker = Annotated[Identity, Depends(worker_with("paper"))]
GttWorker = Annotated[Identity, Depends(worker_with("gtt"))]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]
Nonce = Annotated[str | None, Header(alias=NONCE_HEADER)]
