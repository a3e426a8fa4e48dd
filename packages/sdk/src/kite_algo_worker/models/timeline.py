"""Events of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kite_algo_worker.models.base import JsonDict, Model


@dataclass(frozen=True)
class WorkerTimelineEvent(Model):
    """One event.

    cursor: increases from event to event; reading resumes after it. event_kind: `execution`,
    `decision` or `protection`. payload: further fields, which depend on event_type.
    """

    cursor: int
    strategy_run_id: str
    account_id: str
    basket_execution_id: str | None = None
    event_kind: str = "execution"
    event_source: str = "legacy_execution"
    event_type: str = ""
    related_resource_type: str | None = None
    related_resource_id: str | None = None
    summary: str | None = None
    payload: JsonDict = field(default_factory=JsonDict)
    created_at: Any = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerTimelineResponse(Model):
    """A page of events, oldest first; the next page is that with `after_cursor=last_cursor`."""

    strategy_run_id: str
    after_cursor: int
    last_cursor: int
    events: list[WorkerTimelineEvent] = field(default_factory=list[WorkerTimelineEvent])
    raw: JsonDict = field(default_factory=JsonDict, repr=False)
