"""Cover orders: every fill of the entry gets its stop at the trigger price asked for."""

from __future__ import annotations

from dataclasses import replace

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.checks import nearest_tick
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import (
    NIL,
    Fill,
    Order,
    OrderRequest,
    OrderType,
    Side,
    Validity,
    Variety,
)


def entry_of(request: OrderRequest) -> tuple[OrderRequest, dict[str, object]]:
    """A cover order's entry as it goes to the exchange, and what is kept for its stop."""
    if request.variety is not Variety.CO:
        return request, {}
    meta: dict[str, object] = {"cover_trigger_price": request.trigger_price or None}
    return replace(request, trigger_price=NIL), meta


def stop_of(
    entry: Order, fill: Fill, trigger: object, instrument: Instrument
) -> OrderRequest | None:
    """The stop for a fill of a cover order's entry; None for any other order.

    trigger: the price asked for; without one it is `stoploss` rupees from the fill.
    """
    if entry.request.variety is not Variety.CO or entry.parent_order_id is not None:
        return None
    sign = 1 if fill.side is Side.BUY else -1
    price = fill.price - sign * (entry.request.stoploss or NIL)
    asked = nearest_tick(price, instrument.tick_size)
    return replace(
        entry.request,
        side=fill.side.opposite,
        quantity=fill.quantity,
        order_type=OrderType.SL_M,
        price=NIL,
        trigger_price=trigger if trigger else max(asked, instrument.tick_size),  # pyright: ignore[reportArgumentType] - a price or None
        market_protection=AUTOMATIC_PROTECTION,
        validity=Validity.DAY,
        validity_ttl=None,
        disclosed_quantity=0,
    )
