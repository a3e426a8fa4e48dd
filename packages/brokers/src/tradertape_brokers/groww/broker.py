"""Groww as a broker: the port of `port.Broker`."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_brokers.groww.contracts import GrowwInstruments
from tradertape_brokers.groww.feed import GrowwFeed
from tradertape_brokers.groww.gtts import GrowwGtts
from tradertape_brokers.groww.names import SameSymbols
from tradertape_brokers.groww.orders import CAPABILITIES, GrowwOrders
from tradertape_brokers.groww.portfolio import GrowwPortfolio
from tradertape_brokers.groww.quotes import GrowwQuotes
from tradertape_brokers.groww.rest import LIMITS, Rest
from tradertape_brokers.groww.session import FLOW, NAME, GrowwSessions
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Capabilities, Connection, FindInstrument
from tradertape_brokers.sessions import LoginFlow, Session
from tradertape_core.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Groww:
    """Groww's Trading API."""

    name: str = NAME
    title: str = "Groww"
    capabilities: Capabilities = CAPABILITIES
    login: LoginFlow = FLOW
    postbacks: None = None

    def limiter(self) -> Limiter:
        """Return a new limiter with Groww's limits."""
        return Limiter(LIMITS)

    def session(self, hosts: Hosts) -> GrowwSessions:
        """Return the door to sign in at."""
        return GrowwSessions(hosts.groww)

    def connect(
        self,
        session: Session,
        hosts: Hosts,
        limiter: Limiter,
        clock: Clock,
        find: FindInstrument | None = None,  # noqa: ARG002 - an order is named as in Groww's list
    ) -> Connection:
        """Return an account's ports."""

        def rest_of(one: Session) -> Rest:
            return Rest(one.access_token.reveal(), root=hosts.groww.rest, limiter=limiter)

        rest = rest_of(session)
        names = SameSymbols()
        return Connection(
            orders=GrowwOrders(rest, clock, names),
            portfolio=GrowwPortfolio(rest, names),
            instruments=GrowwInstruments(hosts.groww.rest),
            quotes=GrowwQuotes(rest, clock),
            gtts=GrowwGtts(rest, names),
            feed=GrowwFeed(rest, clock, rest_of, url=hosts.groww.ticker),
        )
