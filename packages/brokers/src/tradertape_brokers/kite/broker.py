"""Kite as a broker: the port of `port.Broker`."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_brokers.hosts import Hosts
from tradertape_brokers.kite.funds import KiteFunds
from tradertape_brokers.kite.gtts import KiteGtts
from tradertape_brokers.kite.market import KiteInstruments, KiteQuotes
from tradertape_brokers.kite.orders import CAPABILITIES, KiteOrders
from tradertape_brokers.kite.portfolio import KitePortfolio
from tradertape_brokers.kite.postbacks import KitePostbacks
from tradertape_brokers.kite.rest import LIMITS, Rest
from tradertape_brokers.kite.session import FLOW, NAME, KiteSessions
from tradertape_brokers.kite.ticker import KiteTicker
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Capabilities, Connection, FindInstrument
from tradertape_brokers.sessions import LoginFlow, Session
from tradertape_core.kernel.clock import Clock

_POSTBACKS = KitePostbacks()


@dataclass(frozen=True, slots=True)
class Kite:
    """Zerodha's Kite Connect."""

    name: str = NAME
    title: str = "Zerodha Kite"
    capabilities: Capabilities = CAPABILITIES
    login: LoginFlow = FLOW
    postbacks: KitePostbacks = _POSTBACKS

    def limiter(self) -> Limiter:
        """Return a new limiter with Kite's limits."""
        return Limiter(LIMITS)

    def session(self, hosts: Hosts) -> KiteSessions:
        """Return the door to sign in at."""
        return KiteSessions(hosts.kite)

    def connect(
        self,
        session: Session,
        hosts: Hosts,
        limiter: Limiter,
        clock: Clock,
        find: FindInstrument | None = None,  # noqa: ARG002 - Kite's names are core's
    ) -> Connection:
        """Return an account's ports."""
        token = session.access_token.reveal()
        rest = Rest(session.api_key, token, root=hosts.kite.rest, limiter=limiter)
        portfolio = KitePortfolio(rest)
        return Connection(
            orders=KiteOrders(rest, clock),
            portfolio=portfolio,
            funds=KiteFunds(rest),
            conversions=portfolio,
            instruments=KiteInstruments(rest),
            quotes=KiteQuotes(rest, clock),
            gtts=KiteGtts(rest),
            feed=KiteTicker(session, hosts.kite.ticker, clock),
        )
