"""The state that the trader's unit of work changes, a transaction at a time.

It is read once and kept; every change is staged here and written with one flush a
transaction. The number of the last event shows whether another process wrote:
then all is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.ledger.drift import Place
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.errors import OtherMarket, TradingPaused
from tradertape_server.features.execution.halts import Halt, Halts
from tradertape_server.features.execution.ports import Market, TimelineEvent
from tradertape_server.features.execution.state.account_state import AccountReader, AccountState
from tradertape_server.features.execution.state.broker_gtts import BrokerGtts
from tradertape_server.features.execution.state.day_charges import DayCharges
from tradertape_server.features.execution.state.entry_rules import EntryRules, NoRules
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.trailing_stops import TrailingStops
from tradertape_server.features.execution.state.units_there import (
    AtBroker,
    OfShares,
    SharesThere,
    no_shares,
    nothing_known,
)
from tradertape_server.features.execution.store import (
    batch_writes,
    gtt_store,
    mapping,
    repository,
)
from tradertape_server.features.execution.store.models import SIMULATED
from tradertape_server.features.execution.store.staged_writes import Row, Staged
from tradertape_server.features.execution.store.traded_instruments import Traded
from tradertape_server.features.execution.venues.outside import Outside
from tradertape_server.platform.database.disk_errors import RESERVED
from tradertape_server.platform.database.disk_reserve import DiskReserve
from tradertape_server.platform.processes.trader_election import Fence

_MOST_FLAT = 10_000
_MOST_OVER = 20_000
RequestKey = tuple[str, str, int]
EXIT_RUN = "exit_run"  # the kind of an intent that closes a run


def _never(_account_id: int) -> bool:
    """No account is at a broker."""
    return False


def _nothing(_account_id: int, _instrument: str) -> None:
    """Nothing is known that could be old."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction has put on disk: its events, and the requests to venues.

    requests: those that are answered within the batch. outside: those for the lanes.
    """

    events: tuple[TimelineEvent, ...] = ()
    requests: tuple[VenueRequest, ...] = ()
    outside: tuple[Outside, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Read:
    """Something to look up for all commands of a batch at once. rows: by name, of many names."""

    rows: Callable[[Session, Collection[str]], Mapping[str, Any]]
    name: str


class WorkingState:
    """Used by one thread at a time, between `begin` and `committed` or `forget`."""

    def __init__(
        self, market: Market, clock: Clock, ids: OrderIds, *, owner: str,
        fence: Fence | None = None, reserve: DiskReserve | None = None,
        traded_market: str = SIMULATED,
    ) -> None:  # fmt: skip
        self.traded_market = traded_market
        self._others: dict[int, tuple[str, str]] = {}  # accounts of other markets
        self.market = market
        self.clock = clock
        self.ids = ids
        self.traded = Traded(market)
        self.trailing = TrailingStops()
        self.day_charges = DayCharges()
        self.owner = owner
        self._fence = fence
        self._reserve = reserve
        self.interest: dict[str, int] = {}  # open orders and positions by instrument
        self.halts = Halts()
        self.entry_rules: EntryRules = NoRules()
        # Whether an account's broker takes no market order without a band.
        self.needs_protection: Callable[[int], bool] = _never
        self.at_broker: AtBroker = nothing_known
        self.read_shares: OfShares = no_shares
        self._shares: dict[tuple[int, Place], SharesThere | None] = {}  # of this transaction
        # Told of units that changed in the books without a trade: what was known of them is old.
        self.units_changed: Callable[[int, str], None] = _nothing
        self._seq = -1
        self._halts_seen = -1
        self._session: Session | None = None
        self._connection: Connection | None = None
        self._now = clock.now()
        self._staged = Staged()
        self._accounts: dict[int, AccountState] = {}
        self._orders: dict[str, Order] = {}
        # Orders that are over: every reading of a broker's book has all of the day's again.
        self._over: dict[str, Order] = {}
        self._stored_positions: set[PositionKey] = set()
        self._flat: dict[PositionKey, Position] = {}
        self._exiting: set[tuple[str, str]] = set()  # runs with the keys of their exits
        self._new_keys: set[tuple[str, str]] = set()
        self._found: dict[Read, Any] = {}
        self._ticks: dict[str, Tick | None] = {}
        self._phases: dict[str, PhaseKind | None] = {}
        self._instruments: dict[str, Instrument] = {}
        self._reader = AccountReader(market, self.known, self.tick)
        # Requests to venues outside whose answers were lost, with how often they were looked for.
        self.doubts: dict[int, dict[RequestKey, int]] = {}
        # Cancellations that a stop interrupted, by account: sent again once a book shows the order.
        self.interrupted: dict[int, set[RequestKey]] = {}
        # Orders of which a venue counts more as executed than we have seen trades of.
        self.incomplete: dict[str, int] = {}
        self._broken_baskets: list[tuple[str, str]] = []
        self.outside_accounts: set[int] = set()
        self.gtts = BrokerGtts()  # triggers that rest at brokers
        self.unreadable: dict[int, Exception] = {}  # accounts of which a row makes no sense
        self.unknown_external: set[str] = set()  # orders of other terminals that cannot be recorded

    # --- a transaction ------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """When the transaction under way began: all that it writes has one time."""
        return self.clock.now() if self._session is None else self._now

    @property
    def session(self) -> Session:
        """The transaction under way."""
        if self._session is None:
            raise InvariantBroken("the uow is used outside a transaction")
        return self._session

    @property
    def has_session(self) -> bool:
        """Whether a transaction is under way."""
        return self._session is not None

    @property
    def connection(self) -> Connection:
        """The session's connection: asking it for that at each statement costs."""
        if self._connection is None:
            raise InvariantBroken("the uow is used outside a transaction")
        return self._connection

    @property
    def staged(self) -> Staged:
        """What this transaction has yet to write."""
        return self._staged

    @property
    def cursor(self) -> int:
        """The number of the last event, staged ones included."""
        return self._seq

    def begin(self, session: Session) -> None:
        """Start a transaction as the only writer. Raises Superseded when another process trades."""
        connection = session.connection()
        seq, halts = batch_writes.begin_writing(connection)
        if self._fence is not None:
            self._fence.check(connection)
        is_known = seq == self._seq
        if not is_known:
            self.forget()
        self._session, self._connection = session, connection
        self._seq, self._now = seq, self.clock.now()
        self._ticks.clear()
        self._shares.clear()
        self._phases.clear()
        self._instruments.clear()
        if halts != self._halts_seen:
            self.halts, self._halts_seen = repository.halts(session), halts
            self.entry_rules.forget()  # their changes are counted with those of the switches
        if not is_known:
            self.traded.load(session)
            self._others = repository.accounts_of_other_markets(session, self.traded_market)
            for account_id in repository.open_accounts(session):
                if self.is_traded(account_id):
                    self._read_if_possible(account_id)
            self._exiting = repository.exiting_runs(session)
            self.doubts = repository.doubts(session)
            self.gtts.load(gtt_store.at_brokers(session, self._now - BrokerGtts.KEPT_FOR))

    def shares_there(self, account_id: int, place: Place) -> SharesThere | None:
        """Delivered shares at a broker; the same answer all through a transaction."""
        key = account_id, place
        if key not in self._shares:
            self._shares[key] = self.read_shares(account_id, place)
        return self._shares[key]

    def demand_lease(self) -> None:
        """Raise Superseded unless this process may still tell venues something."""
        if self._fence is not None:
            self._fence.check_time()

    @property
    def has_room(self) -> bool:
        """Whether the disk has room for more than what closes positions."""
        return self._reserve is None or not self._reserve.is_released

    def demand_room(self) -> None:
        """Raise TradingPaused where only what closes positions is stored."""
        if not self.has_room:
            raise TradingPaused(RESERVED)

    def flush(self) -> None:
        """Write what is staged."""
        self._staged.flush(
            self.session,
            self.connection,
            now=self.now,
            last_seq=self._seq,
            owner=self.owner,
            stored_positions=self._stored_positions,
            order=self.order,
        )

    def committed(self) -> Written:
        """The transaction is on disk; a new one may begin."""
        staged, self._staged = self._staged, Staged()
        self._new_keys.clear()
        self._found.clear()
        for order in (*staged.placed.values(), *staged.changed.values()):
            if not order.is_open:
                self._orders.pop(order.order_id, None)
                self._keep_over(order)
        self._stored_positions.update(staged.positions)
        if len(self._flat) > _MOST_FLAT:
            self._flat.clear()
            held = (state.positions for state in self._accounts.values())
            self._stored_positions = {key for positions in held for key in positions}
        self._session = self._connection = None
        outside = (*staged.outside, *staged.again, *staged.gtts)
        return Written(tuple(staged.events), tuple(staged.requests), outside)

    def forget(self) -> None:
        """Nothing staged counts, and everything is read again."""
        self._staged = Staged()
        self._new_keys.clear()
        self._found.clear()
        self._seq = self._halts_seen = -1
        self._session = self._connection = None
        self._accounts.clear()
        self._orders.clear()
        self._over.clear()
        self._stored_positions.clear()
        self._flat.clear()
        self._exiting.clear()
        self.interest.clear()
        self.trailing.clear()
        self.day_charges.clear()
        self.doubts.clear()
        self.gtts.forget()
        self.incomplete.clear()
        self.outside_accounts.clear()
        self.unreadable.clear()
        self._broken_baskets.clear()
        self.entry_rules.forget()

    def later(self, write: Callable[[Session], None]) -> None:
        """Have something else written with the flush."""
        self._staged.others.append(write)

    # --- what there is ------------------------------------------------------------------------

    def known(self, instrument_id: str) -> Instrument:
        """An instrument that was traded, expired ones too."""
        known = self._instruments.get(instrument_id)
        if known is None:
            known = self._instruments[instrument_id] = self.traded.known(instrument_id)
        return known

    def tick(self, instrument_id: str) -> Tick | None:
        """The latest tick, as it was first asked for in this transaction: one look for all."""
        if self._session is None:
            return self.market.tick(instrument_id)
        if instrument_id not in self._ticks:
            self._ticks[instrument_id] = self.market.tick(instrument_id)
        return self._ticks[instrument_id]

    def keep_instrument(self, instrument_id: str) -> None:
        """Remember an instrument that is about to be traded."""
        self.traded.keep(self.session, instrument_id)

    def find(self, instrument_id: str) -> Instrument | None:
        """An instrument of today or one that was traded; None when it is neither."""
        return self.traded.find(instrument_id)

    def phase(self, instrument: Instrument) -> PhaseKind | None:
        """What the exchange does with orders, as it was first asked for in this transaction."""
        if instrument.id not in self._phases:
            self._phases[instrument.id] = self.market.phase(instrument, self.now)
        return self._phases[instrument.id]

    def paper_positions_in(
        self, instrument_id: str, account_id: int | None = None
    ) -> list[Position]:
        """Open positions of every paper account in an instrument, or of one."""
        return _held_in(instrument_id, self._paper(account_id))

    def positions_in(self, instrument_id: str, account_id: int | None = None) -> list[Position]:
        """The same of every account, those at brokers too."""
        return _held_in(instrument_id, self._of_this_market(account_id))

    def paper_orders_in(self, instrument_id: str, account_id: int | None = None) -> list[Order]:
        """Open orders of every paper account in an instrument, or of one."""
        states = self._paper(account_id)
        orders = (order for state in states for order in state.orders.values())
        return [order for order in orders if order.request.instrument == instrument_id]

    def is_traded(self, account_id: int) -> bool:
        """Whether the account is of the market that this server trades."""
        return account_id not in self._others

    def account(self, account_id: int) -> AccountState:
        """An account's state, read on first use. Raises OtherMarket: nothing of it may change."""
        if account_id in self._others:
            raise OtherMarket(*self._others[account_id], self.traded_market)
        return self.readable_account(account_id)

    def readable_account(self, account_id: int) -> AccountState:
        """An account's state to be shown, of whichever market it is."""
        if account_id in self._others:
            return self._reader.read(
                self.session, account_id, self.now, traded_market=self.traded_market
            )
        state = self._accounts.get(account_id)
        if state is None:
            state = self._accounts[account_id] = self._read_account(account_id)
            if not state.is_paper:
                self.outside_accounts.add(account_id)
        return state

    @property
    def accounts(self) -> Mapping[int, AccountState]:
        """The accounts that are in memory: all with something open."""
        return self._accounts

    def has_read(self, account_id: int) -> bool:
        """Whether an account's state is in memory."""
        return account_id in self._accounts

    def halt(self, account_id: int) -> Halt | None:
        """The kill switch that stops an account, if one is on."""
        return self.halts.over(self.account(account_id).user_id)

    def order(self, order_id: str) -> Order | None:
        """The current state of an order, staged changes included."""
        known = self._orders.get(order_id) or self._over.get(order_id)
        if known is None:
            known = repository.order(self.session, order_id)
            if known is not None and known.is_open:
                self._orders[order_id] = known
            elif known is not None:
                self._keep_over(known)
        return known

    def _keep_over(self, order: Order) -> None:
        if len(self._over) >= _MOST_OVER:
            self._over.clear()
        self._over[order.order_id] = order

    def family(self, parent_order_id: str) -> list[Order]:
        """The orders of a parent, oldest first."""
        stored = repository.children(self.session, parent_order_id)
        known = {order.order_id: order for order in stored}
        known |= {
            order.order_id: order
            for order in self._orders.values()
            if order.parent_order_id == parent_order_id
        }
        return [known[name] for name in sorted(known)]

    def position(self, key: PositionKey) -> Position:
        """The current state of a position; a flat one where there is none."""
        state = self.account(int(key.account))
        known = state.positions.get(key) or self._flat.get(key)
        if known is None:
            known = repository.position(self.session, key)
            if known is not None:
                self._stored_positions.add(key)
                self._flat[key] = known
        return known or Position(key=key)

    def intent(self, run_id: str, key: str) -> Row | None:
        """The command a key names in a run, staged ones included."""
        staged = self._staged.reserved.get((run_id, key))
        if staged is None and (run_id, key) in self._new_keys:
            return None
        if staged is None:
            row = repository.intent(self.session, run_id, key)
            staged = None if row is None else mapping.intent_values(row)
        answered = self._staged.answered.get((run_id, key), {})
        return None if staged is None else {**staged, **answered}

    def placed_now(self, run_id: str) -> int:
        """How many orders of a run this transaction has placed so far."""
        return sum(order.run_id == run_id for order in self._staged.placed.values())

    def staged_orders(self, account_id: int) -> list[Order]:
        """New orders of an account that are not written yet."""
        placed = self._staged.placed.values()
        return [order for order in placed if order.account == str(account_id)]

    def staged_positions(self, account_id: int) -> list[Position]:
        """Changed positions of an account that are not written yet."""
        changed = self._staged.positions.values()
        return [one for one in changed if one.key.account == str(account_id)]

    def is_exiting(self, run_id: str) -> bool:
        """Whether an exit of the run is under way."""
        return any(one == run_id for one, _ in self._exiting)

    def check_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Learn in one query which of these keys are new."""
        if keys:
            self._new_keys |= set(keys) - repository.known_keys(self.connection, keys)

    def prefetch(self, reads: Iterable[Read]) -> None:
        """Look up what commands will ask for, in one query of a kind."""
        names: dict[Any, set[str]] = {}
        for read in reads:
            names.setdefault(read.rows, set()).add(read.name)
        for rows_of, wanted in names.items():
            found = rows_of(self.session, wanted)
            self._found |= {Read(rows_of, name): found.get(name) for name in wanted}

    def prefetched(self, read: Read) -> Any:
        """What a read found, or None; from the batch's prefetch where nothing changed since."""
        if read not in self._found:
            self.prefetch([read])
        return self._found[read]

    def clear_prefetched(self) -> None:
        """Drop what was prefetched: it may have changed."""
        self._found.clear()

    def is_reserving(self, run_id: str, key: str) -> bool:
        """Whether the key was taken in this very transaction."""
        return (run_id, key) in self._staged.reserved

    # --- inside -------------------------------------------------------------------------------

    def _count(self, instrument: str, *, is_open: bool, was_open: bool) -> None:
        if is_open == was_open:
            return
        interest = self.interest.pop(instrument, 0) + (1 if is_open else -1)
        if interest > 0:
            self.interest[instrument] = interest

    def _of_this_market(self, account_id: int | None) -> list[AccountState]:
        if account_id is not None and not self.is_traded(account_id):
            return []
        return list(self._accounts.values()) if account_id is None else [self.account(account_id)]

    def _paper(self, account_id: int | None) -> list[AccountState]:
        return [state for state in self._of_this_market(account_id) if state.is_paper]

    def _read_if_possible(self, account_id: int) -> None:
        """Read an account; where that fails, every command about it will, and no other."""
        try:
            self.account(account_id)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - kept for whoever asks why
            self.unreadable[account_id] = error

    def _read_account(self, account_id: int) -> AccountState:
        state = self._reader.read(
            self.session, account_id, self.now, traded_market=self.traded_market
        )
        self._stored_positions.update(state.positions)
        for order in state.orders.values():
            self._orders.setdefault(order.order_id, order)
            self.trailing.keep(order)
            self._count(order.request.instrument, is_open=True, was_open=False)
        for key in state.positions:
            self._count(key.instrument, is_open=True, was_open=False)
        return state


def _held_in(instrument_id: str, states: Iterable[AccountState]) -> list[Position]:
    held = (position for state in states for position in state.positions.values())
    return [position for position in held if position.key.instrument == instrument_id]
