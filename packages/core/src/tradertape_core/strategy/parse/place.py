"""A value of a JSON document and its place, so that every problem can be named at once."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from tradertape_core.kernel.errors import Problem
from tradertape_core.kernel.format import unquoted

_SHOWN = 60  # characters of a wrong value that a message repeats
_HUGE = 10**300  # beyond it an integer of a document no longer fits a float


@dataclass(slots=True)
class Problems:
    """What was found wrong so far, each place once, at most `limit` of them."""

    found: list[Problem] = field(default_factory=list[Problem])
    limit: int = 100

    def add(self, pointer: str, message: str) -> None:
        """Record a problem once, up to the limit."""
        problem = Problem(pointer, message)
        if len(self.found) < self.limit and problem not in self.found:
            self.found.append(problem)


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean rsi14?` when something known is close to the word, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def near(word: object, options: Sequence[str]) -> str:
    """The hint for a value of a fixed choice; "=" and the like mean the operator beginning so."""
    if not isinstance(word, str):
        return ""
    longer = [option for option in options if word and option == word * 2]
    return f"; did you mean {longer[0]}?" if longer else hint(word, options)


def shown(value: object) -> str:
    """The value as JSON, cut short: what a message quotes."""
    text = repr(value) if isinstance(value, float) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _number_text(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


@dataclass(frozen=True, slots=True)
class Place:
    """One value and its JSON pointer. Readers report a problem and return a harmless default."""

    value: object
    pointer: str
    problems: Problems

    def fail(self, message: str) -> None:
        """Record a problem at this place."""
        self.problems.add(self.pointer, message)

    def at(self, key: str | int, value: object) -> Place:
        """The place of a member or an entry of this value."""
        escaped = str(key).replace("~", "~0").replace("/", "~1")
        return Place(value, f"{self.pointer}/{escaped}", self.problems)

    @property
    def members(self) -> Mapping[str, object] | None:
        """The members of an object, to look before reading; None for anything else."""
        value = self.value
        return cast(Mapping[str, object], value) if isinstance(value, Mapping) else None

    def number(self, low: float, high: float) -> float:
        """A finite number of [low, high]; texts, booleans and NaN are refused."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fail(f"must be a number, was {shown(value)}{unquoted(value)}")
            return low
        if isinstance(value, int):
            value = max(min(value, _HUGE), -_HUGE)
        if not math.isfinite(value):
            self.fail(f"must be a finite number, was {value}")
            return low
        if not low <= value <= high:
            bounds = f"{_number_text(low)} and {_number_text(high)}"
            self.fail(f"must be between {bounds}, was {_number_text(value)}")
            return low
        return float(value)

    def integer(self, low: int, high: int) -> int:
        """The value as a whole number from low to high; a problem otherwise."""
        before = len(self.problems.found)
        value = self.number(low, high)
        if value != int(value) and len(self.problems.found) == before:
            self.fail(f"must be a whole number, was {value:g}")
        return int(value)

    def text(self, longest: int, *, shortest: int = 0) -> str:
        """The value as text without surrounding space; lengths in characters."""
        if not isinstance(self.value, str):
            self.fail(f"must be text, was {shown(self.value)}")
            return ""
        text = self.value.strip()
        if not shortest <= len(text) <= longest:
            self.fail(f"must have {shortest} to {longest} characters, has {len(text)}")
        elif any(ord(sign) < 32 and sign not in "\n\t" for sign in text):
            self.fail("must not hold control characters")
        return text

    def flag(self) -> bool:
        """The value as a boolean; False where it is wrong."""
        if not isinstance(self.value, bool):
            self.fail(f"must be true or false, was {shown(self.value)}")
            return False
        return self.value

    def choice(self, options: Sequence[str]) -> str:
        """The value as one of the options; the first where it is wrong."""
        if self.value in options:
            return cast(str, self.value)
        known, wrong = ", ".join(options), shown(self.value)
        self.fail(f"must be one of {known}, was {wrong}{near(self.value, options)}")
        return options[0]

    def items(self, most: int, *, least: int = 0) -> list[Place]:
        """The places of a list's entries; empty where it is no list."""
        value = self.value
        if not isinstance(value, (list, tuple)):
            self.fail(f"must be a list, was {shown(value)}")
            return []
        values = cast(Sequence[object], value)
        if not least <= len(values) <= most:
            self.fail(f"must have {least} to {most} entries, has {len(values)}")
        return [self.at(i, value) for i, value in enumerate(values[:most])]

    def fields(self, allowed: Sequence[str], *, silent: Sequence[str] = ()) -> Fields:
        """The members of an object; unknown keys are refused with a hint.

        silent: keys that are allowed too, but not listed.
        """
        members = self.members
        if members is None:
            self.fail(f"must be an object, was {shown(self.value)}")
            return Fields(self, {})
        for key in members:
            if key not in allowed and key not in silent:
                self.at(str(key), None).fail(
                    f'unknown key "{key}"{hint(str(key), allowed)} (known: {", ".join(allowed)})'
                )
        return Fields(self, {str(key): value for key, value in members.items()})


@dataclass(frozen=True, slots=True)
class Fields:
    """The members of one object, read by key; an absent key reads as the default."""

    place: Place
    members: Mapping[str, object]

    def has(self, key: str) -> bool:
        """Whether the object has the key."""
        return key in self.members

    def get(self, key: str) -> Place | None:
        """The member's place; None where it is absent or null."""
        value = self.members.get(key)
        return None if value is None else self.place.at(key, value)

    def require(self, key: str, meaning: str) -> Place | None:
        """The place of a key; None and a problem where it is absent."""
        found = self.get(key)
        if found is None:
            self.place.fail(f'needs "{key}": {meaning}')
        return found

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number from low to high, or the default where it is absent."""
        found = self.get(key)
        return default if found is None else found.number(low, high)

    def optional(self, key: str, low: float, high: float) -> float | None:
        """A number from low to high, or None where it is absent."""
        found = self.get(key)
        return None if found is None else found.number(low, high)

    def switch(self, key: str, low: float, high: float) -> float | None:
        """A number that null and 0 switch off."""
        return self.optional(key, low, high) or None

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number from low to high, or the default where it is absent."""
        found = self.get(key)
        return default if found is None else found.integer(low, high)

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean, or the default where it is absent."""
        found = self.get(key)
        return default if found is None else found.flag()

    def choice(self, key: str, default: str, options: Sequence[str]) -> str:
        """One of the options, or the default where it is absent."""
        found = self.get(key)
        return default if found is None else found.choice(options)

    def texts(self, key: str, most: int, longest: int) -> tuple[str, ...]:
        """A list of texts without repeats, in the order given."""
        found = self.get(key)
        if found is None:
            return ()
        read = [item.text(longest, shortest=1) for item in found.items(most)]
        return tuple(dict.fromkeys(read))
