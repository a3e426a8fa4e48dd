"""Stop and target of a position as protection keeps them: percentages of the entry price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.protection_document import BackendProtection, ProtectedPosition
from tradertape_core.risk.protection_state import ProtectionState, ProtectionStatus

_STEP = Decimal("1e-12")  # of a percent: finer than any tick
_CLOSE_ENOUGH = Decimal("0.005")  # rupees: half a paisa


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What should protect a position. Prices in rupees; None: no such level."""

    instrument: str
    quantity: int
    average: Decimal
    stop: Decimal | None
    target: Decimal | None

    @property
    def is_needed(self) -> bool:
        """Whether there is something to watch."""
        has_level = self.stop is not None or self.target is not None
        return self.quantity > 0 and has_level


def protection_of(guard: Guard) -> BackendProtection:
    """The protection that fires at the guard's levels.

    The percentages are rounded down, so that a tick at a level reaches it.
    """
    if not guard.is_needed:
        return BackendProtection(enabled=False)
    exchange, _, symbol = guard.instrument.partition(":")
    stop, target = guard.stop, guard.target
    leg = ProtectedPosition(
        product=Product.CNC,
        side=Side.BUY,
        quantity=guard.quantity,
        entry_price=guard.average,
        exchange=exchange,
        tradingsymbol=symbol,
        stoploss_pct=None if stop is None else _percent(guard.average - stop, guard.average),
        target_pct=None if target is None else _percent(target - guard.average, guard.average),
    )
    return BackendProtection(positions=(leg,))


def is_guarded(state: ProtectionState, guard: Guard) -> bool:
    """Whether a protection stands for exactly what is asked for."""
    if not guard.is_needed:
        return state.status in (ProtectionStatus.UNARMED, ProtectionStatus.DONE)
    if len(state.legs) != 1 or state.legs[0].status is not ProtectionStatus.ARMED:
        return False
    leg = state.legs[0]
    return (
        leg.instrument == guard.instrument
        and leg.quantity == guard.quantity
        and _is_same(leg.stop_price, guard.stop)
        and _is_same(leg.target_price, guard.target)
    )


def _percent(distance: Decimal, price: Decimal) -> Decimal:
    return (distance * 100 / price).quantize(_STEP, ROUND_FLOOR)


def _is_same(one: Decimal | None, other: Decimal | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < _CLOSE_ENOUGH
