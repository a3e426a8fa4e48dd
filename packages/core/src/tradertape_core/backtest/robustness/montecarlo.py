"""Monte Carlo on trades: the same trades in other orders and other draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput

Floats = NDArray[np.float64]
Method = Literal["bootstrap", "shuffle"]

MAX_RUNS = 20_000
MAX_DRAWS = 5_000_000  # runs x trades; 40 MB an array
_FAN_POINTS = 100
_FAN = (5, 25, 50, 75, 95)


def trade_fractions(report: Mapping[str, Any]) -> Floats:
    """Net result of each closed trade as a fraction of the equity on the day before its entry.

    report: as from `build_report` (or stored). Returns (K,) in the order of exits.
    """
    curve: Sequence[Mapping[str, Any]] = report["equity_curve"]
    capital = float(report["summary"]["starting_capital"])
    before = {row["date"]: capital for row in curve[:1]}
    for previous, row in pairwise(curve):
        before[row["date"]] = previous["equity"]
    trades = sorted(report["trades"], key=lambda trade: (trade["exit_date"], trade["id"]))
    return np.array(
        [trade["net_pnl"] / before.get(trade["entry_date"], capital) for trade in trades],
        dtype=np.float64,
    )


def monte_carlo(
    fractions: Floats,
    *,
    starting_capital: float,
    method: Method = "bootstrap",
    runs: int = 1_000,
    seed: int = 0,
    ruin_pct: float = 50.0,
) -> dict[str, Any]:
    """Compound the trades in many other sequences and return the distribution of the capital.

    fractions: (K,) result of each trade as a fraction of the equity before it. method: "bootstrap"
    draws K trades with replacement, so that luck with single trades shows; "shuffle" keeps the
    trades and changes their order, so that only the path varies and the end does not. ruin_pct:
    a run is ruined once it has lost that share of its starting capital.

    p5, p50, p95 are percentiles of the end equity in rupees; max_drawdown holds those of the
    deepest drawdown in percent (p5 is the bad end); risk_of_ruin is percent of runs; fan has
    percentiles of equity after so many trades. Trades are compounded one after another, so
    positions held at once count as if they followed each other.
    Raises InvalidInput for fewer than two trades or too many draws.
    """
    _check(fractions, runs, ruin_pct)
    draw = np.random.default_rng(seed)
    count = fractions.size
    if method == "bootstrap":
        order = draw.integers(0, count, size=(runs, count))
    else:
        order = draw.permuted(np.tile(np.arange(count), (runs, 1)), axis=1)
    paths = np.empty((runs, count + 1))
    paths[:, 0] = starting_capital
    # A loss above the whole equity (charges on an almost empty account) ends at 0, not below.
    np.cumprod(np.maximum(1 + fractions[order], 0.0), axis=1, out=paths[:, 1:])
    paths[:, 1:] *= starting_capital
    worst = (paths / np.maximum.accumulate(paths, axis=1)).min(axis=1) * 100 - 100
    ruined = paths.min(axis=1) <= starting_capital * (1 - ruin_pct / 100)
    ends = np.percentile(paths[:, -1], (5, 50, 95))
    return {
        "method": method,
        "runs": runs,
        "seed": seed,
        "trades": count,
        "p5": round(float(ends[0]), 2),
        "p50": round(float(ends[1]), 2),
        "p95": round(float(ends[2]), 2),
        "max_drawdown": _percentiles(worst, (5, 50, 95), 6),
        "loss_probability": round(float((paths[:, -1] < starting_capital).mean() * 100), 4),
        "ruin_pct": ruin_pct,
        "risk_of_ruin": round(float(ruined.mean() * 100), 4),
        "fan": _fan(paths),
    }


def _check(fractions: Floats, runs: int, ruin_pct: float) -> None:
    if fractions.size < 2:
        raise InvalidInput(f"needs at least 2 closed trades, the run has {fractions.size}")
    if not 1 <= runs <= MAX_RUNS or runs * fractions.size > MAX_DRAWS:
        most = min(MAX_RUNS, MAX_DRAWS // fractions.size)
        raise InvalidInput(f"runs must be between 1 and {most:,}", pointer="/runs")
    if not 0 < ruin_pct <= 100:
        raise InvalidInput("ruin_pct must be above 0 and at most 100", pointer="/ruin_pct")


def _fan(paths: Floats) -> list[dict[str, Any]]:
    """Percentiles of equity at no more than 100 evenly spaced numbers of trades."""
    count = paths.shape[1] - 1
    points = min(count + 1, _FAN_POINTS)
    places = np.arange(points, dtype=np.int64) * count // (points - 1)
    levels = np.percentile(paths[:, places], _FAN, axis=0).round(2).T
    return [
        {"trade": trade} | {f"p{level}": value for level, value in zip(_FAN, row, strict=True)}
        for trade, row in zip(places.tolist(), levels.tolist(), strict=True)
    ]


def _percentiles(values: Floats, levels: tuple[int, ...], digits: int) -> dict[str, float]:
    found = np.percentile(values, levels).round(digits).tolist()
    return {f"p{level}": value for level, value in zip(levels, found, strict=True)}
