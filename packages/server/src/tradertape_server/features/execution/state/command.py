"""Something to do on the trader's thread, within its batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.state.pending_replies import PendingReply
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.state.working_state import Read
from tradertape_server.features.execution.venues.paper import PaperExchange

R = TypeVar("R")


class NotSettled(Enum):
    """Why `settle` has no reply yet."""

    MORE_TO_SEND = "more requests were made"
    AWAITING_VENUE = "a venue outside this process has not answered"


MORE_TO_SEND: Final = NotSettled.MORE_TO_SEND
AWAITING_VENUE: Final = NotSettled.AWAITING_VENUE


class BatchAborted(Exception):
    """A command met a database error, or failed with half of its changes staged: the transaction is
    rolled back for every command in it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Subject:
    """What a piece of the trader's work is about, for the case that it cannot be done.

    kind: `command`, `trigger`, `trail`, `order`, `intent`, `account`, `event`, `listener`, `job`.
    name: which one. account_id, run_id: whose it is, where that is known.
    """

    kind: str
    name: str
    account_id: int | None = None
    run_id: str | None = None


class Command(Generic[R]):
    """What one caller wants done, and the reply to it.

    A plain `Command(decide)` is done after the first transaction of its batch: `decide` checks,
    then changes, and returns the reply. One that has to do with a venue is a `VenueCommand`.

    key: run and idempotency key of its intent, looked up for the whole batch at once. read: what
    `decide` looks up; a command with one changes nothing that another one reads.
    """

    __slots__ = (
        "_decide",
        "_free",
        "_has_begun",
        "_is_given_up",
        "decided",
        "is_withdrawn",
        "key",
        "read",
        "reply",
    )

    def __init__(
        self,
        decide: Callable[[UnitOfWork], R] | None = None,
        *,
        key: tuple[str, str] | None = None,
        read: Read | None = None,
    ) -> None:
        self._decide = decide
        self.key = key
        self.read = read
        self.reply: PendingReply[R] = PendingReply()
        self.decided: R | None = None
        self.is_withdrawn = False  # as the trader's thread has found it
        # Whoever takes the one item out decides what becomes of it: that needs no lock.
        self._free = [True]
        self._has_begun = self._is_given_up = False

    def decide(self, uow: UnitOfWork) -> None:
        """Do the first transaction's part. Raises to refuse, before it has staged anything."""
        if self._decide is not None:
            self.decided = self._decide(uow)

    def settle(self, uow: UnitOfWork) -> R | NotSettled:  # noqa: ARG002 - what venue commands need
        """Return the reply once the venues have answered, in the last transaction of the batch."""
        return self.decided  # pyright: ignore[reportReturnType] - R may be None

    def overdue(self, uow: UnitOfWork) -> R:
        """Return what is known when the caller's time is over; the command stays to be settled."""
        raise NotImplementedError

    @property
    def subject(self) -> Subject:
        """What it is about."""
        if self.key is None:
            return Subject("command", type(self).__name__)
        run_id, key = self.key
        return Subject("command", f"{run_id}:{key}", run_id=run_id)

    @property
    def is_immediate(self) -> bool:
        """Whether the reply is known after the first transaction."""
        return True

    @property
    def is_answered(self) -> bool:
        """Whether there is nothing more to do for its caller."""
        return self.is_withdrawn or self.reply.is_done

    def begin(self) -> bool:
        """Take it up, on the trader's thread; False when its caller has given it up before."""
        if not self._taken_out():
            self.is_withdrawn = True
        self._has_begun = not self.is_withdrawn
        return self._has_begun

    def undo(self) -> None:
        """Its transaction is lost: it may be given up again, and is if its caller has left."""
        if not self._has_begun:
            return
        self._has_begun = False
        self._free.append(True)
        if self._is_given_up:
            self._taken_out()
            self.is_withdrawn = True

    def withdraw(self) -> bool:
        """Give it up, on its caller's thread. True: it is not done and never will be. False: it
        was begun, and is done or not; its key has the answer."""
        self._is_given_up = True
        return self._taken_out()

    def _taken_out(self) -> bool:
        try:
            return self._free.pop()
        except IndexError:
            return False

    def on_exchange(self, exchange: PaperExchange) -> Sequence[ExecutionReport]:  # noqa: ARG002
        """Ask the paper market for something between the two transactions."""
        return ()


class VenueCommand(Command[R]):
    """A command with requests to venues: `settle` gives its reply."""

    __slots__ = ()

    @property
    def is_immediate(self) -> bool:
        return False


class ExchangeCommand(VenueCommand[None]):
    """Have the paper market do something: its reports are all there is to record."""

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[PaperExchange], Sequence[ExecutionReport]]) -> None:
        super().__init__()
        self._ask = ask

    def on_exchange(self, exchange: PaperExchange) -> Sequence[ExecutionReport]:
        return self._ask(exchange)
