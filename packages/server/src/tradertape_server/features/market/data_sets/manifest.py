"""The manifest of a data set; replacing this one small file publishes a new version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.damage import DataSetDamaged

FORMAT = 1
_OWN = "sha256"  # of the manifest's other members
TABLES = (
    "bands",
    "candles",
    "indices",
    "actions",
    "dividends",
    "membership",
    "instruments",
    "imports",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A data set's description.

    basis: the adjustment of the prices it serves; stored_basis: that of its Parquet file.
    tables: table name to its file, relative to the set's folder.
    content_hash: 64 hex digits over every candle, index value, action and membership.
    checksums: file to the SHA-256 of its bytes; empty in a set that an older version wrote.
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
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def data_version(self) -> str:
        """The version of the prices that a result records, such as nse-split-1f2e…"""
        return f"{self.name}-{self.basis}-{self.content_hash[:12]}"

    def with_(self, **changes: Any) -> Manifest:
        return replace(self, **changes)

    def to_json(self) -> bytes:
        document = {"format": FORMAT, **asdict(self)}
        return json.dumps({**document, _OWN: _digest(document)}, indent=1).encode()


def parse_manifest(text: bytes, *, name: str) -> Manifest:
    """Parse a manifest of this version or an older one.

    Raises DataSetDamaged for one that was altered, InvalidInput for one of a newer version.
    """
    try:
        document = json.loads(text)
        own = document.pop(_OWN, None)
        if own is not None and own != _digest(document):
            raise DataSetDamaged(name, "its manifest.json has been altered")
        if document.pop("format") != FORMAT:
            raise InvalidInput(f"data set {name} was written by a newer TraderTape")
        return Manifest(**document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataSetDamaged(name, "its manifest.json cannot be read") from error


def _digest(document: Mapping[str, Any]) -> str:
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
