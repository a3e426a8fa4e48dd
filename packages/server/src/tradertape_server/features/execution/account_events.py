"""Publishes what happens on trading accounts to the bus, for the pages of their owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

from tradertape_server.features.execution.orders.views import OWNER_MARK, public_run_id
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.store import run_queries
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.streaming.bus import Bus, Event

Json = dict[str, Any]


class AccountEvents:
    """A listener of the trader. topic: of a person's events, by user id."""

    def __init__(self, database: Database, bus: Bus, topic: Callable[[int], str]) -> None:
        self._database = database
        self._bus = bus
        self._topic = topic
        self._users: dict[int, int] = {}  # by account id

    def on_events(self, events: tuple[TimelineEvent, ...]) -> None:
        """Publish each event to the owner of its account, if a page of theirs is open."""
        has_listeners = cache(self._bus.has_listeners)  # most events of a batch are of few accounts
        for event in events:
            topic = self._topic(self._user(event.account_id))
            if has_listeners(topic):
                self._bus.publish(Event(topic, event.seq, event_view(event, "")))

    def publish(self, user_id: int, cursor: int, data: Mapping[str, Any]) -> None:
        """Publish something else to a person's pages. cursor: of the last event before it."""
        self._bus.publish(Event(self._topic(user_id), cursor, dict(data)))

    def _user(self, account_id: int) -> int:
        """Whose an account is; read once, for it never changes hands."""
        known = self._users.get(account_id)
        if known is None:
            with self._database.read() as session:
                known = run_queries.user_of_account(session, account_id) or 0
            self._users[account_id] = known
        return known


def event_view(event: TimelineEvent, scope: str) -> Json:
    """An event with exactly the published client's keys. scope: of its account."""
    basket = event.payload.get("basket_id")
    is_shared_name = OWNER_MARK in (event.run_id or "")
    return {
        "cursor": event.seq,
        "strategy_run_id": public_run_id(event.run_id or ""),
        "account_id": scope,
        "basket_execution_id": basket if isinstance(basket, str) else None,
        "event_kind": event.kind,
        "event_source": event.source,
        "event_type": event.event_type,
        "related_resource_type": event.resource_type or None,
        "related_resource_id": public_run_id(event.resource_id or "") or None,
        "summary": event.summary,
        "payload": _public(event.payload) if is_shared_name else event.payload,
        "created_at": in_ist(event.at),
    }


def _public(document: Any) -> Any:
    """A payload with the ids of runs as their user named them."""
    if isinstance(document, dict):
        members = cast("dict[str, Any]", document)
        return {
            name: public_run_id(value) if name == "run_id" and value else _public(value)
            for name, value in members.items()
        }
    if isinstance(document, list):
        return [_public(one) for one in cast("list[Any]", document)]
    return document
