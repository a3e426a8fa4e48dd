"""Rows kept as compressed JSON: a page of them is decompressed, the rest stays small."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

CHUNK = 128  # rows of one compressed piece
_LEVEL = 4


class Lines(msgspec.Struct, frozen=True):
    """Rows in pieces of 128, and for each name of a group where its rows begin and how many.

    total: rows. One row of JSON has no line break, so a piece is its rows joined by them.
    """

    total: int = 0
    pieces: list[bytes] = []
    groups: dict[str, tuple[int, int]] = {}

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return sum(len(one) + 40 for one in self.pieces) + 150 * len(self.groups)

    def at(self, places: Iterable[int]) -> Iterator[bytes]:
        """The rows at these places, in their order."""

        @lru_cache(maxsize=64)
        def piece(number: int) -> list[bytes]:
            return zlib.decompress(self.pieces[number]).split(b"\n")

        for place in places:
            yield piece(place // CHUNK)[place % CHUNK]

    def page(self, limit: int, offset: int, group: str | None = None) -> list[bytes]:
        """A page of all rows, or of one group; empty for an unknown one."""
        first, count = (0, self.total) if group is None else self.groups.get(group, (0, 0))
        return list(self.at(range(first + min(offset, count), first + min(offset + limit, count))))

    def extended(self, rows: Iterable[bytes]) -> Lines:
        """The same with more rows after them, all without groups."""
        whole, begun = divmod(self.total, CHUNK)
        last = list(self.at(range(whole * CHUNK, self.total))) if begun else []
        more = lines_of((*last, *rows))
        return Lines(whole * CHUNK + more.total, [*self.pieces[:whole], *more.pieces])

    def count(self, group: str) -> int:
        """How many rows a group has."""
        return self.groups.get(group, (0, 0))[1]


def lines_of(rows: Iterable[bytes]) -> Lines:
    """Keep rows without groups."""
    total, pieces, piece = 0, [], []
    for row in rows:
        piece.append(row)
        total += 1
        if len(piece) == CHUNK:
            pieces.append(_packed(piece))
            piece = []
    if piece:
        pieces.append(_packed(piece))
    return Lines(total, pieces)


def grouped(groups: Mapping[str, Sequence[bytes]]) -> Lines:
    """Keep the rows of groups, one group after the other."""
    places: dict[str, tuple[int, int]] = {}
    first = 0
    for name, rows in groups.items():
        places[name] = (first, len(rows))
        first += len(rows)
    whole = lines_of(row for rows in groups.values() for row in rows)
    return Lines(whole.total, whole.pieces, places)


class Column(msgspec.Struct, frozen=True):
    """Numbers of a column, as bytes that numpy reads without a copy."""

    kind: str
    content: bytes

    @property
    def values(self) -> NDArray[Any]:
        """The numbers, not to be written to."""
        return np.frombuffer(self.content, dtype=self.kind)


def column(values: Sequence[float] | NDArray[np.generic], kind: str) -> Column:
    """Keep numbers in numpy's `kind`."""
    # Of its kind from the first: marks of 64 bits beside smaller ones would become floats.
    return Column(kind, np.asarray(values, dtype=kind).tobytes())


def _packed(rows: Sequence[bytes]) -> bytes:
    return zlib.compress(b"\n".join(rows), _LEVEL)
