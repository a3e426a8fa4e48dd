"""Read an order document field by field; problems are collected, not raised."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LARGEST_QUANTITY = 100_000_000
_LARGEST_PRICE = 100_000_000
_SHOWN = 40  # characters of an invalid value that a message quotes


@dataclass(frozen=True)
class OrderProblem:
    """A rule that an order breaks: the field, and how to correct it."""

    field: str
    message: str


class OrderFields:
    """The members of an order and their problems so far; null counts as absent."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.problems: list[OrderProblem] = []

    def fail(self, name: str, message: str) -> None:
        """Add a problem of a member."""
        self.problems.append(OrderProblem(name, message))

    def has(self, name: str) -> bool:
        """Whether the member is present."""
        return self.document.get(name) is not None

    def is_valid(self, *names: str) -> bool:
        """Whether these members have no problem so far."""
        return not any(problem.field in names for problem in self.problems)

    def require(self, name: str, message: str) -> None:
        """Add a problem if the member is absent."""
        if not self.has(name):
            self.fail(name, message)

    def word(self, name: str, words: tuple[str, ...], default: str) -> str:
        """Return one of `words`; the default if it is absent or invalid."""
        value = self.document.get(name)
        if value is None or (isinstance(value, str) and value in words):
            return default if value is None else value
        detail = f"must be one of {', '.join(words)}, was {shown(value)}{_suggestion(value, words)}"
        self.fail(name, detail)
        return default

    def text(self, name: str, longest: int) -> None:
        """Check a text of at most `longest` characters."""
        value = self.document.get(name)
        if value is None:
            return
        if not isinstance(value, str):
            self.fail(name, f"must be a text, was {shown(value)}")
        elif not value.strip():
            self.fail(name, "must not be empty")
        elif len(value) > longest:
            self.fail(name, f"must have at most {longest} characters, had {len(value)}")

    def flag(self, name: str) -> bool:
        """Return a flag; False if it is absent or invalid."""
        value = self.document.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.fail(name, f"must be true or false, was {shown(value)}")
        return False

    def whole(self, name: str, low: int, high: int) -> int | None:
        """Return a whole number from low to high; None if it is absent or invalid."""
        number = self.number(name)
        if number is None:
            return None
        was = shown(self.document[name])
        if number < low and low <= 1:
            least = "a positive whole number" if low else "zero or more"
            self.fail(name, f"must be {least}, was {was}")
        elif not low <= number <= high:
            self.fail(name, f"must be {low} to {high}, was {was}")
        elif number != int(number):
            self.fail(name, f"must be a whole number, was {was}")
        else:
            return int(number)
        return None

    def price(self, name: str) -> float | None:
        """Return rupees; None if absent or invalid."""
        number = self.number(name)
        if number is None:
            return None
        if number < 0:
            self.fail(name, f"must not be negative, was {shown(self.document[name])}")
        elif number > _LARGEST_PRICE:
            self.fail(name, f"must be at most {_LARGEST_PRICE:,} rupees")
        else:
            return number
        return None

    def number(self, name: str) -> float | None:
        """Return a finite number; None if it is absent or invalid."""
        value = _plain_number(self.document.get(name))
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            self.fail(name, f"must be a number, was {shown(value)}{_unquoted(value)}")
            return None
        if not math.isfinite(value):
            self.fail(name, f"must be a finite number, was {value}")
            return None
        return float(value)


def shown(value: object) -> str:
    """Return a value as JSON, shortened for a message."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean price?` if a known word is similar, else an empty text."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _unquoted(value: object) -> str:
    if not isinstance(value, str):
        return ""
    try:
        is_number = math.isfinite(float(value))
    except ValueError:
        return ""
    return ": write it without quotes" if is_number else ""


def _suggestion(value: object, words: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        return ""
    folded = {_folded(word): word for word in words}
    same = folded.get(_folded(value.strip()))
    return f"; did you mean {same}?" if same else nearest(value, words)


def _folded(word: str) -> str:
    return word.upper().replace("-", "").replace("_", "")


def _plain_number(value: Any) -> Any:
    # Numbers of numpy and pandas convert themselves to Python's.
    return value.item() if hasattr(value, "item") else value
