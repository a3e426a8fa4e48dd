"""What other features may read of execution; every query opens a transaction of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.ledger.pnl import Pnl, pnl_of
from tradertape_core.ledger.position import Position
from tradertape_core.orders.family import summary as family_summary
from tradertape_core.orders.gtt import Gtt, expired
from tradertape_core.orders.order import Fill, Order
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.orders.replies import EXIT_RUN
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.ports import Market, TimelineEvent
from tradertape_server.features.execution.store import (
    account_queries,
    gtt_store,
    posting_queries,
    repository,
    run_queries,
    set_aside,
)
from tradertape_server.features.execution.store.gtt_store import ExternalGtt
from tradertape_server.features.execution.store.models import (
    PAPER,
    FillRow,
    IntentRow,
    TradingAccount,
)
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound

__all__ = [
    "SHOWN_FOR",
    "AccountFigures",
    "ExecutionQueries",
    "ExternalGtt",
    "GttAccount",
    "GttRecord",
    "InstrumentActivity",
    "PersonalEvent",
    "PutAside",
    "account_ids",
    "accounts_of",
    "count_outbox",
    "events_of_types",
    "halts",
    "last_event",
    "latest_set_aside",
    "orders_since",
    "positions_of",
]
SHOWN_FOR = timedelta(days=1)  # what was put aside, on the health page and with its run


@dataclass(frozen=True, slots=True)
class InstrumentActivity:
    """What a person has in one instrument, over all accounts. fills: newest first."""

    fills: list[Fill]
    open_orders: list[Order]
    active_gtts: list[Gtt]
    positions: list[Position]


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """A trading account and its cash.

    mtm_paise: the part of the cash that daily mark-to-market paid for futures that are still open.
    """

    scope: str
    kind: str
    broker: str
    market: str | None
    opening_paise: int
    cash_paise: int
    mtm_paise: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GttAccount:
    """A trading account and the number of active GTTs on it."""

    id: int
    scope: str
    active: int
    is_paper: bool


@dataclass(frozen=True, slots=True)
class GttRecord:
    """A GTT with the scope of its account. orders: by their id, those its legs placed at least."""

    gtt: Gtt
    scope: str
    orders: dict[str, Order]


@dataclass(slots=True)
class ExecutionQueries:
    """Queries of orders, positions, fills, GTTs and events; each in a transaction of its own."""

    database: Database
    clock: Clock
    market: Market
    traded_market: str

    def is_traded(self, account_id: int) -> bool:
        """Whether an account is of the market that this server trades."""
        with self.database.read() as session:
            return repository.account_by_id(session, account_id).market in (
                None,
                self.traded_market,
            )

    def resting_accounts(self) -> frozenset[int]:
        """Accounts of other markets: their orders and protections rest."""
        with self.database.read() as session:
            return frozenset(repository.accounts_of_other_markets(session, self.traded_market))

    def accounts(self, user_id: int) -> Sequence[TradingAccount]:
        """A person's paper accounts, oldest first."""
        with self.database.read() as session:
            return repository.accounts(session, user_id)

    def account_figures(self, user_id: int) -> list[AccountFigures]:
        """A person's accounts with their cash, oldest first."""
        with self.database.read() as session:
            return [
                AccountFigures(
                    one.scope,
                    one.kind,
                    one.broker,
                    one.market,
                    one.opening_paise,
                    repository.known_cash(session, one.id),
                    account_queries.mtm(session, one.id),
                    one.created_at,
                )
                for one in repository.accounts(session, user_id)
            ]

    def accounts_outside(self) -> frozenset[int]:
        """Ids of accounts at venues outside this process."""
        with self.database.read() as session:
            return frozenset(repository.accounts_outside(session))

    def orders(
        self,
        *,
        run_id: str | None = None,
        account_id: int | None = None,
        open_only: bool = False,
        venue: str | None = None,
    ) -> list[Order]:
        """Orders of a run or an account, oldest first; the parts of a sliced one follow it."""
        with self.database.read() as session:
            return repository.orders(
                session, run_id=run_id, account_id=account_id, open_only=open_only, venue=venue
            )

    def orders_at_venue(
        self, user_id: int, scope: str, venue_order_ids: Collection[str], tags: Collection[str]
    ) -> Sequence[Order]:
        """A person's own orders by the venue's ids or by our tags; none of other terminals."""
        with self.database.read() as session:
            account = repository.account(session, user_id, scope)
            if account is None:
                return ()
            found = repository.orders_at_venue(session, account.id, venue_order_ids, tags)
        return [order for order in found if not order.is_external]

    def orders_by_id(self, order_ids: Collection[str]) -> dict[str, Order]:
        """Orders by their id, those that there are."""
        with self.database.read() as session:
            return account_queries.orders_by_id(session, order_ids)

    def order(self, run_id: str, order_id: str) -> Order:
        """An order of a run. Raises NotFound, for another run's too."""
        with self.database.read() as session:
            order = repository.order(session, order_id)
            if order is None or order.run_id != run_id:
                raise NotFound("Order")
            if order.slices:
                return family_summary(order, repository.children(session, order_id))
            return order

    def trades(
        self, *, run_id: str | None = None, account_id: int | None = None
    ) -> Sequence[FillRow]:
        """Executions of a run or an account, oldest first."""
        with self.database.read() as session:
            return repository.fills(session, run_id=run_id, account_id=account_id)

    def fills_in(self, account_id: int, instruments: Collection[str]) -> list[Fill]:
        """Executions of an account in some instruments, oldest first."""
        with self.database.read() as session:
            return account_queries.fills_in(session, account_id, instruments)

    def positions(
        self, *, run_id: str | None = None, account_id: int | None = None, open_only: bool = False
    ) -> list[Position]:
        """Positions of a run or an account."""
        with self.database.read() as session:
            return repository.positions(
                session, run_id=run_id, account_id=account_id, open_only=open_only
            )

    def pnl(self, run: RunRef) -> Pnl:
        """A run's profit and loss at the latest ticks; a dry run has none."""
        positions = [] if run.venue == "dry_run" else self.positions(run_id=run.run_id)
        names = {position.key.instrument for position in positions}
        names = names if not positions or self.is_traded(run.account_id) else set()
        ticks = {name: tick for name in names if (tick := self.market.tick(name)) is not None}
        return pnl_of(positions, ticks, self.clock.now(), is_dry_run=run.venue == "dry_run")

    def cash_of_runs(self, account_id: int, prefix: str) -> int:
        """What the runs whose ids begin with `prefix` have moved of an account's cash, in paise."""
        with self.database.read() as session:
            return posting_queries.cash_of_runs(session, account_id, prefix)

    def halt(self, user_id: int) -> Halt | None:
        """The kill switch that stops a person's accounts, if one is on."""
        with self.database.read() as session:
            return repository.halts(session).over(user_id)

    def exits_under_way(self) -> list[tuple[str, str]]:
        """Run and key of every exit that is not done."""
        with self.database.read() as session:
            waiting = repository.without_answer(session)
            return [(row.run_id, row.key) for row in waiting if row.kind == EXIT_RUN]

    def last_cursor(self) -> int:
        """The cursor of the newest event of all accounts; 0 before the first."""
        with self.database.read() as session:
            return repository.last_event(session)

    def events(
        self,
        *,
        run_id: str | None = None,
        account_id: int | None = None,
        after: int = 0,
        limit: int = 500,
        kind: str | None = None,
    ) -> list[TimelineEvent]:
        """Events after a cursor, oldest first."""
        with self.database.read() as session:
            return repository.events(
                session,
                run_id=run_id,
                account_id=account_id,
                after=after,
                limit=limit,
                kind=kind,
            )

    def intents(
        self, run_id: str, *, prefix: str = "", unanswered: bool = False
    ) -> Sequence[IntentRow]:
        """A run's commands and their answers, oldest first. prefix: what their keys begin with."""
        with self.database.read() as session:
            return repository.intents(session, run_id, prefix=prefix, unanswered=unanswered)

    def gtts(self, account_id: int) -> list[Gtt]:
        """An account's triggers, oldest first."""
        with self.database.read() as session:
            return repository.gtts(session, account_id=account_id)

    def expired_gtts(self) -> list[Gtt]:
        """Active triggers of everybody's whose year is over, as they will be."""
        with self.database.read() as session:
            found = repository.gtts(session, active_only=True)
        ours = [one for one in found if one.at_broker is None]
        return list(expired(ours, self.clock.now()))

    def get_gtt(self, account_id: int, trigger_id: int) -> Gtt:
        """One trigger. Raises NotFound."""
        with self.database.read() as session:
            found = repository.gtt(session, account_id, trigger_id)
        if found is None:
            raise NotFound("Trigger")
        return found

    def open_accounts(self) -> list[int]:
        """Accounts that have open orders or positions, whoever's they are."""
        with self.database.read() as session:
            return repository.open_accounts(session)

    def accounts_in(self, instrument: str) -> list[int]:
        """Accounts with an open order, position or trigger in an instrument, whoever's they are."""
        with self.database.read() as session:
            return account_queries.accounts_in(session, instrument)

    def instrument_activity(self, user_id: int, instrument: str) -> InstrumentActivity:
        """A person's fills, open orders, active GTTs and positions in an instrument."""
        with self.database.read() as session:
            return InstrumentActivity(
                fills=account_queries.fills(session, user_id, instrument),
                open_orders=account_queries.open_orders(session, user_id, instrument),
                active_gtts=account_queries.active_gtts(session, user_id, instrument),
                positions=account_queries.open_positions(session, user_id, instrument),
            )

    def orders_of_user(
        self, user_id: int, *, open_only: bool, before: str | None, limit: int
    ) -> list[tuple[Order, TradingAccount]]:
        """A person's orders over all accounts, newest first. before: an order id."""
        with self.database.read() as session:
            return account_queries.orders_of_user(
                session, user_id, open_only=open_only, before=before, limit=limit
            )

    def order_of_user(self, user_id: int, order_id: str) -> tuple[Order, TradingAccount]:
        """One order with its account. Raises NotFound, for another person's too."""
        with self.database.read() as session:
            found = account_queries.order_of_user(session, user_id, order_id)
        if found is None:
            raise NotFound("Order")
        return found

    def positions_of_user(self, user_id: int) -> list[tuple[Position, TradingAccount]]:
        """A person's open positions over all accounts, by instrument."""
        with self.database.read() as session:
            return account_queries.positions_of_user(session, user_id)

    def gtt_accounts(self, user_id: int) -> list[GttAccount]:
        """A person's trading accounts, oldest first."""
        with self.database.read() as session:
            found = account_queries.active_gtt_counts(session, user_id)
            return [
                GttAccount(account.id, account.scope, count, account.kind == PAPER)
                for account, count in found
            ]

    def gtt_page(
        self, user_id: int, *, active: bool | None, limit: int, offset: int
    ) -> tuple[list[GttRecord], int]:
        """A page of a person's GTTs, last changed first, and how many there are in all."""
        with self.database.read() as session:
            found, total = account_queries.gtt_page(
                session, user_id, active=active, limit=limit, offset=offset
            )
            orders = _orders_of(session, [gtt for gtt, _ in found])
            return [GttRecord(gtt, scope, orders) for gtt, scope in found], total

    def gtt_record(self, user_id: int, gtt_id: int) -> GttRecord:
        """One of a person's GTTs. Raises NotFound, also for another person's."""
        with self.database.read() as session:
            found = account_queries.gtt_of_user(session, user_id, gtt_id)
            if found is None:
                raise NotFound("Trigger")
            gtt, scope = found
            return GttRecord(gtt, scope, _orders_of(session, [gtt]))

    def external_gtts(self, user_id: int) -> list[tuple[ExternalGtt, str]]:
        """A person's triggers at brokers that other terminals created, each with its account."""
        with self.database.read() as session:
            return gtt_store.external_of_user(session, user_id)

    def positions_by_run(self, run_ids: Collection[str]) -> dict[str, list[Position]]:
        """Open and closed positions of runs, by run id."""
        with self.database.read() as session:
            return run_queries.positions(session, run_ids)

    def runs_with_broken_baskets(self, run_ids: Collection[str]) -> set[str | None]:
        """Those of the runs that lost a leg of a basket and have placed no order since."""
        with self.database.read() as session:
            return run_queries.with_broken_baskets(session, run_ids)

    def latest_events(
        self, run_id: str, *, before: int | None, kind: str | None, limit: int
    ) -> list[TimelineEvent]:
        """A run's events before a cursor, newest first."""
        with self.database.read() as session:
            return run_queries.latest_events(session, run_id, before=before, kind=kind, limit=limit)

    def set_aside(self) -> dict[str, int]:
        """How many things of each kind could not be done in the last day, and were put aside."""
        with self.database.read() as session:
            return set_aside.counts(session, self.clock.now() - SHOWN_FOR)

    def runs_set_aside(self, run_ids: Collection[str]) -> set[str | None]:
        """Those of the runs of which something was put aside in the last day."""
        with self.database.read() as session:
            return set_aside.runs(session, self.clock.now() - SHOWN_FOR, run_ids)

    def last_event_at(self, run_id: str, event_type: str) -> datetime | None:
        """When an event of this type last happened in a run; None where none did."""
        with self.database.read() as session:
            return run_queries.last_event_at(session, run_id, event_type)

    def open_counts(self, user_id: int | None) -> tuple[int, int]:
        """Open orders that would open a position, and open positions: a person's or all."""
        with self.database.read() as session:
            return account_queries.open_counts(session, user_id)

    def cancels_on_their_way(self) -> dict[tuple[int, str], int]:
        """Cancellations that brokers have not answered, by person and account scope."""
        with self.database.read() as session:
            return account_queries.cancels_on_their_way(session)

    def server_halt(self) -> Halt | None:
        """The kill switch of the whole server, if it is on."""
        with self.database.read() as session:
            return repository.halts(session).by_user.get(None)


