"""Round trips of what a person traded here: worker runs, portfolios, orders by hand.

Read from execution's fills and from the positions of portfolios that trade by candles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tradertape_core.journal.trips import RoundTrip, by_day, position_trips
from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.orders.order import Product, Side
from tradertape_core.wealth.executions import Execution, Kind
from tradertape_core.wealth.instruments import ActionKind, ShareAction
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_server.features.execution.fill_queries import (
    FillOfPerson,
    fills_of_person,
    scaled_accounts,
    version_of_fills,
)
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.portfolios import queries as portfolios
from tradertape_server.features.portfolios.live.run_ids import named_by
from tradertape_server.features.portfolios.queries import PortfolioPosition
from tradertape_server.features.trade_journal.ports import OwnBook
from tradertape_server.features.wealth.lines import column
from tradertape_server.features.wealth.trips import Trips, made, order_mark
from tradertape_server.features.workers import queries as workers
from tradertape_server.platform.database.engine import Database

BY_CANDLES = "portfolio"  # what stands for the broker of portfolios that trade by candles
_NIL, _HUNDRED = Decimal(0), Decimal(100)
_SEGMENTS = {
    "NFO": Segment.DERIVATIVES, "BFO": Segment.DERIVATIVES, "CDS": Segment.CURRENCY,
    "BCD": Segment.CURRENCY, "MCX": Segment.COMMODITY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Origin:
    """Who traded: origin: `run`, `portfolio` or `hand`; name: of the strategy or portfolio.

    is_scaled: whether an agent scales what it reports of it.
    """

    origin: str
    name: str = ""
    stop: Decimal | None = None
    is_scaled: bool = False


@dataclass(slots=True)
class _Found:
    """Trips with what is known of them besides; also: the other number of a trade's order, by the
    trade's identity: the trade is kept, so that no other one has it."""

    trips: list[tuple[RoundTrip, _Origin]] = field(default_factory=list[tuple[RoundTrip, _Origin]])
    also: dict[int, tuple[BookTrade, str]] = field(default_factory=dict[int, tuple[BookTrade, str]])

    def made(self, *, has_marks: bool) -> Trips:
        """The trips as the journal reads them. has_marks: whether they can be uploaded too."""
        if not self.trips:
            return Trips()
        self.trips.sort(key=lambda one: by_day(one[0]))
        trips, origins = [one for one, _ in self.trips], [one for _, one in self.trips]
        kept = made(trips, [_besides(one) for one in origins], has_marks=has_marks)
        names = sorted({one.name for one in origins})
        place = {name: at for at, name in enumerate(names)}
        trades = [one for trip in trips for one in trip.made_of] if has_marks else []
        others = [
            order_mark(one, self.also[id(one)][1]) if id(one) in self.also else 0 for one in trades
        ]
        return msgspec.structs.replace(
            kept,
            names=kept.names | {"setup": names},
            numbers=kept.numbers
            | {
                "setup": column([place[one.name] for one in origins], "<i4"),
                "stop": column([float(one.stop or 0) for one in origins], "<f8"),
            },
            trades=kept.trades | ({"also": column(others, "<u8")} if has_marks else {}),
        )


