"""The state of a protection: what it watches, what has fired, what is being exited.

A scope is a part that fires by itself: `position:0`, `basket`, `worker_stale`, and the square-off
of an exchange, `mis_squareoff:NSE`, which is armed again when it is done: every day has one.
A trigger makes a claim, named after generation and scope, so the same trigger can be claimed once.
All of it is plain values: `orders.codec.to_document` stores it and `from_document` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.protection_document import (
    BackendProtection,
    BasketProtection,
    OperationalProtection,
    ProtectedPosition,
)

BASKET = "basket"
WORKER_STALE = "worker_stale"
MIS_SQUAREOFF = "mis_squareoff"
# Percent a market exit may give way, by attempt: wider each time one was not filled.
_EXIT_BANDS = (Decimal(2), Decimal(4), Decimal(8), Decimal(15))
_CLAIMS_KEPT = 10  # of earlier generations
STRANDED_AFTER = timedelta(
    seconds=15
)  # a claim whose exit has not begun by then has lost its owner


class ProtectionStatus(StrEnum):
    """What a part of the protection, or all of it, is doing."""

    UNARMED = "unarmed"
    ARMED = "armed"
    TRIGGERED = "triggered"
    EXITING = "exiting"
    DONE = "done"
    FAILED = "failed"


_S = ProtectionStatus
NEXT: Mapping[ProtectionStatus, frozenset[ProtectionStatus]] = {
    _S.UNARMED: frozenset({_S.ARMED}),
    _S.ARMED: frozenset({_S.TRIGGERED, _S.DONE}),
    _S.TRIGGERED: frozenset({_S.EXITING, _S.FAILED}),
    _S.EXITING: frozenset({_S.DONE, _S.FAILED}),
    _S.FAILED: frozenset({_S.EXITING, _S.DONE}),  # tried again, or the position is gone
    _S.DONE: frozenset(),
}
UNSETTLED = frozenset({_S.TRIGGERED, _S.EXITING, _S.FAILED})


class Rule(StrEnum):
    """Which rule fired."""

    POSITION_STOPLOSS = "position_stoploss"
    POSITION_TARGET = "position_target"
    POSITION_TRAILING_STOPLOSS = "position_trailing_stoploss"
    BASKET_STOPLOSS = "basket_stoploss"
    BASKET_TARGET = "basket_target"
    BASKET_TRAILING = "basket_trailing"
    WORKER_STALE = "worker_stale"
    MIS_SQUAREOFF = "mis_squareoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegState:
    """One protected position with its levels. Prices in rupees, on today's basis."""

    instrument: str
    product: Product
    side: Side
    quantity: int
    entry_price: Decimal
    stoploss_pct: Decimal | None = None
    target_pct: Decimal | None = None
    trailing_pct: Decimal | None = None
    best_price: Decimal | None = None  # since arming, while open; None before the first tick
    exit_price: Decimal | None = None  # what a protection exit got
    status: ProtectionStatus = ProtectionStatus.ARMED

    @property
    def is_long(self) -> bool:
        """Whether the leg was bought."""
        return self.side is Side.BUY

    @property
    def stop_price(self) -> Decimal | None:
        """The fixed stop in rupees; None without one."""
        return self._against(self.stoploss_pct, self.entry_price)

    @property
    def trailing_price(self) -> Decimal | None:
        """A fixed distance, in percent of the entry price, behind the best price."""
        return (
            None if self.best_price is None else self._against(self.trailing_pct, self.best_price)
        )

    @property
    def target_price(self) -> Decimal | None:
        """The target in rupees; None without one."""
        if self.target_pct is None:
            return None
        distance = self.entry_price * self.target_pct / 100
        return self.entry_price + (distance if self.is_long else -distance)

    def profit(self, price: Decimal, quantity: int) -> Decimal:
        """Rupees earned on `quantity` units at `price`."""
        moved = price - self.entry_price
        return (moved if self.is_long else -moved) * quantity

    def seen(self, price: Decimal) -> LegState:
        """The leg after a price: the best one is kept."""
        if self.best_price is None:
            return replace(self, best_price=price)
        better = max if self.is_long else min
        return replace(self, best_price=better(self.best_price, price))

    def _against(self, pct: Decimal | None, base: Decimal) -> Decimal | None:
        if pct is None:
            return None
        distance = self.entry_price * pct / 100
        return base - distance if self.is_long else base + distance


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketState:
    """The basket's rules and the highest profit since trailing was activated, in percent."""

    rules: BasketProtection
    peak_pct: Decimal | None = None
    status: ProtectionStatus = ProtectionStatus.ARMED


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsState:
    """The rules on worker and clock, each with what it is doing."""

    rules: OperationalProtection
    stale_status: ProtectionStatus = ProtectionStatus.UNARMED
    squareoff_status: ProtectionStatus = ProtectionStatus.UNARMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A trigger that fired: who exits owns it by this id. `covers`: the scopes it exits."""

    claim_id: str
    scope: str
    rule: Rule
    message: str
    at: datetime
    covers: tuple[str, ...]
    status: ProtectionStatus = ProtectionStatus.TRIGGERED
    attempts: int = 0
    reason: str | None = None  # why it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionState:
    """A run's protection. `generation` rises with every update; 0: there never was one."""

    generation: int = 0
    protection: BackendProtection | None = None
    legs: tuple[LegState, ...] = ()
    basket: BasketState | None = None
    operations: OperationsState | None = None
    claims: tuple[Claim, ...] = ()
    armed_at: datetime | None = None
    reason: str | None = None  # of the last update
    reset_trailing: bool = True
    actions: tuple[str, ...] = ()  # ids of the corporate actions it has been through

    @property
    def statuses(self) -> dict[str, ProtectionStatus]:
        """What every scope is doing."""
        found = {leg_scope(index): leg.status for index, leg in enumerate(self.legs)}
        if self.basket is not None:
            found[BASKET] = self.basket.status
        if self.operations is not None:
            found[WORKER_STALE] = self.operations.stale_status
            found[MIS_SQUAREOFF] = self.operations.squareoff_status
        return {scope: status for scope, status in found.items() if status is not _S.UNARMED}

    @property
    def status(self) -> ProtectionStatus:
        """The whole: what needs care first."""
        found = set(self.statuses.values())
        for status in (_S.FAILED, _S.TRIGGERED, _S.EXITING, _S.ARMED, _S.DONE):
            if status in found:
                return status
        return _S.UNARMED

    @property
    def last_claim(self) -> Claim | None:
        """The newest claim; None before the first."""
        return self.claims[-1] if self.claims else None

    @property
    def is_exiting(self) -> bool:
        """Whether a trigger is not settled yet: then the rules must stay as they are."""
        return any(claim.status in UNSETTLED for claim in self.claims)


