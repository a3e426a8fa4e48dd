"""What happened in a run: read from a cursor, written to by its worker."""

from __future__ import annotations

from functools import cache
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_server.features.execution.ports import Happened
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.feed.http.tick_socket import events_topic
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.schemas import DecisionEvent
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.streaming.bus import Bus, Event

Json = dict[str, Any]
KINDS = ("execution", "decision", "protection")
MOST_EVENTS = 500


class TimelineService:
    """Events of runs, from the table; new ones are handed to the bus, by run and by account."""

    def __init__(self, execution: ExecutionService, bus: Bus, database: Database) -> None:
        self._execution = execution
        self._database = database
        self._owners: dict[int, int] = {}
        self.bus = bus
        execution.trader.listen(self._publish)

    def page(self, run: WorkerRun, *, after: int, limit: int, kind: str | None) -> Json:
        """Events after a cursor, oldest first."""
        events = self.events(run, after=after, limit=limit, kind=kind)
        return {
            "strategy_run_id": run.strategy_run_id,
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

    def check_kind(self, kind: str | None) -> None:
        """Raise InvalidDocument for a kind there is not."""
        if kind is not None and kind not in KINDS:
            message = f"must be one of {', '.join(KINDS)}"
            raise InvalidDocument([Problem("/event_kind", message)])

    def log(self, run: WorkerRun, decision: DecisionEvent) -> Json:
        """Keep what the worker decided."""
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

    def _publish(self, events: tuple[Happened, ...]) -> None:
        has_listeners = cache(self.bus.has_listeners)  # most events of a turn are of few topics
        for event in events:
            topic = topic_of(event.run_id) if event.run_id else ""
            if topic and has_listeners(topic):
                self.bus.publish(Event(topic, event.seq, event_view(event, "")))
            account = events_topic(self._owner(event.account_id))
            if has_listeners(account):
                self.bus.publish(Event(account, event.seq, event_view(event, "")))

    def _owner(self, account_id: int) -> int:
        """Whose an account is; it is asked for once, for it never changes hands."""
        known = self._owners.get(account_id)
        if known is None:
            with self._database.read() as session:
                known = repository.owner_of_account(session, account_id) or 0
            self._owners[account_id] = known
        return known


def topic_of(run_id: str) -> str:
    """Where a run's events are heard on the bus."""
    return f"run:{run_id}"


def event_view(event: Happened, scope: str) -> Json:
    """An event with exactly the published client's keys."""
    basket = event.payload.get("basket_id")
    return {
        "cursor": event.seq,
        "strategy_run_id": event.run_id or "",
        "account_id": scope,
        "basket_execution_id": basket if isinstance(basket, str) else None,
        "event_kind": event.kind,
        "event_source": event.source,
        "event_type": event.event_type,
        "related_resource_type": event.resource_type or None,
        "related_resource_id": event.resource_id or None,
        "summary": event.summary,
        "payload": event.payload,
        "created_at": in_ist(event.at),
    }
