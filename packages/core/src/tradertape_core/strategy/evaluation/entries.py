"""The symbols a strategy would buy at each close: rules, filters, regime, conviction, rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.panel import Mask, Matrix, Panel
from tradertape_core.market.sectors import sector_key
from tradertape_core.strategy.evaluation.conviction import Cells, Points, score
from tradertape_core.strategy.evaluation.evaluate import Evaluation
from tradertape_core.strategy.language import rules


@dataclass(frozen=True, slots=True)
class Entries:
    """The entry signals of a panel, decided at each close for the next day.

    signal: (T, N) entry rules hold, filters pass, the symbol is a member and has a candle.
    conviction: (T, N) 0 to 100, unrounded; NaN where there is no signal.
    regime_ok: (T,) the regime filter allows entries; a null does not. It is not part of signal.
    insufficient: (T,) members with a candle whose entry rules could not be decided.
    turnover: (T, N) turnover_20d in rupees, which breaks ties of conviction.
    row, column: the signals in the order they are served: by date, then conviction falling,
      turnover falling (unknown last), symbol rising. (K,)
    starts: (T + 1,) signals of date t are row[starts[t]:starts[t + 1]].
    warnings: filters that the data set cannot serve.
    """

    signal: Mask
    conviction: Matrix
    regime_ok: NDArray[np.bool_]
    insufficient: NDArray[np.int64]
    turnover: Matrix
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    starts: NDArray[np.intp]
    warnings: tuple[str, ...] = ()


def evaluate_entries(strategy: rules.Strategy, evaluation: Evaluation) -> Entries:
    """Evaluate when and what the strategy would buy on the evaluation's panel."""
    panel, cache = evaluation.panel, evaluation.cache
    truth = evaluation.holds(strategy.entry_rules)
    open_to = panel.member if cache.candles.is_full else panel.member & cache.candles.present
    signal = truth.yes & open_to & passes_filters(strategy.filters, evaluation)
    cells = _cells(signal)
    rows, columns = cells
    points = score(strategy, evaluation, cells)
    conviction = np.full(panel.shape, np.nan)
    conviction[cells] = points
    turnover = cache.named("turnover_20d")
    served = _served(cells, points, turnover)
    return Entries(
        signal=signal,
        conviction=conviction,
        regime_ok=regime_ok(strategy, evaluation),
        insufficient=np.count_nonzero(truth.null & open_to, axis=1),
        turnover=turnover,
        row=rows[served],
        column=columns[served],
        starts=np.searchsorted(rows, np.arange(panel.shape[0] + 1)),
        warnings=filter_warnings(strategy.filters, panel),
    )


def _cells(signal: Mask) -> Cells:
    """`np.nonzero`, in half its time."""
    flat = np.flatnonzero(signal)
    rows = flat // max(1, signal.shape[1])
    return rows, flat - rows * signal.shape[1]


def _served(cells: Cells, points: Points, turnover: Matrix) -> NDArray[np.intp]:
    """The order in which signals get the cash; columns of a panel are ordered by symbol.

    Two quick sorts by row and points, then the slow exact one for ties alone.
    """
    rows, columns = cells
    order = np.argsort(-points)
    order = order[np.argsort(_narrow(rows[order]), kind="stable")]
    row, point = rows[order], points[order]
    is_tied = np.zeros(order.size + 1, dtype=np.bool_)
    is_tied[1:-1] = (row[1:] == row[:-1]) & (point[1:] == point[:-1])
    tied = is_tied[1:] | is_tied[:-1]
    some = order[tied]
    known = turnover[rows[some], columns[some]]
    known = np.where(np.isnan(known), -np.inf, known)
    order[tied] = some[np.lexsort((columns[some], -known, -points[some], rows[some]))]
    return order


def _narrow(rows: NDArray[np.intp]) -> NDArray[np.intp] | NDArray[np.int16]:
    """Row numbers as 16 bits where they fit: numpy sorts those by radix."""
    return rows.astype(np.int16) if rows.size and rows.max() < 2**15 else rows


def regime_ok(strategy: rules.Strategy, evaluation: Evaluation) -> NDArray[np.bool_]:
    """(T,) True where the regime filter holds, or everywhere without one."""
    if strategy.regime_filter is None:
        return np.ones(evaluation.panel.shape[0], dtype=np.bool_)
    return evaluation.regime(strategy.regime_filter.condition) == 1


# --- filters --------------------------------------------------------------------------------------


def passes_filters(filters: rules.Filters, evaluation: Evaluation) -> Mask:
    """Where a symbol passes every filter, broadcasting to (T, N); an unknown value fails."""
    panel, cache = evaluation.panel, evaluation.cache
    passed: Mask = allowed_symbols(filters, panel)[None, :]
    is_priced = filters.min_price is not None or filters.max_price is not None
    close = panel.traded_close() if is_priced else panel.close
    if filters.min_price is not None:
        passed = passed & (close >= filters.min_price)
    if filters.max_price is not None:
        passed = passed & (close <= filters.max_price)
    if filters.min_turnover_20d is not None:
        passed = passed & (cache.named("turnover_20d") >= filters.min_turnover_20d)
    if filters.min_history_bars:
        passed = passed & (cache.candles.history() >= filters.min_history_bars)
    return passed


def allowed_symbols(filters: rules.Filters, panel: Panel) -> NDArray[np.bool_]:
    """(N,) symbols that the lists of symbols and sectors let through. Case does not matter."""
    excluded = set(filters.exclude_symbols)
    include = set(map(sector_key, filters.include_sectors))
    exclude = set(map(sector_key, filters.exclude_sectors))
    return np.array(
        [
            symbol not in excluded
            and (not include or sector_key(sector) in include)
            and sector_key(sector) not in exclude
            for symbol, sector in zip(panel.symbols, panel.sectors, strict=True)
        ],
        dtype=np.bool_,
    )


def filter_warnings(filters: rules.Filters, panel: Panel) -> tuple[str, ...]:
    """What the filters ask for and the panel cannot give."""
    known = set(map(sector_key, panel.sectors))
    asked = (*filters.include_sectors, *filters.exclude_sectors)
    unknown = sorted({sector for sector in asked if sector_key(sector) not in known})
    warnings = [f'No stock of this universe is in the sector "{sector}".' for sector in unknown]
    if filters.exclude_surveillance:
        warnings.append(
            "exclude_surveillance had no effect: this data set has no feed of surveillance lists."
        )
    if filters.exclude_result_days:
        warnings.append(
            "exclude_result_days had no effect: this data set has no feed of result dates."
        )
    return tuple(warnings)