@dataclass(frozen=True, slots=True)
class PutAside:
    """Something that could not be done: what, whose, why, and how often it was tried."""

    kind: str
    name: str
    account_id: int | None
    run_id: str | None
    reason: str
    times: int
    last_at: datetime


def latest_set_aside(session: Session, *, most: int = 20) -> list[PutAside]:
    """What was put aside, the newest first."""
    return [
        PutAside(row.kind, row.name, row.account_id, row.run_id, row.reason, row.times, row.last_at)
        for row in set_aside.latest(session, most=most)
    ]


def count_outbox(session: Session) -> int:
    """Requests whose answer from the venue is not recorded, over all accounts."""
    return account_queries.count_outbox(session)


def account_ids(session: Session, user_id: int | None) -> list[int]:
    """Ids of a person's trading accounts; of everybody's that have orders or positions open."""
    if user_id is None:
        return repository.open_accounts(session)
    return [one.id for one in repository.accounts(session, user_id)]


def accounts_of(session: Session, user_id: int) -> Sequence[TradingAccount]:
    """A person's trading accounts, oldest first."""
    return repository.accounts(session, user_id)


def positions_of(session: Session, account_id: int) -> list[Position]:
    """Open and closed positions of an account."""
    return repository.positions(session, account_id=account_id)


