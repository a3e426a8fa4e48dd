"""Whether the files of a data set are those that its manifest describes; needs no pyarrow."""

from __future__ import annotations

import threading

from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.seals import Signature, file_digest, signature
from tradertape_server.features.market.data_sets.store import MarketStore


def checksums(store: MarketStore, manifest: Manifest) -> dict[str, str]:
    """The SHA-256 of each file of a set. Raises OSError for one that cannot be read."""
    folder = store.folder(manifest.name)
    return {file: file_digest(folder / file) for file in manifest.tables.values()}


def damaged_file(store: MarketStore, manifest: Manifest) -> str:
    """Read a set's files and say which one is damaged and how; "" if none is.

    A set that an older version wrote has no checksums: only missing files are found.
    """
    folder = store.folder(manifest.name)
    for file in manifest.tables.values():
        try:
            found = file_digest(folder / file)
        except FileNotFoundError:
            return f"{file} is missing"
        except OSError as error:
            return f"{file} cannot be read ({error.strerror})"
        if found != manifest.checksums.get(file, found):
            return f"{file} has been altered or truncated"
    return ""


class TablesCheck:
    """Remembers which data sets are intact; reads their files again when they change.

    Thread-safe. A change is seen by the files' times and sizes; `read_again` finds damage that
    leaves those as they were.
    """

    def __init__(self, store: MarketStore) -> None:
        self._store = store
        self._known: dict[str, tuple[str, Signature, str]] = {}
        self._lock = threading.Lock()

    def problem(self, manifest: Manifest) -> str:
        """What is wrong with a set's files; "" if nothing is."""
        now = self._signature(manifest)
        with self._lock:
            known = self._known.get(manifest.name)
            if known is not None and known[:2] == (manifest.content_hash, now):
                return known[2]
        return self._read(manifest, now)

    def read_again(self, manifest: Manifest) -> str:
        """As `problem`, but reads the files even if they look unchanged."""
        return self._read(manifest, self._signature(manifest))

    def _read(self, manifest: Manifest, now: Signature) -> str:
        problem = damaged_file(self._store, manifest)
        with self._lock:
            self._known[manifest.name] = (manifest.content_hash, now, problem)
        return problem

    def _signature(self, manifest: Manifest) -> Signature:
        folder = self._store.folder(manifest.name)
        try:
            return signature(f"{folder}/{file}" for file in manifest.tables.values())
        except OSError:
            return ()
