"""Walk-forward: choose parameters on one stretch, test them on the next, and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tradertape_core.backtest.metrics.returns import cagr_pct
from tradertape_core.backtest.metrics.summary import finite
from tradertape_core.kernel.errors import InvalidInput

MAX_WINDOWS = 60


@dataclass(frozen=True, slots=True)
class Window:
    """Choose on train_start..train_end, test on test_start..test_end; both inclusive."""

    train_start: date
    train_end: date
    test_start: date
    test_end: date


@dataclass(frozen=True, slots=True)
class Choice:
    """The in-sample choice: parameter values and their headline figures there."""

    parameters: Mapping[str, Any]
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """The out-of-sample result of the chosen parameters.

    figures: the headline figures; dates and equity: the curve, rupees; starting_capital: what it
    started from.
    """

    figures: Mapping[str, Any]
    dates: Sequence[str]
    equity: Sequence[float]
    starting_capital: float


def walk_forward_windows(
    start: date, end: date, *, train_months: int = 24, test_months: int = 6, anchored: bool = False
) -> list[Window]:
    """Split start..end (inclusive) into windows whose test stretches follow on each other.

    anchored: every training stretch begins at `start` and grows; otherwise it rolls along with a
    fixed length. A last test stretch shorter than half of test_months is left out.
    Raises InvalidInput when not one window fits, or more than 60 would.
    """
    if train_months < 1 or test_months < 1:
        raise InvalidInput("train_months and test_months must be at least 1")
    windows: list[Window] = []
    shift = 0
    while True:
        test_start = _add_months(start, train_months + shift)
        shortest = _add_months(test_start, max(1, test_months // 2)) - _DAY
        if shortest > end:
            break
        whole = _add_months(start, train_months + shift + test_months) - _DAY
        train_start = start if anchored else _add_months(start, shift)
        windows.append(Window(train_start, test_start - _DAY, test_start, min(whole, end)))
        shift += test_months
    if not 1 <= len(windows) <= MAX_WINDOWS:
        raise InvalidInput(
            f"{len(windows)} windows of {train_months} + {test_months} months between {start} and "
            f"{end}; 1 to {MAX_WINDOWS} must fit"
        )
    return windows


def walk_forward(
    windows: Sequence[Window],
    choose: Callable[[Window], Choice],
    prove: Callable[[Window, Mapping[str, Any]], Proof],
    *,
    starting_capital: float,
) -> dict[str, Any]:
    """Run every window through the two callbacks and put the results together."""
    done: list[tuple[Window, Choice, Proof]] = []
    for window in windows:
        choice = choose(window)
        done.append((window, choice, prove(window, choice.parameters)))
    return stitch(done, starting_capital=starting_capital)


def stitch(
    done: Sequence[tuple[Window, Choice, Proof]], *, starting_capital: float
) -> dict[str, Any]:
    """Put finished windows together: a row each, and one out-of-sample curve.

    Each stretch starts with cash and the capital the stretch before ended with (its curve is
    scaled, so quantities are those of the stretch's own capital). efficiency is the out-of-sample
    growth rate over the mean in-sample one; below 0.5 the choice did not carry over.
    """
    curve: list[dict[str, Any]] = []
    capital = starting_capital
    for _, _, proof in done:
        scale = capital / proof.starting_capital
        for day, equity in zip(proof.dates, proof.equity, strict=True):
            curve.append({"date": day, "equity": round(equity * scale, 2)})
        capital = proof.equity[-1] * scale if proof.equity else capital
    in_sample = [choice.figures["cagr"] for _, choice, _ in done]
    known = [value for value in in_sample if value is not None]
    growth = _growth(curve, starting_capital)
    mean = sum(known) / len(known) if known else None
    return {
        "windows": [_row(*window) for window in done],
        "equity_curve": curve,
        "out_of_sample": {
            "total_return": finite((capital / starting_capital - 1) * 100, 6),
            "cagr": growth,
            "profitable_windows_pct": _profitable(done),
        },
        "in_sample_cagr": None if mean is None else finite(mean, 6),
        "efficiency": finite(growth / mean, 6)
        if growth is not None and mean is not None and mean > 0
        else None,
    }


_DAY = timedelta(days=1)


def _row(window: Window, choice: Choice, proof: Proof) -> dict[str, Any]:
    return {
        "train_start": window.train_start.isoformat(),
        "train_end": window.train_end.isoformat(),
        "test_start": window.test_start.isoformat(),
        "test_end": window.test_end.isoformat(),
        "parameters": dict(choice.parameters),
        "in_sample": dict(choice.figures),
        "out_of_sample": dict(proof.figures),
    }


def _growth(curve: Sequence[Mapping[str, Any]], starting_capital: float) -> float | None:
    if not curve:
        return None
    days = (date.fromisoformat(curve[-1]["date"]) - date.fromisoformat(curve[0]["date"])).days
    return finite(cagr_pct(starting_capital, curve[-1]["equity"], days), 6)


def _profitable(done: Sequence[tuple[Window, Choice, Proof]]) -> float | None:
    if not done:
        return None
    won = sum(bool(p.equity) and p.equity[-1] > p.starting_capital for _, _, p in done)
    return round(won / len(done) * 100, 4)


def _add_months(day: date, months: int) -> date:
    """The same day of the month so many months on, or the month's last day where it has none."""
    number = day.year * 12 + day.month - 1 + months
    return min(_month_start(number) + timedelta(days=day.day - 1), _month_start(number + 1) - _DAY)


def _month_start(number: int) -> date:
    year, month = divmod(number, 12)
    return date(year, month + 1, 1)
