"""Checks that a result depends neither on later prices nor on where history begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import Simulation
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import IndexSeries, Mask, Matrix, Panel

_MOST_DIFFERENCES = 100
START_UP_BARS = (30, 60, 120, 200, 300, 500)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a strategy decided on a panel: the entry signals (T, N) and the trades made of them."""

    signal: Mask
    simulation: Simulation


def cut(panel: Panel, start: int, stop: int) -> Panel:
    """Return rows start..stop-1 of `panel`, as if nothing before or after were known.

    But for which symbols stop trading for good: that is announced, not foreseen.
    """
    rows = slice(start, stop)
    return replace(
        panel,
        dates=panel.dates[rows],
        open=panel.open[rows],
        high=panel.high[rows],
        low=panel.low[rows],
        close=panel.close[rows],
        volume=panel.volume[rows],
        member=panel.member[rows],
        indices={
            name: IndexSeries(
                series.open[rows], series.high[rows], series.low[rows], series.close[rows]
            )
            for name, series in panel.indices.items()
        },
        first=min(max(panel.first - start, 0), max(stop - start - 1, 0)),
        last_traded=panel.last_trading_days(),
    )


def lookahead_check(
    panel: Panel, decide: Callable[[Panel], Decisions], *, samples: int = 8, seed: int = 0
) -> dict[str, Any]:
    """Decide again with the future cut off at sampled dates and report whatever changed.

    For each of `samples` dates drawn from the run (its middle always among them): every signal,
    every closed trade and every day's equity up to that date must be the same as in the whole run.
    Returns {"passed", "checked": [date…], "differences": [{"cut", "kind", "date", "symbol"}…]},
    at most 100 differences. Raises InvalidInput when the run is shorter than two days.
    """
    length = panel.dates.size
    if length - panel.first < 2:
        raise InvalidInput("the run is too short to be cut")
    whole = decide(panel)
    differences: list[dict[str, Any]] = []
    rows = _sampled(panel.first, length, samples, seed)
    for row in rows:
        short = decide(cut(panel, 0, row + 1))
        found = _differences(panel, whole, short, row)
        differences += [{"cut": str(panel.dates[row]), **entry} for entry in found]
    return {
        "passed": not differences,
        "checked": [str(panel.dates[row]) for row in rows],
        "differences": differences[:_MOST_DIFFERENCES],
    }


def recursive_analysis(
    panel: Panel,
    values: Callable[[Panel], Mapping[str, Matrix]],
    *,
    start_up_bars: Sequence[int] = START_UP_BARS,
) -> list[dict[str, Any]]:
    """How far indicator values on the last day depend on how much history precedes it.

    values: the indicators (T, N) by name of a panel. Each is computed on the last n bars for every
    n of `start_up_bars` and compared with its value on the whole panel. Returns a row for each
    indicator and n: {"indicator", "start_up_bars", "max_difference_pct", "undefined"}; the
    difference is the largest over the symbols, in percent of the whole panel's value (None when
    there is nothing to compare), undefined the number of symbols that lost their value.
    """
    length = panel.dates.size
    whole = values(panel)
    rows: list[dict[str, Any]] = []
    for bars in sorted(n for n in start_up_bars if 1 <= n < length):
        short = values(cut(panel, length - bars, length))
        for name, matrix in whole.items():
            difference, undefined = _drift(matrix[-1], short[name][-1])
            rows.append(
                {
                    "indicator": name,
                    "start_up_bars": bars,
                    "max_difference_pct": difference,
                    "undefined": undefined,
                }
            )
    return sorted(rows, key=lambda row: (row["indicator"], row["start_up_bars"]))


def _sampled(first: int, length: int, samples: int, seed: int) -> list[int]:
    """Rows to cut after; the last row would cut nothing off."""
    candidates = np.arange(first, length - 1)
    draw = np.random.default_rng(seed)
    chosen = draw.choice(candidates, size=min(samples, candidates.size), replace=False)
    return sorted({*chosen.tolist(), int(candidates[candidates.size // 2])})


def _differences(
    panel: Panel, whole: Decisions, short: Decisions, row: int
) -> Iterator[dict[str, Any]]:
    for day, column in np.argwhere(whole.signal[: row + 1] != short.signal[: row + 1]).tolist():
        yield _difference(panel, "signal", day, column)
    before, after = _closed(whole.simulation, row), _closed(short.simulation, row)
    for trade in sorted(before ^ after):
        yield _difference(panel, "trade", trade[0], trade[1])
    same = whole.simulation.equity[: row + 1] == short.simulation.equity[: row + 1]
    for day in np.flatnonzero(~same[panel.first :])[:1].tolist():
        yield _difference(panel, "equity", day + panel.first, None)


def _difference(panel: Panel, kind: str, day: int, column: int | None) -> dict[str, Any]:
    symbol = None if column is None else panel.symbols[column]
    return {"kind": kind, "date": str(panel.dates[day]), "symbol": symbol}


def _closed(s: Simulation, row: int) -> set[tuple[Any, ...]]:
    """Trades closed up to `row`: entry row, symbol, and everything money hangs on."""
    columns = (
        s.entry_row, s.symbol, s.exit_row, s.quantity, s.entry_price, s.exit_price, s.charges,
        s.exit_reason,
    )  # fmt: skip
    keep = (s.exit_row >= 0) & (s.exit_row <= row)
    return set(zip(*(column[keep].tolist() for column in columns), strict=True))


def _drift(whole: NDArray[np.float64], short: NDArray[np.float64]) -> tuple[float | None, int]:
    known = np.isfinite(whole)
    both = known & np.isfinite(short)
    undefined = int((known & ~both).sum())
    if not both.any():
        return None, undefined
    scale = np.maximum(np.abs(whole[both]), 1e-12)
    worst = float((np.abs(short[both] - whole[both]) / scale).max() * 100)
    return round(worst, 6), undefined
