"""The triggers of an account at a broker, as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import GttRequest, GttResult, GttStatus, GttType
from tradertape_server.features.execution.venues.gateway import (
    GttRules,
    OutcomeUnknown,
    RequestRefused,
)


@dataclass
class ScriptedGtts:
    """It outlives the servers connected to it. before, after: called around each request with its
    name; what they raise is what the server gets. lag: readings that do not show a new trigger."""

    clock: Clock
    rules: GttRules = field(default_factory=lambda: GttRules(types=frozenset(GttType), most=5))
    entries: dict[str, VenueGtt] = field(default_factory=dict[str, VenueGtt])
    calls: list[str] = field(default_factory=list[str])
    before: Callable[[str], None] = lambda _name: None
    after: Callable[[str], None] = lambda _name: None
    unreadable: Exception | None = None

    def place(self, request: GttRequest) -> str:
        self._begin("place")
        name = self.put(request)
        self.after("place")
        return name

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        self._begin("modify")
        self.entries[trigger_id] = replace(self.entries[trigger_id], request=request)
        self.after("modify")

    def cancel(self, trigger_id: str) -> None:
        self._begin("cancel")
        if self.entries[trigger_id].status is not GttStatus.ACTIVE:
            raise RequestRefused("the trigger is over")
        self.end(trigger_id, GttStatus.DELETED)
        self.after("cancel")

    def list(self) -> Sequence[VenueGtt]:
        if self.unreadable is not None:
            raise self.unreadable
        return tuple(self.entries.values())

    # --- what happens there -------------------------------------------------------------------

    def put(self, request: GttRequest, *, age: timedelta = timedelta(0)) -> str:
        """Another terminal creates a trigger."""
        name, now = str(9001 + len(self.entries)), self.clock.now()
        self.entries[name] = VenueGtt(
            trigger_id=name, request=request, status=GttStatus.ACTIVE, created_at=now - age,
            updated_at=now, expires_at=now + timedelta(days=365),
        )  # fmt: skip
        return name

    def end(self, name: str, status: GttStatus, *, reason: str | None = None) -> None:
        now = self.clock.now()
        results = (GttResult(leg=0, at=now, reason=reason),) if reason else ()
        self.entries[name] = replace(
            self.entries[name], status=status, updated_at=now, results=results
        )

    def fire(
        self, name: str, *, order_id: str | None = None, reason: str | None = None, leg: int = 0
    ) -> None:
        now = self.clock.now()
        results = (GttResult(leg=leg, at=now, order_id=order_id, reason=reason),)
        self.entries[name] = replace(
            self.entries[name], status=GttStatus.TRIGGERED, updated_at=now,
            results=results if order_id or reason else (),
        )  # fmt: skip

    @property
    def active(self) -> Any:
        return [one for one in self.entries.values() if one.status is GttStatus.ACTIVE]

    def _begin(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)


def lost_once(of: str) -> Callable[[str], None]:
    """Raises OutcomeUnknown for the first request of a name."""
    left = [of]

    def lose(name: str) -> None:
        if name in left:
            left.remove(name)
            raise OutcomeUnknown("the connection was cut")

    return lose
