"""Why a strategy would buy a symbol on a day, or why not: every rule with what it saw."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.english.conditions import clause, denial
from tradertape_core.strategy.english.operands import Wording, amount, number, unit
from tradertape_core.strategy.english.sentences import wording
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.conviction import Cells, breakdown, score
from tradertape_core.strategy.evaluation.entries import filter_warnings
from tradertape_core.strategy.evaluation.evaluate import Evaluation, for_strategy
from tradertape_core.strategy.explanation.filters import checked_filters
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.walk import children

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One date and symbol of an evaluation, and the words of the strategy."""

    evaluation: Evaluation
    row: int
    column: int
    words: Wording

    def verdict(self, node: rules.Condition) -> bool | None:
        found = int(self.evaluation.truth(node)[self.row, self.column])
        return None if found < 0 else bool(found)

    def value(self, operand: rules.Operand) -> float | None:
        found = float(self.evaluation.value(operand)[self.row, self.column])
        return found if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class _Seen(Wording):
    """Nouns with the values they had: "RSI(14) 47.3"."""

    cell: _Cell

    def noun(self, operand: rules.Operand) -> str:
        noun = self.cell.words.noun(operand)
        value = self.cell.value(operand)
        if isinstance(operand, rules.Number) or value is None:
            return noun
        return f"{noun} {_shown(value, unit(operand))}"


def explain(
    strategy: rules.Strategy,
    panel: Panel,
    symbol: str,
    day: date,
    *,
    cache: IndicatorCache | None = None,
) -> Json:
    """Explain the decision at the close of `day` about buying `symbol`; JSON-ready.

    Returns symbol, date, is_signal, would_buy (signal and regime), conclusion (one line), candle,
    is_member, entry (the tree: type, english, verdict true/false/null, operands with values,
    children), filters, regime, conviction (score, base, minimum, breakdown), warnings.
    Raises InvalidInput when the panel has no such symbol or date.
    """
    row, column = _position(panel, symbol, day)
    evaluation = for_strategy(panel, strategy, cache=cache)
    cell = _Cell(evaluation, row, column, wording(strategy))
    has_candle = bool(evaluation.cache.candles.present[row, column])
    is_member = bool(panel.member[row, column])
    entry = _tree(strategy.entry_rules, cell)
    filters = checked_filters(strategy.filters, evaluation, row, column)
    regime = _regime(strategy, evaluation, row)
    is_signal = (
        has_candle
        and is_member
        and entry["verdict"] is True
        and all(each["passed"] for each in filters)
    )
    is_open = regime is None or regime["verdict"] is True
    halves = strategy.regime_filter and strategy.regime_filter.when_false == "halve_size"
    return {
        "symbol": symbol,
        "date": day.isoformat(),
        "is_signal": is_signal,
        "would_buy": is_signal and (is_open or bool(halves)),
        "conclusion": _conclusion(strategy, cell, has_candle, is_member, filters, regime),
        "candle": _candle(panel, row, column),
        "is_member": is_member,
        "entry": entry,
        "filters": filters,
        "regime": regime,
        "conviction": _conviction(strategy, cell),
        "warnings": list(filter_warnings(strategy.filters, panel)),
    }


def _position(panel: Panel, symbol: str, day: date) -> tuple[int, int]:
    if symbol not in panel.symbols:
        raise InvalidInput(f"no prices of {symbol} in this universe")
    row = int(np.searchsorted(panel.dates, np.datetime64(day, "D")))
    if row >= panel.dates.size or panel.dates[row] != np.datetime64(day, "D"):
        raise InvalidInput(f"{day.isoformat()} is no trading day of this data")
    return row, panel.symbols.index(symbol)


def _candle(panel: Panel, row: int, column: int) -> Json | None:
    names = ("open", "high", "low", "close", "volume")
    values = {name: float(getattr(panel, name)[row, column]) for name in names}
    if math.isnan(values["close"]):
        return None
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _tree(node: rules.Condition, cell: _Cell) -> Json:
    """A condition with its verdict, the operands it compared, and the conditions inside it."""
    inside = [child for child in children(node) if isinstance(child, rules.Condition)]
    operands = [child for child in children(node) if isinstance(child, rules.Operand)]
    verdict = cell.verdict(node)
    return {
        "type": _kind(node),
        "english": clause(node, cell.words),
        "verdict": verdict,
        "saw": _saw(node, cell, holds=verdict),
        "operands": [_operand(each, cell) for each in operands],
        "conditions": [_tree(each, cell) for each in inside],
    }