def leg_scope(index: int) -> str:
    """The scope of a claim on one leg, `position:0`."""
    return f"position:{index}"


def square_off_scope(exchange: str) -> str:
    """The scope of a claim that squares off one exchange."""
    return f"{MIS_SQUAREOFF}:{exchange}"


def exchange_of(instrument: str) -> str:
    """The exchange of an instrument `EXCHANGE:SYMBOL`."""
    return instrument.partition(":")[0]


def arm(
    state: ProtectionState,
    protection: BackendProtection,
    *,
    instruments: Sequence[str],
    now: datetime,
    reason: str | None = None,
    reset_trailing: bool = True,
) -> ProtectionState:
    """Return the state with new rules, a generation on; the version rises with it.

    instruments: the id (`NSE:INFY`) of each protected position, in their order. reset_trailing:
    forget best prices and the basket's peak; otherwise equal legs keep them.
    Raises InvalidInput while a trigger is being settled.
    """
    if state.is_exiting:
        raise InvalidInput("a protection exit is in progress: wait until it is done")
    if len(instruments) != len(protection.positions):
        raise InvariantBroken("every protected position needs its instrument")
    version = max(protection.version, state.protection.version + 1 if state.protection else 1)
    fresh = ProtectionState(
        generation=state.generation + 1,
        protection=replace(protection, version=version),
        armed_at=now,
        reason=reason,
        reset_trailing=reset_trailing,
        claims=state.claims[-_CLAIMS_KEPT:],  # all are settled: the last is still shown of
        actions=state.actions,
    )
    if not protection.enabled:
        return fresh
    pairs = zip(protection.positions, instruments, strict=True)
    fresh = replace(
        fresh,
        legs=tuple(_leg(position, instrument) for position, instrument in pairs),
        basket=BasketState(rules=protection.basket) if protection.basket else None,
        operations=_operations(protection.operations),
    )
    return fresh if reset_trailing else _keep_trailing(fresh, state)


def anew(state: ProtectionState, *, now: datetime, reason: str) -> ProtectionState:
    """Return the state for a run that is opened again: nothing is watched or left to be exited.

    Generation and version move on from where they were.
    """
    version = state.protection.version + 1 if state.protection else 1
    return ProtectionState(
        generation=state.generation + 1,
        protection=BackendProtection(enabled=False, version=version),
        armed_at=now,
        reason=reason,
    )


def begin_exit(state: ProtectionState, claim_id: str) -> ProtectionState:
    """Return the state with a claim being exited, for the first time or again."""
    claim = claim_of(state, claim_id)
    return _settle(state, replace(claim, attempts=claim.attempts + 1), _S.EXITING)


