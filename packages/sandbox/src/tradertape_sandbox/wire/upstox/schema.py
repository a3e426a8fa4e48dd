"""The messages of the market feed v3, built at run time from the table of their fields."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf import wrappers_pb2 as _wrappers

PACKAGE = "com.upstox.marketdatafeederv3udapi.rpc.proto"
_FILE = "tradertape_sandbox_upstox_feed.proto"

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "double": _Field.TYPE_DOUBLE,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
    "bool": _Field.TYPE_BOOL,
}
_ENUMS = {
    "Type": ("initial_feed", "live_feed", "market_info"),
    "RequestMode": ("ltpc", "full_d5", "option_greeks", "full_d30"),
    "MarketStatus": (
        "PRE_OPEN_START", "PRE_OPEN_END", "NORMAL_OPEN", "NORMAL_CLOSE", "CLOSING_START",
        "CLOSING_END",
    ),
}  # fmt: skip
# A message's fields in the order of their numbers, from 1: "[repeated ]type name[ @oneof]".
_MESSAGES: dict[str, tuple[str, ...]] = {
    "LTPC": (
        "double ltp", "int64 ltt", "int64 ltq", "double cp", ".google.protobuf.DoubleValue iep",
    ),
    "Quote": ("int64 bidQ", "double bidP", "int64 askQ", "double askP"),
    "MarketLevel": ("repeated Quote bidAskQuote",),
    "OptionGreeks": ("double delta", "double theta", "double gamma", "double vega", "double rho"),
    "OHLC": (
        "string interval", "double open", "double high", "double low", "double close",
        "int64 vol", "int64 ts",
    ),
    "MarketOHLC": ("repeated OHLC ohlc",),
    "MarketFullFeed": (
        "LTPC ltpc", "MarketLevel marketLevel", "OptionGreeks optionGreeks",
        "MarketOHLC marketOHLC", "double atp", "int64 vtt", "double oi", "double iv",
        "double tbq", "double tsq", "double iep", "double rp", "int64 ieq", "int64 iiqTotal",
        "int64 iiqM", "bool casEligible",
    ),
    "IndexFullFeed": ("LTPC ltpc", "MarketOHLC marketOHLC"),
    "FullFeed": ("MarketFullFeed marketFF @union", "IndexFullFeed indexFF @union"),
    "FirstLevelWithGreeks": (
        "LTPC ltpc", "Quote firstDepth", "OptionGreeks optionGreeks", "int64 vtt", "double oi",
        "double iv",
    ),
    "Feed": (
        "LTPC ltpc @union", "FullFeed fullFeed @union",
        "FirstLevelWithGreeks firstLevelWithGreeks @union", "RequestMode requestMode",
    ),
    "StatusInfo": ("string status", "int64 updatedTime"),
    "MarketInfo": (
        "map:MarketStatus segmentStatus", "map:StatusInfo casMarketStatus",
        "map:StatusInfo preOpenSessionStatus",
    ),
    "FeedResponse": ("Type type", "map:Feed feeds", "int64 currentTs", "MarketInfo marketInfo"),
}  # fmt: skip


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name=_FILE,
        package=PACKAGE,
        syntax="proto3",
        dependency=["google/protobuf/wrappers.proto"],
    )
    for name, values in _ENUMS.items():
        one = file.enum_type.add(name=name)
        for number, value in enumerate(values):
            one.value.add(name=value, number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, text in enumerate(fields, start=1):
            _add(message, number, text)
    return file


def _add(message: descriptor_pb2.DescriptorProto, number: int, text: str) -> None:
    words = text.split()
    is_repeated = words[0] == "repeated"
    kind, name = words[is_repeated : is_repeated + 2]
    field = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if words[-1].startswith("@"):
        if not message.oneof_decl:
            message.oneof_decl.add(name=words[-1][1:])
        field.oneof_index = 0
    if kind.startswith("map:"):
        entry_name = f"{name[0].upper()}{name[1:]}Entry"
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        _add(entry, 1, "string key")
        _add(entry, 2, f"{kind[4:]} value")
        kind, is_repeated = f"{message.name}.{entry_name}", True
    if is_repeated:
        field.label = _Field.LABEL_REPEATED
    _set_type(field, kind)


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
        return
    field.type = _Field.TYPE_ENUM if kind in _ENUMS else _Field.TYPE_MESSAGE
    field.type_name = kind if kind.startswith(".") else f".{PACKAGE}.{kind}"


def _message_class(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))


_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(_wrappers.DESCRIPTOR.serialized_pb)
_POOL.Add(_file())

FeedResponse: Any = _message_class("FeedResponse")
Feed: Any = _message_class("Feed")
