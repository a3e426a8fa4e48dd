"""Prices set by hand: what a tick becomes when its price is not the simulation's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.market.candle import Candle
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_core.market.world.quoting import book_at, depth_of, rupees_of

_BAND = 20  # percent of the previous close; it widens by 5 where a price lies beyond


@dataclass(slots=True)
class SetPrice:
    """A price that holds until it is released, and the session since it was first set."""

    price: Decimal
    high: Decimal
    low: Decimal
    traded: int = 0
    changes: int = 1

    def move(self, price: Decimal) -> None:
        """Set another price."""
        self.price = price
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.changes += 1


def tick_at(base: Tick, instrument: Instrument, held: SetPrice, moment: datetime, seq: int) -> Tick:
    """The tick of a set price: its book around it, the day's extremes with it."""
    is_index = instrument.instrument_type is InstrumentType.INDEX
    volume = 0 if is_index else base.volume + held.changes * instrument.lot_size
    tick = replace(
        base,
        last_price=held.price,
        at=moment,
        exchange_at=moment,
        seq=seq,
        volume=volume,
        last_quantity=0 if is_index else instrument.lot_size,
        high=held.high if base.high is None else max(base.high, held.high),
        low=held.low if base.low is None else min(base.low, held.low),
    )
    return tick if is_index else _with_book(tick, instrument, moment)


def rescaled(tick: Tick, instrument: Instrument, factor: Decimal) -> Tick:
    """A tick after a split or bonus: every price times `factor`, on the tick, units divided."""

    def on_tick(price: Decimal | None) -> Decimal | None:
        if price is None:
            return None
        size = instrument.tick_size
        return max((price * factor / size).quantize(Decimal(1)), Decimal(1)) * size

    last = on_tick(tick.last_price)
    names = ("open", "high", "low", "close", "lower_circuit", "upper_circuit")
    values = {name: on_tick(getattr(tick, name)) for name in names}
    moved = replace(tick, last_price=last or tick.last_price, volume=int(tick.volume / factor))
    return _with_book(replace(moved, **values), instrument, tick.at)


def circuit_limits(close: Decimal, tick_size: Decimal, low: Decimal, high: Decimal) -> tuple[
    Decimal, Decimal
]:  # fmt: skip
    """The day's price limits around the previous close, widened until the prices so far fit."""
    percent = _BAND
    while True:
        bottom = max(tick_size, -(-close * (100 - percent) / 100 // tick_size) * tick_size)
        top = close * (100 + percent) / 100 // tick_size * tick_size
        if (bottom <= low and high <= top) or percent >= 1_000:
            return bottom, top
        percent += 5


def _with_book(tick: Tick, instrument: Instrument, moment: datetime) -> Tick:
    lower = upper = None
    if tick.lower_circuit is not None and tick.close and tick.low and tick.high:
        size = instrument.tick_size
        lower, upper = circuit_limits(tick.close, size, tick.low, tick.high)
    bounds = {"lower": _paise(lower), "upper": _paise(upper)}
    token, step, lot = instrument.instrument_token, moment.microsecond, instrument.lot_size
    book = book_at(
        _paise(tick.last_price) or 1,
        tick=_paise(instrument.tick_size),
        token=token,
        moment=step,
        usual=lot * 500,
        lot=lot,
        **bounds,
    )
    return replace(
        tick,
        bid=None if book.bid is None else rupees_of(book.bid),
        ask=None if book.ask is None else rupees_of(book.ask),
        bid_quantity=book.bid_quantity,
        ask_quantity=book.ask_quantity,
        lower_circuit=lower,
        upper_circuit=upper,
        depth=depth_of(book, token=token, moment=step, lot=lot, **bounds),
    )


def _paise(price: Decimal | None) -> int:
    return 0 if price is None else int(price * 100)


def rescaled_candle(candle: Candle, factor: Decimal, tick_size: Decimal) -> Candle:
    """A candle after a split or bonus, on the tick."""
    prices = (candle.open, candle.high, candle.low, candle.close)
    opening, high, low, close = (
        max((price * factor / tick_size).quantize(Decimal(1)), Decimal(1)) * tick_size
        for price in prices
    )
    volume = int(candle.volume / factor)
    return replace(candle, open=opening, high=high, low=low, close=close, volume=volume)
