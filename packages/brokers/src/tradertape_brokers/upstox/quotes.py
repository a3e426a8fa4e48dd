"""Quotes and last prices from Upstox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.limiter import Kind
from tradertape_brokers.upstox.amounts import UNREADABLE, moment, price, units
from tradertape_brokers.upstox.answers import as_object
from tradertape_brokers.upstox.history import candles
from tradertape_brokers.upstox.keys import KeyBook
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick

MOST_KEYS: Final = 500  # of a call


class UpstoxQuotes:
    """Reads prices and candles: the port of `marketdata.QuotesPort`. Each method raises
    BrokerError; what has no price is missing."""

    def __init__(self, rest: Rest, keys: KeyBook, clock: Clock) -> None:
        self._rest = rest
        self._keys = keys
        self._clock = clock

    def last_prices(self, instruments: Sequence[Instrument]) -> dict[str, Decimal]:
        """Last prices by instrument id, as many calls as are needed."""
        found: dict[str, Decimal] = {}
        for one, row in self._rows("/v3/market-quote/ltp", instruments):
            try:
                last = price(row["last_price"])
            except UNREADABLE as error:
                raise Unavailable(f"Upstox's prices cannot be read: {error!r}") from error
            if last is not None:
                found[one.id] = last
        return found

    def candles(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime
    ) -> list[Candle]:
        """Candles that begin from `start` on and before `end`, oldest first."""
        key = self._keys.key_of(instrument.exchange, instrument.tradingsymbol)
        return candles(self._rest, key, interval, start, end, now=self._clock.now())

    def quotes(self, instruments: Sequence[Instrument]) -> dict[str, Tick]:
        """Markets with their depths by instrument id."""
        found: dict[str, Tick] = {}
        for one, row in self._rows("/v3/market-quote/quotes", instruments):
            try:
                tick = tick_of(row, one, self._clock.now())
            except UNREADABLE as error:
                raise Unavailable(f"Upstox's quotes cannot be read: {error!r}") from error
            if tick is not None:
                found[one.id] = tick
        return found

    def _key(self, one: Instrument) -> str | None:
        """Upstox's key; None of what it does not list, which has no quote."""
        try:
            return self._keys.key_of(one.exchange, one.tradingsymbol)
        except Refused:
            return None

    def _rows(
        self, path: str, instruments: Sequence[Instrument]
    ) -> Iterator[tuple[Instrument, Mapping[str, Any]]]:
        keys = [key for one in instruments if (key := self._key(one)) is not None]
        for at in range(0, len(keys), MOST_KEYS):
            params = {"instrument_key": ",".join(keys[at : at + MOST_KEYS])}
            answer = as_object(self._rest.get(path, params, Kind.QUOTES))
            if answer is None:
                raise Unavailable("Upstox's answer has no quotes")
            # They are listed under names; the key of each is within.
            for row in map(as_object, answer.values()):
                one = self._keys.find(str((row or {}).get("instrument_token")))
                if row is not None and one is not None:
                    yield one, row


def tick_of(row: Mapping[str, Any], instrument: Instrument, now: datetime) -> Tick | None:
    """A full quote as a tick; None without a price. Raises ValueError and its like."""
    last = price(row["last_price"])
    if last is None:
        return None
    day: Mapping[str, Any] = as_object(row.get("ohlc")) or {}
    depth = _depth(as_object(row.get("depth")) or {})
    buy, sell = depth.buy[:1], depth.sell[:1]
    close = price(row.get("prev_close_price"))
    if close is None and row.get("net_change") is not None:
        close = price(last - Decimal(str(row["net_change"])))
    return Tick(
        instrument_token=instrument.instrument_token,
        instrument_id=instrument.id,
        last_price=last,
        at=now,
        volume=units(row.get("volume")),
        average_price=price(row.get("average_price")),
        open=price(day.get("open")),
        high=price(day.get("high")),
        low=price(day.get("low")),
        close=close,
        bid=buy[0].price if buy else None,
        ask=sell[0].price if sell else None,
        bid_quantity=buy[0].quantity if buy else 0,
        ask_quantity=sell[0].quantity if sell else 0,
        oi=units(row.get("oi")),
        exchange_at=moment(row.get("last_trade_time")),
        lower_circuit=price(row.get("lower_circuit_limit")),
        upper_circuit=price(row.get("upper_circuit_limit")),
        depth=depth,
    )


def _depth(depth: Mapping[str, Any]) -> Depth:
    return Depth(_side(depth.get("buy")), _side(depth.get("sell")))


def _side(rows: object) -> tuple[DepthLevel, ...]:
    levels: list[DepthLevel] = []
    for row in cast(list[Mapping[str, Any]], rows) if isinstance(rows, list) else []:
        at = price(row.get("price"))
        if at is not None:
            levels.append(DepthLevel(at, units(row.get("quantity")), units(row.get("orders"))))
    return tuple(levels)
