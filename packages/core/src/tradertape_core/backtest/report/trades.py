"""The trades of a report, row by row and summed up by what they have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import BacktestConfig, ExitReason, Simulation, SkipReason
from tradertape_core.backtest.metrics.trades import TradeTable
from tradertape_core.backtest.report.context import ReportContext
from tradertape_core.backtest.report.series import column, day_names, rows
from tradertape_core.backtest.report.words import (
    SKIP_LABELS,
    entry_fill_rule,
    exit_code,
    exit_fill_rule,
    exit_label,
    exit_sentence,
    skip_code,
)
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.language.rules import Strategy

Ints = NDArray[np.int64]
Heads = list[dict[str, Any]]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# 1970-01-01 was a Thursday.
_EPOCH_WEEKDAY = 3


def trade_rows(
    simulation: Simulation,
    panel: Panel,
    strategy: Strategy,
    config: BacktestConfig,
    *,
    table: TradeTable,
    context: ReportContext,
) -> list[dict[str, Any]]:
    """One dict a trade, in the order of entry, open positions included (exit_date None)."""
    s = simulation
    dates = day_names(panel.dates)
    count = s.symbol.size
    reasons, exit_rules = s.exit_reason.tolist(), s.exit_rule.tolist()
    exit_words = _ExitWords(strategy, config, context)
    ends = [exit_words.of(*key) for key in zip(reasons, exit_rules, strict=True)]
    columns: dict[str, list[Any]] = {
        "id": list(range(1, count + 1)),
        "symbol": [panel.symbols[i] for i in s.symbol.tolist()],
        "sector": [panel.sectors[i] for i in s.symbol.tolist()],
        "signal_date": [dates[i] if i >= 0 else None for i in s.signal_row.tolist()],
        "entry_date": [dates[i] for i in s.entry_row.tolist()],
        "entry_price": column(s.entry_price, 4),
        "exit_date": [dates[i] if i >= 0 else None for i in s.exit_row.tolist()],
        "exit_price": column(s.exit_price, 4),
        "quantity": s.quantity.tolist(),
        "wanted_quantity": s.wanted.tolist(),
        "invested": column(s.invested / 100.0, 2),
        "gross_pnl": column(table.gross_pnl, 2),
        "charges": column(s.charges / 100.0, 2),
        "slippage": column(s.slippage / 100.0, 2),
        "dividends": column(s.dividends / 100.0, 2),
        "net_pnl": column(table.net_pnl, 2),
        "return_pct": column(table.return_pct, 6),
        "initial_stop": column(s.initial_stop, 4),
        "r_multiple": column(table.r_multiple, 6),
        "bars_held": s.bars_held.tolist(),
        "exit_reason": [end[0] for end in ends],
        "exit_rule": [end[1] for end in ends],
        "exit_reason_text": [end[2] for end in ends],
        "entry_fill_rule": [entry_fill_rule(strategy, config)] * count,
        "exit_fill_rule": [end[3] for end in ends],
        "conviction": column(s.conviction, 4),
        "conviction_breakdown": list(context.conviction_at(s.signal_row, s.symbol)),
        "addons": s.addons.tolist(),
        "mae_pct": column(s.mae_pct, 6),
        "mfe_pct": column(s.mfe_pct, 6),
        "entry_reason": [context.entry_reason()] * count,
        "indicators_at_entry": _indicators(context, s.signal_row, s.symbol),
    }
    return rows(tuple(columns), tuple(columns.values()))


class _ExitWords:
    """Code, rule name, sentence and fill rule of an exit; made once for each kind of exit."""

    def __init__(self, strategy: Strategy, config: BacktestConfig, context: ReportContext) -> None:
        self._strategy, self._config, self._context = strategy, config, context
        self._known: dict[tuple[int, int], tuple[str, str | None, str, str]] = {}

    def of(self, reason: int, rule: int) -> tuple[str, str | None, str, str]:
        key = (reason, rule)
        if key not in self._known:
            by_rule = reason == ExitReason.EXIT_RULE and 0 <= rule < len(self._strategy.exit_rules)
            phrase = self._context.exit_reason(rule) if by_rule else ""
            self._known[key] = (
                exit_code(reason),
                self._strategy.exit_rules[rule].name if by_rule else None,
                exit_sentence(self._strategy, reason, rule, phrase),
                exit_fill_rule(self._config, reason),
            )
        return self._known[key]


def _indicators(
    context: ReportContext, signal_rows: Ints, symbols: Ints
) -> list[dict[str, float | None]]:
    values = context.indicators_at(signal_rows, symbols)
    if not values:
        return [{} for _ in range(signal_rows.size)]
    columns = tuple(column(array, 6) for array in values.values())
    return rows(tuple(values), columns)


def exit_breakdown(
    simulation: Simulation, strategy: Strategy, table: TradeTable
) -> list[dict[str, Any]]:
    """Closed trades by why they were closed, the most frequent first."""
    keep = table.closed
    # Rules are counted from -1; a rule has a meaning only with the reason EXIT_RULE.
    pairs = simulation.exit_reason[keep] * 10_000 + simulation.exit_rule[keep] + 1
    kinds, group = np.unique(pairs, return_inverse=True)
    heads: Heads = []
    kind: int
    for kind in kinds.tolist():
        reason, rule = kind // 10_000, kind % 10_000 - 1
        by_rule = reason == ExitReason.EXIT_RULE and 0 <= rule < len(strategy.exit_rules)
        heads.append(
            {
                "exit_reason": exit_code(reason),
                "exit_rule": strategy.exit_rules[rule].name if by_rule else None,
                "label": exit_label(strategy, reason, rule),
            }
        )
    found = _grouped(heads, group, simulation, table)
    return sorted(found, key=lambda row: -row["trades"])


def by_symbol(simulation: Simulation, panel: Panel, table: TradeTable) -> list[dict[str, Any]]:
    """Closed trades by symbol, the most profitable first."""
    kinds, group = np.unique(simulation.symbol[table.closed], return_inverse=True)
    heads: Heads = [
        {"symbol": panel.symbols[i], "sector": panel.sectors[i]} for i in kinds.tolist()
    ]
    return _by_profit(_grouped(heads, group, simulation, table))


def by_sector(simulation: Simulation, panel: Panel, table: TradeTable) -> list[dict[str, Any]]:
    """Closed trades by sector, the most profitable first; unknown sectors as ""."""
    names = sorted(set(panel.sectors))
    place = {name: i for i, name in enumerate(names)}
    of_symbol = np.array([place[name] for name in panel.sectors], dtype=np.int64)
    kinds, group = np.unique(of_symbol[simulation.symbol[table.closed]], return_inverse=True)
    heads: Heads = [{"sector": names[i]} for i in kinds.tolist()]
    return _by_profit(_grouped(heads, group, simulation, table))


def by_year(simulation: Simulation, panel: Panel, table: TradeTable) -> list[dict[str, Any]]:
    """Closed trades by the year of their exit."""
    days = panel.dates[simulation.exit_row[table.closed]]
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    kinds, group = np.unique(years, return_inverse=True)
    return _grouped([{"year": year} for year in kinds.tolist()], group, simulation, table)


def by_weekday(simulation: Simulation, panel: Panel, table: TradeTable) -> list[dict[str, Any]]:
    """Closed trades by the weekday of their entry, Monday first."""
    days = panel.dates[simulation.entry_row[table.closed]].astype("datetime64[D]")
    weekdays = (days.astype(np.int64) + _EPOCH_WEEKDAY) % 7
    kinds, group = np.unique(weekdays, return_inverse=True)
    heads: Heads = [{"weekday": _WEEKDAYS[day]} for day in kinds.tolist()]
    return _grouped(heads, group, simulation, table)


def by_conviction_decile(simulation: Simulation, table: TradeTable) -> list[dict[str, Any]]:
    """Closed trades by tenth of conviction, the lowest first: does a higher score earn more?

    Trades of equal conviction stay together, so a tenth may be missing.
    """
    conviction = simulation.conviction[table.closed]
    lower = np.searchsorted(np.sort(conviction), conviction, side="left")
    kinds, group = np.unique(lower * 10 // max(conviction.size, 1) + 1, return_inverse=True)
    heads: Heads = []
    for i, decile in enumerate(kinds.tolist()):
        inside = conviction[group == i]
        heads.append(
            {
                "decile": decile,
                "conviction_from": round(float(inside.min()), 4),
                "conviction_to": round(float(inside.max()), 4),
            }
        )
    return _grouped(heads, group, simulation, table)


def _grouped(
    heads: Heads, group: NDArray[Any], simulation: Simulation, table: TradeTable
) -> list[dict[str, Any]]:
    keep, count = table.closed, len(heads)
    if count == 0:
        return []
    net = table.net_pnl[keep]
    trades = np.bincount(group, minlength=count)

    def total(values: NDArray[Any]) -> NDArray[np.float64]:
        weights = values.astype(np.float64)
        return np.bincount(group, weights=weights, minlength=count).astype(np.float64)

    wins = total(net > 0)
    columns = (
        heads,
        trades.tolist(),
        wins.astype(np.int64).tolist(),
        column(wins / trades * 100, 4),
        column(total(net), 2),
        column(total(table.gross_pnl[keep]), 2),
        column(total(simulation.charges[keep] / 100.0), 2),
        column(total(table.return_pct[keep]) / trades, 6),
        column(total(simulation.bars_held[keep]) / trades, 4),
    )
    names = ("trades", "winning_trades", "win_rate", "net_pnl", "gross_pnl", "charges")
    names = (*names, "avg_return_pct", "avg_bars_held")
    return [
        head | dict(zip(names, values, strict=True)) for head, *values in zip(*columns, strict=True)
    ]


def _by_profit(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: -row["net_pnl"])


def skipped_rows(simulation: Simulation, panel: Panel) -> list[dict[str, Any]]:
    """Every signal that became no position, with the reason's code; oldest first."""
    s = simulation
    dates = np.array(day_names(panel.dates), dtype=object)
    symbols = np.array(panel.symbols, dtype=object)
    codes = np.full(max(SkipReason) + 1, "", dtype=object)
    for reason in SkipReason:
        codes[reason] = skip_code(reason)
    # A busy strategy skips tens of thousands of signals: a display is built faster than `rows`.
    return [
        {"date": date, "symbol": symbol, "reason": code, "conviction": conviction}
        for date, symbol, code, conviction in zip(
            dates[s.skipped_row].tolist(),
            symbols[s.skipped_symbol].tolist(),
            codes[s.skipped_reason].tolist(),
            column(s.skipped_conviction, 4),
            strict=True,
        )
    ]


def skip_breakdown(simulation: Simulation) -> list[dict[str, Any]]:
    """How many signals each reason cost, with the reason in words, the most frequent first."""
    kinds, counts = np.unique(simulation.skipped_reason, return_counts=True)
    found = [
        {"reason": skip_code(kind), "label": SKIP_LABELS[SkipReason(kind)], "signals": count}
        for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(found, key=lambda row: -row["signals"])
