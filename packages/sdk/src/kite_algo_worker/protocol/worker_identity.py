"""The identity of a worker: how one that was killed takes its own claim over when it comes back.

A worker locks a file for its run while it lives. The operating system releases the lock when the
process ends, however it ends; who then gets the lock is the same worker, and no other is alive.
"""

from __future__ import annotations

import hashlib
import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path

_LONGEST_ID = 120


def state_folder() -> Path:
    """Where workers keep their files: `KITE_ALGO_STATE_DIR`, else below the user's state folder."""
    named = os.environ.get("KITE_ALGO_STATE_DIR", "").strip()
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME", "").strip()
    return (Path(base) if base else Path.home() / ".local" / "state") / "tradertape-worker"


class WorkerIdentity:
    """A worker of one run on this machine. id: None where another process holds the run's file,
    or where there can be no file; then a claim has to wait for the one before to end.
    """

    def __init__(self, server: str, run_id: str, folder: Path | None = None) -> None:
        name = hashlib.sha256(f"{server}\n{run_id}".encode()).hexdigest()[:32]
        self.id: str | None = None
        self._file: int | None = None
        try:
            home = folder or state_folder()
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path = home / f"{name}.worker"
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            _lock(self._file)
            self.id = _read_or_write_id(self._file)
        except (OSError, RuntimeError):  # held by another, read-only, no home
            self.close()

    def close(self, *, forget: bool = False) -> None:
        """Release the file. forget: delete it, as nothing is left to take over."""
        if self._file is not None:
            if forget and self.id is not None:
                with suppress(OSError):
                    self._path.unlink()
            os.close(self._file)
        self._file = self.id = None


def _lock(file: int) -> None:
    """Lock a file until it is closed. Raises OSError when another process has it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read_or_write_id(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    known = os.read(file, 4 * _LONGEST_ID).decode("ascii", "ignore").strip()
    if known:
        return known[:_LONGEST_ID]
    host = "".join(sign for sign in socket.gethostname() if "!" <= sign <= "~")[:60]
    made = f"{host}:{uuid.uuid4().hex}"
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, made.encode("ascii"))
    return made
