"""A backup: the configuration, the factor and the journal in one zip file."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from tradertape_agent.config.folder import Folder, write_private
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.store import INSTANCE, Store

_CONFIG, _FACTOR, _JOURNAL = "config.json", "factor.json", "journal.db"
_LARGEST: Final = 500_000_000
_WAITING: Final = "waiting"


def write_backup(files: Folder, target: Path) -> list[str]:
    """Write a backup; returns what is in it. Raises AgentError where there is nothing."""
    parts: dict[str, bytes] = {}
    for name, path in ((_CONFIG, files.config), (_FACTOR, files.factor)):
        if path.exists():
            parts[name] = path.read_bytes()
    if files.journal.exists():
        parts[_JOURNAL] = _copy(files.journal)
    if _CONFIG not in parts:
        raise AgentError(f"there is no configuration at {files.config} to back up")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    write_private(target, packed.getvalue())
    return list(parts)


def read_backup(files: Folder, source: Path) -> list[str]:
    """Replace the files; returns which. Nothing is replaced unless all of it can be read."""
    parts = _parts(source)
    if _JOURNAL in parts:
        parts[_JOURNAL] = _without_waiting(parts[_JOURNAL])
    for name, path in ((_FACTOR, files.factor), (_JOURNAL, files.journal), (_CONFIG, files.config)):
        if name in parts:
            for left in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                left.unlink(missing_ok=True)
            write_private(path, parts[name])
    return list(parts)


def _parts(source: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(source) as archive:
            known = [one for one in archive.infolist() if one.filename in _NAMES]
            if sum(one.file_size for one in known) > _LARGEST:
                raise AgentError(f"{source} is too large for a backup of this agent")
            parts = {one.filename: archive.read(one) for one in known}
        json.loads(parts[_CONFIG])
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise AgentError(f"{source} is not a backup of this agent: {error}") from None
    return parts


_NAMES: Final = frozenset({_CONFIG, _FACTOR, _JOURNAL})


def _copy(path: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / path.name
        store = Store(path)
        try:
            store.copy_to(copied)
        finally:
            store.close()
        return copied.read_bytes()


def _without_waiting(content: bytes) -> bytes:
    """The journal without decisions that are not acted on, and with another name for leases.

    Since the backup was made, what waited then may have been sent, and the journal does not know.
    The cloud hands out again what an instance has leased and not reported to that instance alone,
    because its journal knows: this one is another instance, and gets none of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _JOURNAL
        path.write_bytes(content)
        try:
            connection = sqlite3.connect(path)
            try:
                connection.execute(
                    "UPDATE signals SET decision = NULL WHERE state = ?", (_WAITING,)
                )
                connection.execute("DELETE FROM meta WHERE name = ?", (INSTANCE,))
                connection.commit()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            raise AgentError(f"the backup's journal is damaged: {error}") from None
        return path.read_bytes()
