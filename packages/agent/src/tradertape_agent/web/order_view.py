"""What a signal would place now, in the numbers of the order itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradertape_agent.agent import Agent
from tradertape_agent.journal.signals import SignalRow, SignalState
from tradertape_agent.terms import (
    Facts,
    NotPlaceable,
    Request,
    fallback_instrument,
    request_of,
    whole_lots,
)
from tradertape_agent.web.plain import plain
from tradertape_agent.wire import Malformed, Signal, read_signal
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.gtt import GttRequest
from tradertape_core.orders.order import OrderRequest, OrderType, Side

Row = dict[str, Any]
Prices = Mapping[str, Decimal]


def prices_of(agent: Agent, rows: Sequence[SignalRow]) -> Prices:
    """Last prices of what may still be placed, in one request to the broker."""
    signals = (_read(row) for row in rows if row.state is SignalState.WAITING)
    found = {one.instrument: _instrument(agent, one) for one in signals if one is not None}
    return agent.desk.primary.shown_prices(list(found.values()))


def order_view(agent: Agent, signal: Signal, prices: Prices) -> Row:
    """The order of a signal as the broker would be asked for it; its problem where it cannot be."""
    instrument = _instrument(agent, signal)
    units = agent.privacy.orders(is_scaled=signal.is_scaled).units(signal.quantity)
    facts = Facts(
        instrument=instrument,
        capabilities=agent.desk.primary.broker.capabilities,
        last_price=prices.get(instrument.id),
    )
    try:
        request = request_of(signal, whole_lots(units, instrument.lot_size), facts)
    except NotPlaceable as error:
        return {
            "kind": "gtt" if signal.terms.kind.is_trigger else "order", "legs": [], "risk": None,
            "product": signal.product.value, "stop_pct": None, "problem": str(error),
        }  # fmt: skip
    return {
        "kind": "gtt" if isinstance(request, GttRequest) else "order",
        "product": signal.product.value,
        "legs": _legs(request, facts.last_price or signal.ref_price),
        "risk": plain(_risk(agent, signal, request)),
        "stop_pct": plain(_stop_pct(agent, signal)),
        "problem": "",
    }


def _legs(request: Request, last: Decimal | None) -> list[Row]:
    if isinstance(request, GttRequest):
        pairs = zip(request.trigger_values, request.orders, strict=True)
        return [_leg(order, trigger, trigger) for trigger, order in pairs]
    return [_leg(request, None, last)]


def _leg(order: OrderRequest, trigger: Decimal | None, near: Decimal | None) -> Row:
    """near: what an order at the market is likely to cost."""
    is_market = order.order_type in (OrderType.MARKET, OrderType.SL_M)
    price = near if is_market else order.price
    return {
        "trigger": plain(trigger),
        "price": None if is_market else plain(order.price),
        "quantity": order.quantity,
        "amount": None if price is None else plain(price * order.quantity),
    }


def _stop_pct(agent: Agent, signal: Signal) -> Decimal | None:
    """How far below its price a purchase without a stop of its own gets one, in percent."""
    is_ours = signal.side is Side.BUY and not signal.has_stop
    return (agent.settings.stop_loss_pct or None) if is_ours else None


def _risk(agent: Agent, signal: Signal, request: Request) -> Decimal | None:
    """What an entry loses if its stop is reached, before charges."""
    stop, percent = signal.terms.stop_trigger, _stop_pct(agent, signal)
    order = request.orders[0] if isinstance(request, GttRequest) else request
    if not signal.is_entry or len(_legs(request, None)) != 1 or not order.price:
        return None
    if stop is None and percent is not None:
        stop = order.price * (100 - percent) / 100
    loss = Decimal() if stop is None else (order.price - stop) * order.quantity
    return loss if loss > 0 else None


def _instrument(agent: Agent, signal: Signal) -> Instrument:
    return agent.desk.primary.find(signal.instrument) or fallback_instrument(signal)


def _read(row: SignalRow) -> Signal | None:
    try:
        return read_signal(row.body)
    except (Malformed, ValueError):
        return None
