"""The feed's protobuf messages, built at start from tables of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_PACKAGE = "tradertape.groww"
_F = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "double": _F.TYPE_DOUBLE,
    "int32": _F.TYPE_INT32,
    "int64": _F.TYPE_INT64,
    "string": _F.TYPE_STRING,
}

# Numbers count from 0 in the order written.
_ENUMS: Mapping[str, str] = {
    "Segment": "CASH FNO CURRENCY COMMODITY",
    "FeedExchange": "BSE NSE MCX MCXSX NCDEX GLOBAL US",
    "Exchange": "BSE NSE MCX MCXSX NCDEX US",
    "OrderStatus": (
        "NEW ACKED TRIGGER_PENDING APPROVED REJECTED FAILED EXECUTED DELIVERY_AWAITED CANCELLED "
        "CANCELLATION_REQUESTED MODIFICATION_REQUESTED COMPLETED"
    ),
    "Duration": "IOC DAY GTD GTC EOS",
    "Product": "CNC MIS CO BO NRML ARB MTF",
    "OrderType": "MKT L SL SL_M",
    "BuySell": "B S",
    "EquityType": "STOCKS FUTURE OPTION ETF INDEX BONDS",
}

# number, type, name; `*` before the type: repeated; `map:` maps int32 to the type; `one:` is a
# member of the oneof livePoint.
_MESSAGES: Mapping[str, Sequence[str]] = {
    "Book": ("1 double price", "2 double qty"),
    "LivePrice": (
        "1 double tsInMillis", "2 double open", "3 double high", "4 double low", "5 double close",
        "6 double volume", "7 double value", "8 double bidQty", "9 double offerQty",
        "10 double avgPrice", "11 double highPriceRange", "12 double lowPriceRange",
        "13 double ltp", "14 double openInterest", "15 double lowTradeRange",
        "16 double highTradeRange",
    ),
    "MarketDepth": ("1 double tsInMillis", "2 map:Book buyBook", "3 map:Book sellBook"),
    "LiveIndices": ("1 double tsInMillis", "2 double value"),
    "SocketResponse": (
        "1 string symbol", "2 Segment segment", "3 FeedExchange exchange",
        "4 one:LivePrice stockLivePrice", "5 one:MarketDepth stocksMarketDepth",
        "6 one:LiveIndices stocksLiveIndices",
    ),
    "Stage": ("1 double timeStampFromMidNight", "2 string stageName"),
    "OrderDetail": (
        "1 int32 qty", "2 int64 price", "3 int64 triggerPrice", "4 int32 filledQty",
        "5 int32 remainingQty", "6 int64 avgFillPrice", "7 string growwOrderId",
        "8 string exchangeOrderId", "9 OrderStatus orderStatus", "10 Duration duration",
        "11 Exchange exchange", "12 Segment segment", "13 Product product",
        "14 OrderType orderType", "15 BuySell buySell", "16 string remark",
        "22 string contractId", "23 string guiOrderId",
    ),
    "OrderBroadcast": ("1 *Stage stageAndTimeStamp", "2 OrderDetail orderDetailUpdateDto"),
    "SymbolInfo": (
        "1 int64 trTimeStamp", "2 string searchId", "3 Product stocksProduct",
        "4 string contractId", "5 EquityType equityType", "6 string displayName",
        "7 string underlyingId", "8 int64 nseMarketLot", "9 int64 bseMarketLot",
        "11 int64 freezeQty", "12 FeedExchange exchange",
    ),
    "ExchangePosition": (
        "1 double creditQty", "2 double creditPrice", "3 double debitQty", "4 double debitPrice",
    ),
    "PositionInfo": ("1 string symbolIsin", "2 ExchangePosition BSE", "3 ExchangePosition NSE"),
    "PositionDetail": ("1 SymbolInfo symbolData", "2 PositionInfo positionInfo"),
}  # fmt: skip


def _camel(name: str) -> str:
    return name[0].upper() + name[1:] + "Entry"


def _add_field(kind: Any, owner: str, text: str) -> None:
    number, type_name, name = text.split()
    place = kind.field.add(name=name, number=int(number), label=_F.LABEL_OPTIONAL)
    prefix, _, bare = type_name.rpartition(":")
    if bare.startswith("*"):
        place.label, bare = _F.LABEL_REPEATED, bare[1:]
    if prefix == "one":
        place.oneof_index = 0
    if prefix == "map":
        entry = kind.nested_type.add(name=_camel(name))
        entry.options.map_entry = True
        _add_field(entry, owner, "1 int32 key")
        _add_field(entry, owner, f"2 {bare} value")
        place.label, bare = _F.LABEL_REPEATED, f"{owner}.{_camel(name)}"
    if bare in _SCALARS:
        place.type = _SCALARS[bare]
        return
    place.type = _F.TYPE_ENUM if bare in _ENUMS else _F.TYPE_MESSAGE
    place.type_name = f".{_PACKAGE}.{bare}" + (".Enum" if bare in _ENUMS else "")


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="tradertape/groww.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, members in _ENUMS.items():
        # An enum in a message of its own: names of one file's enums would meet otherwise.
        values = file.message_type.add(name=name).enum_type.add(name="Enum")
        for number, member in enumerate(members.split()):
            values.value.add(name=member, number=number)
    for name, fields in _MESSAGES.items():
        kind = file.message_type.add(name=name)
        if any(" one:" in text for text in fields):
            kind.oneof_decl.add(name="livePoint")
        for text in fields:
            _add_field(kind, name, text)
    return file


def _classes() -> Mapping[str, type[Message]]:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_file())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _classes()

SocketResponse: Any = _CLASSES["SocketResponse"]
OrderBroadcast: Any = _CLASSES["OrderBroadcast"]
PositionDetail: Any = _CLASSES["PositionDetail"]


def enum_number(enum: str, name: str) -> int:
    """The number of an enum's member, for example `("OrderStatus", "APPROVED")`: 3."""
    return _ENUMS[enum].split().index(name)
