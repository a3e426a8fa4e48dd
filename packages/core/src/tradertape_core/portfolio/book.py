"""What a paper portfolio holds between two days: the kernel's book, by symbol and date.

Rows and columns of a panel change from day to day; a stored book knows symbols and dates instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import numpy as np

from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.simulation.prepare import new_book
from tradertape_core.market.panel import Panel

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trade:
    """Shares sold for one reason; one that takes several days grows until it is done."""

    whole: tuple[int, ...]  # columns of k.Out.trade_whole; rows and symbol are not meant
    num: tuple[float, ...]  # columns of k.Out.trade_num


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position. num, whole: columns of k.Book, but for the dates and the symbol."""

    symbol: str
    signal_date: date
    entry_date: date
    num: tuple[float, ...]
    whole: tuple[int, ...]
    unfinished: Trade | None = None  # of an exit that takes more than a day

    def figure(self, column: int) -> float | None:
        """A column of `num`; None where it is not known, or there is no such level."""
        value = self.num[column]
        return None if math.isnan(value) else value

    @property
    def sequence(self) -> int:
        """Its number within the portfolio."""
        return self.whole[k.SEQUENCE]

    @property
    def quantity(self) -> int:
        """Shares held."""
        return self.whole[k.QUANTITY]


@dataclass(frozen=True, slots=True)
class Resting:
    """An entry order of a signal. is_placed: false while the signal waits for approval or
    placement; it then keeps its slot, and is not filled."""

    symbol: str
    signal_date: date
    trigger: float
    limit: float
    score: float
    is_halved: bool
    days_left: int
    is_placed: bool = True


@dataclass(frozen=True, slots=True)
class PaperBook:
    """A portfolio after a day. Amounts in paise; exits: each symbol's last one."""

    cash: int
    equity: int
    equity_before: int
    day: date | None = None
    sequences: int = 0
    holdings: tuple[Holding, ...] = ()
    resting: tuple[Resting, ...] = ()
    exits: Mapping[str, date] = field(default_factory=dict[str, date])

    @classmethod
    def opened(cls, capital: int) -> PaperBook:
        """Of a new portfolio."""
        return cls(cash=capital, equity=capital, equity_before=capital)

    def holding(self, symbol: str) -> Holding | None:
        """The open position in a symbol."""
        return next((one for one in self.holdings if one.symbol == symbol), None)


# --- kernel ---------------------------------------------------------------------------------------


def load(stored: PaperBook, panel: Panel, slots: int, out: k.Out) -> k.Book:
    """The kernel's book of a stored one; counts and unfinished trades go into `out`."""
    book, found = cast("Any", new_book(len(panel.symbols), slots)), _Places(panel)
    sectors = _sector_numbers(panel)
    for slot, one in enumerate(stored.holdings):
        column = found.columns[one.symbol]
        book.num[slot], book.whole[slot] = one.num, one.whole
        book.whole[slot, k.SYMBOL] = column
        book.whole[slot, k.SIGNAL_ROW] = found.row(one.signal_date)
        book.whole[slot, k.ENTRY_ROW] = found.row(one.entry_date)
        book.whole[slot, k.DEMAT_ROW] = -1
        book.slot_of[column] = slot
        if sectors[column] >= 0:
            book.in_sector[sectors[column]] += 1
        if one.unfinished is not None:
            _load_trade(out, book, slot, one.unfinished, found.row(one.entry_date))
    for symbol, day in stored.exits.items():
        if symbol in found.columns:
            book.exit_row[found.columns[symbol]] = found.row(day)
    out.counts[k.CASH], out.counts[k.SEQUENCES] = stored.cash, stored.sequences
    out.counts[k.OPEN] = len(stored.holdings)
    return book


def _sector_numbers(panel: Panel) -> list[int]:
    """The kernel's numbers of the symbols' sectors; -1 where unknown."""
    names = {name: i for i, name in enumerate(sorted({*panel.sectors} - {""}))}
    return [names.get(name, -1) for name in panel.sectors]


def _load_trade(out: Any, book: Any, slot: int, trade: Trade, entry_row: int) -> None:
    at = int(out.counts[k.TRADES])
    out.trade_whole[at], out.trade_num[at] = trade.whole, trade.num
    out.trade_whole[at, k.T_SYMBOL] = book.whole[slot, k.SYMBOL]
    out.trade_whole[at, k.T_ENTRY_ROW] = entry_row
    out.counts[k.TRADES] = at + 1
    book.whole[slot, k.LEFT_TRADE] = at


def holdings_of(book: Any, out: Any, panel: Panel) -> tuple[Holding, ...]:
    """The open positions of a kernel's book, in the order of their entry."""
    return tuple(
        _holding(book, out, int(slot), panel) for slot in book.order[: int(out.counts[k.OPEN])]
    )


