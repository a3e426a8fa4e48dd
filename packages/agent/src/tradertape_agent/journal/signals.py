"""Signals that the cloud has sent, and what was decided about each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tradertape_agent.journal.store import Store
from tradertape_core.kernel.python310 import StrEnum


class SignalState(StrEnum):
    """How far a signal is on this machine."""

    WAITING = "waiting"  # for the user's approval, or for a moment in which it may be placed
    SENT = "sent"  # an intent of it exists: from here on the broker's book says what happened
    ENDED = "ended"


class Verdict(StrEnum):
    """What the user decided."""

    APPROVED = "approved"
    REJECTED = "rejected"


GONE: Final = "the cloud no longer hands it out"
APPROVED_IN_CLOUD: Final = "approved: the cloud hands it out next"
_NOT_YET: Final = "approved, and tried again with each poll. Not yet: "


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """A signal in the journal. body: as the cloud sent it."""

    key: str
    signal_id: str
    version: int
    body: Mapping[str, Any]
    state: SignalState
    decision: Verdict | None
    reason: str
    received_at: datetime

    @property
    def is_approved_in_cloud(self) -> bool:
        """Whether the cloud took an approval of this agent, and is to hand the order out."""
        return self.reason == APPROVED_IN_CLOUD or self.reason.startswith(_NOT_YET)


class Signals:
    """The table of signals."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def receive(self, key: str, signal_id: str, version: int, body: str, now: datetime) -> bool:
        """Record a signal; whether it is a new one. One that is known keeps what was decided.

        What was approved here before the cloud had approved it is not asked for again.
        """
        with self._store.transaction():
            known = self.get(key)
            if known is None:
                former = self.newest(signal_id)
                decision = former.decision if former is not None else None
                is_carried = former is not None and former.is_approved_in_cloud
                self._store.write(
                    "INSERT INTO signals (key, signal_id, version, body, state, decision, "
                    "received_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    key, signal_id, version, body, SignalState.WAITING.value,
                    decision.value if decision and is_carried else None,
                    now.isoformat(), now.isoformat(),
                )  # fmt: skip
                return former is None or not is_carried
            is_back = known.state is SignalState.ENDED and known.reason == GONE
            if is_back:
                self._store.write(
                    "UPDATE signals SET state = ?, reason = '', decision = NULL WHERE key = ?",
                    SignalState.WAITING.value, key,
                )  # fmt: skip
            if is_back or known.state is SignalState.WAITING:
                self._store.write(
                    "UPDATE signals SET version = ?, body = ?, updated_at = ? WHERE key = ?",
                    version, body, now.isoformat(), key,
                )  # fmt: skip
            return is_back

    def keep_only(self, keys: Collection[str], now: datetime) -> None:
        """End what waits and is not among these: it must not be sent unless it comes back."""
        with self._store.transaction():
            for row in self.listed(SignalState.WAITING, most=10_000):
                if row.key not in keys:
                    self.move(row.key, SignalState.ENDED, GONE, now)

    def not_yet(self, signal_id: str, why: str, now: datetime) -> bool:
        """Record why the cloud does not hand out what was approved here; whether that is new."""
        with self._store.transaction():
            known, reason = self.newest(signal_id), _NOT_YET + why
            if known is None or not known.is_approved_in_cloud or known.reason == reason:
                return False
            self.move(known.key, known.state, reason, now)
            return True

    def keep_in_cart(self, signal_ids: Collection[str], now: datetime) -> None:
        """End what was approved here, and is neither handed out nor among these any more."""
        query = "SELECT * FROM signals WHERE state = ? AND (reason = ? OR substr(reason, 1, ?) = ?)"
        found = (SignalState.ENDED.value, APPROVED_IN_CLOUD, len(_NOT_YET), _NOT_YET)
        with self._store.transaction():
            for row in map(_row, self._store.rows(query, *found)):
                if row.signal_id not in signal_ids:
                    self.move(row.key, SignalState.ENDED, GONE, now)

    def get(self, key: str) -> SignalRow | None:
        """Return a signal by its key."""
        found = self._store.row("SELECT * FROM signals WHERE key = ?", key)
        return None if found is None else _row(found)

    def newest(self, signal_id: str) -> SignalRow | None:
        """Return the newest version of a signal by the cloud's id."""
        found = self._store.row(
            "SELECT * FROM signals WHERE signal_id = ? ORDER BY received_at DESC, version DESC",
            signal_id,
        )
        return None if found is None else _row(found)

    def listed(self, *states: SignalState, most: int = 500) -> Sequence[SignalRow]:
        """Return signals of these states (all without any), the newest first."""
        marks = ", ".join("?" for _ in states)
        where = f"WHERE state IN ({marks})" if states else ""
        query = f"SELECT * FROM signals {where} ORDER BY received_at DESC, key LIMIT ?"  # noqa: S608
        return [_row(one) for one in self._store.rows(query, *map(str, states), most)]

    def decide(self, key: str, verdict: Verdict, now: datetime) -> bool:
        """Record what the user decided; False if it is sent or over, and cannot be changed."""
        with self._store.transaction():
            known = self.get(key)
            if known is None or known.state is not SignalState.WAITING:
                return False
            self._store.write(
                "UPDATE signals SET decision = ?, updated_at = ? WHERE key = ?",
                verdict.value, now.isoformat(), key,
            )  # fmt: skip
            return True

    def move(self, key: str, state: SignalState, reason: str, now: datetime) -> None:
        """Record how far it is, and why it ended."""
        self._store.write(
            "UPDATE signals SET state = ?, reason = ?, updated_at = ? WHERE key = ?",
            state.value, reason, now.isoformat(), key,
        )  # fmt: skip


def _row(row: sqlite3.Row) -> SignalRow:
    return SignalRow(
        key=row["key"],
        signal_id=row["signal_id"],
        version=row["version"],
        body=json.loads(row["body"], parse_float=Decimal),
        state=SignalState(row["state"]),
        decision=Verdict(row["decision"]) if row["decision"] else None,
        reason=row["reason"],
        received_at=datetime.fromisoformat(row["received_at"]),
    )
