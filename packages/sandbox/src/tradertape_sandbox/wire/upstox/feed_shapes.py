"""The messages of the market feed v3, in the form of each mode."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.session_times import Segment
from tradertape_core.market.tick import Tick
from tradertape_sandbox.wire.upstox.door import UpstoxDoor
from tradertape_sandbox.wire.upstox.greeks import OptionView
from tradertape_sandbox.wire.upstox.market import status_of
from tradertape_sandbox.wire.upstox.schema import Feed, FeedResponse

# The modes, with their numbers on the wire and the keys that a connection may have of each.
MODES: Mapping[str, tuple[int, int]] = {
    "ltpc": (0, 5000), "full": (1, 2000), "option_greeks": (2, 3000), "full_d30": (3, 50),
}  # fmt: skip
MARKET_INFO = 2
_LEVELS = {"full": 5, "full_d30": 30}  # of which the sandbox fills five
_SEGMENTS = {
    "NSE_EQ": Segment.CASH, "NSE_FO": Segment.DERIVATIVES, "NSE_INDEX": Segment.CASH,
    "BSE_EQ": Segment.CASH, "BSE_FO": Segment.DERIVATIVES, "BSE_INDEX": Segment.CASH,
    "MCX_FO": None, "NCD_FO": None, "BCD_FO": None,
}  # fmt: skip
_STATUSES = (
    "PRE_OPEN_START", "PRE_OPEN_END", "NORMAL_OPEN", "NORMAL_CLOSE", "CLOSING_START", "CLOSING_END",
)  # fmt: skip


def statuses(door: UpstoxDoor) -> dict[str, int]:
    """The status of each segment as its number on the wire."""
    found = {kind: status_of(door.exchange, kind)[0] for kind in set(_SEGMENTS.values())}
    return {name: _STATUSES.index(found[kind]) for name, kind in _SEGMENTS.items()}


def market_info(found: Mapping[str, int], at: datetime) -> bytes:
    """The first message of a connection, and the one that follows each change: the statuses."""
    reply = FeedResponse(type=MARKET_INFO, currentTs=ms(at))
    for segment, status in found.items():
        reply.marketInfo.segmentStatus[segment] = status
    return reply.SerializeToString()


def feed_of(instrument: Instrument, tick: Tick, mode: str, view: OptionView) -> Any:
    """A tick in the form of a mode. view: what an option's price implies."""
    feed = Feed(requestMode=MODES[mode][0])
    if mode == "ltpc":
        _set_ltpc(feed.ltpc, tick)
    elif mode == "option_greeks":
        _set_first(feed.firstLevelWithGreeks, tick, view)
    elif instrument.instrument_type is InstrumentType.INDEX:
        _set_ltpc(feed.fullFeed.indexFF.ltpc, tick)
        _set_ohlc(feed.fullFeed.indexFF.marketOHLC, tick)
    else:
        _set_full(feed.fullFeed.marketFF, tick, _LEVELS[mode])
        if instrument.is_option:
            feed.fullFeed.marketFF.iv = view.iv
            _set_greeks(feed.fullFeed.marketFF.optionGreeks, view)
    return feed


def ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def _set_first(first: Any, tick: Tick, view: OptionView) -> None:
    _set_ltpc(first.ltpc, tick)
    first.firstDepth.bidQ, first.firstDepth.bidP = tick.bid_quantity, float(tick.bid or 0)
    first.firstDepth.askQ, first.firstDepth.askP = tick.ask_quantity, float(tick.ask or 0)
    _set_greeks(first.optionGreeks, view)
    first.vtt, first.oi, first.iv = tick.volume, float(tick.oi), view.iv


def _set_greeks(greeks: Any, view: OptionView) -> None:
    greeks.delta, greeks.theta, greeks.gamma = view.delta, view.theta, view.gamma
    greeks.vega, greeks.rho = view.vega, view.rho


def _set_ltpc(ltpc: Any, tick: Tick) -> None:
    ltpc.ltp = float(tick.last_price)
    ltpc.ltt = ms(tick.exchange_at or tick.at)
    ltpc.ltq = tick.last_quantity
    ltpc.cp = float(tick.close or 0)


def _set_ohlc(target: Any, tick: Tick) -> None:
    target.ohlc.add(
        interval="1d",
        open=float(tick.open or 0),
        high=float(tick.high or 0),
        low=float(tick.low or 0),
        close=float(tick.last_price),
        vol=tick.volume,
        ts=ms(tick.exchange_at or tick.at),
    )


def _set_full(full: Any, tick: Tick, levels: int) -> None:
    _set_ltpc(full.ltpc, tick)
    _set_ohlc(full.marketOHLC, tick)
    buy, sell = ((), ()) if tick.depth is None else (tick.depth.buy, tick.depth.sell)
    for place in range(levels):
        row = full.marketLevel.bidAskQuote.add()
        if place < len(buy):
            row.bidQ, row.bidP = buy[place].quantity, float(buy[place].price)
        if place < len(sell):
            row.askQ, row.askP = sell[place].quantity, float(sell[place].price)
    full.atp = float(tick.average_price or 0)
    full.vtt, full.oi = tick.volume, float(tick.oi)
    full.tbq = float(sum(one.quantity for one in buy))
    full.tsq = float(sum(one.quantity for one in sell))
