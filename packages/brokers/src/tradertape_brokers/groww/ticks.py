"""Joins the feed's updates of an instrument to ticks of core."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tradertape_brokers.groww.messages import BookUpdate, IndexUpdate, MarketUpdate, PriceUpdate
from tradertape_brokers.groww.subjects import Content, FeedName
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick


class TickJoiner:
    """Keeps the last tick of each instrument; each update gives the next one."""

    def __init__(self) -> None:
        self._listed: dict[str, Instrument] = {}
        self._ticks: dict[str, Tick] = {}
        self._numbers = 0

    def add(self, name: FeedName, instrument: Instrument) -> None:
        """Join updates of this name to ticks of the instrument."""
        for content in (Content.PRICE,) if name.is_index else tuple(Content):
            self._listed[name.subject(content)] = instrument

    def take(self, subject: str, update: MarketUpdate, at: datetime) -> Tick | None:
        """The tick after an update; None while no price is known. at: when it was received."""
        instrument = self._listed.get(subject)
        if instrument is None:
            return None
        last = self._ticks.get(instrument.id)
        made = self._joined(instrument, last, update, at)
        if made is not None:
            self._numbers += 1
            made = self._ticks[instrument.id] = replace(made, seq=self._numbers)
        return made

    def forget(self) -> None:
        """Begin anew: what was known before a gap is not joined to what comes after it."""
        self._ticks.clear()

    @staticmethod
    def _joined(
        instrument: Instrument, last: Tick | None, update: MarketUpdate, at: datetime
    ) -> Tick | None:
        if isinstance(update, BookUpdate):
            return None if last is None else _with_book(last, update, at)
        price = update.value if isinstance(update, IndexUpdate) else update.last_price
        if price is None:
            return None
        base = last or Tick(
            instrument_token=instrument.instrument_token,
            instrument_id=instrument.id,
            last_price=price,
            at=at,
        )
        told_at = update.at or base.exchange_at
        made = replace(base, last_price=price, at=at, exchange_at=told_at)
        return _with_day(made, update) if isinstance(update, PriceUpdate) else made


def _with_book(last: Tick, update: BookUpdate, at: datetime) -> Tick:
    buy, sell = update.depth.buy, update.depth.sell
    return replace(
        last,
        at=at,
        exchange_at=update.at or last.exchange_at,
        depth=update.depth,
        bid=buy[0].price if buy else None,
        ask=sell[0].price if sell else None,
        bid_quantity=buy[0].quantity if buy else 0,
        ask_quantity=sell[0].quantity if sell else 0,
    )


def _with_day(tick: Tick, update: PriceUpdate) -> Tick:
    return replace(
        tick,
        open=update.open,
        high=update.high,
        low=update.low,
        close=update.close,
        average_price=update.average_price,
        volume=update.volume,
        oi=update.oi,
        lower_circuit=update.lower_circuit,
        upper_circuit=update.upper_circuit,
    )
