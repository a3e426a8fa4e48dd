"""Triggers that rest at brokers, in memory: what the broker's list and its orders are compared to.

Used by the trader's thread alone. What is stored is changed by `gtt.at_broker`; the times kept here
are of a clock that never goes back, and of this process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import ClassVar, Final

from tradertape_core.orders.broker_gtts import leg_of, waits_for_order
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.reports import VenueOrder
from tradertape_server.features.execution.venues.gtt_reader import Watch

HOLD_S: Final = 30.0  # an order that may be a trigger's waits so long for the list to say so
_MOST_HELD_S: Final = 600.0  # and no longer, where the list cannot be read
_MOST_SEEN = 10_000


@dataclass(slots=True)
class _Missing:
    """Readings of the list without what is looked for."""

    looks: int
    since: datetime


@dataclass(slots=True)
class BrokerGtts:
    """By account. settled_s: when what was asked about a trigger was last answered or lost: a
    reading of the list that began before that says nothing of it."""

    KEPT_FOR: ClassVar[timedelta] = timedelta(days=8)  # as long as brokers list what has ended

    _kept: dict[int, dict[int, Gtt]] = field(default_factory=dict[int, dict[int, Gtt]])
    _settled_s: dict[int, float] = field(default_factory=dict[int, float])
    _missing: dict[int, _Missing] = field(default_factory=dict[int, _Missing])
    _seen_s: dict[tuple[int, str], float] = field(default_factory=dict[tuple[int, str], float])
    _read_s: dict[int, float] = field(default_factory=dict[int, float])
    _wanted: set[int] = field(default_factory=set[int])

    def load(self, gtts: Iterable[Gtt]) -> None:
        """Replace what is in memory by what is stored."""
        self._kept.clear()
        for gtt in gtts:
            self.keep(gtt)

    def forget(self) -> None:
        """Everything is read again."""
        self._kept.clear()

    def keep(self, gtt: Gtt) -> None:
        """Remember a trigger as it is stored now."""
        if gtt.at_broker is not None:
            self._kept.setdefault(int(gtt.account), {})[gtt.trigger_id] = gtt

    def settled(self, trigger_id: int) -> None:
        """What was asked about a trigger has been answered now, or its answer is lost."""
        self._settled_s[trigger_id] = monotonic()
        self._missing.pop(trigger_id, None)

    def find(self, trigger_id: int) -> Gtt | None:
        """A trigger that is in memory."""
        for kept in self._kept.values():
            if trigger_id in kept:
                return kept[trigger_id]
        return None

    def of(self, account_id: int) -> list[Gtt]:
        """The triggers of an account, oldest first; of the ended ones those of the last days."""
        kept = self._kept.get(account_id, {})
        return [kept[number] for number in sorted(kept)]

    def all(self) -> list[Gtt]:
        """Those of all accounts."""
        return [one for kept in self._kept.values() for one in kept.values()]

    # --- readings of the list -----------------------------------------------------------------

    def is_outdated(self, gtt: Gtt, began_s: float) -> bool:
        """Whether a reading began before the present state of a trigger was known."""
        return began_s <= self._settled_s.get(gtt.trigger_id, -1.0)

    def looked(self, gtt: Gtt, now: datetime) -> _Missing:
        """Count a reading for what is looked for of a trigger; returns the count and its start."""
        missing = self._missing.setdefault(gtt.trigger_id, _Missing(0, now))
        missing.looks += 1
        return missing

    def is_there(self, trigger_id: int) -> None:
        """The list has a trigger, and nothing about it is looked for."""
        self._missing.pop(trigger_id, None)

    def was_read(self, account_id: int, began_s: float) -> None:
        """The list of an account was read."""
        self._read_s[account_id] = began_s

    # --- orders of triggers -------------------------------------------------------------------

    def maybe_made(self, account_id: int, entry: VenueOrder) -> Gtt | None:
        """An open trigger that may have placed an order which is not ours as far as is known."""
        for gtt in self.of(account_id):
            if gtt.is_active and leg_of(gtt, entry.request, entry.placed_at) is not None:
                return gtt
        return None

    def is_held(self, account_id: int, venue_order_id: str) -> bool:
        """Whether an order that may be a trigger's waits: the list was not read for long enough
        since the order was first seen."""
        now_s, name = monotonic(), (account_id, venue_order_id)
        if name not in self._seen_s:
            self._seen_s[name] = now_s
            if len(self._seen_s) > _MOST_SEEN:
                del self._seen_s[next(iter(self._seen_s))]
        since_s = self._seen_s[name]
        is_read = self._read_s.get(account_id, -1.0) >= since_s + HOLD_S
        is_waiting = not is_read and now_s < since_s + _MOST_HELD_S
        if is_waiting and now_s - since_s < 1.0:
            self._wanted.add(account_id)
        return is_waiting

    def waiting_for_orders(self) -> set[int]:
        """Accounts with a trigger that was reached and whose order is not known."""
        return {int(one.account) for one in self.all() if waits_for_order(one)}

    # --- how often ----------------------------------------------------------------------------

    def watched(self) -> dict[int, Watch]:
        """How often the lists of accounts are to be read."""
        found: dict[int, Watch] = {}
        for account_id, kept in self._kept.items():
            if any(_is_looked_for(one) for one in kept.values()) or self._holds(account_id):
                found[account_id] = Watch.LOOKING
            elif any(one.is_active for one in kept.values()):
                found[account_id] = Watch.RESTING
        return found

    def take_wanted(self) -> set[int]:
        """Accounts whose list is to be read now."""
        wanted, self._wanted = self._wanted, set()
        return wanted

    def want(self, account_id: int) -> None:
        """Have an account's list read now."""
        self._wanted.add(account_id)

    def _holds(self, account_id: int) -> bool:
        now_s = monotonic()
        return any(
            of == account_id and now_s - since_s < HOLD_S * 2
            for (of, _), since_s in self._seen_s.items()
        )


def _is_looked_for(gtt: Gtt) -> bool:
    is_in_doubt = gtt.at_broker is not None and gtt.at_broker.in_doubt
    return is_in_doubt or waits_for_order(gtt)
