"""A new key for what is encrypted: everything that the older keys encrypted is encrypted again.

Servers may run meanwhile: each reads the key file again before it encrypts, and what one encrypted
with the former key just before is found by a later pass. A rotation that was killed is finished by
the next call; until then, and afterwards, the older keys still decrypt.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from cryptography.fernet import Fernet
from filelock import FileLock, Timeout
from sqlalchemy import ColumnElement, CursorResult, LargeBinary, inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from tradertape_server.platform.database.engine import Base, Database
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.secrets import KEY_FILE, SecretBox, read_keys

ROWS_AT_ONCE: Final = 200
UNFINISHED: Final = "# a rotation is not finished: run `tradertape db rotate-keys` again"
# A server encrypts before its transaction begins: what it encrypted with the former key is stored
# within the seconds that a transaction may wait and last.
SETTLE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column whose values are encrypted. prefix: what marks those that are, in a text column."""

    table: type[Base]
    name: str
    prefix: str = ""

    @property
    def _column(self) -> InstrumentedAttribute[Any]:
        return getattr(self.table, self.name)

    @property
    def _ids(self) -> ColumnElement[Any]:
        return inspect(self.table).primary_key[0]

    def sealed_of(self, value: Any) -> bytes | None:
        """The encrypted bytes of a stored value; None where there are none."""
        if isinstance(value, str):
            found = value.startswith(self.prefix)
            return value.removeprefix(self.prefix).encode() if found else None
        return value or None

    def rows_after(self, session: Session, key: int) -> Sequence[tuple[int, Any]]:
        """The next rows by primary key, with the stored value."""
        ids = self._ids
        wanted = select(ids, self._column).where(ids > key, self._column.is_not(None))
        found = session.execute(wanted.order_by(ids).limit(ROWS_AT_ONCE))
        return [(row[0], row[1]) for row in found]

    def replace(self, session: Session, key: int, was: Any, sealed: bytes) -> bool:
        """Store a value anew, unless somebody changed it meanwhile."""
        ids = self._ids
        is_binary = isinstance(self._column.type, LargeBinary)
        value = sealed if is_binary else self.prefix + sealed.decode()
        changed = update(self.table).where(ids == key, self._column == was)
        done = session.execute(changed.values({self.name: value}))
        return cast("CursorResult[tuple[()]]", done).rowcount == 1


@dataclass(slots=True)
class Rotated:
    """What a rotation did. unreadable: rows that no key of the file decrypts; they stay as they
    are."""

    is_resumed: bool = False
    encrypted_again: int = 0
    unreadable: int = 0
    keys_dropped: int = 0


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Rotates the keys of one home folder. wait: how to wait for running servers."""

    database: Database
    secrets: SecretBox
    folder: Path
    columns: Sequence[SealedColumn]
    wait: Callable[[float], None] = time.sleep

    def rotate(self) -> Rotated:
        """Add a key and encrypt everything with it. Raises Conflict when another one runs."""
        with self._alone():
            done = Rotated(is_resumed=self._is_unfinished)
            if not done.is_resumed:
                keys = read_keys(self._file)
                self._write([UNFINISHED, Fernet.generate_key().decode(), *keys])
            self._until_nothing_is_left(done)
            self._write(read_keys(self._file))
            return done

    def drop_old(self) -> Rotated:
        """Remove every key but the newest; while no server runs. Raises Conflict."""
        with self._alone():
            if self._is_unfinished:
                raise Conflict("A rotation is not finished: run `tradertape db rotate-keys` first.")
            done = Rotated()
            self._pass(done)
            if done.unreadable:
                raise Conflict(
                    f"{done.unreadable} stored values are encrypted with a key that is not in "
                    f"{self._file}: add that key as its last line, or delete what they belong to."
                )
            keys = read_keys(self._file)
            self._write(keys[:1])
            done.keys_dropped = len(keys) - 1
            return done

    @property
    def _file(self) -> Path:
        return self.folder / KEY_FILE

    @property
    def _is_unfinished(self) -> bool:
        return self._file.read_text().startswith(UNFINISHED)

    def _until_nothing_is_left(self, done: Rotated) -> None:
        self._pass(done)
        while True:
            self.wait(SETTLE_S)
            if not self._pass(done):
                return

    def _pass(self, done: Rotated) -> int:
        """Look at every encrypted value once; returns how many were encrypted again."""
        found, done.unreadable = 0, 0
        for column in self.columns:
            for again, unreadable in self._batches(column):
                found += again
                done.encrypted_again += again
                done.unreadable += unreadable
        return found

    def _batches(self, column: SealedColumn) -> Iterator[tuple[int, int]]:
        last = -1
        while True:
            with self.database.write() as session:
                rows = column.rows_after(session, last)
                states = [self._encrypt_again(session, column, *row) for row in rows]
            yield states.count(True), states.count(None)
            if len(rows) < ROWS_AT_ONCE:
                return
            last = rows[-1][0]

    def _encrypt_again(
        self, session: Session, column: SealedColumn, key: int, value: Any
    ) -> bool | None:
        """Whether a value was encrypted again; None when no key decrypts it."""
        sealed = column.sealed_of(value)
        if sealed is None or self.secrets.is_newest(sealed):
            return False
        opened = self.secrets.unseal(sealed)
        if opened is None:
            return None
        return column.replace(session, key, value, self.secrets.seal(opened))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self.folder / "rotation.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise Conflict("Another rotation of the keys is running.") from None
        try:
            yield
        finally:
            lock.release()

    def _write(self, lines: Sequence[str]) -> None:
        """Replace the key file: a reader finds the former one or the new one, whole."""
        unfinished = self._file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._file)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the key must outlive a power cut, as the rows that need it do
        finally:
            os.close(folder)
