"""Candles that are missing according to the exchange's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tradertape_core.market.calendar import Calendar
from tradertape_server.features.market.data_sets.candles import Days, Floats


@dataclass(frozen=True, slots=True)
class Gaps:
    """Missing candles between each symbol's first and last one.

    total: missing candles; by_symbol and by_day: their counts, highest first; zero_volume: candles
    without a trade; odd_days: days with candles on which the exchange had no session.
    """

    total: int
    by_symbol: tuple[tuple[str, int], ...]
    by_day: tuple[tuple[date, int], ...]
    zero_volume: int
    odd_days: tuple[date, ...]


def find_gaps(
    dates: Days, symbols: tuple[str, ...], close: Floats, volume: Floats, calendar: Calendar
) -> Gaps:
    """Compare (T, N) candles with the calendar's published sessions; other years are ignored."""
    if close.size == 0:
        return Gaps(0, (), (), 0, ())
    first = np.datetime64(calendar.first_day, "D")
    last = np.datetime64(calendar.published_until, "D")
    known = (dates >= first) & (dates <= last)
    sessions = calendar.days
    sessions = sessions[(sessions >= dates[0]) & (sessions <= min(dates[-1], last))]
    there = ~np.isnan(close)
    held = np.zeros((len(sessions), len(symbols)), np.bool_)
    shared = np.isin(sessions, dates)
    held[shared] = there[np.searchsorted(dates, sessions[shared])]
    missing = _alive(dates, there, sessions) & ~held
    zero = int(np.count_nonzero(volume == 0))
    odd = dates[known & ~np.isin(dates, sessions)]
    return Gaps(
        int(missing.sum()),
        _most(symbols, missing.sum(axis=0)),
        _most(tuple(sessions.tolist()), missing.sum(axis=1)),
        zero,
        tuple(odd.tolist()),
    )


def _alive(dates: Days, there: np.ndarray, sessions: Days) -> np.ndarray:
    """(S, N) whether a session lies between a symbol's first and last candle."""
    any_there = there.any(axis=0)
    first = dates[there.argmax(axis=0)]
    last = dates[len(dates) - 1 - there[::-1].argmax(axis=0)]
    between = (sessions[:, None] >= first) & (sessions[:, None] <= last)
    return between & any_there


def _most(names, counts: np.ndarray):
    order = np.argsort(-counts, kind="stable")
    return tuple((names[i], int(counts[i])) for i in order if counts[i] > 0)
