"""A file's bytes, unpacked with care, and what identifies them."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tradertape_core.kernel.errors import InvalidInput

MOST_BYTES = 2_000_000_000  # of a file once unpacked
_MOST_RATIO = 200  # a price file packs about 5:1; beyond this it is a bomb
_READABLE = {".csv", ".txt", ".json", ".parquet"}


@dataclass(frozen=True, slots=True)
class Source:
    """An unpacked file. name: of the inner file, lower-case suffix and all; sha256 of the bytes."""

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


def open_source(path: Path) -> Source:
    """Read and unpack a file; InvalidInput says why where it cannot be."""
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
    return Source(path, name, content, hashlib.sha256(content).hexdigest())


def expand(paths: list[Path]) -> list[Path]:
    """The files of the given files and folders, sorted within a folder."""
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
    limit = min(MOST_BYTES, max(len(packed) * _MOST_RATIO, 1_000_000))
    with gzip.open(io.BytesIO(packed)) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise InvalidInput("the file unpacks to far more than a price file would")
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
                f"{path.name} holds {len(inner)} readable files; unpack it and name one"
            )
        limit = min(MOST_BYTES, max(len(packed) * _MOST_RATIO, 1_000_000))
        if inner[0].file_size > limit:
            raise InvalidInput(f"{path.name} unpacks to far more than a price file would")
        with archive.open(inner[0]) as stream:  # read to the end: this checks its CRC
            return PurePosixPath(inner[0].filename).name, stream.read(limit + 1)
