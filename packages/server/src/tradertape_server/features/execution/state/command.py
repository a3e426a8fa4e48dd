"""Something to do at the trader's uow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.state.pending_replies import PendingReply
from tradertape_server.features.execution.state.unit_of_work import Read, UnitOfWork
from tradertape_server.features.execution.venues.paper import PaperVenue

# What `settle` returns when it had the venues told something more: it is asked again.
MORE_TO_SEND: Final = object()


class BatchAborted(Exception):
    """A command met a database error, or failed with half of its changes staged: the transaction is
    rolled back for every command in it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class Command:
    """What one caller wants done.

    decide: in the first transaction; raises to refuse, before it has staged anything. settle: in
    the last one, once the venues have answered, with what `decide` returned; None where that is
    the result already; MORE_TO_SEND where more follows. venue: asked between the two, beside the
    outbox. read: what `decide` looks up. A command with one changes nothing that another reads.
    """

    decide: Callable[[UnitOfWork], Any]
    settle: Callable[[UnitOfWork, Any], Any] | None = None
    venue: Callable[[PaperVenue], Sequence[ExecutionReport]] | None = None
    key: tuple[str, str] | None = None  # of its intent: run and idempotency key, looked up in bulk
    read: Read | None = None
    future: PendingReply = field(default_factory=PendingReply)
    carry: Any = None

    def again(self) -> Command:
        """The same command, to be done once more."""
        return Command(self.decide, self.settle, self.venue, self.key, self.read)

    @property
    def is_done(self) -> bool:
        return self.future.done()

    @property
    def is_decided(self) -> bool:
        """Whether nothing is left to be done after the first transaction."""
        return self.settle is None and self.venue is None
