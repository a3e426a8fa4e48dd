"""The messages of Upstox's market feed v3, built at run time from the table of their fields.

Source: the descriptor in upstox-python-sdk 2.30.0.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE: Final = "tradertape_brokers.upstox.feed"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {
    "double": _Field.TYPE_DOUBLE,
    "int64": _Field.TYPE_INT64,
    "int32": _Field.TYPE_INT32,
    "string": _Field.TYPE_STRING,
}
# Message: its fields as (number, type, name); enumerations are read as their numbers. What ticks
# do not need (Greeks, the closing auction) is left out: unknown fields are passed over.
_MESSAGES: Final[dict[str, tuple[tuple[int, str, str], ...]]] = {
    "Ltpc": ((1, "double", "ltp"), (2, "int64", "ltt"), (3, "int64", "ltq"), (4, "double", "cp")),
    "Quote": (
        (1, "int64", "bid_quantity"), (2, "double", "bid"), (3, "int64", "ask_quantity"),
        (4, "double", "ask"),
    ),
    "Level": ((1, "repeated Quote", "quotes"),),
    "Ohlc": (
        (1, "string", "interval"), (2, "double", "open"), (3, "double", "high"),
        (4, "double", "low"), (5, "double", "close"), (6, "int64", "volume"),
    ),
    "Ohlcs": ((1, "repeated Ohlc", "ohlc"),),
    "MarketFull": (
        (1, "Ltpc", "ltpc"), (2, "Level", "level"), (4, "Ohlcs", "ohlcs"),
        (5, "double", "average_price"), (6, "int64", "volume"), (7, "double", "oi"),
    ),
    "IndexFull": ((1, "Ltpc", "ltpc"), (2, "Ohlcs", "ohlcs")),
    "Full": ((1, "MarketFull", "market"), (2, "IndexFull", "index")),
    "FirstLevel": (
        (1, "Ltpc", "ltpc"), (2, "Quote", "quote"), (4, "int64", "volume"), (5, "double", "oi"),
    ),
    "Feed": ((1, "Ltpc", "ltpc"), (2, "Full", "full"), (3, "FirstLevel", "first_level")),
    "MarketInfo": ((1, "map int32", "statuses"),),
    "Response": (
        (1, "int32", "type"), (2, "map Feed", "feeds"), (3, "int64", "sent_at"),
        (4, "MarketInfo", "market_info"),
    ),
}  # fmt: skip


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="tradertape_brokers_upstox_feed.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, kind, field in fields:
            _add(message, number, kind, field)
    return file


def _add(message: descriptor_pb2.DescriptorProto, number: int, kind: str, name: str) -> None:
    label = _Field.LABEL_OPTIONAL
    if kind.startswith("map "):
        entry = message.nested_type.add(name=f"{name.title()}Entry")
        entry.options.map_entry = True
        _add(entry, 1, "string", "key")
        _add(entry, 2, kind.removeprefix("map "), "value")
        kind, label = f"{message.name}.{entry.name}", _Field.LABEL_REPEATED
    elif kind.startswith("repeated "):
        kind, label = kind.removeprefix("repeated "), _Field.LABEL_REPEATED
    field = message.field.add(name=name, number=number, label=label)
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())

Response: Any = message_factory.GetMessageClass(
    _POOL.FindMessageTypeByName(f"{_PACKAGE}.Response")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
)
