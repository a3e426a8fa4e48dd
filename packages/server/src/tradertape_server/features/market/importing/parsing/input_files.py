"""Input files: their content, safely unpacked, and its hash."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tradertape_core.kernel.errors import InvalidInput

MAX_BYTES = 2_000_000_000  # of an unpacked file
_MAX_RATIO = 200  # a price file compresses about 5:1; far beyond this it is a decompression bomb
_READABLE = {".csv", ".txt", ".json", ".parquet"}


@dataclass(frozen=True, slots=True)
class InputFile:
    """An unpacked file. name: of the inner file; sha256: of its content."""

    path: Path
    name: str
    content: bytes
    sha256: str

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem


def open_input_file(path: Path) -> InputFile:
    """Read and unpack a file; raises InvalidInput with the reason if it cannot be."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror or error}") from error
    name, content = path.name, packed
    try:
        if name.lower().endswith(".gz"):
            name, content = name[:-3], _gunzip(packed)
        elif name.lower().endswith(".zip"):
            name, content = _unzip(path, packed)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(f"{path.name} is damaged: {error}") from error
    if not content:
        raise InvalidInput(f"{path.name} is empty")
    return InputFile(path, name, content, hashlib.sha256(content).hexdigest())


def expand(paths: list[Path]) -> list[Path]:
    """List the files of the given files and folders, sorted within a folder. Raises
    InvalidInput if there are none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(sorted(p for p in path.rglob("*") if p.is_file() and _is_readable(p)))
        else:
            found.append(path)
    if not found:
        raise InvalidInput("there is no file to import")
    return found


def _is_readable(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return bool(suffixes) and (suffixes[-1] in _READABLE or suffixes[-1] in {".gz", ".zip"})


def _gunzip(packed: bytes) -> bytes:
    limit = min(MAX_BYTES, max(len(packed) * _MAX_RATIO, 1_000_000))
    with gzip.open(io.BytesIO(packed)) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise InvalidInput("the unpacked file is far larger than a price file would be")
    return content


def _unzip(path: Path, packed: bytes) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        inner = [
            entry
            for entry in archive.infolist()
            if PurePosixPath(entry.filename).suffix.lower() in _READABLE
        ]
        if len(inner) != 1:
            raise InvalidInput(
                f"{path.name} contains {len(inner)} readable files; unpack it and name one"
            )
        limit = min(MAX_BYTES, max(len(packed) * _MAX_RATIO, 1_000_000))
        if inner[0].file_size > limit:
            raise InvalidInput(f"unpacked, {path.name} is far larger than a price file would be")
        with archive.open(inner[0]) as stream:  # read to the end: this checks its CRC
            return PurePosixPath(inner[0].filename).name, stream.read(limit + 1)
