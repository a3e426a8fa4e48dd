"""Quotes and last prices from Groww."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, cast

from tradertape_brokers.errors import Unavailable
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.names import Listed
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Kind
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick

MOST_SYMBOLS: Final = 50  # of a call
_STEP: Final = Decimal("0.0001")


def last_prices(rest: Rest, listed: Sequence[Listed]) -> dict[Listed, Decimal]:
    """Last prices, as many calls as are needed; what has no price is missing.

    Raises BrokerError.
    """
    found: dict[Listed, Decimal] = {}
    ordered = sorted(set(listed), key=lambda one: one.segment)
    for segment, group in groupby(ordered, key=lambda one: one.segment):
        for some in _batches(list(group)):
            names = {f"{one.exchange}_{one.trading_symbol}": one for one in some}
            params = {"segment": segment, "exchange_symbols": ",".join(names)}
            answer = as_object(rest.get("/live-data/ltp", params, Kind.QUOTES))
            if answer is None:
                raise Unavailable("Groww's answer has no prices")
            for name, value in answer.items():
                price = _amount(value)
                if name in names and price is not None:
                    found[names[name]] = price
    return found


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
