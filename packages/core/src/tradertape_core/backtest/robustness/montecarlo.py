"""Monte Carlo on a finished run: its days, or its trades, in other draws and other orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput

Floats = NDArray[np.float64]
Method = Literal["daily_blocks", "trade_blocks", "bootstrap", "shuffle"]

MAX_RUNS = 20_000
MAX_DRAWS = 50_000_000  # runs x results
_AT_ONCE = 1_000_000  # draws held in memory
_FAN_POINTS = 100
_FAN = (5, 25, 50, 75, 95)
_UNITS = {
    "daily_blocks": "days",
    "trade_blocks": "days",
    "bootstrap": "trades",
    "shuffle": "trades",
}


def results_of(report: Mapping[str, Any], method: Method) -> Floats:
    """What a method draws from: (K,) results as fractions of the equity before each.

    report: as from `build_report` (or stored). "daily_blocks": every day's change of equity, with
    what open positions gained and lost. "trade_blocks": of every day, the sum of what the trades
    closed on it made, so that trades held at once stay together. Otherwise every closed trade's, in
    the order of exits.
    """
    if method == "daily_blocks":
        capital = float(report["summary"]["starting_capital"])
        equity = np.array([capital, *(row["equity"] for row in report["equity_curve"])])
        return np.where(equity[:-1] > 0, equity[1:] / np.maximum(equity[:-1], 1e-9) - 1, 0.0)
    fractions = trade_fractions(report)
    if method != "trade_blocks":
        return fractions
    days = {row["date"]: 0.0 for row in report["equity_curve"]}
    for trade, fraction in zip(_by_exit(report), fractions.tolist(), strict=True):
        days[trade["exit_date"]] += fraction
    return np.array(list(days.values()), dtype=np.float64)


def trade_fractions(report: Mapping[str, Any]) -> Floats:
    """Net result of each closed trade as a fraction of the equity on the day before its entry.

    report: as from `build_report` (or stored). Returns (K,) in the order of exits.
    """
    curve: Sequence[Mapping[str, Any]] = report["equity_curve"]
    capital = float(report["summary"]["starting_capital"])
    before = {row["date"]: capital for row in curve[:1]}
    for previous, row in pairwise(curve):
        before[row["date"]] = previous["equity"]
    return np.array(
        [trade["net_pnl"] / before.get(trade["entry_date"], capital) for trade in _by_exit(report)],
        dtype=np.float64,
    )


def _by_exit(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(report["trades"], key=lambda trade: (trade["exit_date"], trade["id"]))


def monte_carlo(
    results: Floats,
    *,
    starting_capital: float,
    method: Method = "bootstrap",
    runs: int = 1_000,
    seed: int = 0,
    ruin_pct: float = 50.0,
    block_days: int = 20,
    actual_drawdown: float | None = None,
) -> dict[str, Any]:
    """Compound the results in many other sequences and return the distribution of the capital.

    results: (K,), as `results_of` gives for the method. method: "daily_blocks" and "trade_blocks"
    draw stretches of days, of `block_days` on average, until there are K, so that what came
    together stays together; "bootstrap" draws K trades with replacement, each by itself; "shuffle"
    keeps the trades and changes their order, so that only the path varies and the end does not.
    ruin_pct: a run is ruined once it has lost that share of its starting capital. actual_drawdown:
    the run's own deepest drawdown, percent and negative; the 5th percentile is never milder.

    p5, p50, p95 are percentiles of the end equity in rupees; max_drawdown holds those of the
    deepest drawdown in percent (p5 is the bad end), and how many percent of the draws are milder
    than the actual one; risk_of_ruin is percent of runs; fan has percentiles of equity after so
    many results, days or trades by `unit`. Single trades are compounded one after another.
    Source of the block draws: Politis and Romano, The Stationary Bootstrap, 1994.
    Raises InvalidInput for fewer than two results or too many draws.
    """
    unit = _UNITS[method]
    _check(results, unit, runs, ruin_pct, block_days)
    draw = np.random.default_rng(seed)
    count = results.size
    places = _fan_places(count)
    ends, worst, lowest = (np.empty(runs) for _ in range(3))
    fan = np.empty((runs, places.size))
    growth = np.maximum(1 + results, 0.0)  # a loss above the whole equity ends at 0, not below
    for first in range(0, runs, max(1, _AT_ONCE // count)):
        part = slice(first, min(runs, first + max(1, _AT_ONCE // count)))
        size = part.stop - part.start
        paths = np.empty((size, count + 1))
        paths[:, 0] = starting_capital
        order = _order(draw, method, size, count, block_days)
        np.cumprod(growth[order], axis=1, out=paths[:, 1:])
        paths[:, 1:] *= starting_capital
        ends[part], lowest[part] = paths[:, -1], paths.min(axis=1)
        worst[part] = (paths / np.maximum.accumulate(paths, axis=1)).min(axis=1) * 100 - 100
        fan[part] = paths[:, places]
    ruined = lowest <= starting_capital * (1 - ruin_pct / 100)
    levels = np.percentile(ends, (5, 50, 95))
    return {
        "method": method,
        "unit": unit,
        "runs": runs,
        "seed": seed,
        "results": count,
        "p5": round(float(levels[0]), 2),
        "p50": round(float(levels[1]), 2),
        "p95": round(float(levels[2]), 2),
        "max_drawdown": _drawdowns(worst, actual_drawdown),
        "loss_probability": round(float((ends < starting_capital).mean() * 100), 4),
        "ruin_pct": ruin_pct,
        "risk_of_ruin": round(float(ruined.mean() * 100), 4),
        "fan": _fan(fan, places),
    }


def _order(
    draw: np.random.Generator, method: Method, runs: int, count: int, block_days: int
) -> NDArray[np.int64]:
    """(runs, count) which result comes when."""
    if method == "shuffle":
        return draw.permuted(np.tile(np.arange(count), (runs, 1)), axis=1)
    if method == "bootstrap":
        return draw.integers(0, count, size=(runs, count))
    starts = draw.integers(0, count, size=(runs, count))
    is_start = draw.random((runs, count)) < 1 / block_days
    is_start[:, 0] = True
    places = np.arange(count)
    begun = np.maximum.accumulate(np.where(is_start, places, 0), axis=1)
    return (np.take_along_axis(starts, begun, axis=1) + places - begun) % count


def _check(results: Floats, unit: str, runs: int, ruin_pct: float, block_days: int) -> None:
    if results.size < 2:
        what = "closed trades" if unit == "trades" else "days"
        raise InvalidInput(f"needs at least 2 {what}, the run has {results.size}")
    if not 1 <= runs <= MAX_RUNS or runs * results.size > MAX_DRAWS:
        most = min(MAX_RUNS, MAX_DRAWS // results.size)
        raise InvalidInput(f"runs must be between 1 and {most:,}", pointer="/runs")
    if not 0 < ruin_pct <= 100:
        raise InvalidInput("ruin_pct must be above 0 and at most 100", pointer="/ruin_pct")
    if not 1 <= block_days <= 250:
        raise InvalidInput("block_days must be between 1 and 250", pointer="/block_days")


def _drawdowns(worst: Floats, actual: float | None) -> dict[str, float | None]:
    found = np.percentile(worst, (5, 50, 95)).round(6).tolist()
    milder = None if actual is None else round(float((worst > actual).mean() * 100), 4)
    unlucky = found[0] if actual is None else min(found[0], round(actual, 6))
    return {"p5": unlucky, "p50": found[1], "p95": found[2], "actual": actual, "milder_pct": milder}


def _fan_places(count: int) -> NDArray[np.int64]:
    """No more than 100 evenly spaced numbers of results, from 0 to all."""
    points = min(count + 1, _FAN_POINTS)
    return np.arange(points, dtype=np.int64) * count // (points - 1)


def _fan(values: Floats, places: NDArray[np.int64]) -> list[dict[str, Any]]:
    levels = np.percentile(values, _FAN, axis=0).round(2).T
    return [
        {"step": step} | {f"p{level}": value for level, value in zip(_FAN, row, strict=True)}
        for step, row in zip(places.tolist(), levels.tolist(), strict=True)
    ]
