"""One account at a broker. Only the primary one has anything to trade with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from tradertape_agent.config.settings import Credentials
from tradertape_agent.desk.caching import Cache
from tradertape_agent.desk.sessions import SessionFile
from tradertape_agent.desk.totp import code_at
from tradertape_agent.errors import NotConnected
from tradertape_brokers.errors import BrokerError, SessionExpired
from tradertape_brokers.gtts import GttPort
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.masters.store import MasterStore
from tradertape_brokers.port import Broker, Connection, OrderPort
from tradertape_brokers.portfolio import (
    FundHolding,
    FundsPort,
    Holding,
    Margin,
    PortfolioPort,
    Position,
)
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Proof, Session
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.instrument import Instrument

T = TypeVar("T")


class AccountState(StrEnum):
    """Whether the broker takes requests."""

    CONNECTED = "connected"
    SIGNED_OUT = "signed_out"
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """What orders are sent with."""

    orders: OrderPort
    gtts: GttPort | None


class Account:
    """An account that is read. It has no way to send an order: its orders' ports are dropped."""

    is_primary = False

    def __init__(
        self,
        broker: Broker,
        credentials: Credentials,
        sessions: SessionFile,
        masters: MasterStore,
        hosts: Hosts,
        clock: Clock,
    ) -> None:
        self.broker = broker
        self.problem = ""
        self._credentials = credentials
        self._sessions = sessions
        self._masters = masters
        self._hosts = hosts
        self._clock = clock
        self._limiter: Limiter = broker.limiter()
        self._cache = Cache(clock)
        self._lock = threading.RLock()
        self._session = sessions.get(broker.name)
        self._portfolio: PortfolioPort | None = None
        self._funds: FundsPort | None = None
        self._unreachable = False
        if self._session is not None:
            self._open(self._session)

    @property
    def name(self) -> str:
        """The broker's name in settings."""
        return self.broker.name

    @property
    def is_sandbox(self) -> bool:
        """Whether its addresses are not the broker's own: no real money moves there."""
        return getattr(self._hosts, self.name) != getattr(Hosts(), self.name)

    @property
    def user_id(self) -> str:
        """The client id at the broker; empty before the first login."""
        return self._session.user_id if self._session else ""

    @property
    def api_key(self) -> str:
        """The key of the user's app."""
        return self._credentials.api_key

    @property
    def state(self) -> AccountState:
        """Whether the broker takes requests, as of the last one."""
        if self._session is None:
            return AccountState.SIGNED_OUT
        if self._portfolio is None or self._session.is_over(self._clock.now()):
            return AccountState.EXPIRED
        return AccountState.UNREACHABLE if self._unreachable else AccountState.CONNECTED

    @property
    def session(self) -> Session | None:
        """Today's session, over or not."""
        return self._session

    # --- signing in ---------------------------------------------------------------------------

    def login_url(self, *, redirect_uri: str, state: str) -> str:
        """Return the broker's page to sign in at; empty where there is none."""
        door = self.broker.session(self._hosts)
        return door.login_url(self.api_key, redirect_uri=redirect_uri, state=state)

    def sign_in(self, code: str = "", *, redirect_uri: str = "") -> Session:
        """Open a session with the code of the broker's page. Raises NotConnected."""
        now = self._clock.now()
        totp = self._credentials.totp_secret
        one_time = Secret(code_at(totp.reveal(), now)) if totp and self._takes_totp else Secret("")
        grant = LoginGrant(
            api_key=self.api_key,
            code=Secret(code),
            api_secret=self._credentials.api_secret,
            totp=one_time,
            redirect_uri=redirect_uri,
        )
        try:
            session = self.broker.session(self._hosts).exchange(grant, now)
        except BrokerError as error:
            self.problem = str(error)
            raise NotConnected(f"{self.broker.title} did not sign you in: {error}") from None
        self._sessions.put(session)
        self._open(session)
        return session

    def sign_in_if_unattended(self) -> None:
        """Sign in where no page is needed and there is no session. Raises NotConnected."""
        if self.broker.login.has_page or self.state is AccountState.CONNECTED:
            return
        self.sign_in()

    @property
    def _takes_totp(self) -> bool:
        return Proof.TOTP in self.broker.login.proofs

    def check(self) -> None:
        """Ask the broker whether the session is alive. Raises BrokerError."""
        self.ask(lambda: self._reader().profile())

    # --- reading ------------------------------------------------------------------------------

    def holdings(self) -> Sequence[Holding]:
        """Read the delivered shares, at most seven seconds old. Raises BrokerError."""
        return self._cache.get("holdings", lambda: self.ask(lambda: self._reader().holdings()))

    def positions(self) -> Sequence[Position]:
        """Read the positions, at most seven seconds old. Raises BrokerError."""
        return self._cache.get("positions", lambda: self.ask(lambda: self._reader().positions()))

    def margins(self) -> Sequence[Margin]:
        """Read the funds, at most seven seconds old. Raises BrokerError."""
        return self._cache.get("margins", lambda: self.ask(lambda: self._reader().margins()))

    def funds(self) -> Sequence[FundHolding]:
        """Read units of mutual funds; none where the broker does not tell. Raises BrokerError."""

        def read() -> Sequence[FundHolding]:
            self._reader()
            return self._funds.holdings() if self._funds is not None else ()

        return self._cache.get("funds", lambda: self.ask(read))

    def forget(self) -> None:
        """Read anew next time."""
        self._cache.forget()

    def age_s(self) -> float | None:
        """Return how old the holdings in the cache are."""
        return self._cache.age_s("holdings")

    def find(self, instrument_id: str) -> Instrument | None:
        """Find an instrument in the broker's list."""
        found = self._masters.find(instrument_id)
        return None if found is None else found.instrument

    def ask(self, call: Callable[[], T]) -> T:
        """Ask the broker, and note whether it takes requests. Raises BrokerError."""
        try:
            answer = call()
        except SessionExpired as error:
            if self._session is not None and self._session.is_over(self._clock.now()):
                self.problem = str(error)  # by this machine's clock, which may be put right
            else:
                self._ended(str(error))
            raise
        except BrokerError as error:
            self.problem, self._unreachable = str(error), True
            raise
        self.problem, self._unreachable = "", False
        return answer

    # --- the connection -----------------------------------------------------------------------

    def _open(self, session: Session) -> None:
        with self._lock:
            self._session, self.problem, self._unreachable = session, "", False
            self._cache.forget()
            if session.api_key != self.api_key or session.is_over(self._clock.now()):
                self._close()
                return
            connection = self.broker.connect(
                session, self._hosts, self._limiter, self._clock, self.find
            )
            self._take(connection)

    def _take(self, connection: Connection) -> None:
        """Keep what may be used of a connection."""
        self._portfolio = connection.portfolio
        self._funds = connection.funds

    def _close(self) -> None:
        self._portfolio = self._funds = None

    def _ended(self, problem: str) -> None:
        with self._lock:
            self.problem = problem
            self._close()

    def _reader(self) -> PortfolioPort:
        if self._portfolio is None or self.state is AccountState.EXPIRED:
            raise SessionExpired(f"sign in at {self.broker.title}")
        return self._portfolio


