"""Values of an order document, read one by one; every problem is kept, none raised."""

from __future__ import annotations

import contextlib
import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from tradertape_core.kernel.errors import Problem
from tradertape_core.kernel.format import unquoted
from tradertape_core.kernel.python310 import StrEnum

LARGEST_QUANTITY = 100_000_000
LARGEST_PRICE = Decimal(100_000_000)
_SHOWN = 40  # characters of a wrong value that a message repeats

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(slots=True)
class Fields:
    """A JSON object and what is wrong with it so far. A member that is null counts as absent."""

    source: Mapping[str, object]
    at: str = ""
    problems: list[Problem] = field(default_factory=list[Problem])

    def fail(self, name: str, message: str) -> None:
        """Record a problem of a field, at its JSON pointer."""
        escaped = name.replace("~", "~0").replace("/", "~1")
        self.problems.append(Problem(f"{self.at}/{escaped}", message))

    def has(self, name: str) -> bool:
        """Whether the field is given and not null."""
        return self.source.get(name) is not None

    def failed(self, *names: str) -> bool:
        """Whether one of these is wrong already, so that rules about it would only repeat."""
        if not self.problems:
            return False
        wrong = {problem.pointer for problem in self.problems}
        return any(f"{self.at}/{name}" in wrong for name in names)

    def require(self, name: str, message: str) -> bool:
        """Whether the field is given; else record `message` as a problem."""
        if not self.has(name):
            self.fail(name, message)
            return False
        return True

    def choice(self, name: str, kinds: type[Choice], default: Choice) -> Choice:
        """One word of a fixed set; `default` where it is absent or wrong."""
        if not self.has(name):
            return default
        value = self.source[name]
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                return kinds(value)
        words = [kind.value for kind in kinds]
        self.fail(
            name, f"must be one of {', '.join(words)}, was {shown(value)}{_hint(value, words)}"
        )
        return default

    def text(self, name: str, *, longest: int = 64) -> str:
        """A text that is not blank, at most `longest` characters; "" where absent or wrong."""
        value = self.source.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fail(name, f"must be a text, was {shown(value)}")
        elif not value.strip():
            self.fail(name, "must not be empty")
        elif len(value) > longest:
            self.fail(name, f"must have at most {longest} characters, had {len(value)}")
        else:
            return value.strip()
        return ""

    def flag(self, name: str) -> bool:
        """A boolean field; False where it is absent or wrong."""
        value = self.source.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.fail(name, f"must be true or false, was {shown(value)}")
        return False

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number of [low, high]; None where absent or wrong."""
        number = self._number(name)
        if number is None:
            return None
        if number < low and low in (0, 1):
            sign = "a positive whole number" if low else "zero or more"
            self.fail(name, f"must be {sign}, was {shown(self.source[name])}")
        elif not low <= number <= high:
            self.fail(name, f"must be {low} to {high}, was {shown(self.source[name])}")
        elif number != int(number):
            self.fail(name, f"must be a whole number, was {shown(self.source[name])}")
        else:
            return int(number)
        return None

    def price(self, name: str) -> Decimal | None:
        """Rupees, zero or more; None where absent or wrong."""
        number = self._number(name)
        if number is None:
            return None
        if number < 0:
            self.fail(name, f"must not be negative, was {shown(self.source[name])}")
        elif number > LARGEST_PRICE:
            self.fail(name, f"must be at most {LARGEST_PRICE:,f} rupees")
        else:
            return number
        return None

    def number(self, name: str) -> Decimal | None:
        """Any finite number; None where absent or wrong."""
        return self._number(name)

    def _number(self, name: str) -> Decimal | None:
        value = self.source.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.fail(name, f"must be a number, was {shown(value)}{unquoted(value)}")
            return None
        if not _is_finite(value):
            self.fail(name, f"must be a finite number, was {value}")
            return None
        # repr keeps 1450.05 what was typed; the float's own value has 50 digits.
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def shown(value: object) -> str:
    """The value as JSON, cut short: what a message quotes."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean price?` when something known is close to the word, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _is_finite(value: float | Decimal) -> bool:
    if isinstance(value, int):
        return True
    return value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)


def _hint(value: object, words: list[str]) -> str:
    if not isinstance(value, str):
        return ""
    folded = {word.upper().replace("-", ""): word for word in words}
    same = folded.get(value.strip().upper().replace("-", "").replace("_", ""))
    return f"; did you mean {same}?" if same else nearest(value, words)