def finish_exit(
    state: ProtectionState, claim_id: str, exit_prices: Mapping[str, Decimal]
) -> ProtectionState:
    """Return the state with a claim done. exit_prices: average by scope (`position:0`), rupees."""
    claim = claim_of(state, claim_id)
    state = _settle(state, replace(claim, reason=None), _S.DONE)
    legs = tuple(
        replace(leg, exit_price=exit_prices.get(leg_scope(index), leg.exit_price))
        for index, leg in enumerate(state.legs)
    )
    state = replace(state, legs=legs)
    basket = state.basket
    all_done = bool(legs) and all(leg.status is _S.DONE for leg in legs)
    if basket is not None and basket.status is _S.ARMED and all_done:
        state = replace(state, basket=replace(basket, status=_S.DONE))
    return state


def fail_exit(state: ProtectionState, claim_id: str, reason: str) -> ProtectionState:
    """Return the state with a claim whose exit did not succeed; it can begin again."""
    return _settle(state, replace(claim_of(state, claim_id), reason=reason), _S.FAILED)


def stranded(state: ProtectionState, now: datetime) -> tuple[Claim, ...]:
    """Claims that were made but never begun: their owner is gone, another may take them."""
    return tuple(
        claim
        for claim in state.claims
        if claim.status is _S.TRIGGERED and abs(now - claim.at) > STRANDED_AFTER
    )


def claim_of(state: ProtectionState, claim_id: str) -> Claim:
    """The claim of an id. Raises InvariantBroken when there is none."""
    for claim in state.claims:
        if claim.claim_id == claim_id:
            return claim
    raise InvariantBroken(f"no trigger has the claim {claim_id}")


def exit_band_pct(attempt: int) -> Decimal:
    """Percent of the price an exit may give way at its `attempt` (from 1): wider each time."""
    return _EXIT_BANDS[min(max(attempt, 1), len(_EXIT_BANDS)) - 1]


def claimed(state: ProtectionState, claim: Claim) -> ProtectionState:
    """Return the state with a trigger fired: its scopes are triggered. It cannot fire twice."""
    if any(one.claim_id == claim.claim_id for one in state.claims):
        raise InvariantBroken(f"trigger {claim.claim_id} has fired already")
    return _moved(replace(state, claims=(*state.claims, claim)), claim.covers, _S.TRIGGERED)


# --- helpers --------------------------------------------------------------------------------------


def _leg(position: ProtectedPosition, instrument: str) -> LegState:
    return LegState(
        instrument=instrument,
        product=position.product,
        side=position.side,
        quantity=position.quantity,
        entry_price=position.entry_price,
        stoploss_pct=position.stoploss_pct,
        target_pct=position.target_pct,
        trailing_pct=position.trailing_stoploss_pct,
    )


def _operations(rules: OperationalProtection | None) -> OperationsState | None:
    if rules is None or not rules.has_rules:
        return None
    squares = rules.mis_squareoff_buffer_sec is not None
    return OperationsState(
        rules=rules,
        stale_status=_S.ARMED if rules.exit_on_worker_stale else _S.UNARMED,
        squareoff_status=_S.ARMED if squares else _S.UNARMED,
    )


def _keep_trailing(fresh: ProtectionState, old: ProtectionState) -> ProtectionState:
    best = {(leg.instrument, leg.product, leg.side): leg.best_price for leg in old.legs}
    legs = tuple(
        replace(leg, best_price=best.get((leg.instrument, leg.product, leg.side)))
        for leg in fresh.legs
    )
    basket = fresh.basket
    if basket is not None and old.basket is not None:
        basket = replace(basket, peak_pct=old.basket.peak_pct)
    return replace(fresh, legs=legs, basket=basket)


def _settle(state: ProtectionState, claim: Claim, to: ProtectionStatus) -> ProtectionState:
    if to not in NEXT[claim.status]:
        raise InvariantBroken(f"claim {claim.claim_id} is {claim.status}, it cannot become {to}")
    changed = replace(claim, status=to)
    claims = tuple(changed if one.claim_id == claim.claim_id else one for one in state.claims)
    return _moved(replace(state, claims=claims), claim.covers, to)


def _moved(state: ProtectionState, scopes: Iterable[str], to: ProtectionStatus) -> ProtectionState:
    covered = frozenset(scopes)
    legs = tuple(
        replace(leg, status=to) if leg_scope(index) in covered else leg
        for index, leg in enumerate(state.legs)
    )
    basket, operations = state.basket, state.operations
    if basket is not None and BASKET in covered:
        basket = replace(basket, status=to)
    if operations is not None and WORKER_STALE in covered:
        operations = replace(operations, stale_status=to)
    if operations is not None and MIS_SQUAREOFF in covered:
        status = _S.ARMED if to is _S.DONE else to
        operations = replace(operations, squareoff_status=status)
    return replace(state, legs=legs, basket=basket, operations=operations)
