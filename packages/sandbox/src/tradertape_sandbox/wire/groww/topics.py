"""Subjects of the feed, and the messages that go out under them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import DepthLevel, Tick
from tradertape_sandbox.exchange.books import BookedOrder
from tradertape_sandbox.exchange.portfolio import PositionRow
from tradertape_sandbox.wire.groww.messages import (
    OrderBroadcast,
    PositionDetail,
    SocketResponse,
    enum_number,
)
from tradertape_sandbox.wire.groww.names import (
    CASH,
    FNO,
    Directory,
    exchange_of,
    feed_token,
    is_index,
    segment_of,
    trading_symbol,
)
from tradertape_sandbox.wire.groww.order_mapping import (
    groww_order_id,
    order_type_name,
    remark_of,
    status_of,
)

_MARKET = re.compile(r"/ld/(eq|fo|indices)/(nse|bse)/(price|book|price_detailed)\.([^.*>\s]+)")
_ACCOUNT = re.compile(r"(stocks|stocks_fo)/(order|position)/updates\.apex\.([^.*>\s]+)")
_ORDER_TYPES = {"MARKET": "MKT", "LIMIT": "L", "SL": "SL", "SL_M": "SL_M"}


class Content(StrEnum):
    """What a subject of the market carries."""

    PRICE = "price"
    BOOK = "book"
    DETAILED = "price_detailed"


@dataclass(frozen=True, slots=True)
class MarketSubject:
    """The prices of an instrument."""

    instrument: Instrument
    content: Content


@dataclass(frozen=True, slots=True)
class AccountSubject:
    """Orders or positions of the user that a subscription id belongs to."""

    subscription_id: str


def read_subject(subject: str, directory: Directory) -> MarketSubject | AccountSubject | None:
    """What a subject means; None for one that the feed does not have."""
    account = _ACCOUNT.fullmatch(subject)
    if account is not None:
        kind, topic, owner = account.groups()
        return None if (kind, topic) == ("stocks", "position") else AccountSubject(owner)
    market = _MARKET.fullmatch(subject)
    if market is None:
        return None
    kind, exchange, content, token = market.groups()
    index = kind == "indices"
    segment = FNO if kind == "fo" else CASH
    found = directory.by_feed_token(exchange.upper(), segment, token, index=index)
    if found is None or (index and content != "price"):
        return None
    return MarketSubject(found, Content(content))


def order_subject(segment: str, subscription_id: str) -> str:
    """The subject of a user's order updates."""
    return f"{'stocks_fo' if segment == FNO else 'stocks'}/order/updates.apex.{subscription_id}"


def position_subject(subscription_id: str) -> str:
    """The subject of a user's updates of derivative positions."""
    return f"stocks_fo/position/updates.apex.{subscription_id}"


def market_message(tick: Tick, instrument: Instrument, content: Content) -> bytes:
    """The message of a tick."""
    message = SocketResponse(
        symbol=feed_token(instrument),
        segment=enum_number("Segment", segment_of(instrument)),
        exchange=enum_number("FeedExchange", exchange_of(instrument)),
    )
    at = (tick.exchange_at or tick.at).timestamp() * 1_000
    if is_index(instrument):
        message.stocksLiveIndices.tsInMillis = at
        message.stocksLiveIndices.value = float(tick.last_price)
    elif content is Content.BOOK:
        _fill_book(message.stocksMarketDepth, tick, at)
    else:
        _fill_price(message.stockLivePrice, tick, at)
    return message.SerializeToString()


def order_message(order: BookedOrder, instrument: Instrument, at: datetime) -> bytes:
    """The message of an order's change; prices are paise."""
    request = order.request
    local = at.astimezone(IST)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    message = OrderBroadcast()
    message.stageAndTimeStamp.add(
        timeStampFromMidNight=(local - midnight) / timedelta(milliseconds=1),
        stageName=status_of(order),
    )
    detail = message.orderDetailUpdateDto
    detail.qty, detail.filledQty = request.quantity, order.filled_quantity
    detail.remainingQty = order.pending_quantity
    detail.price, detail.triggerPrice = _paise(request.price), _paise(request.trigger_price)
    detail.avgFillPrice = _paise(order.average_price)
    detail.growwOrderId = groww_order_id(order.order_id)
    detail.exchangeOrderId = order.exchange_order_id or ""
    detail.orderStatus = enum_number("OrderStatus", status_of(order))
    detail.duration = enum_number("Duration", request.validity.value)
    detail.exchange = enum_number("Exchange", exchange_of(instrument))
    detail.segment = enum_number("Segment", segment_of(instrument))
    detail.product = enum_number("Product", request.product.value)
    kind = _ORDER_TYPES[order_type_name(request.order_type)]
    detail.orderType = enum_number("OrderType", kind)
    detail.buySell = enum_number("BuySell", request.side.value[0])
    detail.remark = remark_of(order)
    detail.contractId = trading_symbol(instrument)
    detail.guiOrderId = order.tag or ""
    return message.SerializeToString()


def position_message(row: PositionRow, at: datetime) -> bytes:
    """The message of a derivative position's change; prices are rupees."""
    instrument = row.instrument
    exchange = exchange_of(instrument)
    message = PositionDetail()
    symbol = message.symbolData
    symbol.trTimeStamp = int(at.timestamp() * 1_000)
    symbol.stocksProduct = enum_number("Product", row.product.value)
    symbol.contractId = symbol.displayName = trading_symbol(instrument)
    symbol.equityType = enum_number("EquityType", "OPTION" if instrument.is_option else "FUTURE")
    symbol.underlyingId = instrument.underlying
    symbol.freezeQty = instrument.freeze_quantity or 0
    symbol.exchange = enum_number("FeedExchange", exchange)
    setattr(symbol, f"{exchange.lower()}MarketLot", instrument.lot_size)
    message.positionInfo.symbolIsin = trading_symbol(instrument)
    part = getattr(message.positionInfo, exchange)
    part.creditQty, part.debitQty = row.bought.quantity, row.sold.quantity
    part.creditPrice = float(row.bought.average_price)
    part.debitPrice = float(row.sold.average_price)
    return message.SerializeToString()


def _fill_price(part: Any, tick: Tick, at: float) -> None:
    average = tick.average_price or tick.last_price
    values = {
        "tsInMillis": at,
        "open": tick.open,
        "high": tick.high,
        "low": tick.low,
        "close": tick.close,
        "volume": tick.volume,
        "value": average * tick.volume,
        "bidQty": tick.bid_quantity,
        "offerQty": tick.ask_quantity,
        "avgPrice": average,
        "highPriceRange": tick.upper_circuit,
        "lowPriceRange": tick.lower_circuit,
        "ltp": tick.last_price,
        "openInterest": tick.oi,
        "lowTradeRange": tick.lower_circuit,
        "highTradeRange": tick.upper_circuit,
    }
    for name, value in values.items():
        setattr(part, name, float(value or 0))


def _fill_book(part: Any, tick: Tick, at: float) -> None:
    part.tsInMillis = at
    if tick.depth is None:
        return
    _fill_side(part.buyBook, tick.depth.buy)
    _fill_side(part.sellBook, tick.depth.sell)


def _fill_side(side: Any, levels: tuple[DepthLevel, ...]) -> None:
    for place, level in enumerate(levels[:5], start=1):
        side[place].price, side[place].qty = float(level.price), float(level.quantity)


def _paise(price: Decimal) -> int:
    return round(price * 100)
