"""From a signal to what the broker is asked: quantity on the lot, prices on the tick. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from tradertape_agent.wire import OrderKind, Signal
from tradertape_brokers.port import Capabilities
from tradertape_core.execution.pricing import automatic_band, on_tick
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.gtt import GttRequest, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Side

_HUNDRED: Final = Decimal(100)
_OFFSET: Final = Decimal("0.3")  # percent beyond the trigger, where the cloud sets no limit
_STOP_OFFSET: Final = Decimal(1)  # a stop's limit may be this much worse, so that it fills


class NotPlaceable(ValueError):
    """The signal cannot become an order; the text is reported as the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What else the order depends on. last_price: None where no quote can be had."""

    instrument: Instrument
    capabilities: Capabilities
    last_price: Decimal | None


Request = GttRequest | OrderRequest


def request_of(signal: Signal, quantity: int, facts: Facts) -> Request:
    """Return what is asked of the broker. quantity: real units. Raises NotPlaceable."""
    _check(signal, quantity, facts)
    if signal.terms.kind is OrderKind.GTT_SINGLE:
        return _single(signal, quantity, facts)
    if signal.terms.kind is OrderKind.GTT_OCO:
        return _two_leg(signal, quantity, facts)
    return _immediate(signal, quantity, facts)


def stop_after(
    signal: Signal, quantity: int, bought_at: Decimal, percent: Decimal, facts: Facts
) -> GttRequest:
    """Return the stop that protects a purchase which brought none."""
    trigger = bought_at * (1 - percent / _HUNDRED)
    limit = trigger * (1 - _STOP_OFFSET / _HUNDRED)
    return _gtt(signal, Side.SELL, quantity, ((trigger, limit),), facts)


def whole_lots(quantity: Decimal, lot_size: int) -> int:
    """Return the whole lots of a quantity, rounded down, in units."""
    return int(quantity // lot_size) * lot_size


def _check(signal: Signal, quantity: int, facts: Facts) -> None:
    lot = facts.instrument.lot_size
    if quantity <= 0:
        raise NotPlaceable(f"the quantity is less than one lot of {lot}")
    if quantity % lot:
        raise NotPlaceable(f"the quantity must be a multiple of {lot}, was {quantity}")
    if signal.product not in facts.capabilities.products:
        raise NotPlaceable(f"the broker has no product {signal.product}")
    if signal.exchange not in facts.capabilities.exchanges:
        raise NotPlaceable(f"the broker does not trade on {signal.exchange}")
    slip, ref, last = signal.max_slippage_pct, signal.ref_price, facts.last_price
    if not signal.is_entry or signal.terms.kind.is_trigger or not (slip and ref and last):
        return
    moved = (last - ref) / ref * _HUNDRED * (1 if signal.side is Side.BUY else -1)
    if moved > slip:
        raise NotPlaceable(
            f"the price moved from {ref} to {last}, {moved:.2f} % against the signal; "
            f"{slip} % are allowed"
        )


def _single(signal: Signal, quantity: int, facts: Facts) -> Request:
    if not facts.capabilities.gtt_single:
        raise NotPlaceable("the broker has no trigger orders")
    terms = signal.terms
    trigger = terms.trigger or terms.stop_trigger or _buffered(signal)
    limit = terms.limit or terms.stop_limit
    if limit is None:
        offset = (terms.limit_offset_pct or _OFFSET) / _HUNDRED
        limit = trigger * (1 + offset if signal.side is Side.BUY else 1 - offset)
    return _gtt(signal, signal.side, quantity, ((trigger, limit),), facts)


def _buffered(signal: Signal) -> Decimal:
    """The trigger of the strategy's entry buffer around the reference price."""
    ref, buffer = signal.ref_price, signal.terms.buffer_pct
    if ref is None or buffer is None:
        raise NotPlaceable("the signal has neither a trigger price nor an entry buffer")
    return ref * (1 + buffer / _HUNDRED)


def _two_leg(signal: Signal, quantity: int, facts: Facts) -> Request:
    terms = signal.terms
    stop, target = terms.stop_trigger, terms.target_trigger
    if stop is None or target is None:
        raise NotPlaceable("a two-leg trigger needs the trigger of its stop and of its target")
    # Where a broker has one leg only, the one that protects is kept.
    legs = [(stop, terms.stop_limit or stop * (1 - _STOP_OFFSET / _HUNDRED))]
    if facts.capabilities.gtt_two_leg:
        legs.append((target, terms.target_limit or target))
    elif not facts.capabilities.gtt_single:
        raise NotPlaceable("the broker has no trigger orders")
    return _gtt(signal, signal.side, quantity, tuple(sorted(legs)), facts)


