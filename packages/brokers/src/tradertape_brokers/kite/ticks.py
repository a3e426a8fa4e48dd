"""Kite's packets as core's ticks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradertape_brokers.kite.packets import Packets
from tradertape_core.kernel.python310 import UTC
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick

_DIGITS = {100.0: -2, 10_000.0: -4, 10_000_000.0: -7}
_SIDE = 5  # rows of the depth: five bids, then five offers


def ticks_of(
    packets: Packets, find: Callable[[int], Instrument | None], at: datetime, first: int
) -> Iterator[Tick]:
    """The ticks of packets of one kind; without a price or an instrument there is none.

    first: the number of the first tick.
    """
    names = packets.rows.dtype.names or ()
    depths: list[Any] = packets.rows["depth"].tolist() if "depth" in names else []
    divisors = packets.divisors.tolist()
    for at_row, (row, divisor) in enumerate(zip(packets.rows.tolist(), divisors, strict=True)):
        values: dict[str, Any] = dict(zip(names, row, strict=True))
        if depths:
            values["depth"] = depths[at_row]
        instrument = find(values["token"])
        if instrument is not None and values["last_price"]:
            yield _tick(values, instrument, at, first, _DIGITS[divisor])
            first += 1


def _tick(
    values: Mapping[str, Any], instrument: Instrument, at: datetime, seq: int, digits: int
) -> Tick:
    def price(name: str) -> Decimal | None:
        value = values.get(name)
        return Decimal(value).scaleb(digits) if value else None

    depth = _depth(values.get("depth"), digits)
    buy, sell = (depth.buy[:1], depth.sell[:1]) if depth else ((), ())
    seconds = values.get("exchange_time")
    return Tick(
        instrument_token=instrument.instrument_token,
        instrument_id=instrument.id,
        last_price=Decimal(values["last_price"]).scaleb(digits),
        at=at,
        seq=seq,
        last_quantity=values.get("last_quantity", 0),
        volume=values.get("volume", 0),
        average_price=price("average_price"),
        open=price("open"),
        high=price("high"),
        low=price("low"),
        close=price("close"),
        bid=buy[0].price if buy else None,
        ask=sell[0].price if sell else None,
        bid_quantity=buy[0].quantity if buy else 0,
        ask_quantity=sell[0].quantity if sell else 0,
        oi=values.get("oi", 0),
        exchange_at=datetime.fromtimestamp(seconds, UTC) if seconds else None,
        depth=depth,
    )


def _depth(rows: Any, digits: int) -> Depth | None:
    if rows is None:
        return None
    levels = [
        DepthLevel(Decimal(price).scaleb(digits), quantity, orders) if price else None
        for quantity, price, orders, _ in rows
    ]
    return Depth(
        tuple(one for one in levels[:_SIDE] if one), tuple(one for one in levels[_SIDE:] if one)
    )
