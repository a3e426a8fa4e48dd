"""What makes two commands the same: a hash of their content, whatever the spelling."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradertape_core.execution.decision import SERVER_KEYS
from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem

LONGEST_KEY = 160
SHORTEST_KEY = 8
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def request_hash(kind: str, body: Mapping[str, Any]) -> str:
    """Return the hash of a command: the order of keys and the spelling of numbers do not matter.

    Raises InvalidInput for a number that is none.
    """
    canonical = _ENCODER.encode([kind, _canonical(body)])
    return hashlib.sha256(canonical.encode()).hexdigest()


def checked_key(key: object) -> str:
    """The key without spaces around it. Raises InvalidDocument when it is too short or too long."""
    text = key.strip() if isinstance(key, str) else ""
    if not SHORTEST_KEY <= len(text) <= LONGEST_KEY:
        raise _bad_key(f"must have {SHORTEST_KEY} to {LONGEST_KEY} characters, had {len(text)}")
    return text


def callers_key(key: str) -> str:
    """A key that a caller chose, without spaces around it.

    Raises InvalidDocument for one with control characters, and for one that looks like a key of
    the server's own commands: an order under it would stand in the way of a stop or a square-off.
    """
    text = key.strip()
    if not text.isprintable():
        raise _bad_key("must be printable characters")
    if text.startswith(SERVER_KEYS):
        raise _bad_key(f"must not begin with {SERVER_KEYS!r}: such keys are the server's own")
    return text


def header_key(key: str) -> str:
    """A key that a caller sent in a header. Raises InvalidDocument."""
    text = callers_key(key)
    if not 1 <= len(text) <= LONGEST_KEY:
        raise _bad_key(f"must have 1 to {LONGEST_KEY} characters, had {len(text)}")
    return text


@dataclass(frozen=True, slots=True)
class OnceKey:
    """A key for one command that belongs to no run. name: in the space of its caller's keys; shown:
    as the caller wrote it. request_hash: what makes two requests the same."""

    name: str
    shown: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class CallersKey:
    """A key as it was sent. caller: who sent it, whose keys are its own. content: what was asked,
    where the command has more in it, a price of this moment for instance."""

    caller: str
    text: str
    content: Mapping[str, Any] | None = None

    def once(self, content: Mapping[str, Any]) -> OnceKey:
        """The key for what is asked. Raises InvalidDocument for a text that is no key."""
        shown = header_key(self.text)
        hashed = request_hash("once", content if self.content is None else self.content)
        return OnceKey(f"{self.caller}:{shown}", shown, hashed)


def _bad_key(message: str) -> InvalidDocument:
    return InvalidDocument([Problem("/idempotency_key", message)])


def _canonical(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, dict | Mapping):  # a dict is found to be one at once
        return {str(key): _canonical(one) for key, one in value.items()}
    if isinstance(value, list | Sequence):
        return [_canonical(one) for one in value]
    # A list, so that the text "1.5" and the number 1.5 stay two things.
    return ["number", _number(value)]


def _number(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(f"{value} is not a number JSON knows")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise InvalidInput(f"{value} is not a number JSON knows")
    return f"{number.normalize():f}" if number else "0"
