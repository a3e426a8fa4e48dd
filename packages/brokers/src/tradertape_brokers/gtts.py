"""Trigger orders that rest at the broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import GttRequest

__all__ = ["GttPort", "VenueGtt"]


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
