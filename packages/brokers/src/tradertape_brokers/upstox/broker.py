"""Upstox as a broker: the port of `port.Broker`."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Capabilities, Connection, FindInstrument
from tradertape_brokers.sessions import LoginFlow, Session
from tradertape_brokers.upstox.feed_port import UpstoxFeedPort
from tradertape_brokers.upstox.gtts import UpstoxGtts
from tradertape_brokers.upstox.instruments import FILE_PATH, FILE_URL, UpstoxInstruments
from tradertape_brokers.upstox.keys import FoundKeys
from tradertape_brokers.upstox.orders import CAPABILITIES, UpstoxOrders
from tradertape_brokers.upstox.portfolio import UpstoxPortfolio
from tradertape_brokers.upstox.postbacks import UpstoxPostbacks
from tradertape_brokers.upstox.quotes import UpstoxQuotes
from tradertape_brokers.upstox.rest import LIMITS, ROOT, Rest
from tradertape_brokers.upstox.session import FLOW, NAME, UpstoxSessions
from tradertape_core.kernel.clock import Clock

_POSTBACKS = UpstoxPostbacks()


@dataclass(frozen=True, slots=True)
class Upstox:
    """Upstox, by its API of versions 2 and 3."""

    name: str = NAME
    title: str = "Upstox"
    capabilities: Capabilities = CAPABILITIES
    login: LoginFlow = FLOW
    postbacks: UpstoxPostbacks = _POSTBACKS

    def limiter(self) -> Limiter:
        """Return a new limiter with Upstox's limits."""
        return Limiter(LIMITS)

    def session(self, hosts: Hosts) -> UpstoxSessions:
        """Return the door to sign in at."""
        return UpstoxSessions(hosts.upstox)

    def connect(
        self,
        session: Session,
        hosts: Hosts,
        limiter: Limiter,
        clock: Clock,
        find: FindInstrument | None = None,
    ) -> Connection:
        """Return an account's ports. Without `find` every instrument is unknown, and refused."""
        keys = FoundKeys(find or (lambda _: None))

        def rest_of(one: Session) -> Rest:
            token, own = one.access_token.reveal(), hosts.upstox
            return Rest(token, root=own.rest, order_root=own.order_root, limiter=limiter)

        rest = rest_of(session)
        root = hosts.upstox.rest
        portfolio = UpstoxPortfolio(rest, keys)
        return Connection(
            orders=UpstoxOrders(rest, clock, keys),
            portfolio=portfolio,
            conversions=portfolio,
            instruments=UpstoxInstruments(FILE_URL if root == ROOT else root + FILE_PATH),
            quotes=UpstoxQuotes(rest, keys, clock),
            gtts=UpstoxGtts(rest, keys),
            feed=UpstoxFeedPort(rest_of, session, keys, clock),
        )
