"""Errors of the core.

TraderTapeError
├── InvalidInput        a value the caller can correct; with a JSON pointer into a document
│   └── InvalidDocument several InvalidInput at once (a strategy, a configuration)
├── StoredDataDamaged   stored data is not what was written: nothing is computed from it
└── InvariantBroken     a bug or damaged data: stop at once
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class TraderTapeError(Exception):
    """Root of every error the core raises on purpose."""


class InvalidInput(TraderTapeError):
    """A value is wrong; `message` says what to do, `pointer` (RFC 6901) its place."""

    def __init__(self, message: str, *, pointer: str = "") -> None:
        super().__init__(f"{pointer}: {message}" if pointer else message)
        self.message = message
        self.pointer = pointer

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with all members: by default only the text would be kept."""
        return _invalid_input, (self.message, self.pointer)


def _invalid_input(message: str, pointer: str) -> InvalidInput:
    return InvalidInput(message, pointer=pointer)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a document: where (RFC 6901 pointer) and what to do about it."""

    pointer: str
    message: str


class InvalidDocument(InvalidInput):
    """A document has one or more problems, all of them named."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.message, pointer=first.pointer)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with every problem."""
        return InvalidDocument, (self.problems,)


class StoredDataDamaged(TraderTapeError):
    """Stored data is not what was written: no figure is given; the message says what to do."""


class InvariantBroken(TraderTapeError):
    """An impossible state, by a bug or damaged data: stopping beats acting on it."""