class PrimaryAccount(Account):
    """The account that executes signals."""

    is_primary = True

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._connection: Connection | None = None
        super().__init__(*arguments, **named)

    @property
    def trading(self) -> Trading:
        """What orders are sent with. Raises SessionExpired without a session."""
        connection = self._live()
        return Trading(orders=connection.orders, gtts=connection.gtts)

    def refresh_instruments(self) -> None:
        """Download the broker's list where today's is missing; the last good one stays in use."""
        connection = self._live()
        if connection.instruments is not None:
            self._masters.refresh_if_due(connection.instruments.download)

    def last_price(self, instrument: Instrument) -> Any:
        """Return the last price as a Decimal; None where the broker does not give one."""
        quotes = self._live().quotes
        if quotes is None:
            return None
        try:
            tick = quotes.quotes([instrument]).get(instrument.id)
        except BrokerError:
            return None  # some apps have no quotes: the signal's own price is used
        return None if tick is None else tick.last_price

    def shown_prices(self, instruments: Sequence[Instrument]) -> Mapping[str, Decimal]:
        """Return last prices by instrument, at most seven seconds old, in one request.

        Those that the broker does not give are not in it.
        """
        ids = tuple(sorted(one.id for one in instruments))
        return self._cache.get(f"prices {ids}", lambda: self._prices(instruments)) if ids else {}

    def _prices(self, instruments: Sequence[Instrument]) -> Mapping[str, Decimal]:
        try:
            quotes = self._live().quotes
            ticks = quotes.quotes(instruments) if quotes is not None else {}
        except BrokerError:
            return {}
        return {name: tick.last_price for name, tick in ticks.items()}

    def _live(self) -> Connection:
        self._reader()
        if self._connection is None:
            raise SessionExpired(f"sign in at {self.broker.title}")
        return self._connection

    def _take(self, connection: Connection) -> None:
        super()._take(connection)
        self._connection = connection

    def _close(self) -> None:
        super()._close()
        self._connection = None
