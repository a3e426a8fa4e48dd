"""JSON that says one thing: what a parser would let pass, and a reader would trip over."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

MOST_LEVELS = 64
_NO_JSON = re.compile(rb"[+-]?(NaN|Infinity)")
_NUL = "\x00"
_WIDE = 2.0**63
_MAY_BE_WIDE = re.compile(rb"\d{19}")

# Where, in words, and the kind of a problem: as a 422 tells it.
Fault = tuple[list[str | int], str, str]


def fault_of(body: bytes) -> Fault | None:
    """What is wrong with a body that should be JSON; None when it is sound.

    A name that is there twice, a NUL, which PostgreSQL stores in no text, a whole number of more
    than 64 bits, which is written nowhere, and nesting without an end are faults too.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return ["body", error.pos], f"JSON decode error: {_words(body, error)}", "json_invalid"
    try:
        json.loads(body, object_pairs_hook=_once)
        # Most bodies cannot hold what is looked for in each of their values.
        has_nul = b"\\u0000" in body
        may_be_deep = body.count(b"{") + body.count(b"[") > MOST_LEVELS
        if has_nul or may_be_deep or _MAY_BE_WIDE.search(body):
            wide: list[list[str | int]] = []
            _look(document, [], wide, has_nul=has_nul)
            if wide:
                _demand_fractions(json.loads(body), wide)
    except _Fault as fault:
        return ["body", *fault.path], fault.message, "json_invalid"
    except RecursionError:
        return ["body"], _TOO_DEEP, "json_invalid"
    return None


_TOO_DEEP = f"is nested more than {MOST_LEVELS} levels deep"


class _Fault(Exception):
    def __init__(self, path: list[str | int], message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def _words(body: bytes, error: orjson.JSONDecodeError) -> str:
    # The position may be one past a sign.
    start = max(error.pos - 1, 0)
    if _NO_JSON.search(body, start, start + 10):
        return "NaN and Infinity are not JSON; send a number, or null"
    return error.msg


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) == len(pairs):
        return
    for name, _ in pairs:
        if name not in names:
            raise _Fault([name], "is there twice: send it once")
        names.discard(name)


def _demand_fractions(document: Any, paths: list[list[str | int]]) -> None:
    for path in paths:
        value = document
        for part in path:
            value = value[part]
        if isinstance(value, int):
            raise _Fault(path, "is a whole number of more than 64 bits; send it as a text")


def _look(value: Any, path: list[str | int], wide: list[list[str | int]], *, has_nul: bool) -> None:
    """wide: takes the paths of what may be a whole number that was too long to be read as one."""
    if len(path) > MOST_LEVELS:
        raise _Fault([], _TOO_DEEP)
    if isinstance(value, dict):
        for name, member in value.items():
            if has_nul and _NUL in name:
                raise _Fault(path, "has a name with a NUL character; leave it out")
            _look(member, [*path, name], wide, has_nul=has_nul)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _look(item, [*path, index], wide, has_nul=has_nul)
    elif isinstance(value, float):
        if abs(value) >= _WIDE:
            wide.append(path)
    elif has_nul and isinstance(value, str) and _NUL in value:
        raise _Fault(path, "holds a NUL character; leave it out")
