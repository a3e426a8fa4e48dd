"""From a signal to the prices of its order: trigger and limit, on the tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.ticks import ceil_to_tick, floor_to_tick, tick_paise
from tradertape_core.strategy.language import rules

Side = Literal["above", "below"]

# Dips are bought lower, everything else once it rises further.
_BUYS_BELOW = frozenset({"v3_dip_buyer"})


@dataclass(frozen=True, slots=True)
class EntryPrices:
    """The prices of the entry order. Rupees on the tick.

    reference: close of the signal's candle.
    side: the trigger is above or below the reference.
    trigger: price that must trade before the order is sent; None where the order goes at once.
    limit: the most that is paid; None for a market order.
    """

    reference: float
    side: Side
    trigger: float | None
    limit: float | None


def buffer_side(strategy: rules.Strategy) -> Side:
    """The side of the trigger: as the entry block sets it, "auto" by the base model."""
    if strategy.entry.buffer_side != "auto":
        return strategy.entry.buffer_side
    return "below" if strategy.base_model in _BUYS_BELOW else "above"


def entry_prices(strategy: rules.Strategy, close: float, on: date) -> EntryPrices:
    """The trigger and limit of the order that a signal with this close becomes.

    close: rupees, of the signal's candle on the date `on`, which also picks the tick.
    Raises InvalidInput unless the close is a positive number.
    """
    if not 0 < close < float("inf"):
        raise InvalidInput(f"a signal needs a positive close, was {close}")
    entry, side = strategy.entry, buffer_side(strategy)
    offset = 1 + entry.limit_offset_pct / 100
    if entry.order == "market":
        return EntryPrices(close, side, None, None)
    if entry.order == "limit":
        return EntryPrices(close, side, None, ceil_to_tick(close * offset, on))
    if side == "above":
        trigger = ceil_to_tick(close * (1 + entry.buffer_pct / 100), on)
    else:
        trigger = floor_to_tick(close * (1 - entry.buffer_pct / 100), on)
    # Below the first tick nothing trades.
    trigger = max(trigger, tick_paise(trigger, on) / 100)
    return EntryPrices(close, side, trigger, ceil_to_tick(trigger * offset, on))
