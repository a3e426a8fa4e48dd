"""What makes two commands the same: a hash of their content, whatever the spelling."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

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
        message = f"must have {SHORTEST_KEY} to {LONGEST_KEY} characters, had {len(text)}"
        raise InvalidDocument([Problem("/idempotency_key", message)])
    return text


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
