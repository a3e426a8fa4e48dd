"""Reads protobuf messages as they are on the wire: numbers of fields, and their values."""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

Value: TypeAlias = int | float | bytes
Fields: TypeAlias = dict[int, list[Value]]

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_LONGEST_VARINT: Final = 10


class Malformed(ValueError):
    """Bytes that are no message."""


def fields_of(message: bytes) -> Fields:
    """All fields of a message in their order. Raises Malformed."""
    found: Fields = {}
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        value: Value
        if kind == _VARINT:
            value, at = _varint(message, at)
        elif kind in (_DOUBLE, _FLOAT):
            size = 8 if kind == _DOUBLE else 4
            raw, at = _taken(message, at, size)
            value = struct.unpack("<d" if kind == _DOUBLE else "<f", raw)[0]
        elif kind == _BYTES:
            size, at = _varint(message, at)
            value, at = _taken(message, at, size)
        else:
            raise Malformed(f"field {number} has the unknown type {kind}")
        found.setdefault(number, []).append(value)
    return found


def number_of(fields: Fields, number: int) -> float:
    """A numeric field, the last one given; 0 without one. Raises Malformed."""
    value = fields.get(number, [0])[-1]
    if isinstance(value, bytes):
        raise Malformed(f"field {number} is no number")
    return value


def whole_of(fields: Fields, number: int) -> int:
    """A whole number; 0 without one. Raises Malformed."""
    value = number_of(fields, number)
    if not isinstance(value, int):
        raise Malformed(f"field {number} is no whole number")
    return value


def text_of(fields: Fields, number: int) -> str:
    """A text; empty without one. Raises Malformed."""
    value = fields.get(number, [b""])[-1]
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise Malformed(f"field {number} is no text") from error


def parts_of(fields: Fields, number: int) -> list[Fields]:
    """The messages in a field. Raises Malformed."""
    values = fields.get(number, [])
    if not all(isinstance(one, bytes) for one in values):
        raise Malformed(f"field {number} is no message")
    return [fields_of(one) for one in values if isinstance(one, bytes)]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise Malformed("a number has no end")


def _taken(message: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(message):
        raise Malformed("a field is longer than its message")
    return message[at : at + size], at + size
