"""A person's risk rules on what portfolios that candles fill would buy.

They send no orders, so that the trader does not see them: carts and scans ask the rules themselves,
for each entry, and exits are asked about by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.orders.order import Side
from tradertape_core.portfolio.signals import Event, Status
from tradertape_core.risk.rulebook.figures import Entry, Held
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.entry_rules import Apart, AskedApart
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.candle_figures import CandleBook, CandleFigures
from tradertape_server.features.portfolios.close_fills import buy_at_close
from tradertape_server.features.portfolios.days import PortfolioDays
from tradertape_server.features.portfolios.live.run_ids import instrument_of
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioDay,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.schedule_times import SESSION_END
from tradertape_server.features.portfolios.state import book_of, commitment, move, settings_of
from tradertape_server.features.portfolios.working import Loaded
from tradertape_server.features.risk.queries import has_rules
from tradertape_server.platform.database.engine import Database

RULES = "risk rules"  # who refused it, in a signal's history


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is stored of a portfolio's epoch."""

    portfolio: Portfolio
    days: Sequence[PortfolioDay]
    positions: Sequence[PortfolioPosition]
    signals: Sequence[PortfolioSignal]


@dataclass(slots=True)
class CandleJudge:
    """Judges the entries of one portfolio while it is worked on; others: as they are stored."""

    execution: ExecutionService
    user_id: int
    work: PortfolioDays
    own: _Rows
    others: Sequence[CandleBook]
    judged: list[Apart] = field(default_factory=list[Apart])

    def why_not(self, row: PortfolioSignal, at: datetime) -> str:
        """Why the rules refuse an entry at an instant; "" where they do not."""
        asked = self._asked(row, at)
        found: Apart = self.execution.trader.execute(
            Command(lambda uow: uow.entry_rules.judge_apart(uow, asked))
        )
        self.judged.append(found)
        return "; ".join(found.refusals)

    def place_raised(self, day: date) -> None:
        """Place the day's new signals without asking the person, each that the rules allow."""
        work, at = self.work, datetime.combine(day, SESSION_END, IST)
        raised = [s for s in work.signals if s.signal_date == day and s.status == Status.PENDING]
        for row in (one for one in raised if one.side == "BUY"):
            why = self.why_not(row, at)
            if why:
                row.failure_reason = why
                move(row, Event.REJECT, by=RULES, now=work.now, note=why)
                continue
            row.committed_paise = commitment(row)
            move(row, Event.APPROVE, by=work.actor, now=work.now, note="placed automatically")
            work.place(row)
            if work.settings.paper_fill == "close":
                buy_at_close(work, [row])
        if work.days and work.days[-1].day == day:
            work.days[-1].equity_paise, work.days[-1].cash_paise = work.book.equity, work.book.cash

    def _asked(self, row: PortfolioSignal, at: datetime) -> AskedApart:
        own, price = self._book(row), Decimal(repr(round(row.limit_price or row.ref_price, 4)))
        value, last = commitment(row), Decimal(repr(row.ref_price))
        entry = Entry(
            instrument=instrument_of(row.symbol),
            side=Side.BUY,
            quantity=row.quantity,
            price=price,
            value=value,
            added=value,
            limits={"price": price},
            stop=None if row.stop_price is None else Decimal(repr(row.stop_price)),
            last_price=last,
            tick_age_s=0.0,
            is_amo=True,  # it waits for a candle as an after-market order does for a session
            sector=row.sector,
            required=value,
            free=own.free,
        )
        return AskedApart(
            user_id=self.user_id,
            owner=own.owner,
            entry=entry,
            figures_of=CandleFigures([*self.others, own], at),
        )

    def _book(self, asked: PortfolioSignal) -> CandleBook:
        """The portfolio as it is worked on, without the entry that is judged."""
        work, stored = self.work, self.own
        changed = {one.sequence for one in work.positions}
        ids = {one.id for one in work.signals if one.id}
        return _book(
            _Rows(
                stored.portfolio,
                [*stored.days, *work.days],
                [*(p for p in stored.positions if p.sequence not in changed), *work.positions],
                [*(s for s in stored.signals if s.id not in ids), *work.signals],
            ),
            equity=work.book.equity,
            cash=work.book.cash,
            without=asked,
        )


