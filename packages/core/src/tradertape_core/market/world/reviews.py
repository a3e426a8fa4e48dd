"""Which simulated companies are in the indices: reviews twice a year, by size.

As NSE does, with simpler rules: every March and September a larger company replaces a member when
it is well above it, and one that is delisted is replaced on the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.universe import Spell, Universe
from tradertape_core.market.universe_facts import SECTORS

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LOOK_BACK = 40  # sessions between the ranking and the day it takes effect
_LISTED_FOR = 60  # sessions a newcomer needs
_AHEAD = {50: 1.5, 100: 1.25}  # how much larger a newcomer must be than the member it replaces


def memberships(days: NDArray[np.datetime64], caps: Floats) -> tuple[Mask, Mask]:
    """Return membership of the largest 50 and the largest 100, (T, N) each; 50 lie within 100.

    caps: (T, N) market capitalisation, NaN before listing and from the delisting on.
    """
    alive = np.isfinite(caps)
    hundred = _walk(days, caps, alive, 100)
    return _walk(days, caps, alive & hundred, 50), hundred


def _walk(days: NDArray[np.datetime64], caps: Floats, eligible: Mask, count: int) -> Mask:
    member = np.zeros(caps.shape, dtype=np.bool_)
    now = _largest(np.where(eligible[0], caps[0], np.nan), count)
    reviews = set(_review_rows(days).tolist())
    lost = np.zeros(len(days), dtype=np.bool_)
    lost[1:] = (eligible[:-1] & ~eligible[1:]).any(axis=1)
    for t in range(len(days)):
        if t in reviews or lost[t]:
            ranked = caps[max(t - _LOOK_BACK, 0)] if t in reviews else caps[max(t - 1, 0)]
            seasoned = np.isfinite(caps[max(t - _LISTED_FOR, 0)])
            size = np.where(eligible[t] & (seasoned | now), ranked, np.nan)
            now = _refill(now & eligible[t], size, count)
            if t in reviews:
                now = _replace(now, size, _AHEAD[count])
        member[t] = now
    return member


def _largest(size: Floats, count: int) -> Mask:
    chosen = np.zeros(len(size), dtype=np.bool_)
    order = np.argsort(np.where(np.isfinite(size), -size, np.inf), kind="stable")
    chosen[order[: min(count, int(np.isfinite(size).sum()))]] = True
    return chosen


def _refill(now: Mask, size: Floats, count: int) -> Mask:
    missing = count - int(now.sum())
    return now | _largest(np.where(now, np.nan, size), missing) if missing > 0 else now


def _replace(now: Mask, size: Floats, ahead: float) -> Mask:
    now = now.copy()
    while True:
        inside = np.where(now, size, np.inf)
        outside = np.where(now | ~np.isfinite(size), -np.inf, size)
        smallest, largest = int(np.argmin(inside)), int(np.argmax(outside))
        if not outside[largest] > ahead * inside[smallest]:
            return now
        now[smallest], now[largest] = False, True


def _review_rows(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Rows of the first session from the 28th of March and September on."""
    years = np.unique(days.astype("datetime64[Y]")).astype(np.int64) + 1970
    dates = [np.datetime64(f"{year}-{month}-28") for year in years for month in ("03", "09")]
    wanted = np.array([d for d in dates if days[0] < d <= days[-1]], dtype="datetime64[D]")
    return np.searchsorted(days, wanted).astype(np.int64)


def universes_of(
    days: NDArray[np.datetime64], symbols: Sequence[str], sectors: Sequence[str],
    fifty: Mask, hundred: Mask,
) -> Mapping[str, Universe]:  # fmt: skip
    """Name the memberships as the real ones are: nifty_50, nifty_next_50, nifty_100, sector_*."""
    made = {
        "nifty_50": _universe("nifty_50", "NIFTY 50", days, symbols, fifty),
        "nifty_next_50": _universe(
            "nifty_next_50", "NIFTY NEXT 50", days, symbols, hundred & ~fifty
        ),
        "nifty_100": _universe("nifty_100", "NIFTY 100", days, symbols, hundred),
    }
    named = np.array(sectors)
    for sector, name in SECTORS.items():
        within = hundred & (named == sector)
        if within.any():
            made[name] = _universe(name, f"{sector} of the NIFTY 100", days, symbols, within)
    return made


def _universe(
    name: str, title: str, days: NDArray[np.datetime64], symbols: Sequence[str], member: Mask
) -> Universe:
    spells: list[Spell] = []
    dates: list[date] = days.tolist()
    edges = np.diff(member.astype(np.int8), axis=0, prepend=0, append=0)
    for j, symbol in enumerate(symbols):
        begins, ends = np.flatnonzero(edges[:, j] == 1), np.flatnonzero(edges[:, j] == -1)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            start = dates[begin] if begin else None
            spells.append(Spell(symbol, start, dates[end] if end < len(dates) else None))
    return Universe(name, title, tuple(spells))
