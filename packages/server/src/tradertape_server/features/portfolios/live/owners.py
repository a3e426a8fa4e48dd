"""Positions of portfolios as the owners of protections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.orders.codec import to_document
from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.run_ids import named_by, ref_of
from tradertape_server.features.portfolios.models import Portfolio, PortfolioPosition
from tradertape_server.features.protection.owners import AdvanceExit, Change, Owner
from tradertape_server.features.risk.owners import Belongs


class PositionOwners:
    """Implements `protection.owners.Owners`; an owner's id is its position's."""

    kind = "position"

    def __init__(self, execution: ExecutionService) -> None:
        self._execution = execution

    def guarded(self, session: Session) -> list[Owner]:
        """Positions with a protection that may still have to act."""
        return [_owner(row, of) for row, of in repository.guarded_positions(session)]

    def find(self, session: Session, run_id: str) -> Owner | None:
        """One of them."""
        return next(
            (_owner(row, of) for row, of in repository.guarded_positions(session, run_id)), None
        )

    def save(self, session: Session, changes: Sequence[Change]) -> set[str]:
        """Store new states of positions whose protection nobody changed since; their run ids."""
        return {
            owner.run_id
            for owner, state in changes
            if repository.change_protection(
                session, int(owner.owner_id), version=owner.version, **columns_of(state)
            )
        }

    def note(
        self, uow: UnitOfWork, owner: Owner, event_type: str, summary: str, **payload: Any
    ) -> int:
        """Write an event of the protection into the position's timeline."""
        return note(uow, owner.ref.account_id, owner.run_id, event_type, summary, **payload)

    def halt(self, uow: UnitOfWork, owner: Owner, reason: str) -> None:
        """A position opens nothing by itself: there is nothing to halt."""

    def exit_command(self, owner: Owner, *, key: str, reason: str) -> Command[Any]:
        """The command that begins to close the position."""
        return self._execution.exit_command(owner.ref, key=key, reason=reason)

    def exit(self, owner: Owner, *, key: str, reason: str) -> Reply:
        """Begin or advance the closing of the position."""
        return self._execution.exit_run(owner.ref, key=key, reason=reason)

    def exits_under_way(self, session: Session) -> dict[str, AdvanceExit]:  # noqa: ARG002
        """None of this kind: execution's own job advances what a request did not finish."""
        return {}

    def worker_age_s(self, owner: Owner, state: ProtectionState, now: datetime) -> float:  # noqa: ARG002
        """A position has no worker that could fall silent."""
        return 0.0

    def updates_were_lost(self) -> None:
        """There are no heartbeats."""


def belongs_to(session: Session, run_id: str) -> Belongs | None:
    """The strategy and the portfolio of a position; None for what is none's."""
    named = named_by(run_id)
    row = None if named is None else session.get(Portfolio, named.portfolio_id)
    return None if row is None else Belongs(str(row.strategy_id), str(row.id))


def why_over(session: Session, run_id: str) -> str:
    """Why a position cannot hold units again; "" where it can, and for what is no position's."""
    named = named_by(run_id)
    if named is None:
        return ""
    row = session.get(Portfolio, named.portfolio_id)
    is_over = row is None or row.status == "retired" or row.epoch != named.epoch
    return "Its portfolio is retired." if is_over else ""


def columns_of(state: ProtectionState) -> dict[str, Any]:
    """The columns of a position that hold a state."""
    return {"protection": to_document(state), "protection_status": state.status.value}


def note(
    uow: UnitOfWork, account_id: int, run_id: str, event_type: str, summary: str, **payload: Any
) -> int:
    """Write an event of kind `protection` into a position's timeline."""
    happened = uow.note(
        account_id=account_id,
        run_id=run_id,
        kind="protection",
        event_type=event_type,
        source="portfolio",
        summary=summary,
        payload=payload,
        resource=("run", run_id),
    )
    return happened.seq


def _owner(row: PortfolioPosition, portfolio: Portfolio) -> Owner:
    return Owner(
        kind=PositionOwners.kind,
        owner_id=str(row.id),
        ref=ref_of(portfolio, str(row.run_id)),
        version=row.protection_version,
        document=row.protection,
    )
