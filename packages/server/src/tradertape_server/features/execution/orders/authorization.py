"""For whom an order is placed: a run that is known, or one that is checked in the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.state.unit_of_work import Read, UnitOfWork


class RunAuthorization(Protocol):
    """Decides, in the transaction that places an order, whether its run may.

    run_id: of the run. read: what `authorize` looks up, for the whole batch at once.
    """

    @property
    def run_id(self) -> str: ...

    @property
    def read(self) -> Read | None: ...

    def authorize(self, uow: UnitOfWork, *, is_known_key: bool) -> RunRef:
        """Return the run with its limits; raises to refuse.

        is_known_key: the key was used, so that its reply is all that is asked for.
        """
        ...

    def accepted(self, uow: UnitOfWork) -> None:
        """Take note that the key is new and its orders are placed."""
        ...


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run that its caller has checked already."""

    run: RunRef

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def read(self) -> Read | None:
        return None

    def authorize(self, uow: UnitOfWork, *, is_known_key: bool) -> RunRef:  # noqa: ARG002
        return self.run

    def accepted(self, uow: UnitOfWork) -> None:
        """Nothing more is to be done."""