@dataclass(frozen=True, slots=True)
class CandleRules:
    """Makes judges, and has what they said kept."""

    database: Database
    execution: ExecutionService

    def judges(self, user_id: int, loaded: Loaded) -> list[CandleJudge]:
        """The judge of a portfolio that is worked on; none of a person without rules or halts, nor
        where orders are executed: those are judged as orders."""
        if settings_of(loaded.row).is_executed:
            return []
        with self.database.read() as session:
            if not has_rules(session, user_id):
                return []
            rows = _read_all(session, user_id)
        own = next(one for one in rows if one.portfolio.id == loaded.row.id)
        others = [_book(one) for one in rows if one is not own]
        return [CandleJudge(self.execution, user_id, loaded.work, own, others)]

    def figures(self, user_id: int) -> CandleFigures | None:
        """What a person's portfolios that candles fill have and made; None of one without any."""
        with self.database.read() as session:
            rows = _read_all(session, user_id)
        books = [_book(one) for one in rows]
        return CandleFigures(books, self.execution.clock.now()) if books else None

    def keep(self, judges: Iterable[CandleJudge]) -> None:
        """Have the verdicts kept, once what they were for is stored."""
        judged = [found for one in judges for found in one.judged]
        if judged:
            self.execution.trader.execute(
                Command(lambda uow: uow.entry_rules.keep_apart(uow, judged))
            )


def _read_all(session: Session, user_id: int) -> list[_Rows]:
    rows = [
        _read(session, one)
        for one in repository.portfolios(session, user_id, ("active", "paused"))
        if one.account_id is None
    ]
    session.expunge_all()
    return rows


def _read(session: Session, row: Portfolio) -> _Rows:
    positions, _ = repository.positions(session, row.user_id, portfolio_id=row.id)
    signals, _ = repository.signals(session, row.user_id, portfolio_id=row.id)
    return _Rows(row, repository.days(session, row.id, row.epoch), positions, signals)


def _book(
    rows: _Rows,
    *,
    equity: int | None = None,
    cash: int | None = None,
    without: PortfolioSignal | None = None,
) -> CandleBook:
    stored, row = book_of(rows.portfolio), rows.portfolio
    live = [one for one in rows.signals if one is not without]
    committed = [one for one in live if one.committed_paise]
    holdings = {
        instrument_of(one.symbol): Held(round(one.last_close * one.open_quantity * 100), one.sector)
        for one in rows.positions
        if one.open_quantity
    }
    for one in committed:
        name = instrument_of(one.symbol)
        before = holdings[name].paise if name in holdings else 0
        holdings[name] = Held(before + one.committed_paise, one.sector)
    return CandleBook(
        portfolio_id=row.id,
        strategy_id=row.strategy_id,
        starting=int(paise_from_rupees(settings_of(row).starting_capital)),
        equity=stored.equity if equity is None else equity,
        free=(stored.cash if cash is None else cash) - sum(o.committed_paise for o in committed),
        committed=sum(one.committed_paise for one in committed),
        history=[(one.day, one.equity_paise) for one in rows.days],
        holdings=holdings,
        placed=[(_placed_on(one), instrument_of(one.symbol)) for one in live if one.attempts],
        filled=[(one.entry_date, instrument_of(one.symbol)) for one in rows.positions],
        closed=sorted(
            (
                (one.exit_date, instrument_of(one.symbol), _net(one))
                for one in rows.positions
                if one.exit_date is not None
            ),
            reverse=True,
        ),
    )


def _placed_on(row: PortfolioSignal) -> date:
    """The day of an order: of one that was placed by itself that of its close."""
    if row.fills_from is None or row.placed_at is None:
        return row.signal_date
    return row.placed_at.astimezone(IST).date()


def _net(row: PortfolioPosition) -> int:
    return sum(o["gross_paise"] + o["dividends_paise"] - o["charges_paise"] for o in row.sales)
