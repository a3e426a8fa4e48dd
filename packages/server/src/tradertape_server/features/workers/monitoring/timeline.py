"""The timeline of a run: read from a cursor, written to by its worker."""

from __future__ import annotations

from functools import cache
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_server.features.execution.account_events import event_view
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers.errors import CursorBeyondEnd
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.schemas import DecisionEvent
from tradertape_server.platform.streaming.bus import Bus, Event

Json = dict[str, Any]
KINDS = ("execution", "decision", "protection")
MOST_EVENTS = 500


class TimelineService:
    """Events of runs, from the table; new ones are published to the bus by run."""

    def __init__(self, execution: ExecutionService, bus: Bus) -> None:
        self._execution = execution
        self.bus = bus
        execution.trader.listen(self._publish)

    def page(self, run: WorkerRun, *, after: int, limit: int, kind: str | None) -> Json:
        """Events after a cursor, oldest first. Raises CursorBeyondEnd."""
        events = self.events(run, after=after, limit=limit, kind=kind)
        if not events:
            self.check_cursor(after)
        return {
            "strategy_run_id": run.public_id,
            "after_cursor": after,
            "last_cursor": events[-1]["cursor"] if events else after,
            "events": events,
        }

    def events(
        self, run: WorkerRun, *, after: int, limit: int = MOST_EVENTS, kind: str | None = None
    ) -> list[Json]:
        """The same as a list. Raises InvalidDocument for an unknown kind."""
        self.check_kind(kind)
        found = self._execution.events(
            run_id=run.strategy_run_id, after=after, limit=min(limit, MOST_EVENTS), kind=kind
        )
        return [event_view(event, run.account_scope) for event in found]

    def check_cursor(self, cursor: int) -> None:
        """Raise CursorBeyondEnd for a cursor that no event has had."""
        last = self._execution.last_cursor()
        if cursor > last:
            raise CursorBeyondEnd(cursor, last)

    def check_kind(self, kind: str | None) -> None:
        """Raise InvalidDocument for an unknown kind."""
        if kind is not None and kind not in KINDS:
            message = f"must be one of {', '.join(KINDS)}"
            raise InvalidDocument([Problem("/event_kind", message)])

    def log(self, run: WorkerRun, decision: DecisionEvent) -> Json:
        """Store a decision of the worker."""
        payload: Json = {**(decision.model_extra or {})}
        if decision.details is not None:
            payload["details"] = decision.details
        kind, name = decision.related_resource_type, decision.related_resource_id
        happened = self._execution.note(
            ref(run),
            kind="decision",
            event_type=decision.event_type,
            source="worker",
            summary=decision.summary,
            payload=payload,
            resource=(kind or "", name or "") if kind or name else None,
        )
        return event_view(happened, run.account_scope)

    def _publish(self, events: tuple[TimelineEvent, ...]) -> None:
        has_listeners = cache(self.bus.has_listeners)  # most events of a batch are of few runs
        for event in events:
            topic = topic_of(event.run_id) if event.run_id else ""
            if topic and has_listeners(topic):
                self.bus.publish(Event(topic, event.seq, event_view(event, "")))


def topic_of(run_id: str) -> str:
    """The bus topic of a run's events."""
    return f"run:{run_id}"
