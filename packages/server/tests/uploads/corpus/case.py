"""One harmful file of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A harmful file, made when it is wanted.

    is_harmless: it may also be imported, as what is harmful in it is ignored; else it is refused.
    is_bomb: refused by the archive's directory alone, before a process is started.
    """

    family: str
    name: str
    make: Callable[[], bytes]
    kind: str = "tradebook"
    is_harmless: bool = False
    is_bomb: bool = False

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"


Cases = Iterator[Case]
