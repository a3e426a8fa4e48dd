"""Prices of the paper market: what a tick offers, and the band of a protected market order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import OrderRequest, Side

_BASIS_POINTS = Decimal(10_000)
_HUNDRED = Decimal(100)

# The broker's own bands: (price below, percent). Source: Zerodha, "Market price protection", 2025:
# wider for options and for low prices.
_BANDS = ((100, "2"), (500, "1"), (None, "0.5"))
_OPTION_BANDS = ((10, "5"), (100, "3"), (500, "2"), (None, "1"))


@quickly_made
@dataclass(frozen=True, slots=True)
class Offer:
    """What is available to an order now: a price, and units shown (None: not known)."""

    price: Decimal
    quantity: int | None


def offers(tick: Tick, side: Side, instrument: Instrument, slippage_bps: Decimal) -> list[Offer]:
    """The other side of the market for an order of this side, best first.

    Where the feed has quotes they count, and an empty side means that there is no counterparty
    (a stock at its circuit). Without quotes it is the last price made worse by the slippage.
    """
    if tick.bid is None and tick.ask is None and tick.depth is None:
        return [Offer(slipped(tick.last_price, side, instrument, slippage_bps), None)]
    if tick.depth is not None:
        levels = tick.depth.sell if side is Side.BUY else tick.depth.buy
        if levels:
            return [Offer(level.price, level.quantity) for level in levels if level.price > 0]
    price, shown = (
        (tick.ask, tick.ask_quantity) if side is Side.BUY else (tick.bid, tick.bid_quantity)
    )
    return [Offer(price, shown or None)] if price else []


def slipped(price: Decimal, side: Side, instrument: Instrument, bps: Decimal) -> Decimal:
    """The price made worse by basis points, on the tick."""
    sign = 1 if side is Side.BUY else -1
    return on_tick(price * (1 + sign * bps / _BASIS_POINTS), side, instrument.tick_size)


def on_tick(price: Decimal, side: Side, tick_size: Decimal) -> Decimal:
    """Round a price onto the tick: up to buy, down to sell; at least one tick."""
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    return max((price / tick_size).quantize(Decimal(1), rounding), Decimal(1)) * tick_size


def protected_limit(request: OrderRequest, instrument: Instrument, last: Decimal) -> Decimal | None:
    """The worst price a market order may take, `last` being the price it starts from.

    None where the order has no protection.
    """
    if not request.market_protection:
        return None
    percent = request.market_protection
    if percent == AUTOMATIC_PROTECTION:
        percent = automatic_band(instrument, last)
    sign = 1 if request.side is Side.BUY else -1
    worst = last * (1 + sign * percent / _HUNDRED)
    # Rounded so that the band is never narrower than a tick.
    return on_tick(worst, request.side, instrument.tick_size)


def automatic_band(instrument: Instrument, price: Decimal) -> Decimal:
    """The broker's own protection in percent."""
    bands = _OPTION_BANDS if instrument.is_option else _BANDS
    return next(Decimal(pct) for bound, pct in bands if bound is None or price < bound)


def is_no_worse(price: Decimal, limit: Decimal | None, side: Side) -> bool:
    """Whether a price is at or better than the limit for the side; always without a limit."""
    if limit is None:
        return True
    return price <= limit if side is Side.BUY else price >= limit