class OwnTrades:
    """Reads what was traded here. facts: of splits and bonuses of what was held meanwhile."""

    def __init__(self, database: Database, clock: Clock, facts: CorporateFacts) -> None:
        self._database = database
        self._clock = clock
        self._facts = facts

    def version(self, user_id: int) -> object:
        """Changes with the trades of a person."""
        with self._database.read() as session:
            return (
                version_of_fills(session, user_id),
                scaled_accounts(session, user_id),
                portfolios.version_of_positions(session, user_id),
                workers.version_of_runs(session, user_id),
                self._facts.version,
            )

    def is_scaled(self, user_id: int) -> bool:
        """Whether an agent scales what it reports of some of them."""
        with self._database.read() as session:
            return bool(scaled_accounts(session, user_id))

    def read(self, user_id: int) -> OwnBook:
        """A person's round trips, those that moved money apart from all others."""
        live, paper = _Found(), _Found()
        with self._database.read() as session:
            rows = portfolios.positions_with_names(session, user_id)
            origins = _Origins.read(session, user_id, rows)
            for key, ones in _by_position(session, user_id).items():
                found = live if ones[0].is_real else paper
                origin = replace(origins.of(key[1], key[2]), is_scaled=ones[0].is_scaled)
                self._walk(found, ones, origin)
            for row, name in rows:
                if row.run_id is None:
                    stop = None if row.initial_stop is None else Decimal(repr(row.initial_stop))
                    origin = _Origin("portfolio", name, stop)
                    paper.trips += [(one, origin) for one in position_trips(_by_candles(row))]
        return OwnBook(live=live.made(has_marks=True), paper=paper.made(has_marks=False))

    def _walk(self, found: _Found, fills: Sequence[FillOfPerson], origin: _Origin) -> None:
        executions: list[Execution] = []
        for one in fills:
            trade = _trade(one)
            if len(one.order_ids) > 1:
                found.also[id(trade)] = (trade, one.order_ids[0])
            charges = Decimal(one.charges_paise) / _HUNDRED
            executions.append(
                Execution(
                    trade, trade.symbol, _kind(trade, one.product), trade.quantity, charges,
                    is_estimated=True,
                )
            )  # fmt: skip
        is_share = executions[0].kind is Kind.DELIVERY
        actions = self._actions([executions[0].trade.symbol]) if is_share else ()
        found.trips += [(trip, origin) for trip in position_trips(executions, actions)]

    def _actions(self, symbols: Collection[str]) -> list[ShareAction]:
        today = self._clock.now().astimezone(IST).date()
        return [
            ShareAction(
                symbol=one.symbol, ex_date=one.ex_date, kind=ActionKind(one.kind), new=one.new,
                old=one.old,
            )
            for one in self._facts.rescalings(symbols, today)
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Origins:
    """Runs and portfolios by their run ids."""

    runs: Mapping[str, workers.RunOfPerson]
    names: Mapping[int, str]
    stops: Mapping[str, float]

    @classmethod
    def read(
        cls, session: Session, user_id: int, rows: Sequence[tuple[PortfolioPosition, str]]
    ) -> _Origins:
        """Read those of a person."""
        stops = {row.run_id: row.initial_stop for row, _ in rows if row.run_id and row.initial_stop}
        return cls(
            workers.runs_of_person(session, user_id), portfolios.names_of(session, user_id), stops
        )

    def of(self, run_id: str, instrument: str) -> _Origin:
        """Who traded under a run id."""
        if not run_id:
            return _Origin("hand")
        named = named_by(run_id)
        if named is not None:
            stop = self.stops.get(run_id)
            name = self.names.get(named.portfolio_id, "")
            return _Origin("portfolio", name, None if stop is None else Decimal(repr(stop)))
        run = self.runs.get(run_id)
        return (
            _Origin("run") if run is None else _Origin("run", run.name, run.stops.get(instrument))
        )


def _by_position(
    session: Session, user_id: int
) -> dict[tuple[str, str, str, str], list[FillOfPerson]]:
    found: dict[tuple[str, str, str, str], list[FillOfPerson]] = defaultdict(list)
    for one in fills_of_person(session, user_id):
        account = f"{one.broker}:{one.account}"
        found[account, one.run_id, one.instrument, one.product].append(one)
    return found


def _trade(fill: FillOfPerson) -> BookTrade:
    exchange, _, symbol = fill.instrument.partition(":")
    return BookTrade(
        broker=fill.broker, account=fill.account, exchange=exchange,
        segment=_SEGMENTS.get(exchange, Segment.EQUITY), symbol=symbol, isin="",
        side=Side.BUY if fill.is_buy else Side.SELL, quantity=Decimal(fill.quantity),
        price=fill.price, traded_on=fill.at.astimezone(IST).date(), at=fill.at,
        trade_id=fill.trade_id, order_id=fill.order_ids[-1] if fill.order_ids else "",
    )  # fmt: skip


def _kind(trade: BookTrade, product: str) -> Kind:
    if trade.segment is not Segment.EQUITY:
        return Kind.DERIVATIVE
    return Kind.INTRADAY if product == Product.MIS else Kind.DELIVERY


def _by_candles(row: PortfolioPosition) -> Iterator[Execution]:
    """A position as its purchase, all of it at once, and its sales."""
    cost = row.invested_paise + sum(map(_cost, row.sales))
    units = row.open_quantity + sum(one["quantity"] for one in row.sales)
    if not units:
        return
    yield _execution(row, 0, Side.BUY, row.entry_date, units, cost, row.charges_paise)
    for number, one in enumerate(row.sales, 1):
        yield _execution(
            row, number, Side.SELL, date.fromisoformat(one["date"]), one["quantity"],
            _cost(one) + one["gross_paise"], one["charges_paise"],
        )  # fmt: skip


def _execution(
    row: PortfolioPosition, number: int, side: Side, day: date, units: int, paise: int,
    charges_paise: int,
) -> Execution:  # fmt: skip
    amount = Decimal(paise) / _HUNDRED
    trade = BookTrade(
        broker=BY_CANDLES, account=str(row.portfolio_id), exchange="NSE", segment=Segment.EQUITY,
        symbol=row.symbol, isin=row.isin, side=side, quantity=Decimal(units),
        price=amount / units, traded_on=day, at=None,
        trade_id=f"{row.epoch}:{row.sequence}:{number}",
    )  # fmt: skip
    charges = Decimal(charges_paise) / _HUNDRED
    return Execution(
        trade, row.symbol, Kind.DELIVERY, trade.quantity, charges, is_estimated=True, amount=amount
    )


def _cost(sale: Mapping[str, Any]) -> int:
    return round(sale["price"] * sale["quantity"] * 100) - sale["gross_paise"]


def _besides(origin: _Origin) -> dict[str, Any]:
    stop = None if origin.stop is None else f"{origin.stop:f}"
    told = {"origin": origin.origin, "setup": origin.name, "planned_stop": stop}
    return told | {"scaled": True} if origin.is_scaled else told
