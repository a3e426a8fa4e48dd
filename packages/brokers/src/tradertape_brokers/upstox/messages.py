"""The market feed's messages: bytes in, ticks out. Pure; only Malformed is raised."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from google.protobuf.message import DecodeError

from tradertape_brokers.upstox.feed_schema import Response
from tradertape_core.kernel.python310 import UTC, StrEnum
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick

_LATEST_MS: Final = 4_102_444_800_000  # the year 2100
_MOST: Final = 1e12
_STEP: Final = Decimal("0.0001")
_NORMAL_OPEN: Final = 2
_DAY: Final = "1d"


class Malformed(ValueError):
    """Bytes that are no message, or values that are no market."""


class Mode(StrEnum):
    """How much of an instrument is sent: its price, or the day and five levels too."""

    LTPC = "ltpc"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """What a frame holds. feeds: by instrument key. is_open: whether a segment trades, if told."""

    feeds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_open: bool | None = None


def read_message(frame: bytes) -> FeedMessage:
    """Read a frame. Raises Malformed."""
    try:
        message = Response.FromString(frame)
    except DecodeError as error:
        raise Malformed("the frame is no message of the feed") from error
    told = message.market_info.statuses.values()
    is_open = _NORMAL_OPEN in set(told) if message.HasField("market_info") else None
    return FeedMessage(message.feeds, is_open)


def tick_of(feed: Any, instrument: Instrument, now: datetime, number: int) -> Tick | None:
    """A feed of an instrument as a tick; None without a price. Raises Malformed.

    number: of the tick, rising.
    """
    if feed.HasField("full"):
        is_index = feed.full.HasField("index")
        part = feed.full.index if is_index else feed.full.market
        extra = _day(part.ohlcs) | ({} if is_index else _market(part))
    elif feed.HasField("first_level"):
        part = feed.first_level
        extra = _counts(part.volume, part.oi) | _book([part.quote])
    else:
        part, extra = feed, {}
    last = _price(part.ltpc.ltp)
    if last is None:
        return None
    return Tick(
        instrument_token=instrument.instrument_token,
        instrument_id=instrument.id,
        last_price=last,
        at=now,
        seq=number,
        last_quantity=_units(part.ltpc.ltq),
        close=_price(part.ltpc.cp),
        exchange_at=_moment(part.ltpc.ltt),
        **extra,
    )


def request(method: str, keys: Collection[str], mode: Mode | None = None) -> bytes:
    """A frame that asks for instruments: `sub`, `change_mode` with a mode, or `unsub`."""
    wanted: dict[str, Any] = {"instrumentKeys": sorted(keys)}
    if mode is not None:
        wanted["mode"] = mode.value
    return json.dumps({"guid": uuid.uuid4().hex, "method": method, "data": wanted}).encode()


def _market(part: Any) -> dict[str, Any]:
    average = {"average_price": _price(part.average_price)}
    return average | _counts(part.volume, part.oi) | _book(part.level.quotes)


def _counts(volume: int, oi: float) -> dict[str, Any]:
    return {"volume": _units(volume), "oi": _units(oi)}


def _day(ohlcs: Any) -> dict[str, Any]:
    row = next((one for one in ohlcs.ohlc if one.interval == _DAY), None)
    if row is None:
        return {}
    return {"open": _price(row.open), "high": _price(row.high), "low": _price(row.low)}


def _book(quotes: Any) -> dict[str, Any]:
    buy = tuple(
        DepthLevel(price, _units(one.bid_quantity))
        for one in quotes
        if (price := _price(one.bid)) is not None
    )
    sell = tuple(
        DepthLevel(price, _units(one.ask_quantity))
        for one in quotes
        if (price := _price(one.ask)) is not None
    )
    return {
        "bid": buy[0].price if buy else None,
        "ask": sell[0].price if sell else None,
        "bid_quantity": buy[0].quantity if buy else 0,
        "ask_quantity": sell[0].quantity if sell else 0,
        "depth": Depth(buy, sell),
    }


def _price(value: float) -> Decimal | None:
    """Rupees, from a double; None for nothing."""
    if not math.isfinite(value) or not 0 <= value <= _MOST:
        raise Malformed("a price is no price")
    return Decimal(str(value)).quantize(_STEP).normalize() + 0 if value else None


def _units(value: float) -> int:
    if not math.isfinite(value) or not 0 <= value < 2**53:
        raise Malformed("a quantity is no quantity")
    return int(value)


def _moment(value: int) -> datetime | None:
    if not 0 <= value < _LATEST_MS:
        raise Malformed("a time is no time")
    return datetime.fromtimestamp(value / 1_000, UTC) if value else None
