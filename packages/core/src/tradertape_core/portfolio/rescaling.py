"""Splits and bonuses of what a book holds.

Stored books are in the prices of their day. A data set divides all earlier prices by a later split,
so a book that was stored before the split is brought to the panel's prices before it is traded on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.market.panel import Panel
from tradertape_core.portfolio.book import Holding, PaperBook, Resting

_CLOSE_ENOUGH = 0.01  # a close that was rounded after its division, or corrected meanwhile
_PRICES = (
    k.AVG, k.ENTRY, k.LAST_BUY, k.STOP, k.INITIAL_STOP, k.TARGET, k.PEAK, k.LOWEST, k.TRAIL,
    k.ATR, k.LAST_CLOSE, k.LIMIT,
)  # fmt: skip
_SHARES = (k.INITIAL_QUANTITY, k.WANTED, k.LEFT)


@dataclass(frozen=True, slots=True)
class Rescaled:
    """A book in the panel's prices. ratios: shares after for one before, of what was changed."""

    book: PaperBook
    ratios: dict[str, float]


def rescaled(book: PaperBook, panel: Panel) -> Rescaled:
    """Apply the splits that the panel's prices are adjusted for and the book's are not.

    A fraction of a share is paid in cash at the last close. Value and cost stay as they are.
    """
    if book.day is None or not panel.splits.row.size:
        return Rescaled(book, {})
    ratios = _ratios(book, panel)
    if not ratios:
        return Rescaled(book, {})
    cash, holdings = book.cash, list[Holding]()
    for one in book.holdings:
        ratio = ratios.get(one.symbol)
        if ratio is None:
            holdings.append(one)
            continue
        new = _holding(one, ratio)
        fraction = one.quantity * ratio - new.quantity
        cash += int(paise_from_rupees(fraction * new.num[k.LAST_CLOSE]))
        holdings.append(new)
    resting = tuple(_order(one, ratios.get(one.symbol)) for one in book.resting)
    return Rescaled(replace(book, cash=cash, holdings=tuple(holdings), resting=resting), ratios)


def _ratios(book: PaperBook, panel: Panel) -> dict[str, float]:
    """By symbol, where stored and present price of the last candle differ by a split after it."""
    day = int(np.searchsorted(panel.dates, np.datetime64(book.day, "D")))
    stored = {one.symbol: (one.num[k.LAST_CLOSE], day) for one in book.holdings}
    found: dict[str, float] = {}
    for symbol in {*stored, *(one.symbol for one in book.resting)}:
        if symbol not in panel.symbols:
            continue
        column = panel.symbols.index(symbol)
        later = (panel.splits.symbol == column) & (panel.splits.row > day)
        ratio = float(np.prod(panel.splits.ratio[later]))
        if ratio != 1.0 and _is_before(stored, symbol, book, panel, column, day, ratio):
            found[symbol] = ratio
    return found


def _is_before(
    stored: dict[str, tuple[float, int]],
    symbol: str,
    book: PaperBook,
    panel: Panel,
    column: int,
    day: int,
    ratio: float,
) -> bool:
    """Whether the book's price of a symbol is still the one before the split."""
    if symbol in stored:
        known = panel.close[: day + 1, column]
        candles = known[~np.isnan(known)]
        return bool(candles.size) and _same(stored[symbol][0], float(candles[-1]) * ratio)
    order = next(one for one in book.resting if one.symbol == symbol)
    at = int(np.searchsorted(panel.dates, np.datetime64(order.signal_date, "D")))
    price = float(panel.close[at, column])
    # An entry order is a few percent from its close; a split is more.
    level = order.limit if math.isfinite(order.limit) else price * ratio
    return abs(level / (price * ratio) - 1) < abs(level / price - 1)


def _same(one: float, other: float) -> bool:
    return abs(one / other - 1) < _CLOSE_ENOUGH


def _holding(one: Holding, ratio: float) -> Holding:
    num, whole = list(one.num), list(one.whole)
    for column in _PRICES:
        num[column] = num[column] / ratio
    quantity = math.floor(one.quantity * ratio + 1e-9)
    for column in _SHARES:
        whole[column] = math.floor(whole[column] * ratio + 1e-9)
    if one.whole[k.LEFT] == one.quantity:
        whole[k.LEFT] = quantity  # all of it is being sold
    whole[k.QUANTITY] = quantity
    return replace(one, num=tuple(num), whole=tuple(whole))


def _order(one: Resting, ratio: float | None) -> Resting:
    if ratio is None:
        return one
    return replace(one, trigger=one.trigger / ratio, limit=one.limit / ratio)
