"""Exits: cancel a run's open orders, then close what the run holds, not the broker's net.

Called after every report and after a restart: each plan follows from the present orders and
exposures, and repeats nothing that is pending. New orders of the
run are blocked by the risk gate from the moment it is exiting.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradertape_core.execution.decision import NOTHING, Decision
from tradertape_core.execution.engine import cancel
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.checks import slices_of
from tradertape_core.orders.commands import CancelOrder
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import Order, OrderRequest, OrderType, Product, Side
from tradertape_core.orders.reports import CancelReason

# A closing order that does not fill is replaced by one with a wider band, in percent.
_BANDS = (AUTOMATIC_PROTECTION, Decimal(3), Decimal(6), Decimal(12), Decimal(25))
MOST_ATTEMPTS = len(_BANDS)


class ExitStep(StrEnum):
    """The progress of an exit."""

    CANCELLING = "cancelling"
    IN_DOUBT = "in_doubt"  # all is closed except the position of an order in doubt
    CLOSING = "closing"
    DONE = "done"
    FAILED = "failed"  # every attempt was refused: a person has to act


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the run holds of an instrument: units, below zero when short.

    most: units that can be closed, where the broker has fewer; None: all of them.
    """

    instrument: Instrument
    product: Product
    quantity: int
    most: int | None = None

    @property
    def closable(self) -> int:
        """Units that can be closed, whatever the side."""
        held = abs(self.quantity)
        return held if self.most is None else min(held, self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """An order to place. `key` is its idempotency key: the same closing is never placed twice."""

    key: str
    instrument: Instrument
    request: OrderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitPlan:
    """The next thing to do: orders to cancel (a decision to record) or closings to place."""

    step: ExitStep
    cancels: Decision = NOTHING
    closings: tuple[Closing, ...] = ()


def plan_exit(
    *,
    key: str,
    exposures: Sequence[Exposure],
    orders: Sequence[Order],
    closing_orders: Sequence[Order],
    now: datetime,
    stuck: Collection[str] = (),
) -> ExitPlan:
    """Return the next step of an exit.

    An order in doubt keeps its own instrument and product from being closed, since closing now
    could close too much; everything else is closed meanwhile.

    key: of the exit. exposures: the run's own, by instrument and product. orders: the run's other
    orders; closing_orders: those this exit has placed so far, the cancelled and refused included.
    stuck: ids of closing orders that did not fill in time: they are cancelled, and the rest is
    closed with a wider band.
    """
    late = [one for one in closing_orders if one.order_id in stuck and one.is_resting]
    cancels = _cancels((*(o for o in orders if o.is_resting), *late), now)
    open_orders = [order for order in orders if order.is_open and not order.slices]
    if any(not order.in_doubt for order in open_orders):
        return ExitPlan(step=ExitStep.CANCELLING, cancels=cancels)
    doubtful = {
        (order.request.instrument, order.request.product)
        for order in (*open_orders, *closing_orders)
        if order.is_open and order.in_doubt
    }
    held = [exposure for exposure in exposures if exposure.quantity]
    if not held and not doubtful and not any(order.is_open for order in closing_orders):
        return ExitPlan(step=ExitStep.DONE)
    held = [one for one in held if (one.instrument.id, one.product) not in doubtful]
    # Shorts are bought back first: a long leg that covers one is not sold before it.
    closings = [
        closing
        for exposure in sorted(held, key=lambda one: one.quantity > 0)
        for closing in _closings(key, exposure, closing_orders)
    ]
    if not closings and not any(order.is_resting for order in closing_orders):
        step = ExitStep.IN_DOUBT if doubtful else ExitStep.FAILED
        return ExitPlan(step=step, cancels=cancels)
    return ExitPlan(step=ExitStep.CLOSING, cancels=cancels, closings=tuple(closings))


def preview_exit(
    *, key: str, exposures: Sequence[Exposure], orders: Sequence[Order], now: datetime
) -> tuple[tuple[str, ...], tuple[Closing, ...]]:
    """What an exit would do now: ids of orders to cancel, and the exact closing orders."""
    cancelled = tuple(order.order_id for order in orders if order.is_open and not order.slices)
    plan = plan_exit(key=key, exposures=exposures, orders=(), closing_orders=(), now=now)
    return cancelled, plan.closings


def cancel_resting(orders: Iterable[Order], now: datetime) -> Decision:
    """Cancel a run's orders that rest, while nothing is closed yet."""
    return _cancels((one for one in orders if one.is_resting), now)


def _cancels(orders: Iterable[Order], now: datetime) -> Decision:
    decision = NOTHING
    for order in orders:
        if not order.slices:
            command = CancelOrder(order_id=order.order_id, reason=CancelReason.EXIT)
            decision += cancel(command, order, now)
    return decision


def _closings(key: str, exposure: Exposure, orders: Sequence[Order]) -> list[Closing]:
    """Orders for what no closing order is under way for; none once every attempt was made."""
    side = Side.SELL if exposure.quantity > 0 else Side.BUY
    ours = [
        order
        for order in orders
        if order.request.instrument == exposure.instrument.id
        and order.request.product is exposure.product
        and order.request.side is side
        and not order.slices
    ]
    if any(order.is_open for order in ours):
        return []  # its fills decide what is still to be done
    band = _attempt(ours)
    if band >= MOST_ATTEMPTS:
        return []
    if not exposure.closable:
        return []  # the broker has none of it
    freeze = exposure.instrument.freeze_quantity or exposure.closable
    parts = slices_of(exposure.closable, freeze, exposure.instrument.lot_size)
    name = f"{key}:{exposure.instrument.id}:{exposure.product}:{side}"
    return [
        Closing(
            key=f"{name}:{len(ours) + number}",
            instrument=exposure.instrument,
            request=_close(exposure, side, part, _BANDS[band]),
        )
        for number, part in enumerate(parts)
    ]


def _attempt(made: Sequence[Order]) -> int:
    """How many rounds of closing orders have ended without closing all."""
    return len({order.request.market_protection for order in made if not order.is_open})


def _close(exposure: Exposure, side: Side, quantity: int, band: Decimal) -> OrderRequest:
    return OrderRequest(
        exchange=exposure.instrument.exchange,
        tradingsymbol=exposure.instrument.tradingsymbol,
        side=side,
        product=exposure.product,
        order_type=OrderType.MARKET,
        quantity=quantity,
        market_protection=band,
    )