def _gtt(
    signal: Signal,
    side: Side,
    quantity: int,
    legs: tuple[tuple[Decimal, Decimal], ...],
    facts: Facts,
) -> GttRequest:
    tick = _tick(signal, facts)
    last = facts.last_price or signal.ref_price
    if last is None:
        raise NotPlaceable("the broker has no price of the instrument")
    triggers = tuple(_trigger(trigger, last, tick) for trigger, _ in legs)
    orders = tuple(
        _leg(signal, side, quantity, trigger, on_tick(limit, side, tick), facts)
        for trigger, (_, limit) in zip(triggers, legs, strict=True)
    )
    return GttRequest(
        type=GttType.SINGLE if len(legs) == 1 else GttType.TWO_LEG,
        exchange=signal.exchange,
        tradingsymbol=signal.tradingsymbol,
        trigger_values=triggers,
        last_price=last,
        orders=orders,
    )


def _leg(
    signal: Signal, side: Side, quantity: int, trigger: Decimal, limit: Decimal, facts: Facts
) -> OrderRequest:
    """What a trigger places: a limit order, as far as the broker lets its limit be chosen.

    Where the limit is the trigger's own price, a sale goes at the market with its protection
    instead: a stop that a gap has passed must still sell.
    """
    is_market = facts.capabilities.gtt_limit_is_trigger and side is Side.SELL
    if facts.capabilities.gtt_limit_is_trigger:
        limit = Decimal(0) if is_market else trigger
    return OrderRequest(
        exchange=signal.exchange,
        tradingsymbol=signal.tradingsymbol,
        side=side,
        product=signal.product,
        order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
        quantity=quantity,
        price=limit,
        market_protection=Decimal(-1) if is_market else Decimal(0),
    )


def _trigger(price: Decimal, last: Decimal, tick: Decimal) -> Decimal:
    """On the tick, away from the last price: rounding never fires it early."""
    rounding = ROUND_CEILING if price > last else ROUND_FLOOR
    return max((price / tick).quantize(Decimal(1), rounding), Decimal(1)) * tick


def _immediate(signal: Signal, quantity: int, facts: Facts) -> OrderRequest:
    is_market = signal.terms.kind is OrderKind.MARKET
    price, protection = Decimal(0), Decimal(0)
    if not is_market:
        if signal.terms.limit is None:
            raise NotPlaceable("a limit order needs its limit price")
        price = on_tick(signal.terms.limit, signal.side, _tick(signal, facts))
    elif facts.capabilities.protects_markets:
        protection = signal.terms.market_protection or Decimal(-1)
    else:
        is_market, price = False, _protected(signal, facts)
    return OrderRequest(
        exchange=signal.exchange,
        tradingsymbol=signal.tradingsymbol,
        side=signal.side,
        product=signal.product,
        order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
        quantity=quantity,
        price=price,
        market_protection=protection,
    )


def _protected(signal: Signal, facts: Facts) -> Decimal:
    """The limit that stands for a market order where the broker cannot protect one."""
    last = facts.last_price
    if last is None:
        raise NotPlaceable(
            "the broker takes no market protection and has no price to protect the order with"
        )
    given = signal.terms.market_protection
    percent = given if given > 0 else automatic_band(facts.instrument, last)
    sign = 1 if signal.side is Side.BUY else -1
    return on_tick(last * (1 + sign * percent / _HUNDRED), signal.side, _tick(signal, facts))


def _tick(signal: Signal, facts: Facts) -> Decimal:
    """The coarser of the cloud's tick and the broker's own: valid for both."""
    return max(signal.terms.tick_size or Decimal(0), facts.instrument.tick_size)


def fallback_instrument(signal: Signal) -> Instrument:
    """The instrument as the signal tells it, for brokers whose names are the exchanges' own."""
    return Instrument(
        exchange=signal.exchange,
        tradingsymbol=signal.tradingsymbol,
        instrument_token=0,
        exchange_token=0,
        isin=signal.isin,
        tick_size=signal.terms.tick_size or Decimal("0.05"),
    )
