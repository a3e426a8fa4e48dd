"""Baskets: several orders as one intent; hedges are sent first, on request all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tradertape_core.execution.decision import Decision, Facts
from tradertape_core.execution.engine import place
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import (
    DRY_RUN,
    Order,
    OrderRequest,
    OrderType,
    Side,
    Validity,
    Variety,
)


class BasketStatus(StrEnum):
    """The result of placing a basket."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class LegDecision:
    """One leg: its place in the caller's list, its order's id and what was decided."""

    index: int
    order_id: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class BasketDecision:
    """Legs in the caller's order; `decision` has their events and requests in sending order."""

    status: BasketStatus
    legs: tuple[LegDecision, ...]
    decision: Decision


def place_basket(
    commands: Sequence[PlaceOrder],
    facts: Sequence[Facts],
    now: datetime,
    *,
    all_or_none: bool = False,
    denials: Sequence[Denial] = (),
) -> BasketDecision:
    """Decide on a basket. Purchases, which hedge, are sent before sales, which they make cheaper.

    facts: of each command, its own denials inside. denials: of the basket as a whole (its margin);
    they refuse every leg. all_or_none: one refused leg refuses all. Each leg's tag differs by its
    `leg`, so the commands must number them.
    """
    decided = [
        LegDecision(index, command.order_id, place(command, fact, now))
        for index, (command, fact) in enumerate(zip(commands, facts, strict=True))
    ]
    refused = [leg for leg in decided if leg.decision.is_denied]
    if denials:
        decided = [_refused(leg, tuple(denials)) for leg in decided]
    elif refused and all_or_none:
        reason = denial(DenialReason.BASKET_REFUSED, leg=refused[0].index)
        decided = [leg if leg in refused else _refused(leg, (reason,)) for leg in decided]
    sides = [command.request.side for command in commands]
    sending = sorted(decided, key=lambda leg: sides[leg.index] is Side.SELL)
    whole = Decision()
    for leg in sending:
        whole += leg.decision
    return BasketDecision(_status(commands, decided), tuple(decided), whole)


def is_broken(orders: Sequence[Order]) -> bool:
    """Whether a leg ended without filling completely while another is open or has fills."""
    ended = [o for o in orders if not o.is_open and o.filled_quantity < o.request.quantity]
    return bool(ended) and any(order.is_open or order.filled_quantity for order in orders)


def unwind(orders: Sequence[Order]) -> tuple[tuple[Order, OrderRequest], ...]:
    """Each leg that filled with the order that reverses it, short legs first."""
    filled = sorted(
        (order for order in orders if order.filled_quantity),
        key=lambda order: order.request.side is Side.BUY,
    )
    return tuple((order, _reversal(order)) for order in filled)


def _reversal(order: Order) -> OrderRequest:
    return OrderRequest(
        exchange=order.request.exchange,
        tradingsymbol=order.request.tradingsymbol,
        side=order.request.side.opposite,
        product=order.request.product,
        order_type=OrderType.MARKET,
        quantity=order.filled_quantity,
        variety=Variety.REGULAR,
        validity=Validity.DAY,
        market_protection=AUTOMATIC_PROTECTION,
        autoslice=True,
    )


def _refused(leg: LegDecision, reasons: tuple[Denial, ...]) -> LegDecision:
    """The leg without anything to do, its own reasons kept."""
    own = leg.decision
    return replace(leg, decision=Decision(denials=own.denials + reasons, warnings=own.warnings))


def _status(commands: Sequence[PlaceOrder], legs: Sequence[LegDecision]) -> BasketStatus:
    refused = sum(leg.decision.is_denied for leg in legs)
    if refused == len(legs):
        return BasketStatus.REJECTED
    if refused:
        return BasketStatus.PARTIAL
    dry = all(command.venue == DRY_RUN for command in commands)
    return BasketStatus.DRY_RUN if dry else BasketStatus.ACCEPTED
