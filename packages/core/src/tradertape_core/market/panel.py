"""Daily candles of many instruments as (dates x symbols) arrays: what evaluator and kernel read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]  # (T, N): dates down, symbols across
Mask = NDArray[np.bool_]  # (T, N)


@dataclass(frozen=True, slots=True)
class IndexSeries:
    """An index over the panel's dates; NaN where it has no value. All (T,), index points."""

    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dividends:
    """Cash dividends by ex-date. All (D,), rows rising.

    row: of the panel, the ex-date or the first date after it; symbol: column; amount: rupees a
    share on the panel's price basis.
    """

    row: NDArray[np.int64]
    symbol: NDArray[np.int64]
    amount: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Splits:
    """Splits and bonuses that the panel's prices are adjusted for. All (S,).

    row: of the panel, the ex-date or the first date after it, T for one after the panel's end;
    symbol: column; ratio: shares after for one before.
    """

    row: NDArray[np.int64]
    symbol: NDArray[np.int64]
    ratio: NDArray[np.float64]


NO_SPLITS = Splits(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
NO_DIVIDENDS = Dividends(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True, slots=True)
class Panel:
    """Candles of N symbols over T trading dates, oldest first.

    dates: (T,) datetime64[D], strictly rising.
    symbols: N NSE trading symbols, such as "INFY", sorted.
    open, high, low, close: (T, N) rupees on the data set's one price basis, NaN without a candle.
    volume: (T, N) shares on the same basis, NaN without a candle.
    member: (T, N) True where the symbol belonged to the universe on that date (point in time).
    sectors: N sector names, "" where unknown.
    indices: index name such as "NIFTY 50" to its series.
    first: row of the first date the caller asked for; the rows before it are warm-up.
    data_version: content hash of what the arrays were read from.
    last_traded: (N,) each symbol's last day with a candle in the whole data set, later than the
        panel's end where it still trades: that trading has ceased for good is announced, and so
        known on the day. None: as far as the panel itself shows.
    dividends: what holders are paid, where the prices are not adjusted for it.
    splits: those of all days that prices and volumes are adjusted for.
    bands: (T, N) the exchange's daily price band in percent either way, 0 without one, NaN where
        it is not known. None: known nowhere.
    universe_warnings: what a reader must know of the membership (survivorship and the like).
    """

    dates: NDArray[np.datetime64]
    symbols: tuple[str, ...]
    open: Matrix
    high: Matrix
    low: Matrix
    close: Matrix
    volume: Matrix
    member: Mask
    sectors: tuple[str, ...]
    indices: Mapping[str, IndexSeries] = field(default_factory=dict[str, IndexSeries])
    first: int = 0
    data_version: str = ""
    universe_warnings: tuple[str, ...] = ()
    simulated: bool = False
    last_traded: NDArray[np.datetime64] | None = None
    dividends: Dividends = NO_DIVIDENDS
    bands: Matrix | None = None
    splits: Splits = NO_SPLITS

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of sessions and symbols."""
        return self.close.shape[0], self.close.shape[1]

    def traded_close(self) -> Matrix:
        """(T, N) the closes as they were traded, rupees: before later splits and bonuses."""
        if not self.splits.row.size:
            return self.close
        factor = np.ones(self.close.shape)
        for row, symbol, ratio in zip(
            self.splits.row.tolist(),
            self.splits.symbol.tolist(),
            self.splits.ratio.tolist(),
            strict=True,
        ):
            factor[:row, symbol] *= ratio
        return self.close * factor

    def last_trading_days(self) -> NDArray[np.datetime64]:
        """(N,) `last_traded`, else the last day with a candle in the panel; NaT without any."""
        if self.last_traded is not None:
            return self.last_traded
        days = np.full(len(self.symbols), self.dates[-1], dtype="datetime64[D]")
        gone = np.flatnonzero(np.isnan(self.close[-1]))  # most symbols have a last candle
        present = ~np.isnan(self.close[:, gone])
        last = self.dates[len(self.dates) - 1 - present[::-1].argmax(axis=0)]
        days[gone] = np.where(present.any(axis=0), last, np.datetime64("NaT", "D"))
        return days
