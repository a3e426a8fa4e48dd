"""Where each broker answers: its real hosts, a sandbox's, or addresses from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerHosts:
    """The roots of one broker, without a slash at the end.

    rest: API calls. login: the page where the user signs in. ticker: the feed's WebSocket; empty
    where the API names it at each connection. orders: orders, where they have a host of their own.
    """

    rest: str
    login: str = ""
    ticker: str = ""
    orders: str = ""

    @property
    def order_root(self) -> str:
        """Where orders are sent."""
        return self.orders or self.rest


_KITE: Final = BrokerHosts(
    rest="https://api.kite.trade",
    login="https://kite.zerodha.com",
    ticker="wss://ws.kite.trade",
)
_UPSTOX: Final = BrokerHosts(
    rest="https://api.upstox.com",
    login="https://api.upstox.com",
    orders="https://api-hft.upstox.com",
)
_GROWW: Final = BrokerHosts(rest="https://api.groww.in", ticker="wss://socket-api.groww.in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The hosts of all brokers; the defaults are the real ones."""

    kite: BrokerHosts = field(default=_KITE)
    upstox: BrokerHosts = field(default=_UPSTOX)
    groww: BrokerHosts = field(default=_GROWW)

    @classmethod
    def sandbox(cls, url: str) -> Hosts:
        """Return the hosts of a sandbox that is served at `url`."""
        root = url.rstrip("/")
        socket = _socket(root)
        upstox, groww = f"{root}/upstox", f"{root}/groww"
        return cls(
            # Kite's REST interface is at the port's root too: the official client drops a path.
            kite=BrokerHosts(rest=root, login=f"{root}/kite", ticker=f"{socket}/kite/ws"),
            upstox=BrokerHosts(rest=upstox, login=upstox, orders=upstox),
            groww=BrokerHosts(rest=groww, ticker=f"{socket}/groww/feed"),
        )

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Hosts:
        """Return the hosts with those replaced that the environment names.

        Read are TRADERTAPE_KITE_ROOT, TRADERTAPE_KITE_LOGIN_ROOT, TRADERTAPE_KITE_TICKER_ROOT,
        TRADERTAPE_UPSTOX_ROOT and TRADERTAPE_GROWW_ROOT. Groww's feed follows a root of its own.
        """

        def root(name: str) -> str:
            return environment.get(f"TRADERTAPE_{name}_ROOT", "").strip().rstrip("/")

        kite = replace(
            _KITE,
            rest=root("KITE") or _KITE.rest,
            login=root("KITE_LOGIN") or _KITE.login,
            ticker=root("KITE_TICKER") or _KITE.ticker,
        )
        upstox, groww = root("UPSTOX"), root("GROWW")
        return cls(
            kite=kite,
            upstox=BrokerHosts(rest=upstox, login=upstox, orders=upstox) if upstox else _UPSTOX,
            groww=BrokerHosts(rest=groww, ticker=f"{_socket(groww)}/feed") if groww else _GROWW,
        )


def _socket(url: str) -> str:
    """The same address for a WebSocket."""
    return "ws" + url.removeprefix("http") if url.startswith("http") else url
