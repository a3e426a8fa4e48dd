"""A master on disk: one packed file, replaced as a whole."""

from __future__ import annotations

import gzip
import json
import os
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from tradertape_brokers.masters.renames import FormerName
from tradertape_core.market.instrument import Instrument, InstrumentType

_VERSION: Final = 1
_FIELDS: Final = tuple(field.name for field in fields(Instrument))


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """A broker's accepted list, when it was downloaded (aware), and the former names."""

    broker: str
    downloaded_at: datetime
    instruments: Sequence[Instrument]
    former_names: Sequence[FormerName] = ()


def write(path: Path, master: Master) -> None:
    """Replace the file: after a crash it has either the old or the new content, never a part."""
    rows = [[_plain(getattr(one, name)) for name in _FIELDS] for one in master.instruments]
    content = {
        "version": _VERSION,
        "broker": master.broker,
        "downloaded_at": master.downloaded_at.isoformat(),
        "columns": _FIELDS,
        "former_names": [asdict(one) for one in master.former_names],
        "rows": rows,
    }
    packed = gzip.compress(json.dumps(content, default=str).encode(), compresslevel=5)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("wb") as handle:
            handle.write(packed)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> Master | None:
    """Read the file; None when there is none, or when it is damaged and must be downloaded."""
    try:
        content: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
        if content["version"] != _VERSION:
            return None
        columns: list[str] = content["columns"]
        return Master(
            broker=content["broker"],
            downloaded_at=datetime.fromisoformat(content["downloaded_at"]),
            instruments=[
                _instrument(dict(zip(columns, row, strict=True))) for row in content["rows"]
            ],
            former_names=[_former(one) for one in content["former_names"]],
        )
    except (OSError, EOFError, ValueError, TypeError, KeyError, InvalidOperation, zlib.error):
        return None


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal | date) else value


def _instrument(row: dict[str, Any]) -> Instrument:
    row["tick_size"] = Decimal(row["tick_size"])
    row["instrument_type"] = InstrumentType(row["instrument_type"])
    row["expiry"] = date.fromisoformat(row["expiry"]) if row["expiry"] else None
    row["strike"] = Decimal(row["strike"]) if row["strike"] else None
    return Instrument(**row)


def _former(row: Mapping[str, str]) -> FormerName:
    since = date.fromisoformat(row["since"])
    return FormerName(old_id=row["old_id"], new_id=row["new_id"], since=since)
