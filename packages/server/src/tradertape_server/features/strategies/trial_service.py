"""Use cases of a trial: where a strategy would have bought one symbol, and why on a given day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.entries import Entries, evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.explanation.explain import explain
from tradertape_core.strategy.language.rules import Strategy
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.market.service import MarketService

Json = dict[str, Any]
HISTOGRAM_STEP = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """A document and a symbol; `universe` decides membership and cross-sectional ranks."""

    document: Mapping[str, Any]
    symbol: str
    universe: str
    data_set: str | None = None


@dataclass(frozen=True, slots=True)
class TrialService:
    """Evaluates unsaved documents; stores nothing."""

    market: MarketService

    def signals(self, trial: Trial, start: date, end: date) -> Json:
        """Candles of one symbol with the closes at which the strategy would have bought.

        Raises InvalidDocument for an invalid document, InvalidInput for a symbol or date that the
        data set does not have.
        """
        strategy = parse_strategy(trial.document)
        panel = self._panel(trial, strategy, start, end)
        column = _column(panel, trial)
        entries = evaluate_entries(strategy, for_strategy(panel, strategy))
        self.market.require_unchanged(trial.data_set)
        present = ~np.isnan(panel.close[panel.first :, column])
        rows: list[int] = (panel.first + np.flatnonzero(present)).tolist()
        return {
            "symbol": panel.symbols[column],
            "universe": trial.universe,
            "simulated": panel.simulated,
            "data_version": panel.data_version,
            "candles": [_candle(panel, row, column) for row in rows],
            "signals": [
                _signal(panel, entries, row, column) for row in rows if entries.signal[row, column]
            ],
            "conviction_histogram": _histogram(entries.conviction[panel.first :]),
            "warnings": [*panel.universe_warnings, *entries.warnings],
        }

    def explain(self, trial: Trial, day: date, start: date | None = None) -> Json:
        """The rule tree with its values at one close, and a conclusion in one line.

        start: the first day of the run, or of the signals, that the close belongs to: averages such
        as the RSI have then seen the same history.
        """
        strategy = parse_strategy(trial.document)
        if start is not None and start > day:
            raise InvalidInput("start_date must not be after day", pointer="/start_date")
        panel = self._panel(trial, strategy, start or day, day)
        _column(panel, trial)
        tree = explain(strategy, panel, _plain(trial.symbol), day)
        self.market.require_unchanged(trial.data_set)
        return tree

    def _panel(self, trial: Trial, strategy: Strategy, start: date, end: date) -> Panel:
        return self.market.panel(
            trial.universe,
            start,
            end,
            data_set=trial.data_set,
            warm_up_bars=warm_up_bars(strategy),
        )


def _plain(symbol: str) -> str:
    return symbol.strip().upper().removeprefix("NSE:")


def _column(panel: Panel, trial: Trial) -> int:
    wanted = _plain(trial.symbol)
    if wanted not in panel.symbols:
        raise InvalidInput(
            f"{wanted} is not in {trial.universe} on these days: choose one of its symbols, or the "
            f"universe custom:{wanted}",
            pointer="/symbol",
        )
    return panel.symbols.index(wanted)


def _candle(panel: Panel, row: int, column: int) -> Json:
    return {
        "date": str(panel.dates[row]),
        "open": float(panel.open[row, column]),
        "high": float(panel.high[row, column]),
        "low": float(panel.low[row, column]),
        "close": float(panel.close[row, column]),
        "volume": float(panel.volume[row, column]),
    }


def _signal(panel: Panel, entries: Entries, row: int, column: int) -> Json:
    return {
        "date": str(panel.dates[row]),
        "close": float(panel.close[row, column]),
        "conviction": round(float(entries.conviction[row, column]), 4),
        "regime_ok": bool(entries.regime_ok[row]),
    }


def _histogram(conviction: np.ndarray[Any, Any]) -> list[Json]:
    """The distribution of the convictions of all signals of the universe."""
    edges = np.arange(0, 101, HISTOGRAM_STEP)
    counts, _ = np.histogram(conviction[~np.isnan(conviction)], bins=edges)
    return [
        {"from": int(low), "to": int(low) + HISTOGRAM_STEP, "signals": int(count)}
        for low, count in zip(edges[:-1], counts, strict=True)
    ]
