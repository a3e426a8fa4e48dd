"""The brokers there are, by name. An adapter is loaded when it is asked for: each has its extra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tradertape_brokers.port import Broker


class UnknownBroker(LookupError):
    """No broker has this name."""


def broker(name: str) -> Broker:
    """Return the broker of this name. Raises UnknownBroker, which tells the names there are."""
    load = _LOADERS.get(name)
    if load is None:
        raise UnknownBroker(f"no broker is called {name!r}; there are {', '.join(names())}")
    return load()


def names() -> tuple[str, ...]:
    """Return the names of all brokers, in the order for lists."""
    return tuple(_LOADERS)


def _kite() -> Broker:
    from tradertape_brokers.kite.broker import Kite  # noqa: PLC0415 - extra [kite]

    return Kite()


def _upstox() -> Broker:
    from tradertape_brokers.upstox.broker import Upstox  # noqa: PLC0415 - extra [upstox]

    return Upstox()


def _groww() -> Broker:
    from tradertape_brokers.groww.broker import Groww  # noqa: PLC0415 - extra [groww]

    return Groww()


_LOADERS: Final[Mapping[str, Callable[[], Broker]]] = {
    "kite": _kite,
    "upstox": _upstox,
    "groww": _groww,
}
