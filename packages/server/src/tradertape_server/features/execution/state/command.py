"""Something to do at the trader's desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.state.pending_replies import Pending
from tradertape_server.features.execution.state.unit_of_work import Desk, Read
from tradertape_server.features.execution.venues.paper import PaperVenue

# What `settle` returns when it had the venues told something more: it is asked again.
GO_ON: Final = object()


class Spoilt(Exception):
    """A wish met an error of the database, or had staged half of it when it failed: its transaction
    is lost, for all that are in it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class Wish:
    """What one caller wants done.

    decide: in the first transaction; raises to refuse, before it has staged anything. settle: in
    the last one, once the venues have answered, with what `decide` returned; None where that is
    the result already; GO_ON where more follows. venue: asked between the two, beside the outbox.
    read: what `decide` asks the desk for. A wish with one changes nothing that another one reads.
    """

    decide: Callable[[Desk], Any]
    settle: Callable[[Desk, Any], Any] | None = None
    venue: Callable[[PaperVenue], Sequence[ExecutionReport]] | None = None
    key: tuple[str, str] | None = None  # of its intent: run and idempotency key, looked up in bulk
    read: Read | None = None
    future: Pending = field(default_factory=Pending)
    carry: Any = None

    def again(self) -> Wish:
        """The same wish, to be done once more."""
        return Wish(self.decide, self.settle, self.venue, self.key, self.read)

    @property
    def is_done(self) -> bool:
        return self.future.done()

    @property
    def is_decided(self) -> bool:
        """Whether nothing is left to be done after the first transaction."""
        return self.settle is None and self.venue is None
