"""Kite's instruments, quotes and candles as core's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast

from tradertape_brokers.kite.orders_mapping import UnknownRow, time_of
from tradertape_brokers.kite.reading import amount
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument, InstrumentType, OptionType
from tradertape_core.market.tick import Depth, DepthLevel, Tick

Row = Mapping[str, Any]
EXCHANGES: Final = frozenset({"NSE", "BSE", "NFO", "BFO"})
_INDICES: Final = "INDICES"
_TICK: Final = Decimal("0.05")  # of an index, which has none and is not traded
_NOTHING: Final[Row] = {}


def instruments_of(rows: Iterable[Row]) -> list[Instrument]:
    """The list's rows of the exchanges that orders are taken for.

    Raises UnknownRow when two rows have one name or one token, or when there are no shares.
    """
    found: dict[str, Instrument] = {}
    tokens: dict[int, str] = {}
    for row in rows:
        if row["exchange"] not in EXCHANGES:
            continue
        one = instrument_of(row)
        if one.id in found:
            raise UnknownRow(f"{one.id} is listed twice")
        if one.instrument_token in tokens:
            raise UnknownRow(f"{one.id} has the token of {tokens[one.instrument_token]}")
        found[one.id], tokens[one.instrument_token] = one, one.id
    if not any(one.instrument_type is InstrumentType.EQ for one in found.values()):
        raise UnknownRow("it has no shares")
    return list(found.values())


def instrument_of(row: Row) -> Instrument:
    """One row of the list. Raises KeyError, TypeError or ValueError."""
    is_index = row["segment"] == _INDICES
    kind = InstrumentType.INDEX if is_index else InstrumentType(row["instrument_type"])
    is_option = kind in (InstrumentType.CE, InstrumentType.PE)
    is_derivative = is_option or kind is InstrumentType.FUT
    expiry = row["expiry"]
    if is_derivative and not isinstance(expiry, date):
        raise UnknownRow(f"{row['tradingsymbol']} has no expiry")
    name = str(row.get("name") or "")
    symbol = str(row["tradingsymbol"])
    return Instrument(
        exchange=str(row["exchange"]),
        tradingsymbol=symbol,
        instrument_token=int(row["instrument_token"]),
        exchange_token=int(row["exchange_token"]),
        name=name,
        lot_size=max(int(row["lot_size"]), 1),
        tick_size=amount(row, "tick_size") or _TICK,
        segment=_INDICES if is_index else str(row["exchange"]),
        instrument_type=kind,
        expiry=cast("date", expiry) if is_derivative else None,
        strike=amount(row, "strike") if is_option else None,
        option_type=cast("OptionType", kind.value) if is_option else None,
        underlying=name if is_derivative else symbol,
    )


def tick_of(row: Row, instrument: Instrument, now: datetime) -> Tick | None:
    """A quote as a tick; None without a price. Raises KeyError, TypeError or ValueError."""
    if int(row["instrument_token"]) != instrument.instrument_token:
        raise UnknownRow(f"the quote of {instrument.id} is another instrument's")
    last = price_of(row, "last_price")
    if last is None:
        return None
    day: Row = row.get("ohlc") or _NOTHING
    depth: Row = row.get("depth") or _NOTHING
    buy, sell = _side(depth.get("buy")), _side(depth.get("sell"))
    return Tick(
        instrument_token=instrument.instrument_token,
        instrument_id=instrument.id,
        last_price=last,
        at=now,
        last_quantity=int(row.get("last_quantity") or 0),
        volume=int(row.get("volume") or 0),
        average_price=price_of(row, "average_price"),
        open=price_of(day, "open"),
        high=price_of(day, "high"),
        low=price_of(day, "low"),
        close=price_of(day, "close"),
        bid=buy[0].price if buy else None,
        ask=sell[0].price if sell else None,
        bid_quantity=buy[0].quantity if buy else 0,
        ask_quantity=sell[0].quantity if sell else 0,
        oi=int(row.get("oi") or 0),
        exchange_at=time_of(row, "timestamp"),
        lower_circuit=price_of(row, "lower_circuit_limit"),
        upper_circuit=price_of(row, "upper_circuit_limit"),
        depth=Depth(buy, sell) if depth else None,
    )


def candle_of(row: Row, interval: Interval, now: datetime) -> Candle:
    """A candle of the client's. Raises KeyError, TypeError or ValueError."""
    start = row["date"]
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise UnknownRow(f"a candle has no time: {start}")
    open_, high, low, close = (_known(row, name) for name in ("open", "high", "low", "close"))
    return Candle(
        start=start,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=int(row["volume"]),
        oi=int(row.get("oi") or 0),
        is_complete=start + interval.length <= now,
    )


def price_of(row: Row, name: str) -> Decimal | None:
    """A price; None where Kite has 0 or nothing. Raises UnknownRow."""
    price = amount(row, name)
    if price < 0:
        raise UnknownRow(f"{name} is below 0: {price}")
    return price or None


def _known(row: Row, name: str) -> Decimal:
    price = price_of(row, name)
    if price is None:
        raise UnknownRow(f"a candle has no {name}")
    return price


def _side(rows: Iterable[Row] | None) -> tuple[DepthLevel, ...]:
    """One side of the book; levels without orders have price 0."""
    levels = ((price_of(row, "price"), row) for row in rows or ())
    return tuple(
        DepthLevel(price, int(row["quantity"]), int(row.get("orders") or 0))
        for price, row in levels
        if price is not None
    )
