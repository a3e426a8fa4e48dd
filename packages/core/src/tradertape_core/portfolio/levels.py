"""Stop and target of a purchase at the price that was paid.

A signal's levels are those of its limit. What is bought for less has them from its own price, as in
the backtest: else a stop would be too near, or above the price.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.backtest.simulation.prepare import tighter
from tradertape_core.strategy.language.rules import Strategy

_SAME = 1e-6  # of a price: stored and computed again


@dataclass(frozen=True, slots=True)
class Levels:
    """Stop and target in rupees; None: no such level."""

    stop: float | None
    target: float | None


def at_price(paid: float, planned: float, levels: Levels, strategy: Strategy) -> Levels:
    """Return the levels of a purchase at `paid` of a signal whose levels are for `planned`.

    A stop in percent is so far below what was paid; one in ATRs is as far below as it was planned.
    """
    if levels.stop is None and levels.target is None:
        return levels
    stop = _stop(paid, planned, levels.stop, strategy)
    stops = strategy.stops
    targets = [paid * (1.0 + stops.target_pct / 100.0)] if stops.target_pct else []
    if stops.target_r and stop is not None and paid > stop:
        targets.append(paid + stops.target_r * (paid - stop))
    return Levels(stop, min(targets, default=None) if levels.target is not None else None)


def _stop(paid: float, planned: float, level: float | None, strategy: Strategy) -> float | None:
    if level is None:
        return None
    found = [paid * (1.0 - percent / 100.0) for percent in _percents(strategy)]
    nearest = max((planned * (1.0 - one / 100.0) for one in _percents(strategy)), default=None)
    if nearest is None or level > nearest * (1.0 + _SAME):
        found.append(paid - (planned - level))
    return max(found)


def _percents(strategy: Strategy) -> list[float]:
    """The stops that are a part of the price: also a trailing one that is active from the start."""
    trailing = strategy.stops.trailing
    trails = trailing is not None and not trailing.activate_pct
    trail = tighter(trailing.trail_pct, None) if trailing is not None and trails else 0.0
    return [one for one in (tighter(strategy.stops.stop_loss_pct, None), trail) if one]
