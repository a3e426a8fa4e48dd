"""A broker's instrument file given to `tradertape data import`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tradertape_core.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradertape_server.features.market.service import MarketService

_KINDS = ("auto", "instruments")


@dataclass(frozen=True, slots=True)
class TakenFile:
    """The instrument file now in use. refused: skipped rows, by reason."""

    file: str
    instruments: int
    derivatives: int
    refused: Mapping[str, int]


def is_given(paths: Sequence[Path], kind: str) -> bool:
    """Whether a file is Kite's instrument file, by its header.

    Raises InvalidInput when there are other files beside it.
    """
    if kind not in _KINDS or not any(_is_dump(path) for path in paths):
        return False
    if len(paths) > 1:
        raise InvalidInput("a broker's instrument file must be imported alone")
    return True


def take(path: Path, market: MarketService) -> TakenFile:
    """Use a file from now on; a running server reads it at once."""
    from tradertape_server.features.instruments.service import InstrumentService
    from tradertape_server.features.market.live_world import LiveWorld

    service = InstrumentService(market, LiveWorld(market), market.clock, home=market.home)
    dump = service.import_dump(path)
    derivatives = sum(one.is_derivative for one in dump.instruments)
    return TakenFile(path.name, len(dump.instruments), derivatives, dict(dump.refused))


def text(taken: TakenFile) -> str:
    """The result as text."""
    left_out = ", ".join(f"{count:,} for {why}" for why, count in taken.refused.items())
    rest = f"; skipped: {left_out}" if left_out else ""
    return (
        f"✓ {taken.file}: {taken.instruments:,} instruments, {taken.derivatives:,} of them "
        f"derivatives{rest}"
    )


def _is_dump(path: Path) -> bool:
    from tradertape_server.features.instruments.kite_dump import COLUMNS

    if path.is_dir():
        return False
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return set(COLUMNS) <= set(header)
