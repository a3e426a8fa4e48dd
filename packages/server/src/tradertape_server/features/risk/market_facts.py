"""Facts of the market that rules ask for: sectors, turnover, surveillance, correlations.

Read from the stored candles of the active data set and kept for the day: a derivative has those of
what it is on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from tradertape_core.kernel.errors import TraderTapeError
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.market.service import CandleSeries, MarketService
from tradertape_server.platform.logging import get_logger

LISTS_FILE = "surveillance.csv"  # `SYMBOL,ASM` a line, in the market folder
_MONTH, _HALF_YEAR = 21, 126  # sessions
_LEAST = 40  # sessions that a correlation needs

logger = get_logger(__name__)


class MarketFacts(Protocol):
    """What rules ask of the market. Called on the trader's thread, so answers are kept."""

    def sector(self, instrument: Instrument) -> str:
        """The sector of a share, or of what a derivative is on; "" where it is not known."""
        ...

    def listed(self, instrument: Instrument) -> str:
        """ASM, GSM or T2T; "" for none."""
        ...

    def average_turnover(self, instrument: Instrument, today: date) -> int | None:
        """What is traded on an average day of a month, in paise; None where it is not known."""
        ...

    def correlation(self, one: Instrument, other: Instrument, today: date) -> float | None:
        """Of the daily returns of six months; None where they are not known."""
        ...


class NoMarketFacts:
    """Nothing is known but what the instrument itself says."""

    def sector(self, _instrument: Instrument) -> str:
        """Not known."""
        return ""

    def listed(self, instrument: Instrument) -> str:
        """By its series."""
        return "T2T" if instrument.is_trade_to_trade else ""

    def average_turnover(self, _instrument: Instrument, _today: date) -> int | None:
        """Not known."""
        return None

    def correlation(self, _one: Instrument, _other: Instrument, _today: date) -> float | None:
        """Not known."""
        return None


class StoredMarketFacts:
    """Facts of the stored candles; those of a day are kept until the next."""

    def __init__(self, market: MarketService) -> None:
        self._market = market
        self._lists = market.home / "market" / LISTS_FILE
        self._listed: tuple[float, dict[str, str]] = (-1.0, {})
        self._day: date | None = None
        self._series: dict[str, CandleSeries | None] = {}

    def sector(self, instrument: Instrument) -> str:
        """The sector in the data set's list of companies."""
        found = self._candles(_share_of(instrument), self._day or date.max)
        return found.sector if found else ""

    def listed(self, instrument: Instrument) -> str:
        """By its series, else by the file of lists."""
        if instrument.is_trade_to_trade:
            return "T2T"
        return _read_lists(self._lists, self._cached).get(_share_of(instrument), "")

    def average_turnover(self, instrument: Instrument, today: date) -> int | None:
        """The mean of close × volume over a month of sessions."""
        found = self._candles(_share_of(instrument), today)
        if found is None or found.volume is None or not len(found.close):
            return None
        turnover = found.close[-_MONTH:] * found.volume[-_MONTH:]
        return paise_from_rupees(float(np.nanmean(turnover)))

    def correlation(self, one: Instrument, other: Instrument, today: date) -> float | None:
        """Pearson's, of the days that both were traded on."""
        first = self._candles(_share_of(one), today)
        second = self._candles(_share_of(other), today)
        if first is None or second is None:
            return None
        _, left, right = np.intersect1d(
            first.dates[-_HALF_YEAR:], second.dates[-_HALF_YEAR:], return_indices=True
        )
        if len(left) < _LEAST:
            return None
        returns = [
            np.diff(np.log(series.close[-_HALF_YEAR:][rows]))
            for series, rows in ((first, left), (second, right))
        ]
        if min(float(np.std(one)) for one in returns) == 0:
            return None
        return float(np.corrcoef(returns[0], returns[1])[0, 1])

    def _candles(self, symbol: str, today: date) -> CandleSeries | None:
        if self._day is not None and today != date.max and today > self._day:
            self._series.clear()
        if today != date.max:
            self._day = today
        if symbol not in self._series:
            self._series[symbol] = self._read(symbol, today)
        return self._series[symbol]

    def _read(self, symbol: str, today: date) -> CandleSeries | None:
        end = None if today == date.max else today
        start = None if end is None else end - timedelta(days=3 * _HALF_YEAR)
        try:
            return self._market.candles(symbol, start, end)
        except (TraderTapeError, OSError) as error:
            logger.info("no candles for a risk rule", symbol=symbol, reason=str(error))
            return None

    def _cached(self, changed_at: float, read: Callable[[], dict[str, str]]) -> dict[str, str]:
        if self._listed[0] != changed_at:
            self._listed = changed_at, read()
        return self._listed[1]


def _share_of(instrument: Instrument) -> str:
    return (
        instrument.underlying or instrument.name
        if instrument.is_derivative
        else (instrument.tradingsymbol)
    )


def _read_lists(
    path: Path, cached: Callable[[float, Callable[[], dict[str, str]]], dict[str, str]]
) -> dict[str, str]:
    try:
        changed_at = path.stat().st_mtime
    except OSError:
        return {}
    return cached(changed_at, lambda: _parsed(path.read_text(encoding="utf-8").splitlines()))


def _parsed(lines: Sequence[str]) -> dict[str, str]:
    pairs = (line.upper().split(",") for line in lines)
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) > 1}
