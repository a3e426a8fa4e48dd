"""Sales that a close asked for, found after the session in which they were to be made.

Their prices are gone, and the position is still held: they are sold at the market, at the next
open. What the backtest did with them is read from the candles that are known by now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.portfolio.executed import Ask, ExecutedTrading
from tradertape_server.features.portfolios.models import PortfolioSignal
from tradertape_server.features.portfolios.schedule_times import SESSION_END


def is_over(day: date, now: datetime) -> bool:
    """Whether the session in which a day's exits are sold has ended."""
    return now >= datetime.combine(nse_calendar().next_session(day), SESSION_END, IST)


def is_late(row: PortfolioSignal) -> bool:
    """Whether a signal is a sale that was found after its session."""
    return (
        row.side == "SELL"
        and row.kind in ("exit_rule", "time")
        and is_over(row.signal_date, row.created_at)
    )


def sold_until(now: datetime) -> datetime:
    """The end of the session that is open, or else opens next."""
    today = now.astimezone(IST)
    days, day = nse_calendar(), today.date()
    if not days.is_session(day) or today.time() >= SESSION_END:
        day = days.next_session(day)
    return datetime.combine(day, SESSION_END, IST)


@dataclass(frozen=True, slots=True)
class InBacktest:
    """What the candles say of a sale. price: None: it is not known, or was not sold."""

    day: date | None
    price: float | None

    @property
    def has_lapsed(self) -> bool:
        """Whether its limit was not reached: the close of that day decides anew."""
        return self.day is not None and self.price is None

    @property
    def words(self) -> str:
        """What the backtest does, for people."""
        if self.day is None:
            return "The candle at which its backtest sells is not known yet."
        return f"Its backtest sold on {self.day} at {self.price:.2f}, before slippage."


def in_backtest(trader: ExecutedTrading, ask: Ask, day: date) -> InBacktest:
    """How a sale that was decided at a close ended on the next candle of its share."""
    panel = trader.panel
    column = panel.symbols.index(ask.symbol)
    for row in range(trader.row(day) + 1, panel.dates.size):
        if math.isnan(panel.close[row, column]):
            continue
        opened, high = float(panel.open[row, column]), float(panel.high[row, column])
        on = panel.dates[row].item()
        if ask.limit is None or opened >= ask.limit:
            return InBacktest(on, opened)
        return InBacktest(on, ask.limit if high >= ask.limit else None)
    return InBacktest(None, None)
