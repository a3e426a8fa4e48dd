"""What a run's protection will do by itself, and how far it is from that; for display only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from tradertape_core.ledger.position import Position
from tradertape_core.market.tick import Tick
from tradertape_core.risk.protection import basket_profit_pct, watch
from tradertape_core.risk.protection_decision import Watched
from tradertape_core.risk.protection_document import Basis
from tradertape_core.risk.protection_state import (
    BasketState,
    LegState,
    ProtectionState,
    ProtectionStatus,
    Rule,
)
from tradertape_server.features.workers.console.schemas import Step

_ARMED = ProtectionStatus.ARMED


def steps(
    state: ProtectionState,
    positions: Sequence[Position],
    ticks: Mapping[str, Tick],
    now: datetime,
    *,
    worker_age_s: float | None,
) -> list[Step]:
    """Every armed rule that covers a position, the nearest first; those of the clock last."""
    watched = watch(state, positions, ticks, now)
    armed = [one for one in watched if one.is_armed]
    found = [step for one in armed for step in _of_leg(one.leg, one.price)]
    if armed and state.basket is not None and state.basket.status is _ARMED:
        found += _of_basket(state.basket, watched)
    found.sort(key=lambda step: (step.distance_pct is None, step.distance_pct or 0))
    return found + _of_clock(state, worker_age_s)


def is_blind(
    state: ProtectionState,
    positions: Sequence[Position],
    ticks: Mapping[str, Tick],
    now: datetime,
) -> bool:
    """Whether an armed rule has no fresh price to be evaluated on."""
    return any(one.is_armed and one.price is None for one in watch(state, positions, ticks, now))


def nearest(found: Sequence[Step]) -> Step | None:
    """The step that is nearest now."""
    return found[0] if found else None


def _of_leg(leg: LegState, price: Decimal | None) -> list[Step]:
    levels = (
        (Rule.POSITION_STOPLOSS, leg.stop_price),
        (Rule.POSITION_TRAILING_STOPLOSS, leg.trailing_price),
        (Rule.POSITION_TARGET, leg.target_price),
    )
    return [
        Step(
            rule=rule.value,
            instrument=leg.instrument,
            level=float(level),
            price=None if price is None else float(price),
            distance_pct=None if price is None else _distance(price, level),
        )
        for rule, level in levels
        if level is not None and level > 0  # no price falls to 0 or below
    ]


def _of_basket(basket: BasketState, watched: Sequence[Watched]) -> list[Step]:
    rules, peak = basket.rules, basket.peak_pct
    profit, base = basket_profit_pct(watched, rules.basis), _base(watched, rules.basis)
    levels: list[tuple[Rule, Decimal]] = []
    if rules.stoploss_pct is not None:
        levels.append((Rule.BASKET_STOPLOSS, -rules.stoploss_pct))
    if rules.target_pct is not None:
        levels.append((Rule.BASKET_TARGET, rules.target_pct))
    if rules.trailing_drawdown_pct is not None and peak is not None:
        levels.append((Rule.BASKET_TRAILING, peak - rules.trailing_drawdown_pct))
    return [
        Step(
            rule=rule.value,
            level=float(level),
            price=None if profit is None else round(float(profit), 3),
            distance_pct=None if profit is None else round(abs(float(level - profit)), 3),
            basis=rules.basis.value,
            amount=round(float(base * level / 100), 2),
            away=None if profit is None else round(abs(float(base * (level - profit) / 100)), 2),
        )
        for rule, level in levels
    ]


def _base(watched: Sequence[Watched], basis: Basis) -> Decimal:
    """The rupees that a basket's percentages refer to: of legs that are open or were exited."""
    value = premium = Decimal(0)
    for one in watched:
        if one.quantity or one.leg.exit_price is not None:
            entered = one.leg.entry_price * (one.quantity or one.leg.quantity)
            value += entered
            premium += entered if one.leg.is_long else -entered
    return value if basis is Basis.ENTRY_VALUE else abs(premium)


def _of_clock(state: ProtectionState, worker_age_s: float | None) -> list[Step]:
    operations = state.operations
    if operations is None:
        return []
    found: list[Step] = []
    limit = operations.rules.worker_stale_sec
    if operations.stale_status is _ARMED and limit is not None:
        left = None if worker_age_s is None else max(0, int(limit - worker_age_s))
        found.append(Step(rule=Rule.WORKER_STALE.value, in_sec=left))
    if operations.squareoff_status is _ARMED:
        found.append(Step(rule=Rule.MIS_SQUAREOFF.value))
    return found


def _distance(price: Decimal, level: Decimal) -> float:
    return round(abs(float((level - price) / price * 100)), 3)
