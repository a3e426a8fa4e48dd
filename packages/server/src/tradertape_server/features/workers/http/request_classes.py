"""Classes of requests: for the rate limits, where exits are never held up by anything else, and for
the keys that routes keep themselves."""

from __future__ import annotations

import re

from starlette.types import Scope

from tradertape_server.features.workers.http.run_routes import PREFIX
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.http.rate_limits import RequestClass
from tradertape_server.platform.http.routing import SAFE_METHODS

_RUN = rf"{PREFIX}/runs/[^/]+"
# Exits, cancellations, halts, heartbeats, the session without which a run cannot be exited, and
# what an agent tells of orders at a broker.
_SAFETY = re.compile(
    rf"(?:POST (?:{_RUN}|{PREFIX}/options/runs/[^/]+)/exit"
    rf"|POST {PREFIX}/orders/[^/]+/cancel"
    rf"|(?:POST|DELETE) {_RUN}/claim-session"
    rf"|POST (?:{_RUN}|{PREFIX})/heartbeat"
    rf"|DELETE (?:{PREFIX}/gtt/triggers|/api/gtts|/api/trading/orders)/[^/]+"
    r"|POST /api/trading/positions/exit"
    r"|POST /api/agent/(?:signal-result|heartbeat)"
    r"|(?:GET|POST) /api/risk/kill(?:/release)?|POST /api/risk/halts/[^/]+/release)"
)
# What these did is stored with their keys, in one transaction.
_KEEPS_ITS_KEYS = re.compile(
    rf"POST {PREFIX}/orders/[^/]+/(?:cancel|modify)|[A-Z]+ {PREFIX}/gtt/triggers(?:/[^/]+)?"
    r"|[A-Z]+ /api/trading/(?:orders(?:/[^/]+)?|positions/exit)"
)
# Questions that need a body.
_QUESTION = re.compile(rf"{PREFIX}/(?:market|options/(?:underlyings|strategies))/.*|.*/preview.*")


def request_class(scope: Scope) -> RequestClass:
    """The class of a request by its method and path; console: a session's other requests."""
    method, path = scope["method"], scope["path"]
    if _SAFETY.fullmatch(f"{method} {path}"):
        return RequestClass.SAFETY
    is_of_orders = path.startswith((f"{PREFIX}/", "/api/gtts", "/api/trading/"))
    if is_of_orders and method not in SAFE_METHODS and not _QUESTION.fullmatch(path):
        return RequestClass.ORDERS
    caller: Identity | None = scope["state"].get(STATE_KEY)
    is_session = caller is not None and caller.via == "session"
    return RequestClass.CONSOLE if is_session else RequestClass.READS


def keeps_its_keys(scope: Scope) -> bool:
    """Whether the route of a request keeps idempotency keys itself."""
    return bool(_KEEPS_ITS_KEYS.fullmatch(f"{scope['method']} {scope['path']}"))
