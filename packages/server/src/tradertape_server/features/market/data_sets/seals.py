"""Seals: the hashes of a folder's files, block by block, and the comparison of files with them.

A sealed folder is read whole when it is first used and whenever a file's time, size or place has
changed. In between each use compares the next block, and a background task all of them, so that
damage the file system does not report (a failing disk) is found too.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

SEAL = "seal.json"
BLOCK_BYTES = 64 * 1024
_DIGEST_BYTES = 16
Signature = tuple[tuple[int, int, int, int], ...]


class SealBroken(ValueError):
    """A file is not the one that was sealed."""


class Block(NamedTuple):
    """A part of a file and its hash."""

    path: str
    offset: int
    digest: str


@dataclass(frozen=True, slots=True)
class Seal:
    """The hashes of a folder's files. sizes: file to its bytes; blocks: those of every file."""

    sizes: dict[str, int]
    blocks: tuple[Block, ...]

    def signature(self) -> Signature:
        """Changes whenever a file is written, replaced or truncated. Raises OSError."""
        return signature(self.sizes)

    def require_whole(self) -> None:
        """Read every file; raises SealBroken, or OSError for a missing one."""
        for path, size in self.sizes.items():
            if Path(path).stat().st_size != size:
                raise SealBroken(f"{Path(path).name} has not the size it was written with")
        self.require(self.blocks)

    def require(self, blocks: Iterable[Block]) -> None:
        """Compare blocks with the files; raises SealBroken or OSError."""
        for path, parts in groupby(blocks, key=attrgetter("path")):
            with Path(path).open("rb", buffering=0) as handle:
                for block in parts:
                    handle.seek(block.offset)
                    if _digest(handle.read(BLOCK_BYTES)) != block.digest:
                        raise SealBroken(f"{Path(path).name} has been altered")


def signature(files: Iterable[str]) -> Signature:
    """Inode, size and times of files. Raises OSError for a missing one."""
    found = [os.stat(path) for path in files]  # noqa: PTH116 - at each opening; paths are slower
    return tuple((s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in found)


def file_digest(path: Path) -> str:
    """The SHA-256 of a whole file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class Sealing:
    """The seal of a folder that is being written; of its content, before the disk has it."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._hashes: dict[str, list[str]] = {}

    def add(self, name: str, content: bytes | memoryview) -> None:
        """Add a file with what is written to it."""
        parts = range(0, len(content), BLOCK_BYTES)
        self._sizes[name] = len(content)
        self._hashes[name] = [_digest(content[at : at + BLOCK_BYTES]) for at in parts]

    def to_json(self) -> bytes:
        """The content of the folder's seal.json, after a line with its own hash."""
        document = {"block": BLOCK_BYTES, "sizes": self._sizes, "hashes": self._hashes}
        body = json.dumps(document).encode()
        return _digest(body).encode() + b"\n" + body


def read_seal(folder: Path) -> Seal:
    """Read a folder's seal; raises OSError without one, SealBroken for an unreadable one."""
    own, _, body = (folder / SEAL).read_bytes().partition(b"\n")
    if own.decode("latin-1") != _digest(body):
        raise SealBroken(f"{SEAL} has been altered")
    try:
        document = json.loads(body)
        same_blocks = document["block"] == BLOCK_BYTES
        sizes = {str(folder / name): int(size) for name, size in document["sizes"].items()}
        blocks = tuple(
            Block(str(folder / name), i * BLOCK_BYTES, str(digest))
            for name in document["sizes"]
            for i, digest in enumerate(document["hashes"][name])
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SealBroken(f"{SEAL} is damaged") from error
    if not same_blocks:
        raise FileNotFoundError(f"{SEAL} is of another version")
    return Seal(sizes, blocks)


@dataclass(slots=True)
class _Known:
    seal: Seal
    signature: Signature
    rounds: Iterator[Block]


class Guard:
    """Compares sealed folders with their seals; thread-safe. One for each opened data set.

    broken: damaged selections that were found and replaced; reads: folders read whole.
    """

    def __init__(self) -> None:
        self.broken = 0
        self.reads = 0
        self._known: dict[Path, _Known] = {}
        self._lock = threading.Lock()

    def require(self, folder: Path) -> None:
        """Check a folder before it is used: whole if it is new or changed, else its next block.

        Raises SealBroken, or OSError when a file is missing.
        """
        with self._lock:
            known = self._known.get(folder)
            if known is None or known.seal.signature() != known.signature:
                self._read_whole(folder)
            else:
                known.seal.require(islice(known.rounds, 1))

    def require_unchanged(self) -> None:
        """Check that no file has changed since it was compared. Raises SealBroken.

        A folder that was deleted is none of them: what is mapped stays as it was.
        """
        with self._lock:
            for folder, known in self._known.items():
                try:
                    now = known.seal.signature()
                except OSError:
                    continue
                if now != known.signature:
                    raise SealBroken(f"{folder.name} has changed while it was read")

    def require_next(self, most_bytes: int) -> int:
        """Compare the next blocks of every folder, for the background; returns the bytes read.

        Forgets folders that were removed. Raises SealBroken.
        """
        done = 0
        with self._lock:
            for folder, known in list(self._known.items()):
                blocks = list(islice(known.rounds, max(1, most_bytes // BLOCK_BYTES)))
                try:
                    known.seal.require(blocks)
                except OSError:
                    self._known.pop(folder)
                done += len(blocks) * BLOCK_BYTES
        return done

    def _read_whole(self, folder: Path) -> None:
        self._known.pop(folder, None)
        self.reads += 1
        seal = read_seal(folder)
        before = seal.signature()  # first: a write while it is read changes it
        seal.require_whole()
        self._known[folder] = _Known(seal, before, _for_ever(seal.blocks))


def _for_ever(blocks: tuple[Block, ...]) -> Iterator[Block]:
    while blocks:
        yield from blocks


def _digest(block: bytes | memoryview) -> str:
    return hashlib.sha256(block).digest()[:_DIGEST_BYTES].hex()
