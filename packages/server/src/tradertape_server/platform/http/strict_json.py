"""Strict validation of JSON bodies: refuses what parsers accept but readers may misread."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, cast

import orjson

MAX_LEVELS = 64
# Every value takes memory and time, most of all where each is wrong and makes a problem of its own
# for the response. Our largest bodies, lists of symbols, have a few thousand.
MAX_VALUES = 10_000
_NO_JSON = re.compile(rb"[+-]?(NaN|Infinity)")
_NUL = "\x00"
_WIDE = 2.0**63
_MAY_BE_WIDE = re.compile(rb"\d{19}")

# Location, message and type of a problem, as in a 422 response.
Fault = tuple[list[str | int], str, str]


def fault_of(body: bytes) -> Fault | None:
    """Return what is wrong with a JSON body; None if it is valid.

    Besides syntax errors these are faults: a repeated name, a NUL (which PostgreSQL cannot store),
    an integer of more than 64 bits (which cannot be written back), deep nesting, and more values
    than any body needs, by its brackets and commas, those of texts too.
    """
    containers = body.count(b"{") + body.count(b"[")
    if containers + body.count(b",") > MAX_VALUES:
        return ["body"], f"has more than {MAX_VALUES} values", "json_invalid"
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        path: list[str | int] | None = None
        if _is_not_a_number(body, error):
            path = _first_non_finite(body)
        at: list[str | int] = [error.pos] if path is None else path
        return ["body", *at], f"JSON decode error: {_words(body, error)}", "json_invalid"
    try:
        # Most bodies cannot contain these faults, so their values need not be visited.
        has_nul = b"\\u0000" in body
        may_be_deep = containers > MAX_LEVELS
        if has_nul or may_be_deep or _may_be_wide(body):
            wide: list[list[str | int]] = []
            _visit(document, [], wide, has_nul=has_nul)
            if wide:
                _require_fractions(json.loads(body), wide)
        if _may_repeat(body, document):
            json.loads(body, object_pairs_hook=_refuse_repeated)
    except _Fault as fault:
        return ["body", *fault.path], fault.message, "json_invalid"
    except RecursionError:
        return ["body"], _TOO_DEEP, "json_invalid"
    return None


def _may_be_wide(body: bytes) -> bool:
    # In parts: a search does not let other threads run.
    step, longest = 64 * 1024, 19
    starts = range(0, len(body), step)
    return any(_MAY_BE_WIDE.search(body, at, at + step + longest) for at in starts)


def _may_repeat(body: bytes, document: Any) -> bool:
    """Whether the body may have a name twice: the document then lacks a colon of the body.

    Writing the document takes a tenth of the time of reading the body member by member.
    """
    if _ESCAPED_COLON in body:  # it would stand in for the one that is missing
        return True
    return orjson.dumps(document).count(b":") != body.count(b":")


_ESCAPED_COLON = b"\\u003"
_TOO_DEEP = f"is nested more than {MAX_LEVELS} levels deep"


class _Fault(Exception):
    def __init__(self, path: list[str | int], message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def _is_not_a_number(body: bytes, error: orjson.JSONDecodeError) -> bool:
    # The error position may be one past a sign.
    start = max(error.pos - 1, 0)
    return _NO_JSON.search(body, start, start + 10) is not None


def _first_non_finite(body: bytes) -> list[str | int] | None:
    """The path of the first NaN or Infinity; None where the body is broken in other ways too."""
    marker = object()
    try:
        return _path_of(marker, json.loads(body, parse_constant=lambda _name: marker), [])
    except (ValueError, RecursionError):
        return None


def _path_of(marker: object, value: Any, path: list[str | int]) -> list[str | int] | None:
    if value is marker:
        return path
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        members = enumerate(cast("list[Any]", value))
    found = (_path_of(marker, member, [*path, name]) for name, member in members)
    return next((one for one in found if one is not None), None)


def _words(body: bytes, error: orjson.JSONDecodeError) -> str:
    if _is_not_a_number(body, error):
        return "NaN and Infinity are not JSON; send a number, or null"
    return error.msg


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) == len(pairs):
        return
    for name, _ in pairs:
        if name not in names:
            raise _Fault([name], "is repeated: send it once")
        names.discard(name)


def _require_fractions(document: Any, paths: list[list[str | int]]) -> None:
    for path in paths:
        value = document
        for part in path:
            value = value[part]
        if isinstance(value, int):
            raise _Fault(path, "is an integer of more than 64 bits; send it as a string")


def _visit(
    value: Any, path: list[str | int], wide: list[list[str | int]], *, has_nul: bool
) -> None:
    """Check a value and its members. wide: collects the paths of floats that may have been integers
    of more than 64 bits."""
    if len(path) > MAX_LEVELS:
        raise _Fault([], _TOO_DEEP)
    if isinstance(value, dict):
        for name, member in value.items():
            if has_nul and _NUL in name:
                raise _Fault(path, "has a name with a NUL character; leave it out")
            _visit(member, [*path, name], wide, has_nul=has_nul)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _visit(item, [*path, index], wide, has_nul=has_nul)
    elif isinstance(value, float):
        if abs(value) >= _WIDE:
            wide.append(path)
    elif has_nul and isinstance(value, str) and _NUL in value:
        raise _Fault(path, "holds a NUL character; leave it out")
