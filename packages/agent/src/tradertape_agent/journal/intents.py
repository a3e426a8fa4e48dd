"""What is asked of the broker: written before it is sent, and changed by what the book shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradertape_agent.journal.store import Store
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.gtt import GttRequest
from tradertape_core.orders.order import OrderRequest

Request = GttRequest | OrderRequest


class IntentKind(StrEnum):
    """A trigger that rests at the broker, or an order at once."""

    GTT = "gtt"
    ORDER = "order"


class IntentState(StrEnum):
    """What is known of it. A crash leaves SENDING: only the broker's book can tell then."""

    SENDING = "sending"
    RESTING = "resting"
    TRIGGERED = "triggered"  # the trigger has placed its order
    FILLED = "filled"
    ENDED = "ended"  # refused, cancelled, expired, or surely never placed
    UNCLEAR = "unclear"  # the book does not tell which one is ours: a person must look


UNFINISHED: Final = (IntentState.SENDING, IntentState.RESTING, IntentState.TRIGGERED)
DOUBTFUL: Final = (IntentState.SENDING, IntentState.UNCLEAR)  # it may be at the broker, or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing asked of the broker. signal_key: empty for an order that corrects a difference.

    tag: the mark of an order; triggers carry none. known_before: ids of the broker's triggers when
    it was asked: none of them is its result. venue_id: of the trigger, or of the order. order_id:
    of the order that a trigger placed. looks: readings of the book so far without it.
    """

    key: str
    signal_key: str
    kind: IntentKind
    request: Request
    tag: str
    state: IntentState
    asked_at: datetime
    known_before: frozenset[str] = frozenset()
    venue_id: str | None = None
    order_id: str | None = None
    filled: int = 0
    average: Decimal = Decimal(0)
    looks: int = 0
    first_look_at: datetime | None = None
    message: str = ""

    @property
    def quantity(self) -> int:
        """Units that it is to buy or sell."""
        if isinstance(self.request, OrderRequest):
            return self.request.quantity
        return self.request.orders[0].quantity


class Intents:
    """The table of intents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, intent: Intent) -> None:
        """Record that it is about to be sent. Raises sqlite3.IntegrityError for a second one."""
        self._store.write(
            "INSERT INTO intents (key, signal_key, kind, request, tag, state, asked_at, "
            "known_before, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            intent.key, intent.signal_key, intent.kind.value,
            json.dumps(to_document(intent.request)), intent.tag, intent.state.value,
            intent.asked_at.isoformat(), json.dumps(sorted(intent.known_before)),
            intent.asked_at.isoformat(),
        )  # fmt: skip

    def keep(self, intent: Intent, now: datetime) -> None:
        """Record what is known of it now."""
        first = intent.first_look_at
        self._store.write(
            "UPDATE intents SET state = ?, venue_id = ?, order_id = ?, filled = ?, average = ?, "
            "looks = ?, first_look_at = ?, message = ?, updated_at = ? WHERE key = ?",
            intent.state.value, intent.venue_id, intent.order_id, intent.filled,
            str(intent.average), intent.looks, first.isoformat() if first else None,
            intent.message, now.isoformat(), intent.key,
        )  # fmt: skip

    def withdraw(self, key: str) -> None:
        """Forget one that surely never left this machine."""
        self._store.write("DELETE FROM intents WHERE key = ? AND state = 'sending'", key)

    def get(self, key: str) -> Intent | None:
        """Return one by its key."""
        found = self._store.row("SELECT * FROM intents WHERE key = ?", key)
        return None if found is None else _intent(found)

    def of_states(self, states: Iterable[IntentState] = UNFINISHED) -> Sequence[Intent]:
        """Return those in these states, the first asked for first."""
        names = [one.value for one in states]
        marks = ", ".join("?" for _ in names)
        query = f"SELECT * FROM intents WHERE state IN ({marks}) ORDER BY asked_at, key"  # noqa: S608
        return [_intent(one) for one in self._store.rows(query, *names)]

    def unclear(self) -> Sequence[Intent]:
        """Return those of which a person must look what they are."""
        return self.of_states((IntentState.UNCLEAR,))

    def of_signal(self, signal_key: str) -> Sequence[Intent]:
        """Return those of one signal, the first asked for first."""
        query = "SELECT * FROM intents WHERE signal_key = ? ORDER BY asked_at, key"
        return [_intent(one) for one in self._store.rows(query, signal_key)]

    def since(self, moment: datetime) -> list[Intent]:
        """Return those asked for since a moment, and all that are unfinished."""
        query = "SELECT * FROM intents WHERE asked_at >= ? ORDER BY asked_at, key"
        recent = {one["key"]: _intent(one) for one in self._store.rows(query, moment.isoformat())}
        recent.update({one.key: one for one in self.of_states()})
        return sorted(recent.values(), key=lambda one: (one.asked_at, one.key))

    def named(self, suffix: str) -> Sequence[Intent]:
        """Return those whose key ends so, the first asked for first."""
        query = "SELECT * FROM intents WHERE substr(key, ?) = ? ORDER BY asked_at, key"
        return [_intent(one) for one in self._store.rows(query, -len(suffix), suffix)]

    def claimed(self) -> frozenset[str]:
        """Return the broker's ids of triggers and orders that are ours."""
        rows = self._store.rows("SELECT venue_id, order_id FROM intents")
        return frozenset(one for row in rows for one in row if one)


def _intent(row: sqlite3.Row) -> Intent:
    kind = IntentKind(row["kind"])
    shape: type[Request] = GttRequest if kind is IntentKind.GTT else OrderRequest
    first = row["first_look_at"]
    return Intent(
        key=row["key"],
        signal_key=row["signal_key"],
        kind=kind,
        request=from_document(shape, json.loads(row["request"])),
        tag=row["tag"],
        state=IntentState(row["state"]),
        asked_at=datetime.fromisoformat(row["asked_at"]),
        known_before=frozenset(json.loads(row["known_before"])),
        venue_id=row["venue_id"],
        order_id=row["order_id"],
        filled=row["filled"],
        average=Decimal(row["average"]),
        looks=row["looks"],
        first_look_at=datetime.fromisoformat(first) if first else None,
        message=row["message"],
    )
