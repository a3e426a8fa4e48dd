"""The folders of data sets: names, the active set, atomic files, write locks."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.manifest import Manifest, parse_manifest

SIMULATED = "simulated"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MANIFEST = "manifest.json"
_ACTIVE = "active"


class MarketStore:
    """`<home>/market/`: one folder for each data set.

    A writer adds new files under new names and replaces manifest.json last, so a reader sees the
    old set or the new one, even after a crash in between.
    """

    def __init__(self, home: Path) -> None:
        self.root = home / "market"

    def names(self) -> list[str]:
        """Names of the data sets, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(path.parent.name for path in self.root.glob(f"*/{_MANIFEST}"))

    def folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} is not a valid name of a data set: use at most 40 lower-case letters, "
                "digits, - and _",
                pointer="/data_set",
            )
        return self.root / name

    def exists(self, name: str) -> bool:
        return (self.folder(name) / _MANIFEST).is_file()

    def manifest(self, name: str) -> Manifest:
        """Read a set's manifest; raises InvalidInput with the existing names."""
        try:
            text = (self.folder(name) / _MANIFEST).read_bytes()
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none yet"
            raise InvalidInput(
                f"there is no data set {name!r}; there are: {known}", pointer="/data_set"
            ) from None
        return parse_manifest(text, name=name)

    def active(self) -> str | None:
        """The set that new runs use: the chosen one, else the simulated one if it exists."""
        with contextlib.suppress(FileNotFoundError):
            name = (self.root / _ACTIVE).read_text().strip()
            if name and self.exists(name):
                return name
        return SIMULATED if self.exists(SIMULATED) else None

    def activate(self, name: str) -> None:
        self.manifest(name)
        write_atomically(self.root / _ACTIVE, f"{name}\n".encode())

    def publish(self, manifest: Manifest) -> None:
        """Publish a new version, then delete files that it does not reference."""
        folder = self.folder(manifest.name)
        write_atomically(folder / _MANIFEST, manifest.to_json())
        kept = {folder / file for file in manifest.tables.values()}
        for pattern in ("*/*.parquet", "*.parquet", "*.json"):
            for path in folder.glob(pattern):
                if path not in kept and path.name != _MANIFEST:
                    path.unlink(missing_ok=True)
        drop_old_caches(folder / "columns", keep=manifest.content_hash[:12])

    def unknown(self, name: str) -> Manifest:
        """Stand in for a manifest that cannot be read: the set's name and the file's time."""
        changed = (self.folder(name) / _MANIFEST).stat().st_mtime
        at = datetime.fromtimestamp(changed, UTC).isoformat()
        return Manifest(name, "", "", at, at)

    def discard(self, name: str, clock: Clock) -> Path:
        """Move a set out of use, so that its name is free; returns its new place."""
        folder = self.folder(name)
        if not folder.is_dir():
            raise InvalidInput(f"there is no data set {name!r}", pointer="/data_set")
        kept = self.root / ".discarded" / f"{name}-{clock.now():%Y%m%dT%H%M%S}"
        with self.writing(name):
            kept.parent.mkdir(exist_ok=True)
            folder.rename(kept)
        return kept

    def cache_folder(self, manifest: Manifest) -> Path:
        """The folder of the column cache of a version."""
        version = manifest.content_hash[:12]
        return self.folder(manifest.name) / "columns" / version / manifest.interval

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Hold the set's write lock; other writers, in any process, wait."""
        folder = self.folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("a+b") as handle:
            _lock(handle.fileno())
            try:
                yield folder
            finally:
                _unlock(handle.fileno())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically: it has either the old or the new content, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, if the system supports it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def drop_old_caches(columns: Path, *, keep: str) -> None:
    """Delete column caches of former versions; processes that have them mapped keep the pages."""
    if columns.is_dir():
        for path in columns.iterdir():
            if path.name != keep and not path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
