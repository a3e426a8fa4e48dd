"""What one day of a portfolio brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tradertape_core.backtest.config import SkipReason
from tradertape_core.portfolio.book import PaperBook, Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A symbol that passed the entry rules at a close. reason: why it is no signal, None: it is.

    Prices in rupees: ref is the close; limit the most that is paid; trigger None where any price
    is taken. quantity: what would be bought at the limit with today's capital.
    """

    symbol: str
    score: float
    rank: int
    ref: float
    reason: SkipReason | None = None
    trigger: float | None = None
    limit: float | None = None
    stop: float | None = None
    target: float | None = None
    quantity: int = 0
    is_halved: bool = False


@dataclass(frozen=True, slots=True)
class Lapse:
    """An entry order that is gone without a purchase."""

    symbol: str
    signal_date: date
    reason: SkipReason
    is_touched: bool  # its price was there


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale of the day: whose, and the trade so far."""

    symbol: str
    signal_date: date
    entry_date: date
    sequence: int
    trade: Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a day brought. evaluated: symbols looked at; insufficient: those without enough
    history."""

    day: date
    book: PaperBook
    candidates: tuple[Candidate, ...]
    lapses: tuple[Lapse, ...]
    sales: tuple[Sale, ...]
    evaluated: int
    insufficient: int
