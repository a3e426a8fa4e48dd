"""Which accounts are connected to their brokers, and with which ports.

One connection and one limiter for each account at a broker, shared by all its callers. Sessions are
in the database: one that another process made or ended is seen here within a second. Nothing asks a
broker in this module.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as DbSession

from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Broker
from tradertape_brokers.sessions import Session
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.reports import VenueOrder
from tradertape_server.features.brokerage import repository
from tradertape_server.features.brokerage.accounts import (
    Addresses,
    BrokerAccount,
    ChangeKind,
    Connected,
    ConnectionChange,
    Environment,
    NoHosts,
)
from tradertape_server.features.brokerage.models import BrokerSession
from tradertape_server.features.brokerage.session_tokens import SessionTokens
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import SecretBox

EVERY_S = 1.0

ChangeListener: TypeAlias = Callable[[ConnectionChange], None]
OrdersListener: TypeAlias = Callable[[BrokerAccount, Sequence[VenueOrder]], None]
HintListener: TypeAlias = Callable[[BrokerAccount], None]
Key: TypeAlias = tuple[int, str]  # person and broker

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What this process knows of a session. connected: None when it is over or unreadable."""

    generation: int
    account: BrokerAccount
    connected: Connected | None


@dataclass(frozen=True, slots=True)
class _End:
    """A session's end that is not stored yet."""

    key: Key
    known: _Known
    kind: ChangeKind
    reason: str