def _holding(book: Any, out: Any, slot: int, panel: Panel) -> Holding:
    whole = [int(value) for value in book.whole[slot]]
    at = whole[k.LEFT_TRADE]
    unfinished = trade_at(out, at) if at >= 0 and whole[k.LEFT] > 0 else None
    column, signal, entry = whole[k.SYMBOL], whole[k.SIGNAL_ROW], whole[k.ENTRY_ROW]
    for of_the_panel in (k.SYMBOL, k.SIGNAL_ROW, k.ENTRY_ROW, k.DEMAT_ROW):
        whole[of_the_panel] = 0
    whole[k.LEFT_TRADE] = -1
    return Holding(
        symbol=panel.symbols[column],
        signal_date=panel.dates[signal].item(),
        entry_date=panel.dates[entry].item(),
        num=tuple(float(value) for value in book.num[slot]),
        whole=tuple(whole),
        unfinished=unfinished,
    )


def trade_at(out: Any, at: int) -> Trade:
    """A trade that the kernel wrote down."""
    whole = tuple(int(value) for value in out.trade_whole[at])
    return Trade(whole, tuple(float(value) for value in out.trade_num[at]))


class _Places:
    """Where symbols and dates are in a panel."""

    def __init__(self, panel: Panel) -> None:
        self.columns = {symbol: at for at, symbol in enumerate(panel.symbols)}
        self._dates = panel.dates

    def row(self, day: date) -> int:
        return int(np.searchsorted(self._dates, np.datetime64(day, "D")))


# --- documents ------------------------------------------------------------------------------------


def document(book: PaperBook) -> Json:
    """The book as JSON."""
    return {
        "cash": book.cash,
        "equity": book.equity,
        "equity_before": book.equity_before,
        "day": book.day.isoformat() if book.day else None,
        "sequences": book.sequences,
        "holdings": [_holding_document(one) for one in book.holdings],
        "resting": [
            {
                "symbol": one.symbol,
                "signal_date": one.signal_date.isoformat(),
                "trigger": _plain([one.trigger])[0],
                "limit": _plain([one.limit])[0],
                "score": one.score,
                "is_halved": one.is_halved,
                "days_left": one.days_left,
                "is_placed": one.is_placed,
            }
            for one in book.resting
        ],
        "exits": {symbol: day.isoformat() for symbol, day in book.exits.items()},
    }


def from_document(stored: Mapping[str, Any]) -> PaperBook:
    """The book of `document`."""
    return PaperBook(
        cash=stored["cash"],
        equity=stored["equity"],
        equity_before=stored["equity_before"],
        day=date.fromisoformat(stored["day"]) if stored["day"] else None,
        sequences=stored["sequences"],
        holdings=tuple(_read_holding(one) for one in stored["holdings"]),
        resting=tuple(_read_resting(one) for one in stored["resting"]),
        exits={symbol: date.fromisoformat(day) for symbol, day in stored["exits"].items()},
    )


def _read_resting(stored: Mapping[str, Any]) -> Resting:
    trigger, limit = _floats([stored["trigger"], stored["limit"]])
    return Resting(
        symbol=stored["symbol"],
        signal_date=date.fromisoformat(stored["signal_date"]),
        trigger=trigger,
        limit=limit,
        score=stored["score"],
        is_halved=stored["is_halved"],
        days_left=stored["days_left"],
        is_placed=stored["is_placed"],
    )


def _holding_document(one: Holding) -> Json:
    trade = one.unfinished
    return {
        "symbol": one.symbol,
        "signal_date": one.signal_date.isoformat(),
        "entry_date": one.entry_date.isoformat(),
        "num": _plain(one.num),
        "whole": list(one.whole),
        "unfinished": None if trade is None else [list(trade.whole), _plain(trade.num)],
    }


def _read_holding(stored: Mapping[str, Any]) -> Holding:
    trade = stored["unfinished"]
    return Holding(
        symbol=stored["symbol"],
        signal_date=date.fromisoformat(stored["signal_date"]),
        entry_date=date.fromisoformat(stored["entry_date"]),
        num=_floats(stored["num"]),
        whole=tuple(stored["whole"]),
        unfinished=None if trade is None else Trade(tuple(trade[0]), _floats(trade[1])),
    )


def _plain(values: Sequence[float]) -> list[float | str | None]:
    """JSON has no NaN and no infinity."""
    return [
        None if math.isnan(value) else str(value) if math.isinf(value) else value
        for value in values
    ]


def _floats(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(math.nan if value is None else float(value) for value in values)
