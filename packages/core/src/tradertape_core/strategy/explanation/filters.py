"""The universe filters of one date and symbol: what each asked for and what it saw."""

from __future__ import annotations

import math

from tradertape_core.market.sectors import sector_key
from tradertape_core.strategy.english.operands import amount
from tradertape_core.strategy.evaluation.evaluate import Evaluation
from tradertape_core.strategy.language import rules

Json = dict[str, object]


def checked_filters(
    filters: rules.Filters, evaluation: Evaluation, row: int, column: int
) -> list[Json]:
    """Each filter that is set: name, passed, saw (a clause with the value)."""
    panel, cache = evaluation.panel, evaluation.cache
    close = float(panel.traded_close()[row, column])
    checks: list[Json] = []
    if filters.min_price is not None:
        checks.append(_least("min_price", "the close", close, filters.min_price))
    if filters.max_price is not None:
        passed = close <= filters.max_price
        text = f"the close {_rupees(close)} is {'at most' if passed else 'above'}"
        checks.append(_check("max_price", f"{text} {_rupees(filters.max_price)}", passed=passed))
    if filters.min_turnover_20d is not None:
        turnover = float(cache.named("turnover_20d")[row, column])
        name = "the 20-day average turnover"
        checks.append(_least("min_turnover_20d", name, turnover, filters.min_turnover_20d))
    if filters.min_history_bars:
        bars = int(cache.candles.history()[row, column])
        passed = bars >= filters.min_history_bars
        need = f"of {filters.min_history_bars} days of history"
        checks.append(_check("min_history_bars", f"{bars} {need} are there", passed=passed))
    return checks + _lists(filters, panel.symbols[column], panel.sectors[column])


def _lists(filters: rules.Filters, symbol: str, sector: str) -> list[Json]:
    checks: list[Json] = []
    folded, named = sector_key(sector), sector or "unknown"
    if filters.exclude_symbols:
        passed = symbol not in filters.exclude_symbols
        text = f"{symbol} is {'not ' if passed else ''}on the list of excluded stocks"
        checks.append(_check("exclude_symbols", text, passed=passed))
    if filters.include_sectors:
        passed = folded in set(map(sector_key, filters.include_sectors))
        text = f"its sector, {named}, is {'' if passed else 'not '}among those to include"
        checks.append(_check("include_sectors", text, passed=passed))
    if filters.exclude_sectors:
        passed = folded not in set(map(sector_key, filters.exclude_sectors))
        text = f"its sector, {named}, is {'not ' if passed else ''}excluded"
        checks.append(_check("exclude_sectors", text, passed=passed))
    return checks


def _least(key: str, noun: str, value: float, least: float) -> Json:
    if math.isnan(value):
        return _check(key, f"not enough history: {noun}", passed=False)
    passed = value >= least
    verb = "is at least" if passed else "is below"
    return _check(key, f"{noun} {_rupees(value)} {verb} {_rupees(least)}", passed=passed)


def _rupees(value: float) -> str:
    return amount(round(value, 2), "rupees") if math.isfinite(value) else "unknown"


def _check(key: str, saw: str, *, passed: bool) -> Json:
    return {"name": key, "passed": passed, "saw": saw}
