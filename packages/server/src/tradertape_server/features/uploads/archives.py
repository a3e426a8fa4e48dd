"""Checks of a workbook's ZIP directory, before anything is inflated.

The limits are on what the directory claims; `count_inflated` then counts what comes out.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from struct import Struct

MOST_ENTRIES = 200
MOST_INFLATED = 200 * 1024 * 1024
MOST_RATIO = 100
# Small files are often repetitive: below this no ratio is refused.
SMALL_INFLATED = 2 * 1024 * 1024
_MOST_DIRECTORY = 128 * 1024
_END = Struct("<4s4H2LH")
_CHUNK = 1024 * 1024


class BadArchive(ValueError):
    """A workbook that is not opened; the message says why."""


def check_directory(content: bytes) -> None:
    """Refuse an archive by its directory. Raises BadArchive.

    The directory's own size is read from the archive's last bytes first: one of a million entries
    is not parsed.
    """
    entries, size = _end_of(content)
    if entries > MOST_ENTRIES or size > _MOST_DIRECTORY:
        raise BadArchive(f"The workbook has over {MOST_ENTRIES} parts.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise BadArchive("The workbook is damaged.") from error
    if len(parts) > MOST_ENTRIES:
        raise BadArchive(f"The workbook has over {MOST_ENTRIES} parts.")
    if any(part.flag_bits & 0x1 for part in parts):
        raise BadArchive("The workbook is protected by a password: save it without one.")
    _demand_size(sum(part.file_size for part in parts), len(content))


def count_inflated(content: bytes) -> None:
    """Inflate every part and count the bytes, keeping none. Raises BadArchive over the limits."""
    inflated = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as stream:
                    while chunk := stream.read(_CHUNK):
                        inflated += len(chunk)
                        _demand_size(inflated, len(content))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise BadArchive("The workbook is damaged.") from error


def _demand_size(inflated: int, packed: int) -> None:
    if inflated > MOST_INFLATED:
        raise BadArchive(f"The workbook is over {MOST_INFLATED // 2**20} MB when unpacked.")
    if inflated > SMALL_INFLATED and inflated > packed * MOST_RATIO:
        raise BadArchive(f"The workbook unpacks to over {MOST_RATIO} times its size.")


def _end_of(content: bytes) -> tuple[int, int]:
    """The number of entries and the size of the directory, as the archive's end states them."""
    place = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if place < 0 or place + _END.size > len(content):
        raise BadArchive("The workbook is damaged.")
    _, _, _, _, entries, size, _, _ = _END.unpack_from(content, place)
    return entries, size