class Connections:
    """The connected accounts. Any thread may call any method.

    Listeners are called on this object's thread, in the order of what happened; they must not
    block. Those of orders are called on the thread that delivers the orders.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        secrets: SecretBox,
        brokers: Callable[[str], Broker],
        addresses: Addresses,
    ) -> None:
        self._database, self._clock = database, clock
        self._tokens = SessionTokens(secrets)
        self._brokers = brokers
        self.addresses = addresses
        self._known: dict[Key, _Known] = {}
        self._limiters: dict[tuple[str, str, str], Limiter] = {}
        self._lock = threading.RLock()  # the fields; never held while the database is asked
        self._turn = threading.RLock()  # one change of the stored sessions after the other
        self._ends: deque[_End] = deque()
        self._changes: deque[ConnectionChange] = deque()
        self._on_change: list[ChangeListener] = []
        self._on_orders: list[OrdersListener] = []
        self._on_hint: list[HintListener] = []
        self._find: Callable[[str, str], Instrument | None] = lambda _broker, _id: None
        # Raises Conflict where no session of a person may be stored; inside the transaction.
        self.demand_allowed: Callable[[DbSession, int], None] = lambda _session, _user_id: None
        self._bell = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def of(self, user_id: int, broker: str) -> Connected | None:
        """A person's connection to a broker, if its session is alive as far as is known."""
        with self._lock:
            known = self._known.get((user_id, broker))
        found = known.connected if known else None
        if found is None or not self.addresses.has(found.account.environment):
            return None
        return None if found.session.is_over(self._clock.now()) else found

    def by_scope(self, user_id: int, scope: str) -> Connected | None:
        """A person's connection by the account scope of live runs: `kite:SB0001`."""
        found = self.of(user_id, scope.partition(":")[0])
        return found if found is not None and found.account.scope == scope else None

    def all(self) -> Sequence[Connected]:
        """Every connection of this server."""
        with self._lock:
            keys = list(self._known)
        return [found for key in keys if (found := self.of(*key)) is not None]

    def of_user(self, user_id: int) -> Sequence[Connected]:
        """A person's connections."""
        return [one for one in self.all() if one.account.user_id == user_id]

    def broker(self, name: str) -> Broker:
        """The broker of this name. Raises registry.UnknownBroker."""
        return self._brokers(name)

    def hosts(self, environment: Environment) -> Hosts:
        """Where brokers answer. Raises NoHosts when this server does not use the environment."""
        return self.addresses.hosts(environment)

    def limiter(self, account: BrokerAccount) -> Limiter:
        """The one limiter of an account at a broker, whoever on this server connects it."""
        key = (account.broker, account.environment.value, account.broker_user_id)
        with self._lock:
            if key not in self._limiters:
                self._limiters[key] = self._brokers(account.broker).limiter()
            return self._limiters[key]

    def find_with(self, find: Callable[[str, str], Instrument | None]) -> None:
        """Look instruments up by broker and id, for brokers that name them otherwise than we do."""
        self._find = find

    def on_change(self, listener: ChangeListener) -> None:
        """Call the listener with every change; the accounts of a start are CONNECTED too."""
        self._on_change.append(listener)

    def on_orders(self, listener: OrdersListener) -> None:
        """Call the listener with orders that the broker has surely sent."""
        self._on_orders.append(listener)

    def on_hint(self, listener: HintListener) -> None:
        """Call the listener when somebody says that an account's orders have changed."""
        self._on_hint.append(listener)

    def deliver_orders(self, account: BrokerAccount, orders: Sequence[VenueOrder]) -> None:
        """Pass on orders of a verified postback or an order socket, on this thread."""
        for listener in self._on_orders:
            try:
                listener(account, orders)
            except Exception:  # one listener does not keep orders from the others
                logger.exception("orders of a broker were not taken", account=account.scope)

    def deliver_hint(self, account: BrokerAccount) -> None:
        """Pass on that an account's order book should be read, on this thread."""
        for listener in self._on_hint:
            try:
                listener(account)
            except Exception:  # as above
                logger.exception("a hint of a broker was not taken", account=account.scope)

    def use_sandbox(self, url: str | None) -> None:
        """Use the sandbox at this address from now on, with its stored sessions; None: none."""
        with self._turn:
            self.addresses.use_sandbox(url)
            with self._lock:
                known = list(self._known.items())
            for key, one in known:
                if one.account.environment is Environment.SANDBOX:
                    self._forget(key, "the sandbox was stopped or replaced")
        self._bell.set()

    def connect(self, user_id: int, environment: Environment, session: Session) -> Connected:
        """Store a login and use it from now on, in every process.

        Raises NoHosts, and Conflict where this server is to have no session of the person.
        """
        self.addresses.hosts(environment)
        account = BrokerAccount(
            user_id=user_id, broker=session.broker, broker_user_id=session.user_id,
            environment=environment,
        )  # fmt: skip
        new = repository.NewSession(
            user_id=user_id, broker=session.broker, environment=environment.value,
            broker_user_id=session.user_id, token=self._tokens.seal(session),
            logged_in_at=self._clock.now(), expires_at=session.expires_at,
        )  # fmt: skip
        with self._turn:
            self._store_ends()
            with self._database.write() as database:
                self._database.advisory_lock(database, f"broker-session:{user_id}")
                self.demand_allowed(database, user_id)
                generation = repository.store_session(database, new)
            connected = self._connected(account, session, new.logged_in_at)
            if connected is None:
                raise NoHosts("the sandbox was stopped")
            self._know((user_id, session.broker), _Known(generation, account, connected))
        self._bell.set()
        return connected

    def end_all(self, database: DbSession, user_id: int, reason: str) -> list[str]:
        """End a person's sessions in the caller's transaction: none is stored beside it.

        Returns the brokers; call `see_changes` once it is committed.
        """
        self._database.advisory_lock(database, f"broker-session:{user_id}")
        kind = ChangeKind.DISCONNECTED.value
        return repository.end_sessions(database, user_id, kind, reason, self._clock.now())

    def mark_expired(
        self, account: BrokerAccount, reason: str, session: Session | None = None
    ) -> None:
        """Use a session no more, because an adapter raised SessionExpired with it.

        Does not block. session: the one that the broker refused; when the account has a newer one
        by now, nothing happens. Only the first call of many has an effect.
        """
        self._end(account, ChangeKind.EXPIRED, reason, session)

    def expire_all(self, environment: Environment, reason: str) -> None:
        """Use no session of this environment any more, because its brokers began anew."""
        with self._lock:
            found = [one.connected for one in self._known.values() if one.connected is not None]
        for one in found:
            if one.account.environment is environment:
                self._end(one.account, ChangeKind.EXPIRED, reason, one.session)

    def disconnect(self, account: BrokerAccount, reason: str) -> None:
        """Use a session no more, because the person wants it so; stored when this returns."""
        self._end(account, ChangeKind.DISCONNECTED, reason, None)
        self._store_ends()

    def start(self) -> None:
        """Read the stored sessions, and watch them from now on."""
        self._stopping = False
        self._read_again()
        self._thread = threading.Thread(target=self._run, name="broker-sessions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def see_changes(self) -> None:
        """Stop using what was ended, and use what was stored, now and not within a second."""
        self._read_again()
        self._bell.set()

    def step(self) -> None:
        """See what other processes changed, end what is over, and tell the listeners."""
        self._read_again()
        self._end_what_is_over()
        self._store_ends()
        self._tell()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self.step()
            except SQLAlchemyError as error:  # the next round tries again
                logger.warning("sessions at brokers not read", problem=type(error).__name__)
            except Exception:  # as above; this thread must survive
                logger.exception("sessions at brokers not read")
            self._bell.wait(EVERY_S)
            self._bell.clear()

    def _read_again(self) -> None:
        with self._turn:
            with self._database.read() as database:
                states = {(s.user_id, s.broker): s for s in repository.session_states(database)}
                changed = [key for key, state in states.items() if self._is_news(key, state)]
                rows = repository.sessions_with(database, changed) if changed else ()
            for row in rows:
                self._take(row)
            for key in set(self._known) - set(states):  # the account was deleted
                self._forget(key, "the account was deleted")

    def _is_news(self, key: Key, state: repository.SessionState) -> bool:
        known = self._known.get(key)
        if known is None:
            return state.end is None
        if state.generation != known.generation:
            return state.generation > known.generation
        return state.end is not None and known.connected is not None

    def _take(self, row: BrokerSession) -> None:
        account = BrokerAccount(
            user_id=row.user_id, broker=row.broker, broker_user_id=row.broker_user_id,
            environment=Environment(row.environment),
        )  # fmt: skip
        key = (row.user_id, row.broker)
        if row.ended_at is not None:
            known = self._known.get(key)
            if known is not None and known.connected is not None:
                kind = ChangeKind(row.end or ChangeKind.EXPIRED)
                self._change(kind, known.account, row.reason or "")
            with self._lock:
                self._known[key] = _Known(row.generation, account, None)
            return
        session = self._tokens.open(row)
        connected = self._connected(account, session, row.logged_in_at) if session else None
        self._know(key, _Known(row.generation, account, connected))

    def _forget(self, key: Key, reason: str) -> None:
        with self._lock:
            known = self._known.pop(key)
        if known.connected is not None:
            self._change(ChangeKind.DISCONNECTED, known.account, reason)

    def _know(self, key: Key, new: _Known) -> None:
        with self._lock:
            old = self._known.get(key)
            self._known[key] = new
        was = old.account if old is not None and old.connected is not None else None
        if was is not None and (was != new.account or new.connected is None):
            self._change(ChangeKind.DISCONNECTED, was, "another account took its place")
            was = None
        if new.connected is not None:
            self._change(ChangeKind.RENEWED if was else ChangeKind.CONNECTED, new.account)

    def _end_what_is_over(self) -> None:
        now = self._clock.now()
        with self._lock:
            alive = [one.connected for one in self._known.values() if one.connected is not None]
        for one in alive:
            if one.session.is_over(now):
                reason = f"{one.broker.title} ends every session once a day"
                self._end(one.account, ChangeKind.EXPIRED, reason, one.session)

    def _end(
        self, account: BrokerAccount, kind: ChangeKind, reason: str, session: Session | None
    ) -> None:
        key = (account.user_id, account.broker)
        with self._lock:
            known = self._known.get(key)
            if known is None or known.connected is None or known.account != account:
                return
            if session is not None and session != known.connected.session:
                return
            self._known[key] = _Known(known.generation, account, None)
            self._ends.append(_End(key, known, kind, reason))
        self._bell.set()

    def _store_ends(self) -> None:
        with self._turn:
            while self._ends:
                end = self._ends[0]
                with self._database.write() as database:
                    is_first = repository.end_session(
                        database, *end.key, end.known.generation, end.kind.value, end.reason,
                        self._clock.now(),
                    )  # fmt: skip
                self._ends.popleft()
                known = self._known.get(end.key)
                if known is not None and known.generation == end.known.generation:
                    self._change(end.kind, end.known.account, end.reason, is_first=is_first)

    def _change(
        self, kind: ChangeKind, account: BrokerAccount, reason: str = "", *, is_first: bool = False
    ) -> None:
        change = ConnectionChange(kind=kind, account=account, reason=reason, is_first=is_first)
        self._changes.append(change)

    def _tell(self) -> None:
        while self._changes:
            change = self._changes.popleft()
            for listener in self._on_change:
                try:
                    listener(change)
                except Exception:  # one listener does not keep a change from the others
                    logger.exception("a change of a connection was not taken")

    def _connected(
        self, account: BrokerAccount, session: Session, since: datetime
    ) -> Connected | None:
        """The account's ports; None when this server does not use its environment."""
        if not self.addresses.has(account.environment):
            return None
        broker = self._brokers(account.broker)
        ports = broker.connect(
            session,
            self.addresses.hosts(account.environment),
            self.limiter(account),
            self._clock,
            lambda instrument: self._find(account.broker, instrument),
        )
        return Connected(account=account, broker=broker, ports=ports, session=session, since=since)
