"""Replay of a protection on past prices: when it would have fired, why, and at what price.

The rules are those of `protection.check`; nothing is decided here. Exits are taken to be done at
the prices of the moment that fired them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.money import Price, notional
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.tick import Tick
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection import (
    basket_at,
    basket_profit_pct,
    check,
    watch,
)
from tradertape_core.risk.protection_decision import Surroundings, Trigger, Watched
from tradertape_core.risk.protection_state import (
    BasketState,
    LegState,
    ProtectionState,
    ProtectionStatus,
    leg_scope,
)

_RUN = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was known at a time. prices: by instrument id; those that are absent stay as they were.

    profit_pct: of the basket in percent of its basis, where prices of legs are not known.
    """

    at: datetime
    prices: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    profit_pct: Decimal | None = None
    worker_age_s: float | None = None
    mis_close_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class Step:
    """What the rules saw at a moment: None where a price was missing."""

    index: int
    at: datetime
    profit_pct: Decimal | None
    peak_pct: Decimal | None
    triggers: tuple[Trigger, ...]
    exit_prices: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Replay:
    """Every step up to the one after which nothing is left to protect."""

    state: ProtectionState
    steps: tuple[Step, ...]

    @property
    def fired(self) -> tuple[Step, ...]:
        """The steps at which something fired."""
        return tuple(step for step in self.steps if step.triggers)


def replay(state: ProtectionState, moments: Iterable[Moment]) -> Replay:
    """Walk an armed protection along moments, oldest first. All its legs are open at the start."""
    steps: list[Step] = []
    prices: dict[str, Decimal] = {}
    for index, moment in enumerate(moments):
        prices |= moment.prices
        state, step = _step(state, index, moment, prices)
        steps.append(step)
        if not any(status is ProtectionStatus.ARMED for status in state.statuses.values()):
            break
    return Replay(state, tuple(steps))


def _step(
    state: ProtectionState, index: int, moment: Moment, prices: Mapping[str, Decimal]
) -> tuple[ProtectionState, Step]:
    ticks = {name: tick_at(name, price, moment.at) for name, price in prices.items()}
    positions = positions_of(state, moment.at)
    watched = watch(state, positions, ticks, moment.at)
    if moment.profit_pct is None:
        around = Surroundings(
            now=moment.at, worker_age_s=moment.worker_age_s, mis_close_at=moment.mis_close_at
        )
        found = check(state, positions, ticks, around)
        triggers, after = found.triggers, found.state
        profit_pct = None if state.basket is None else _profit(state.basket, watched)
    else:
        profit_pct = moment.profit_pct
        after, triggers = _by_profit(state, profit_pct, moment.at, watched)
    for trigger in triggers:
        after = _done(after, trigger, prices)
    names = {one.instrument for trigger in triggers for one in trigger.exits}
    at = {name: price for name, price in prices.items() if name in names}
    peak = None if after.basket is None else after.basket.peak_pct
    return after, Step(index, moment.at, profit_pct, peak, triggers, at)


def _profit(basket: BasketState, watched: Sequence[Watched]) -> Decimal | None:
    return basket_profit_pct(watched, basket.rules.basis)


def _by_profit(
    state: ProtectionState, profit_pct: Decimal, at: datetime, watched: Sequence[Watched]
) -> tuple[ProtectionState, tuple[Trigger, ...]]:
    """The basket's rules alone: the state of legs is not known."""
    if state.basket is None or state.basket.status is not ProtectionStatus.ARMED:
        return state, ()
    after, trigger = basket_at(state, profit_pct, at, [one for one in watched if one.is_armed])
    return (after, ()) if trigger is None else (ps.claimed(after, trigger.claim), (trigger,))


def _done(
    state: ProtectionState, trigger: Trigger, prices: Mapping[str, Decimal]
) -> ProtectionState:
    claim_id = trigger.claim.claim_id
    state = ps.begin_exit(state, claim_id)
    at = {
        leg_scope(index): prices[leg.instrument]
        for index, leg in enumerate(state.legs)
        if leg_scope(index) in trigger.claim.covers and leg.instrument in prices
    }
    return ps.finish_exit(state, claim_id, at)


def positions_of(state: ProtectionState, at: datetime) -> list[Position]:
    """The legs as positions that were opened at their entry prices."""
    return [_position(leg, at) for leg in state.legs if leg.status is not ProtectionStatus.DONE]


def _position(leg: LegState, at: datetime) -> Position:
    quantity = leg.quantity if leg.is_long else -leg.quantity
    lot = Lot(_RUN, at, quantity, notional(Price(leg.entry_price), quantity))
    return Position(key=PositionKey("", _RUN, leg.instrument, leg.product), lots=(lot,))


def tick_at(name: str, price: Decimal, at: datetime) -> Tick:
    """A price as a tick of its moment."""
    return Tick(instrument_token=0, instrument_id=name, last_price=price, at=at)
