"""Opening of data sets: their files are checked, and a damaged column cache is built again.

No reader gets columns that differ from what was imported: a column cache is compared with its seal
at each opening, and replaced when they differ; the Parquet files that it is built from are compared
with the checksums of the manifest, and a difference closes the set to every reader.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_server.features.market.data_sets.columns import Columns, open_columns
from tradertape_server.features.market.data_sets.damage import DataSetDamaged
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.seals import SealBroken
from tradertape_server.features.market.data_sets.store import MarketStore
from tradertape_server.features.market.data_sets.tables_check import TablesCheck, checksums
from tradertape_server.features.market.data_sets.universes import Universes

_ATTEMPTS = 5
logger = logging.getLogger(__name__)  # structlog takes longer to import than the rest


@dataclass(frozen=True, slots=True)
class OpenedSet:
    """A data set opened for reading."""

    manifest: Manifest
    columns: Columns
    universes: Universes


class OpenDataSets:
    """The data sets this process has open; thread-safe. caches_damaged: found since the start."""

    def __init__(self, store: MarketStore) -> None:
        self.store = store
        self.tables = TablesCheck(store)
        self._opened: dict[str, OpenedSet] = {}
        self._damaged_caches: dict[str, str] = {}  # those that are not built again yet
        self._found = 0
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    @property
    def caches_damaged(self) -> int:
        """Column caches that were found damaged since the start, with those of selections."""
        return self._found + sum(one.columns.guard.broken for one in self._opened.values())

    @property
    def names(self) -> list[str]:
        """The sets that are open."""
        return list(self._opened)

    def open(self, name: str) -> OpenedSet:
        """Open a set at its newest version.

        Raises DataSetDamaged when its files are not those that were written.
        """
        for _ in range(_ATTEMPTS):
            manifest = self.store.manifest(name)
            if problem := self.tables.problem(manifest):
                if self.store.manifest(name) != manifest:  # a writer replaced the version
                    continue
                raise DataSetDamaged(name, problem)
            with self._locks[name]:
                opened = self._current(manifest) or self._fresh(manifest)
                if opened is not None:
                    former = self._opened.get(name, opened)
                    if former is not opened:
                        self._found += former.columns.guard.broken
                    self._opened[name] = opened
                    return opened
        raise InvariantBroken(f"data set {name} changed {_ATTEMPTS} times while it was opened")

    def problem(self, name: str) -> str:
        """What is wrong with a set now; "" if it can be used and its column cache is sound."""
        try:
            manifest = self.store.manifest(name)
        except DataSetDamaged as error:
            return error.problem
        except InvalidInput as error:
            return error.message
        if problem := self.tables.problem(manifest):
            return problem
        with self._locks[name]:
            self._current(manifest)
            return self._damaged_caches.get(name, "")

    def problems(self) -> dict[str, str]:
        """What is wrong, by the name of each set that is damaged or has a damaged cache."""
        found = {name: self.problem(name) for name in self.store.names()}
        return {name: problem for name, problem in found.items() if problem}

    def require_unchanged(self, name: str) -> None:
        """Check, after a computation, that an open set's columns did not change during it.

        Raises DataSetDamaged.
        """
        opened = self._opened.get(name)
        try:
            if opened is not None:
                opened.columns.guard.require_unchanged()
        except SealBroken as error:
            text = "its column cache was altered while it was read"
            raise DataSetDamaged(name, text, "Try again.") from error

    def check_next(self, name: str, most_bytes: int) -> None:
        """Compare the next blocks of an open set with their seals; build a damaged cache again."""
        opened = self._opened.get(name)
        if opened is None:
            return
        with self._locks[name]:
            try:
                opened.columns.guard.require_next(most_bytes)
            except SealBroken as error:
                self._damaged(name, str(error))
        if name in self._damaged_caches:
            self.open(name)

    def _current(self, manifest: Manifest) -> OpenedSet | None:
        """The set as it is open; None if it has another version or its cache is damaged."""
        opened = self._opened.get(manifest.name)
        if opened is None or opened.manifest.content_hash != manifest.content_hash:
            return None
        if manifest.name in self._damaged_caches:
            return None
        try:
            before = opened.columns.guard.reads
            opened.columns.guard.require(opened.columns.folder)
        except SealBroken as error:
            self._damaged(manifest.name, str(error))
            return None
        except OSError:  # deleted: it may be, at any time
            return None
        # Replaced by the same content, it is mapped anew: the old mapping shows the old file.
        return opened if opened.columns.guard.reads == before else None

    def _fresh(self, manifest: Manifest) -> OpenedSet | None:
        """Open a version; None if a writer replaced it meanwhile."""
        columns = self._cached(manifest)
        if columns is None:
            if not self._rebuilt(manifest):
                return None
            columns = open_columns(self.store.cache_folder(manifest))
        return OpenedSet(manifest, columns, Universes(manifest, columns))

    def _cached(self, manifest: Manifest) -> Columns | None:
        if manifest.name in self._damaged_caches or not manifest.checksums:
            return None
        try:
            return open_columns(self.store.cache_folder(manifest))
        except (OSError, KeyError):
            return None
        except ValueError as error:
            self._damaged(manifest.name, str(error))
            return None

    def _damaged(self, name: str, problem: str) -> None:
        self._found += 1
        self._damaged_caches[name] = f"its column cache is damaged ({problem})"
        logger.error("column cache of %s damaged, it is built again: %s", name, problem)

    def _rebuilt(self, manifest: Manifest) -> bool:
        from tradertape_server.features.market.data_sets.draft import read_draft  # noqa: PLC0415 - pyarrow

        name, folder = manifest.name, self.store.cache_folder(manifest)
        with self.store.writing(name):
            if self.store.manifest(name).content_hash != manifest.content_hash:
                return False
            if not _is_sound(folder, manifest):  # else another process was first
                draft = read_draft(self.store, manifest)
                try:
                    shutil.rmtree(folder, ignore_errors=True)
                    draft.fill_cache()
                    self._add_checksums(manifest)
                except OSError as error:
                    problem = f"its column cache cannot be written ({error.strerror or error})"
                    remedy = "Free disk space, and make the home folder writable."
                    raise DataSetDamaged(name, problem, remedy) from error
                logger.info("column cache of %s built", name)
        self._damaged_caches.pop(name, None)
        return True

    def _add_checksums(self, manifest: Manifest) -> None:
        """Complete the manifest of a set that an older version wrote; its content was checked."""
        if not manifest.checksums:
            self.store.publish(manifest.with_(checksums=checksums(self.store, manifest)))


def _is_sound(folder: Path, manifest: Manifest) -> bool:
    try:
        open_columns(folder)
    except (OSError, ValueError, KeyError):
        return False
    return bool(manifest.checksums)