def orders_placed_since(session: Session, account_id: int, since: datetime) -> list[Order]:
    """An account's own orders that were placed since a moment, oldest first."""
    return account_queries.orders_placed_since(session, account_id, since)


def orders_since(session: Session, account_id: int, since: datetime) -> list[Order]:
    """An account's own orders of some days that changed since a moment, oldest first."""
    return account_queries.orders_since(session, account_id, since)


def _orders_of(session: Session, gtts: Sequence[Gtt]) -> dict[str, Order]:
    placed = {result.order_id for gtt in gtts for result in gtt.results if result.order_id}
    return account_queries.orders_by_id(session, placed)


@dataclass(frozen=True, slots=True)
class PersonalEvent:
    """An event of the timeline, and whose it is."""

    user_id: int
    scope: str
    event: TimelineEvent


def last_event(session: Session) -> int:
    """The number of the newest event; 0 before the first."""
    return repository.last_event(session)


def events_of_types(
    session: Session, types: Collection[str], *, after: int, limit: int
) -> list[PersonalEvent]:
    """Events of these types after a number, over all accounts, oldest first."""
    return [
        PersonalEvent(user_id, scope, event)
        for event, user_id, scope in account_queries.events_of_types(
            session, types, after=after, limit=limit
        )
    ]


def halts(session: Session) -> list[Halt]:
    """The kill switches that are on."""
    return list(repository.halts(session).by_user.values())
