"""Accounts at brokers as venues: opened when a session is connected, read before anything is sent.

Joins the connections of brokers to the trader: gateways, order updates, sessions that end and come
back. Whether an account may trade live is decided here from what is in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from tradertape_brokers import errors as broker
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.ledger.closable import FRESH_S, UnitsAtBroker
from tradertape_core.ledger.drift import Place, differences, place_name
from tradertape_core.orders.reports import VenueOrder
from tradertape_server.features.brokerage.accounts import (
    BrokerAccount,
    ChangeKind,
    Connected,
    ConnectionChange,
    Environment,
    Preflight,
)
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.execution.account_environments import AccountEnvironments
from tradertape_server.features.execution.address_checks import AddressChecks
from tradertape_server.features.execution.broker_figures import BrokerFigures, read_figures
from tradertape_server.features.execution.drift_watch import UNTOLD_S, Drift, DriftWatch
from tradertape_server.features.execution.errors import LiveBlocked
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.units_there import SharesThere
from tradertape_server.features.execution.store import account_queries, repository
from tradertape_server.features.execution.store.models import BROKER, TradingAccount
from tradertape_server.features.execution.venues.broker_gateway import (
    AccountPace,
    BrokerGateway,
    gtt_rules,
)
from tradertape_server.features.execution.venues.gateway import OrderGateway, Updated
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger

EVERY_S = 15.0

_DERIVATIVES = ("NFO:", "BFO:")

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why an account may not trade live: a code for programs, a sentence for people."""

    code: str
    words: str


@dataclass(slots=True)
class _Known:
    """What is remembered of an account. expired: why its session is over."""

    expired: str | None = None
    figures: BrokerFigures | None = None
    watch: DriftWatch = field(default_factory=DriftWatch)
    units: UnitsAtBroker = field(default_factory=UnitsAtBroker)


