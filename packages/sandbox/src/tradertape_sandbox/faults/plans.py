"""Fault plans: which faults come, how often, decided by a seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from random import Random

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.world.quoting import scatter
from tradertape_sandbox.exchange.events import AccountKey, Event, GttChanged, OrderChanged, Traded
from tradertape_sandbox.faults.endpoints import Endpoint

ANY = "*"


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_AFTER = "drop_after"  # done, and the connection is cut before the answer
    DROP_BEFORE = "drop_before"  # the connection is cut, nothing is done
    DELAY = "delay"
    STATUS = "status"  # nothing is done
    STATUS_AFTER = "status_after"  # done, and answered with an error
    HTML = "html"  # the last three: done
    EMPTY = "empty"
    TRUNCATED = "truncated"
    LATE_BOOK = "late_book"
    UPDATES_LOST = "updates_lost"
    UPDATES_DUPLICATED = "updates_duplicated"
    UPDATES_SHUFFLED = "updates_shuffled"
    SILENT_FEED = "silent_feed"


_F = FaultKind
OF_REQUESTS = frozenset({
    _F.DROP_AFTER, _F.DROP_BEFORE, _F.DELAY, _F.STATUS, _F.STATUS_AFTER, _F.HTML, _F.EMPTY,
    _F.TRUNCATED,
})  # fmt: skip
OF_UPDATES = frozenset({_F.UPDATES_LOST, _F.UPDATES_DUPLICATED, _F.UPDATES_SHUFFLED})
STATUSES = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """One planned fault.

    broker: of one, or "*". endpoint: kind of requests, None for any. count: how many times at
    most, None without an end. probability: of each request or update, 0 to 1. delay_s: of a
    delay; the longest by which the order book is late. status: of a failed answer.
    """

    kind: FaultKind
    broker: str = ANY
    endpoint: Endpoint | None = None
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    delay_s: float = 0.0
    status: int = 500

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise InvalidInput("probability must be from 0 to 1", pointer="/probability")
        if self.status not in STATUSES:
            known = ", ".join(map(str, STATUSES))
            raise InvalidInput(f"status must be one of {known}", pointer="/status")
        if self.count is not None and self.count < 1:
            raise InvalidInput("count must be 1 or more; leave it out for no end", pointer="/count")
        if not 0 <= self.delay_s <= 600:
            raise InvalidInput("delay_s must be from 0 to 600", pointer="/delay_s")


@dataclass(slots=True)
class ActivePlan:
    """A plan at work: how often its fault has come, and what decides the next one."""

    plan_id: int
    plan: FaultPlan
    done: int = 0
    random: Random = field(default_factory=Random)

    @property
    def is_over(self) -> bool:
        """Whether its fault came as often as was planned."""
        return self.plan.count is not None and self.done >= self.plan.count

    def strikes(self) -> bool:
        """Whether the fault comes this time."""
        if self.is_over or self.random.random() >= self.plan.probability:
            return False
        self.done += 1
        return True


class FaultBook:
    """All plans at work. The same plans and the same requests give the same faults."""

    def __init__(self) -> None:
        self._plans: dict[int, ActivePlan] = {}
        self._last_id = 0
        self._held: list[Event] = []

    def add(self, plan: FaultPlan) -> ActivePlan:
        """Begin a plan."""
        self._last_id += 1
        active = ActivePlan(self._last_id, plan, random=Random(plan.seed))
        self._plans[active.plan_id] = active
        return active

    def remove(self, plan_id: int | None = None) -> int:
        """End a plan, or all of them; return how many there were."""
        found = [one for one in self._plans if plan_id in (None, one)]
        for one in found:
            del self._plans[one]
        return len(found)

    @property
    def plans(self) -> tuple[ActivePlan, ...]:
        """Every plan, those that are over too."""
        return tuple(self._plans.values())

    def of_request(self, broker: str, endpoint: Endpoint) -> FaultPlan | None:
        """The fault of a request; each plan that fits is asked until one strikes."""
        for one in self._fitting(broker, OF_REQUESTS):
            if one.plan.endpoint in (None, endpoint) and one.strikes():
                return one.plan
        return None

    def is_silent(self, broker: str) -> bool:
        """Whether the broker's sockets stay open and send nothing."""
        return any(self._fitting(broker, frozenset({FaultKind.SILENT_FEED})))

    def book_delay(self, key: AccountKey, order_id: str) -> timedelta:
        """By how much the order book lags behind on an order: 0 to the plan's `delay_s`."""
        for one in self._fitting(key.broker, frozenset({FaultKind.LATE_BOOK})):
            share = scatter(one.plan.seed, int(order_id)) / 2**64
            # The same for each look at an order, so that the book goes forward only.
            if scatter(one.plan.seed + 1, int(order_id)) / 2**64 < one.plan.probability:
                return timedelta(seconds=share * one.plan.delay_s)
        return timedelta()

    # --- updates ------------------------------------------------------------------------------

    def relayed(self, event: Event) -> Sequence[Event]:
        """What becomes of an event on its way to the doors: once, twice, never, or later."""
        if not isinstance(event, OrderChanged | Traded | GttChanged):
            return (event,)
        for one in self._fitting(event.key.broker, OF_UPDATES):
            if not one.strikes():
                continue
            if one.plan.kind is FaultKind.UPDATES_LOST:
                return ()
            if one.plan.kind is FaultKind.UPDATES_DUPLICATED:
                return (event, event)
            self._held.append(event)
            return ()
        return (event,)

    def released(self) -> Sequence[Event]:
        """The events that were held back to arrive out of order."""
        if not self._held:
            return ()
        held, self._held = self._held, []
        Random(len(held)).shuffle(held)
        return held

    def _fitting(self, broker: str, kinds: frozenset[FaultKind]) -> list[ActivePlan]:
        return [
            one
            for one in self._plans.values()
            if one.plan.kind in kinds and one.plan.broker in (ANY, broker)
        ]