def _kind(node: rules.Condition) -> str:
    return "for_bars" if isinstance(node, rules.ForBars) else type(node).__name__.lower()


def _operand(operand: rules.Operand, cell: _Cell) -> Json:
    value = cell.value(operand)
    return {"english": cell.words.noun(operand), "value": value, "unit": unit(operand)}


def _saw(node: rules.Condition, cell: _Cell, *, holds: bool | None) -> str:
    """The clause that came out, with the values seen: "RSI(14) 47.3 is not below 40"."""
    if holds is None:
        unknown = [
            cell.words.noun(child)
            for child in children(node)
            if isinstance(child, rules.Operand) and cell.value(child) is None
        ]
        what = " and ".join(unknown) if unknown else clause(node, cell.words)
        return f"not enough history: {what}"
    seen = _Seen(cell.words.index, cell.words.params, cell)
    return clause(node, seen) if holds else denial(node, seen)


def _shown(value: float, kind: str) -> str:
    """A value as read off a screen: two decimals, one from 10 on where it is no price."""
    if kind in ("rupees", "points"):
        return amount(round(value, 2), kind)
    return amount(round(value, 1 if abs(value) >= 10 else 2), kind)


def _regime(strategy: rules.Strategy, evaluation: Evaluation, row: int) -> Json | None:
    regime = strategy.regime_filter
    if regime is None:
        return None
    cell = _Cell(evaluation.market(), row, 0, wording(strategy))
    tree = _tree(regime.condition, cell)
    return {"index": regime.index, "when_false": regime.when_false, **tree}


def _conviction(strategy: rules.Strategy, cell: _Cell) -> Json:
    lines = breakdown(strategy, cell.evaluation, cell.row, cell.column)
    return {
        "score": float(score(strategy, cell.evaluation, _at(cell))[0]),
        "base": strategy.config.conviction_base,
        "minimum": strategy.config.min_conviction,
        "breakdown": [{"name": x.name, "input": x.input, "points": x.points} for x in lines],
    }


# --- the one line ---------------------------------------------------------------------------------


def _conclusion(
    strategy: rules.Strategy,
    cell: _Cell,
    has_candle: bool,
    is_member: bool,
    filters: list[Json],
    regime: Mapping[str, object] | None,
) -> str:
    if not has_candle:
        return "Not bought: no candle that day"
    if not is_member:
        return "Not bought: no member of the universe that day"
    failed = [str(each["saw"]) for each in filters if not each["passed"]]
    if failed:
        return f"Not bought: {failed[0]}"
    if cell.verdict(strategy.entry_rules) is not True:
        return f"Not bought: {_culprit(strategy.entry_rules, cell)}"
    if regime is not None and regime["verdict"] is not True:
        if regime["when_false"] == "halve_size":
            return f"Bought at half size: {regime['saw']}"
        return f"Not bought: {regime['saw']}"
    points = float(score(strategy, cell.evaluation, _at(cell))[0])
    if points < strategy.config.min_conviction:
        least = number(strategy.config.min_conviction)
        return f"Not bought: conviction {points:.1f} is below the minimum of {least}"
    return f"Bought if cash and a slot are free, conviction {points:.1f}"


def _at(cell: _Cell) -> Cells:
    return np.array([cell.row]), np.array([cell.column])


def _culprit(node: rules.Condition, cell: _Cell) -> str:
    """What kept the entry from being true: false conditions before unknown ones."""
    if isinstance(node, rules.And):
        verdicts = [(cell.verdict(each), each) for each in node.conditions]
        false = [each for verdict, each in verdicts if verdict is False]
        unknown = [each for verdict, each in verdicts if verdict is None]
        return _culprit((false or unknown)[0], cell)
    return _saw(node, cell, holds=cell.verdict(node))
