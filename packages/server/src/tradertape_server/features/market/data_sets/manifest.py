"""What a data set says about itself: replacing this one small file makes a version visible."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tradertape_core.kernel.errors import InvalidInput

FORMAT = 1
TABLES = ("candles", "indices", "actions", "dividends", "membership", "instruments", "imports")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A data set's description.

    basis: how the prices it serves are adjusted; stored_basis: how its Parquet file holds them.
    tables: table name to the file, relative to the set's folder, that holds it.
    content_hash: 64 hex digits over every candle, index value, action and membership.
    first, last: dates of the first and last candle, ISO, "" without candles.
    """

    name: str
    basis: str
    stored_basis: str
    created_at: str
    updated_at: str
    source: str = ""
    simulated: bool = False
    interval: str = "day"
    content_hash: str = ""
    tables: Mapping[str, str] = field(default_factory=dict[str, str])
    candles: int = 0
    symbols: int = 0
    first: str = ""
    last: str = ""
    indices: int = 0
    files: int = 0
    rejected: int = 0
    reject_reasons: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def data_version(self) -> str:
        """What a result records of the prices it was computed from, such as nse-split-1f2e…"""
        return f"{self.name}-{self.basis}-{self.content_hash[:12]}"

    def with_(self, **changes: Any) -> Manifest:
        return replace(self, **changes)

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


def parse_manifest(text: bytes, *, name: str) -> Manifest:
    """Read a manifest written by this version or an older one; raises InvalidInput otherwise."""
    try:
        document = json.loads(text)
        if document.pop("format") != FORMAT:
            raise InvalidInput(f"data set {name} was written by a newer TraderTape")
        return Manifest(**document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"the manifest of data set {name} is damaged: {error}") from error
