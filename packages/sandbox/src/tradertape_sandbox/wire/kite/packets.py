"""The ticker's binary frames: big-endian packets whose length says their mode.

Prices are unsigned integers: rupees times a factor that the low byte of the token (the segment)
decides. A frame is a count of packets, then each packet behind its length.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from tradertape_core.market.tick import DepthLevel, Tick

HEARTBEAT = b"\x00"
LARGEST = 2**32 - 1
_LEVELS = 5  # of each side of the book

_INDICES = 9
_FACTORS = {3: 10_000_000, 6: 10_000, 12: 10_000}  # currencies and NSE's commodities; others paise

_PACKET_LTP = struct.Struct(">2I")
_PACKET_QUOTE = struct.Struct(">11I")
_PACKET_FULL = struct.Struct(">16I")  # the depth follows
_PACKET_INDEX = struct.Struct(">7I")
_PACKET_INDEX_FULL = struct.Struct(">8I")
_DEPTH_ROW = struct.Struct(">2IH2x")
_LENGTH = struct.Struct(">H")


class Mode(StrEnum):
    """How much of a tick a subscriber gets."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"


def packet(
    tick: Tick, mode: Mode, *, oi_high: int = 0, oi_low: int = 0, traded_at: datetime | None = None
) -> bytes:
    """One tick as a packet of the mode, without its length.

    oi_high, oi_low: extremes of the open interest today. traded_at: time of the last trade; None:
    the exchange's time of the tick.
    """
    token, factor = tick.instrument_token, factor_of(tick.instrument_token)
    last = scaled(tick.last_price, factor)
    if mode is Mode.LTP:
        return _PACKET_LTP.pack(token, last)
    if token & 0xFF == _INDICES:
        return _index_packet(tick, mode, last, factor)
    # Kite's order of these four in a share's packet differs from that of an index.
    ohlc = [scaled(price, factor) for price in (tick.open, tick.high, tick.low, tick.close)]
    bid, ask = _totals(tick)
    quote = (
        token, last, _whole(tick.last_quantity), scaled(tick.average_price, factor),
        _whole(tick.volume), bid, ask, *ohlc,
    )  # fmt: skip
    if mode is Mode.QUOTE:
        return _PACKET_QUOTE.pack(*quote)
    at = tick.exchange_at or tick.at
    interest = (_whole(tick.oi), _whole(oi_high or tick.oi), _whole(oi_low or tick.oi))
    full = _PACKET_FULL.pack(*quote, _epoch(traded_at or at), *interest, _epoch(at))
    return full + _depth(tick, factor)


def frame(packets: Sequence[bytes]) -> bytes:
    """Packets as one message."""
    parts = [_LENGTH.pack(len(packets))]
    for one in packets:
        parts += (_LENGTH.pack(len(one)), one)
    return b"".join(parts)


def factor_of(instrument_token: int) -> int:
    """What rupees are multiplied by in packets of this instrument."""
    return _FACTORS.get(instrument_token & 0xFF, 100)


def scaled(price: Decimal | None, factor: int) -> int:
    """A price as the unsigned integer of a packet; 0 where there is none."""
    if price is None:
        return 0
    return _whole(int((price * factor).quantize(Decimal(1), ROUND_HALF_EVEN)))


def _index_packet(tick: Tick, mode: Mode, last: int, factor: int) -> bytes:
    prices = [scaled(price, factor) for price in (tick.high, tick.low, tick.open, tick.close)]
    change = 0 if tick.close is None else (last - prices[3]) & LARGEST
    values = (tick.instrument_token, last, *prices, change)
    if mode is Mode.QUOTE:
        return _PACKET_INDEX.pack(*values)
    return _PACKET_INDEX_FULL.pack(*values, _epoch(tick.exchange_at or tick.at))


def _totals(tick: Tick) -> tuple[int, int]:
    depth = tick.depth
    if depth is None:
        return _whole(tick.bid_quantity), _whole(tick.ask_quantity)
    sides = (depth.buy, depth.sell)
    buy, sell = (_whole(sum(level.quantity for level in side)) for side in sides)
    return buy, sell


def _depth(tick: Tick, factor: int) -> bytes:
    depth = tick.depth
    buy, sell = ((), ()) if depth is None else (depth.buy, depth.sell)
    return _side(buy, factor) + _side(sell, factor)


def _side(levels: Sequence[DepthLevel], factor: int) -> bytes:
    rows = [
        _DEPTH_ROW.pack(_whole(level.quantity), scaled(level.price, factor), level.orders & 0xFFFF)
        for level in levels[:_LEVELS]
    ]
    return b"".join(rows) + bytes(_DEPTH_ROW.size * (_LEVELS - len(rows)))


def _epoch(moment: datetime) -> int:
    return _whole(int(moment.timestamp()))


def _whole(value: int) -> int:
    return min(max(value, 0), LARGEST)