@dataclass(slots=True)
class LiveAccounts:
    """Any thread may call any method; only `demand`, `check_address` and the own thread ask a
    broker.

    is_enabled: whether real accounts may be traded on this server. has_real_prices: whether live
    prices are the exchange's.
    """

    database: Database
    clock: Clock
    connections: Connections
    is_enabled: bool
    has_real_prices: Callable[[], bool]
    addresses: AddressChecks = field(init=False)
    _environments: AccountEnvironments = field(init=False)
    _execution: ExecutionService | None = None
    _rows: dict[int, TradingAccount] = field(default_factory=dict[int, TradingAccount])
    _known: dict[tuple[int, str], _Known] = field(default_factory=dict[tuple[int, str], _Known])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _bell: threading.Event = field(default_factory=threading.Event)
    _is_stopping: bool = False
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._environments = AccountEnvironments(self.database)
        self.addresses = AddressChecks(self.clock, self._expired)

    def join(self, execution: ExecutionService) -> None:
        """Subscribe to changes of connections and to updates of orders."""
        self._execution = execution
        execution.demand_live = self.demand_account
        execution.cancels_waiting = self.cancels_waiting
        execution.protect_by(self.needs_protection)
        execution.bound_by(self.units_differ, self.forget_units)
        execution.trader.holds_at_brokers(self.shares_there)
        self.connections.on_change(self._changed)
        self.connections.on_orders(self._updated)
        self.connections.on_hint(self._hinted)

    # --- gateways -----------------------------------------------------------------------------

    def gateway_of(self, account_id: int) -> OrderGateway | None:
        """The gateway of an account at a broker; None of any other."""
        row = self._row(account_id)
        if row is None:
            return None
        name = row.scope.partition(":")[2]
        account = BrokerAccount(
            user_id=row.user_id,
            broker=row.scope.partition(":")[0],
            broker_user_id=name,
            environment=self._environment(row.user_id, row.scope),
        )
        return BrokerGateway(
            lambda: self.connected(row.user_id, row.scope),
            self._expired,
            AccountPace(self.connections.limiter(account)),
            gtt_rules(self.connections.broker(account.broker)),
            refused=self.addresses.note_refusal,
        )

    def connected(self, user_id: int, scope: str) -> Connected | None:
        """The connection of a person's account, if somebody is signed in.

        A login of the same name in the other environment is not a connection of this account.
        """
        found = self.connections.by_scope(user_id, scope)
        if found is None or self._environments.is_another(found.account):
            return None
        return found

    def _environment(self, user_id: int, scope: str) -> Environment:
        """The environment of an account: as recorded, as connected, or the server's usual one."""
        recorded = self._environments.of(user_id, scope)
        if recorded is not None:
            return recorded
        connected = self.connections.by_scope(user_id, scope)
        return self._usual if connected is None else connected.account.environment

    def needs_protection(self, account_id: int) -> bool:
        """Whether an account's broker takes no market order without a band."""
        row = self._row(account_id)
        if row is None:
            return False
        of = self.connections.broker(row.scope.partition(":")[0])
        return of.capabilities.protects_markets

    @property
    def _usual(self) -> Environment:
        return self.connections.addresses.usual

    def _row(self, account_id: int) -> TradingAccount | None:
        if account_id not in self._rows:
            with self.database.read() as session:
                row = repository.account_by_id(session, account_id)
            if row.kind != BROKER:
                return None
            self._rows[account_id] = row
        return self._rows[account_id]

    # --- may it trade? ------------------------------------------------------------------------

    def why_not(self, user_id: int, scope: str) -> tuple[Blocked, ...]:
        """Why an account may not trade live now, as far as memory knows; empty when it may."""
        connected, known = self.connected(user_id, scope), self._of(user_id, scope)
        reasons: list[Blocked] = []
        is_real = self._environment(user_id, scope) is Environment.LIVE
        if is_real and not self.is_enabled:
            words = "Live trading is disabled on this server: TRADERTAPE_LIVE_ENABLED is not set"
            reasons.append(Blocked("live_disabled", words))
        if connected is None:
            other = self.connections.by_scope(user_id, scope)
            if other is not None:
                return (*reasons, _other_environment(other.account))
            if known.expired is not None:
                words = f"The broker's session of {scope} is over, sign in again: {known.expired}"
                return (*reasons, Blocked("token_expired", words))
            words = f"No broker is connected for {scope}: sign in under Settings → Brokers"
            return (*reasons, Blocked("broker_disconnected", words))
        if is_real and not self.has_real_prices():
            words = (
                "Prices here are simulated, a sandbox's or none: real orders need the exchange's"
            )
            reasons.append(Blocked("simulated_prices", words))
        refusal = self.addresses.refusal(connected)
        if refusal is not None:
            words = f"The broker takes no orders from this server's address: {refusal}"
            reasons.append(Blocked("address_not_registered", words))
        return tuple(reasons)

    def demand(self, user_id: int, scope: str) -> tuple[Blocked, ...]:
        """The same, after the broker was asked whether it takes orders from this server's address,
        unless it said so in this session."""
        connected = self.connected(user_id, scope)
        if connected is not None:
            self.addresses.ask(connected)
            if self._id_of(connected.account) is None:  # a login of this moment
                self.open(connected.account)
        return self.why_not(user_id, scope)

    def demand_account(self, account_id: int) -> None:
        """The same of an account by its id. Raises LiveBlocked with every reason."""
        row = self._row(account_id)
        if row is None:
            return
        reasons = self.demand(row.user_id, row.scope)
        if reasons:
            raise LiveBlocked([(one.code, one.words) for one in reasons])

    def cancels_waiting(self, user_id: int | None = None) -> int:
        """Cancellations that wait for a login: a person's, or everybody's."""
        found = self._demand_execution().cancels_on_their_way()
        return sum(
            count
            for (owner, scope), count in found.items()
            if user_id in (None, owner) and self.connected(owner, scope) is None
        )

    def is_sandbox(self, user_id: int, scope: str) -> bool:
        """Whether an account is a sandbox's, as far as is known."""
        return self._environment(user_id, scope) is Environment.SANDBOX

    def check_address(self, connected: Connected) -> Preflight:
        """Ask the broker now whether it takes orders from this server's address."""
        self.addresses.ask(connected, again=True)
        return self.addresses.state(connected)

    # --- figures ------------------------------------------------------------------------------

    def figures(self, account_id: int) -> BrokerFigures | None:
        """What the broker last said an account has; None before the first reading."""
        row = self._row(account_id)
        return None if row is None else self._of(row.user_id, row.scope).figures

    def read_figures(self, connected: Connected) -> BrokerFigures | None:
        """Read what an account has at its broker. Raises BrokerError."""
        portfolio = connected.ports.portfolio
        if portfolio is None:
            return None
        found = read_figures(portfolio, self.clock.now())
        self._of(connected.account.user_id, connected.account.scope).figures = found
        return found

    # --- drift --------------------------------------------------------------------------------

    def drifts(self, account_id: int) -> tuple[Drift, ...]:
        """Where the broker's quantities lastingly differ from what is recorded of an account."""
        row = self._row(account_id)
        return () if row is None else self._of(row.user_id, row.scope).watch.drifts

    def units_differ(self, account_id: int) -> Mapping[Place, int]:
        """By how many units an account's broker differs from the books, where that is known."""
        row = self._rows.get(account_id)  # one that nothing was read of is not looked up
        if row is None:
            return {}
        return self._of(row.user_id, row.scope).units.differences(monotonic())

    def shares_there(self, account_id: int, place: Place) -> SharesThere | None:
        """The delivered shares of a place that an account has at its broker; None where that is not
        known, or not as of now."""
        row = self._rows.get(account_id)
        figures = None if row is None else self._of(row.user_id, row.scope).figures
        if figures is None or not figures.has_holdings:
            return None
        average = figures.averages.get(place_name(place))
        if average is None or abs((self.clock.now() - figures.at).total_seconds()) > FRESH_S:
            return None
        return SharesThere(figures.quantity(place), average)

    def forget_units(self, account_id: int, instrument: str) -> None:
        """Read anew how the units of an instrument differ: the books were corrected."""
        row = self._rows.get(account_id)
        if row is not None:
            self._of(row.user_id, row.scope).units.forget(instrument)

    @property
    def drift_count(self) -> int:
        """How many there are on all accounts."""
        with self._lock:
            known = list(self._known.values())
        return sum(len(one.watch.drifts) for one in known)

    def compare(self, account: BrokerAccount, figures: BrokerFigures) -> None:
        """Compare what was read with what is recorded, while the market is open: at night brokers
        move what was bought to the holdings. A new difference has the order book read."""
        execution, account_id = self._demand_execution(), self._id_of(account)
        now = self.clock.now()
        if account_id is None or not figures.has_holdings or not execution.market.is_open(now):
            return
        lanes, trades = execution.lanes, self._trader_runs
        book_s = lanes.book_recorded_s(account_id) if trades else None  # before the books are read
        with self.database.read() as session:
            here = account_queries.known_quantities(session, account_id)
        found = differences(here, figures.net, self._is_traded)
        watch = self._of(account.user_id, account.scope).watch
        read_s = monotonic() - UNTOLD_S if book_s is None else book_s
        units = self._of(account.user_id, account.scope).units
        units.look(here, figures.net, monotonic(), read_s)
        if watch.look(found, now, monotonic(), book_s) and trades:
            lanes.read_books([account_id])

    def _is_traded(self, instrument: str) -> bool:
        """Whether a contract has not ended: what has, the exchange settled and no order closed."""
        market = self._demand_execution().market
        return not instrument.startswith(_DERIVATIVES) or market.instrument(instrument) is not None

    def start(self) -> None:
        """Begin to read figures; a second call does nothing."""
        if self._thread is None:
            self._is_stopping = False
            self._thread = threading.Thread(target=self._run, name="broker-figures", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End."""
        self._is_stopping = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join(10.0)
            self._thread = None

    def step(self) -> None:
        """Check and read every connected account; one that fails keeps no other."""
        for connected in self.connections.all():
            if self._environments.is_another(connected.account):
                continue
            try:
                self.addresses.ask(connected)
                figures = self.read_figures(connected)
                if figures is not None:
                    self.compare(connected.account, figures)
            except broker.SessionExpired as error:
                self._expired(connected, str(error))
            except broker.BrokerError as error:
                logger.warning("figures of a broker not read", reason=str(error))

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                self.step()
            except Exception:  # this thread must survive
                logger.exception("figures of brokers not read")
            self._bell.wait(EVERY_S)
            self._bell.clear()

    # --- what connections say -----------------------------------------------------------------

    def _of(self, user_id: int, scope: str) -> _Known:
        with self._lock:
            return self._known.setdefault((user_id, scope), _Known())

    def _expired(self, connected: Connected, reason: str) -> None:
        account = connected.account
        self._of(account.user_id, account.scope).expired = reason
        self.connections.mark_expired(account, reason, connected.session)

    def _changed(self, change: ConnectionChange) -> None:
        account = change.account
        known = self._of(account.user_id, account.scope)
        if change.kind is ChangeKind.EXPIRED:
            known.expired = change.reason
            return
        known.expired = None
        if change.kind is ChangeKind.DISCONNECTED:
            return
        self._bell.set()
        found = self.open(account)
        if found is not None and self._trader_runs:
            self._demand_execution().lanes.resume(found.id)

    def open(self, account: BrokerAccount) -> TradingAccount | None:
        """The trading account of an account at a broker, opened unless it is there;
        None where that one cannot be this account's."""
        capabilities = self.connections.broker(account.broker).capabilities
        try:
            row = self._demand_execution().broker_account(
                account.user_id, account.scope, capabilities.charges, account.environment.value
            )
        except (ApiError, InvalidInput) as error:
            logger.warning("no trading account is opened", account=account.scope, reason=str(error))
            return None
        if row.kind != BROKER:
            logger.warning("a paper account has the name of an account at a broker: open none",
                           account=account.scope)  # fmt: skip
            return None
        if self._environments.is_another(account):
            logger.warning("an account of the other environment has this name: open none",
                           account=account.scope)  # fmt: skip
            return None
        return row

    def _updated(self, account: BrokerAccount, orders: Sequence[VenueOrder]) -> None:
        account_id = self._id_of(account)
        if account_id is not None and self._trader_runs:
            event = Updated(account_id=account_id, entries=tuple(orders))
            self._demand_execution().trader.on_venue(event)

    def _hinted(self, account: BrokerAccount) -> None:
        account_id = self._id_of(account)
        if account_id is not None and self._trader_runs:
            self._demand_execution().lanes.read_books([account_id])

    def _id_of(self, account: BrokerAccount) -> int | None:
        if self._environments.is_another(account):
            return None
        for account_id, row in self._rows.items():
            if (row.user_id, row.scope) == (account.user_id, account.scope):
                return account_id
        with self.database.read() as session:
            row = repository.account(session, account.user_id, account.scope)
        return None if row is None or row.kind != BROKER else row.id

    @property
    def _trader_runs(self) -> bool:
        """Whether this process trades: another one reads the order book by itself."""
        return self._demand_execution().trader.is_well

    def _demand_execution(self) -> ExecutionService:
        if self._execution is None:
            raise RuntimeError("accounts at brokers are joined to no execution")
        return self._execution


def _other_environment(account: BrokerAccount) -> Blocked:
    name, other = account.environment.value, "sandbox"
    if account.environment is Environment.SANDBOX:
        other = "live"
    words = (
        f"{account.scope} is recorded as a {other} account, and the {name} account of that name is "
        f"signed in: connect the {other} one under Settings → Brokers"
    )
    return Blocked("other_environment", words)
