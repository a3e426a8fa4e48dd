"""Quotes, last prices and candles from Groww: the port of `marketdata.QuotesPort`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, cast

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.contracts import groww_symbol_of, listed_of
from tradertape_brokers.groww.history import candles
from tradertape_brokers.groww.names import Listed
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Kind
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.python310 import UTC
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_core.orders.order import NIL

MOST_SYMBOLS: Final = 50  # of a call
MOST_DEPTHS: Final = 10  # of a request for quotes: each is a call of its own
_STEP: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class DayPrices:
    """The last price, and the close of the session before; 0 where there is none."""

    last_price: Decimal
    close_price: Decimal


class GrowwQuotes:
    """The port of `marketdata.QuotesPort`."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Tick]:
        """Read quotes by instrument id; what has none is left out. Raises BrokerError.

        Groww tells one depth a request: of more than a few instruments the prices alone are read.
        """
        now = self._clock.now()
        if len(instruments) <= MOST_DEPTHS:
            found = ((one, self._quote(one, now)) for one in instruments)
            return {one.id: tick for one, tick in found if tick is not None}
        names = {listed_of(one): one for one in instruments}
        prices = last_prices(self._rest, list(names))
        days = _days(self._rest, list(prices))
        return {
            names[name].id: _tick(names[name], price, days.get(name, {}), now)
            for name, price in prices.items()
        }

    def candles(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime
    ) -> Sequence[Candle]:
        """Read candles that begin within [start, end], oldest first. Raises BrokerError."""
        listed = listed_of(instrument)
        name = groww_symbol_of(instrument)
        after = end + timedelta(microseconds=1)
        now = self._clock.now()
        return candles(self._rest, listed, name, interval, start, after, now=now)

    def _quote(self, instrument: Instrument, now: datetime) -> Tick | None:
        try:
            return quote(self._rest, listed_of(instrument), instrument, now)
        except Refused:
            return None  # Groww does not list it, or it has no price


def day_prices(rest: Rest, listed: Sequence[Listed]) -> dict[Listed, DayPrices]:
    """Last prices and closes; what has no price is missing. Raises BrokerError."""
    prices = last_prices(rest, listed)
    days = _days(rest, list(prices))
    return {
        one: DayPrices(price, _amount(days.get(one, {}).get("close")) or NIL)
        for one, price in prices.items()
    }


def last_prices(rest: Rest, listed: Sequence[Listed]) -> dict[Listed, Decimal]:
    """Last prices, as many calls as are needed; what has no price is missing.

    Raises BrokerError.
    """
    found = {one: _amount(value) for one, value in _values(rest, "/live-data/ltp", listed)}
    return {one: price for one, price in found.items() if price is not None}


def _days(rest: Rest, listed: Sequence[Listed]) -> dict[Listed, Mapping[str, Any]]:
    return {one: as_object(row) or {} for one, row in _values(rest, "/live-data/ohlc", listed)}


def _values(rest: Rest, path: str, listed: Sequence[Listed]) -> Iterator[tuple[Listed, object]]:
    """What an endpoint tells of instruments, in calls of as many as it takes."""
    ordered = sorted(set(listed), key=lambda one: (one.segment, one.exchange, one.trading_symbol))
    for segment, group in groupby(ordered, key=lambda one: one.segment):
        for some in _batches(list(group)):
            yield from _values_of(rest, path, segment, some)


def _values_of(
    rest: Rest, path: str, segment: str, some: list[Listed]
) -> Iterator[tuple[Listed, object]]:
    """One call. Groww refuses all of them for one that it does not know: it is searched for."""
    names = {f"{one.exchange}_{one.trading_symbol}": one for one in some}
    params = {"segment": segment, "exchange_symbols": ",".join(names)}
    try:
        answer = as_object(rest.get(path, params, Kind.QUOTES))
    except Refused:
        if len(some) > 1:
            half = len(some) // 2
            yield from _values_of(rest, path, segment, some[:half])
            yield from _values_of(rest, path, segment, some[half:])
        return
    if answer is None:
        raise Unavailable("Groww's answer has no prices")
    for name, value in answer.items():
        if name in names:
            yield names[name], value


def _tick(one: Instrument, price: Decimal, day: Mapping[str, Any], now: datetime) -> Tick:
    return Tick(
        instrument_token=one.instrument_token,
        instrument_id=one.id,
        last_price=price,
        at=now,
        open=_amount(day.get("open")),
        high=_amount(day.get("high")),
        low=_amount(day.get("low")),
        close=_amount(day.get("close")),
    )


def quote(rest: Rest, listed: Listed, instrument: Instrument, now: datetime) -> Tick:
    """The market of an instrument, with its depth. Raises BrokerError."""
    params = {
        "exchange": listed.exchange,
        "segment": listed.segment,
        "trading_symbol": listed.trading_symbol,
    }
    row = as_object(rest.get("/live-data/quote", params, Kind.QUOTES))
    try:
        return tick_of(row or {}, instrument, now)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise Unavailable(f"Groww's quote cannot be read: {error!r}") from error


def tick_of(row: Mapping[str, Any], instrument: Instrument, now: datetime) -> Tick:
    """A quote as a tick. Raises ValueError and its like."""
    last = _amount(row["last_price"])
    if last is None:
        raise ValueError("last_price is missing")
    day: Mapping[str, Any] = as_object(row.get("ohlc")) or {}
    depth = _depth(as_object(row.get("depth")) or {})
    buy, sell = depth.buy[:1], depth.sell[:1]
    at_ms = row.get("last_trade_time")
    return Tick(
        instrument_token=instrument.instrument_token,
        instrument_id=instrument.id,
        last_price=last,
        at=now,
        last_quantity=int(row.get("last_trade_quantity") or 0),
        volume=int(row.get("volume") or 0),
        average_price=_amount(row.get("average_price")),
        open=_amount(day.get("open")),
        high=_amount(day.get("high")),
        low=_amount(day.get("low")),
        close=_amount(day.get("close")),
        bid=buy[0].price if buy else None,
        ask=sell[0].price if sell else None,
        bid_quantity=buy[0].quantity if buy else 0,
        ask_quantity=sell[0].quantity if sell else 0,
        oi=int(row.get("open_interest") or 0),
        exchange_at=datetime.fromtimestamp(int(at_ms) / 1_000, UTC) if at_ms else None,
        lower_circuit=_amount(row.get("lower_circuit_limit")),
        upper_circuit=_amount(row.get("upper_circuit_limit")),
        depth=depth,
    )


def _batches(listed: list[Listed]) -> list[list[Listed]]:
    return [listed[at : at + MOST_SYMBOLS] for at in range(0, len(listed), MOST_SYMBOLS)]


def _depth(depth: Mapping[str, Any]) -> Depth:
    return Depth(_side(depth.get("buy")), _side(depth.get("sell")))


def _side(rows: object) -> tuple[DepthLevel, ...]:
    levels: list[DepthLevel] = []
    for row in cast(list[Mapping[str, Any]], rows) if isinstance(rows, list) else []:
        price = _amount(row["price"])
        if price is not None:  # an empty level has price 0
            levels.append(DepthLevel(price, int(row["quantity"])))
    return tuple(levels)


def _amount(value: object) -> Decimal | None:
    """Rupees; None for nothing. Raises ValueError and its like."""
    if value in (None, ""):
        return None
    amount = Decimal(str(value))
    if not amount.is_finite() or amount < 0:
        raise ValueError("an amount is none")
    return amount.quantize(_STEP).normalize() + 0 if amount else None
