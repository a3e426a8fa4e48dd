"""The brokers' sessions of today, in a file that only the user may read."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from tradertape_agent.config.folder import write_private
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import Session


class SessionFile:
    """Sessions by broker. A file that cannot be read counts as none: the user signs in again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def get(self, broker: str) -> Session | None:
        """Return the session at a broker, over or not."""
        row = self._read().get(broker)
        try:
            return None if row is None else _session(row)
        except (KeyError, TypeError, ValueError):
            return None

    def put(self, session: Session) -> None:
        """Keep a session in the place of the broker's former one."""
        with self._lock:
            rows = self._read()
            rows[session.broker] = {
                "broker": session.broker,
                "user_id": session.user_id,
                "api_key": session.api_key,
                "access_token": session.access_token.reveal(),
                "expires_at": session.expires_at.isoformat(),
            }
            self._write(rows)

    def remove(self, broker: str) -> None:
        """Forget the session at a broker."""
        with self._lock:
            rows = self._read()
            if rows.pop(broker, None) is not None:
                self._write(rows)

    def _read(self) -> dict[str, Any]:
        try:
            found: object = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def _write(self, rows: Mapping[str, Any]) -> None:
        write_private(self._path, json.dumps(rows, indent=1).encode())


def _session(row: Mapping[str, str]) -> Session:
    return Session(
        broker=row["broker"],
        user_id=row["user_id"],
        api_key=row["api_key"],
        access_token=Secret(row["access_token"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
    )
