"""Devices of the local network: paired by a code that only this machine's screen shows."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tradertape_agent.journal.store import Store
from tradertape_core.kernel.clock import Clock

LIVES_S: Final = 120.0
TRIES: Final = 5
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike
_LENGTH: Final = 8
_LONGEST_NAME: Final = 60


@dataclass(slots=True)
class _Code:
    text: str
    ends_at: float
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """A paired device. id: the beginning of its token's hash."""

    id: str
    name: str
    paired_at: str
    seen_at: str


class Pairing:
    """Codes, of which one is valid at a time, and the devices' tokens, kept as hashes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._code: _Code | None = None

    def new_code(self) -> str:
        """Return a code to show on this machine's screen; the former one is void."""
        text = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        with self._lock:
            self._code = _Code(text, self._clock.monotonic() + LIVES_S)
        return text

    def pair(self, code: str, name: str) -> str | None:
        """Return the token of a new device; None for a wrong or used code."""
        with self._lock:
            valid = self._code
            if valid is None:
                return None
            if valid.tries >= TRIES or self._clock.monotonic() >= valid.ends_at:
                self._code = None
                return None
            valid.tries += 1
            given = "".join(code.split()).replace("-", "").upper()
            if not hmac.compare_digest(given.encode(), valid.text.encode()):
                return None
            self._code = None
        return self._new_device(name)

    def _new_device(self, name: str) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock.now().isoformat()
        self._store.write(
            "INSERT INTO devices (token_hash, name, paired_at, seen_at) VALUES (?, ?, ?, ?)",
            _hash(token), (name.strip() or "device")[:_LONGEST_NAME], now, now,
        )  # fmt: skip
        return token

    def knows(self, token: str) -> bool:
        """Whether a token is of a device that is paired now."""
        if not token:
            return False
        found = self._store.row("SELECT 1 FROM devices WHERE token_hash = ?", _hash(token))
        if found is None:
            return False
        self._store.write(
            "UPDATE devices SET seen_at = ? WHERE token_hash = ?",
            self._clock.now().isoformat(), _hash(token),
        )  # fmt: skip
        return True

    def devices(self) -> Sequence[Device]:
        """Return the paired devices."""
        rows = self._store.rows("SELECT * FROM devices ORDER BY paired_at")
        return [
            Device(row["token_hash"][:16], row["name"], row["paired_at"], row["seen_at"])
            for row in rows
        ]

    def revoke(self, device_id: str) -> bool:
        """End a device's access; whether there was one."""
        with self._store.transaction():
            known = any(one.id == device_id for one in self.devices())
            self._store.write("DELETE FROM devices WHERE substr(token_hash, 1, 16) = ?", device_id)
        return known


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
