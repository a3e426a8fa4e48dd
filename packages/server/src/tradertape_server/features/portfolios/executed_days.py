"""Days of a portfolio whose orders are executed: decisions on closes, and the candle book beside.

Fills come from execution. A close raises signals, asks for exits and add-ons, and moves stops; the
shadow is traded as the backtest trades, with every signal placed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from tradertape_core.backtest.config import ExitReason
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.kernel.clock import IST
from tradertape_core.portfolio.book import Holding, PaperBook, Resting
from tradertape_core.portfolio.day import Candidate, Day
from tradertape_core.portfolio.executed import Ask, ExecutedTrading, Held
from tradertape_core.portfolio.signals import Event, Status
from tradertape_server.features.portfolios import late_exits
from tradertape_server.features.portfolios.days import (
    PortfolioDays,
    expiry,
    next_session,
)
from tradertape_server.features.portfolios.models import PortfolioPosition, PortfolioSignal
from tradertape_server.features.portfolios.schedule_times import SESSION_END
from tradertape_server.features.portfolios.state import SCAN

Json = dict[str, Any]
LATE = "late"  # a signal of a day that was scanned after it could be traded
# What a scan writes of a position; the rest of its row is execution's and protection's.
_SCANNED = (
    "last_close", "lowest", "peak", "bars_held", "stop_price", "stop_source", "target_price",
    "initial_stop", "updated_at",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class ExecutedDays(PortfolioDays):
    """See `PortfolioDays`. shadow: the candle book; cash_paise: of execution's ledger."""

    executed: ExecutedTrading
    shadow: PaperBook
    cash_paise: int
    run_prefix: str = ""
    asked: list[PortfolioSignal] = field(default_factory=list[PortfolioSignal])

    def trade(self, day: date) -> Day:
        """Decide on one day's close."""
        self.shadow = self.trader.trade(_all_placed(self.shadow), day, (), take_all=True).book
        self._end_waiting(day)
        evening = self.executed.decide(
            self.book, day, cash=self.cash_paise,
            held=[self._held(one, day) for one in self.positions if one.open_quantity > 0],
            waiting=[_slot(one) for one in self.signals if one.side == "BUY" and _waits(one)],
        )  # fmt: skip
        found = evening.day
        self.book = found.book
        bought_later = {one.sequence for one in self.positions if one.entry_date > day}
        for one in found.book.holdings:
            if one.sequence not in bought_later:
                self.held(one)
        is_late = expiry(self.settings, day) <= self.now
        self._raise(self._without_late(found) if is_late else found, auto=False)
        for ask in evening.asks:
            if ask.sequence in bought_later:
                continue  # it was not held at this close, which is looked at late
            if ask.kind == "addon" and is_late:
                self.skipped.append({"symbol": ask.symbol, "reason": LATE})
            elif ask.kind != "addon" and late_exits.is_over(day, self.now):
                self._ask_late(ask, day)
            else:
                self._ask(ask, day)
        stored = self._day(found)
        stored.shadow_equity_paise = self.shadow.equity
        self.days.append(stored)
        return found

    def held(self, one: Holding) -> None:
        """Bring the scanned part of a position's row up to date."""
        row = next(r for r in self.positions if r.sequence == one.sequence)
        row.last_close, row.bars_held = one.num[k.LAST_CLOSE], one.whole[k.BARS]
        row.lowest = min(row.lowest, one.num[k.LOWEST])
        row.peak = max(row.peak, one.num[k.PEAK])
        stop, target = one.figure(k.STOP), one.figure(k.TARGET)
        if stop is not None and (row.stop_price is None or stop > row.stop_price):
            row.stop_price = stop
            row.stop_source = ExitReason(one.whole[k.STOP_KIND]).name.lower()
        row.initial_stop = row.initial_stop if row.initial_stop is not None else stop
        row.target_price, row.updated_at = target, self.now

    def store_positions(self, session: Session) -> None:
        """Write what a scan knows of positions, and nothing that execution and protection know."""
        for row in self.positions:
            values = {name: getattr(row, name) for name in _SCANNED}
            session.execute(
                update(PortfolioPosition)
                .where(PortfolioPosition.id == row.id)
                .values(**values)
                .execution_options(synchronize_session=False)
            )

    def name_runs(self) -> None:
        """Give new entries the run ids of the positions they may open."""
        for one in self.signals:
            if one.run_id is None and one.side == "BUY":
                one.run_id = f"{self.run_prefix}{one.id}"

    # --- inside -------------------------------------------------------------------------------

    def _without_late(self, found: Day) -> Day:
        """Signals of a day that is over are not raised, and say so: their prices are gone."""
        late = [one.symbol for one in found.candidates if one.reason is None]
        self.skipped += [{"symbol": symbol, "reason": LATE} for symbol in late]
        self.matched += len(late)
        rest = tuple(one for one in found.candidates if one.reason is not None)
        return replace(found, candidates=rest)

    def _end_waiting(self, day: date) -> None:
        for row in self.signals:
            is_waiting = row.status in (Status.PENDING, Status.IN_CART) and row.signal_date < day
            if is_waiting and row.side == "BUY" and row.expires_at <= self.now:
                self._move(row, Event.EXPIRE, "not approved in time")

    def _new(self, one: Candidate, found: Day) -> PortfolioSignal:
        row = PortfolioDays._new(self, one, found)
        row.number = 0
        if self.settings.auto_place_signals:
            self._move(row, Event.APPROVE, "placed automatically")
        return row

    def _held(self, row: PortfolioPosition, day: date) -> Held:
        """A position for a day's decisions. One that was bought later keeps its slot."""
        entries = row.entries or [{"price": row.entry_price, "quantity": row.open_quantity}]
        made = entries[0].get("signal_date", row.entry_date.isoformat())
        return Held(
            symbol=row.symbol,
            sequence=row.sequence,
            signal_date=date.fromisoformat(made),
            entry_date=min(row.entry_date, day),
            quantity=row.open_quantity,
            initial_quantity=entries[0]["quantity"],
            average=row.average_price,
            entry=row.entry_price,
            last_buy=entries[-1]["price"],
            invested=row.invested_paise,
            charges=row.charges_paise,
            dividends=row.dividends_paise,
            addons=row.addons,
            stop=row.stop_price,
            initial_stop=row.initial_stop,
            score=entries[0].get("score", 50.0),
        )

    def _ask(self, ask: Ask, day: date) -> None:
        """Raise the signal of an exit or an add-on, unless one of the position is under way."""
        row = self._row_of(ask)
        side = "BUY" if ask.kind == "addon" else "SELL"
        waiting = self._under_way(row, side)
        if waiting is not None:
            self._sell_more(waiting, ask, row)
            return
        if side == "BUY" and self.is_paused:
            return
        self._add_asked(self._asked(ask, row, side, day))

    def _ask_late(self, ask: Ask, day: date) -> None:
        """Raise a sale after its session: the position is still held, so it is sold at the market.

        An order whose limit was not reached has lapsed, as in the backtest: the next close decided.
        """
        row, known = self._row_of(ask), late_exits.in_backtest(self.executed, ask, day)
        if known.has_lapsed:
            self.skipped.append({"symbol": ask.symbol, "reason": LATE})
            return
        waiting = self._under_way(row, "SELL")
        if waiting is not None:
            self._sell_more(waiting, ask, row)
            return
        signal = self._asked(replace(ask, limit=None), row, "SELL", day)
        signal.expires_at = late_exits.sold_until(self.now)
        signal.reason += f" It was found late, so it is sold at the market. {known.words}"
        self._add_asked(signal)

    def _row_of(self, ask: Ask) -> PortfolioPosition:
        return next(r for r in self.positions if r.sequence == ask.sequence)

    def _under_way(self, row: PortfolioPosition, side: str) -> PortfolioSignal | None:
        found = (s for s in self.signals if (s.run_id, s.side) == (row.run_id, side) and _waits(s))
        return next(found, None)

    def _sell_more(self, waiting: PortfolioSignal, ask: Ask, row: PortfolioPosition) -> None:
        """Have a late sale that was not sent yet sell what a later close asks for too."""
        is_sent = waiting.status == Status.APPROVED
        left = row.open_quantity - waiting.quantity
        if is_sent or left <= 0 or not late_exits.is_late(waiting):
            return
        waiting.quantity += left * ask.quantity // row.open_quantity
        waiting.updated_at = self.now

    def _add_asked(self, signal: PortfolioSignal) -> None:
        """Add the signal of an exit or an add-on, approved where nobody is to be asked."""
        side = signal.side
        approves = self.settings.exit_approval if side == "SELL" else "manual"
        is_auto = approves == "auto" or (side == "BUY" and self.settings.auto_place_signals)
        self.signals.append(signal)
        if is_auto:
            self._move(signal, Event.APPROVE, "approved automatically")
        if side == "SELL":
            self.exits += 1
        else:
            self.created += 1

    def _asked(self, ask: Ask, row: PortfolioPosition, side: str, day: date) -> PortfolioSignal:
        numbers = [
            s.number
            for s in self.signals
            if (s.symbol, s.signal_date, s.side) == (row.symbol, day, side)
        ]
        last = next_session(day)
        return PortfolioSignal(
            portfolio_id=self.portfolio_id, epoch=self.epoch, symbol=row.symbol, side=side,
            number=max(numbers, default=0) + 1, kind=ask.kind, status=Status.PENDING.value,
            signal_date=day, conviction=0.0, rank=0, sector=row.sector,
            company=self.about(row.symbol)[0], isin=row.isin, reason=self._words(ask, day),
            ref_price=row.last_close, limit_price=self._limit(ask, row), quantity=ask.quantity,
            committed_paise=0, attempts=0, filled_quantity=0, version=1, run_id=row.run_id,
            position_id=row.id, order_type="market" if ask.limit is None else "limit",
            valid_until=datetime.combine(last, SESSION_END, IST) if side == "BUY" else None,
            history=[{"event": "raised", "by": SCAN, "at": self.now.isoformat(),
                      "status": Status.PENDING.value}],
            expires_at=datetime.combine(last, SESSION_END, IST), created_at=self.now,
            updated_at=self.now,
        )  # fmt: skip

    def _limit(self, ask: Ask, row: PortfolioPosition) -> float | None:
        if ask.kind == "addon":
            return row.last_close * (1 + self.settings.slippage_bps / 10_000)
        return ask.limit

    def _words(self, ask: Ask, day: date) -> str:
        if ask.kind == "exit_rule":
            return f"The exit rule {self.rules[ask.rule]} holds at the close of {day}."
        if ask.kind == "time":
            return f"It has been held for as long as {self.strategy_name} holds."
        return f"The add-on rules of {self.strategy_name} hold at the close of {day}."


def _waits(row: PortfolioSignal) -> bool:
    return row.status in (Status.PENDING, Status.IN_CART, Status.APPROVED)


def _slot(row: PortfolioSignal) -> Resting:
    limit = row.limit_price if row.limit_price is not None else row.ref_price
    trigger = row.trigger_price if row.trigger_price is not None else limit
    return Resting(
        symbol=row.symbol, signal_date=row.signal_date, trigger=trigger, limit=limit,
        score=row.conviction, is_halved=False, days_left=1, is_placed=False,
    )  # fmt: skip


def _all_placed(shadow: PaperBook) -> PaperBook:
    """The candle book with every order at the market: nobody approves its signals."""
    return replace(shadow, resting=tuple(replace(one, is_placed=True) for one in shadow.resting))
