"""What other features may read of worker runs; every query opens a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_core.risk.protection_state import LegState
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.platform.database.engine import Database

AT_A_BROKER = "broker"  # the venue of live runs
_AT_ONCE = 500
_PENDING = ("armed", "triggered", "exiting", "failed")


@dataclass(frozen=True, slots=True)
class ProtectedLeg:
    """A leg that the protection of a run watches or closes. strategy: the run's template."""

    run_id: str
    strategy: str
    leg: LegState


def live_scopes(session: Session) -> set[tuple[int, str]]:
    """The people and account scopes with live runs that are not closed."""
    run = WorkerRun
    found = session.execute(
        select(run.user_id, run.account_scope)
        .where(run.venue == AT_A_BROKER, run.status != "closed")
        .distinct()
    )
    return {(row[0], row[1]) for row in found}


def why_over(session: Session, run_id: str) -> str:
    """Why a run cannot hold units again; "" where it can, and for what is no worker's run."""
    query = select(WorkerRun.status).where(WorkerRun.strategy_run_id == run_id)
    if session.scalar(query) != "closed":
        return ""
    return f"Its run {public_run_id(run_id)} has ended: nothing would guard or sell them."


@dataclass(frozen=True, slots=True)
class WorkerQueries:
    """Queries of a person's runs."""

    database: Database

    def protected_legs(self, user_id: int, instrument: str) -> list[ProtectedLeg]:
        """Legs in an instrument of runs whose protection is not finished, oldest run first."""
        query = select(WorkerRun).where(
            WorkerRun.user_id == user_id,
            WorkerRun.protection_status.in_(_PENDING),
            WorkerRun.status != "closed",
        )
        with self.database.read() as session:
            runs = session.scalars(query.order_by(WorkerRun.id)).all()
            return [
                ProtectedLeg(run.strategy_run_id, run.template_id, leg)
                for run in runs
                for leg in protection_of(run).legs
                if leg.instrument == instrument
            ]


def users_with_runs(session: Session) -> set[int]:
    """People who have a run that is not closed, in the caller's transaction."""
    return {run.user_id for run in repository.runs_not_over(session, None)}


@dataclass(frozen=True, slots=True)
class RunOfPerson:
    """A run as the trade journal names it. stops: of its protection, in rupees, by instrument;
    version: of that protection."""

    name: str
    stops: dict[str, Decimal]
    version: int


def runs_of_person(
    session: Session, user_id: int, known: Mapping[str, RunOfPerson]
) -> dict[str, RunOfPerson]:
    """A person's runs by their id; of those that are known, the changed ones are read again."""
    of_person = WorkerRun.user_id == user_id
    versions = select(WorkerRun.strategy_run_id, WorkerRun.protection_version).where(of_person)
    found: dict[str, RunOfPerson] = {}
    wanted: list[str] = []
    for run_id, version in session.execute(versions):
        run = known.get(run_id)
        if run is None or run.version != version:
            wanted.append(run_id)
        else:
            found[run_id] = run
    for first in range(0, len(wanted), _AT_ONCE):
        some = WorkerRun.strategy_run_id.in_(wanted[first : first + _AT_ONCE])
        for run in session.scalars(select(WorkerRun).where(of_person, some)):
            found[run.strategy_run_id] = RunOfPerson(
                run.strategy_name, _stops(run), run.protection_version
            )
    return found


def version_of_runs(session: Session, user_id: int) -> tuple[int, int]:
    """Changes with a person's runs and their protections."""
    query = select(func.count(), func.sum(WorkerRun.protection_version))
    many, changes = session.execute(query.where(WorkerRun.user_id == user_id)).one()
    return many, int(changes or 0)


def _stops(run: WorkerRun) -> dict[str, Decimal]:
    if run.protection is None:
        return {}
    legs = protection_of(run).legs
    return {leg.instrument: leg.stop_price for leg in legs if leg.stop_price is not None}
