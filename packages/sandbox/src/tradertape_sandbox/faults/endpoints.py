"""Which broker a request is for, and what kind of request it is."""

from __future__ import annotations

import re
from enum import StrEnum

BROKERS = ("kite", "upstox", "groww")
_AT_ROOT = "kite"  # the port's root is Kite's door as well
_NOT_BROKERS = frozenset({"admin"})


class Endpoint(StrEnum):
    """Kinds of requests that a fault plan names."""

    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"
    BOOK = "book"  # orders and trades
    PORTFOLIO = "portfolio"  # holdings, positions, funds
    QUOTES = "quotes"
    HISTORY = "history"
    LOGIN = "login"
    OTHER = "other"


_E = Endpoint
# (broker, method, path below the broker's own); the first that matches.
_RULES: tuple[tuple[str, str, str, Endpoint], ...] = (
    ("kite", "POST", r"/(orders|gtt/triggers)", _E.PLACE),
    ("kite", "PUT", r"/(orders|gtt/triggers)", _E.MODIFY),
    ("kite", "DELETE", r"/(orders|gtt/triggers)", _E.CANCEL),
    ("kite", "GET", r"/(orders|trades|gtt/triggers)", _E.BOOK),
    ("kite", "*", r"/(portfolio|user/margins)", _E.PORTFOLIO),
    ("kite", "GET", r"/instruments/historical", _E.HISTORY),
    ("kite", "GET", r"/quote", _E.QUOTES),
    ("kite", "*", r"/(session|connect)", _E.LOGIN),
    ("upstox", "POST", r"/v\d/order/((multi/|gtt/)?place|positions/exit)", _E.PLACE),
    ("upstox", "*", r"/v\d/order/(gtt/)?modify", _E.MODIFY),
    ("upstox", "*", r"/v\d/order/(multi/|gtt/)?cancel", _E.CANCEL),
    ("upstox", "GET", r"/v\d/order", _E.BOOK),
    ("upstox", "*", r"/v\d/(portfolio|user/(get-funds|fund))", _E.PORTFOLIO),
    ("upstox", "GET", r"/v\d/historical", _E.HISTORY),
    ("upstox", "GET", r"/v\d/(market-quote|option)", _E.QUOTES),
    ("upstox", "*", r"/v\d/login", _E.LOGIN),
    ("groww", "POST", r"/v1/(order|order-advance)/create", _E.PLACE),
    ("groww", "*", r"/v1/(order|order-advance)/modify", _E.MODIFY),
    ("groww", "*", r"/v1/(order|order-advance)/cancel", _E.CANCEL),
    ("groww", "GET", r"/v1/(order|order-advance)", _E.BOOK),
    ("groww", "*", r"/v1/(holdings|positions|margins)", _E.PORTFOLIO),
    ("groww", "GET", r"/v1/historical", _E.HISTORY),
    ("groww", "GET", r"/v1/(live-data|option)", _E.QUOTES),
    ("groww", "POST", r"/v1/token", _E.LOGIN),
)
_COMPILED = [(b, method, re.compile(pattern), kind) for b, method, pattern, kind in _RULES]


def broker_of(path: str) -> str | None:
    """The broker that a path belongs to; None for the admin door's."""
    first = path.strip("/").partition("/")[0]
    if first in _NOT_BROKERS:
        return None
    return first if first in BROKERS else _AT_ROOT


def endpoint_of(broker: str, method: str, path: str) -> Endpoint:
    """What kind of request it is."""
    below = path.removeprefix(f"/{broker}")
    for of, how, pattern, kind in _COMPILED:
        if of == broker and how in ("*", method) and pattern.match(below):
            return kind
    return Endpoint.OTHER
