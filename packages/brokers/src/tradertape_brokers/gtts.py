"""Trigger orders that rest at the broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradertape_core.orders.gtt import GttRequest, GttResult, GttStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueGtt:
    """A trigger as the broker has it. results: the legs that fired, each with its order."""

    trigger_id: str
    request: GttRequest
    status: GttStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    results: tuple[GttResult, ...] = ()


class GttPort(Protocol):
    """Triggers of one account. Raises BrokerError; OutcomeUnknown is settled from the list."""

    def place(self, request: GttRequest) -> str:
        """Create a trigger, once; returns its id."""
        ...

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        """Replace what a trigger waits for and places."""
        ...

    def cancel(self, trigger_id: str) -> None:
        """Delete a trigger."""
        ...

    def list(self) -> Sequence[VenueGtt]:
        """Read the active triggers, and the ended ones that the broker still shows."""
        ...
