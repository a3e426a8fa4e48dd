"""All SQL of workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.execution.orders.views import OWNER_MARK
from tradertape_server.features.workers.models import (
    SpentToken,
    TradingRun,
    WorkerHeartbeat,
    WorkerRun,
)
from tradertape_server.platform.database.prepared import PreparedQuery, padded

# The statuses of a run that is not closed. An index finds these; "not closed" would read all runs.
NOT_OVER = ("open", "exiting", "halted", "recovering", "error")

_RUNS: Any = WorkerRun.__table__
_MAPPER: Any = WorkerRun.__mapper__
_SPENT: Any = SpentToken.__table__
_GENERATION = _RUNS.c.protection["generation"].as_integer().label("generation")
_TRADING_RUNS = select(
    *(
        _GENERATION if field.name == "generation" else _MAPPER.columns[field.name]
        for field in fields(TradingRun)
    )
)


def run(session: Session, user_id: int, run_id: str, *, lock: bool = False) -> WorkerRun | None:
    """A person's run, by the id that the person gave it. lock: until the transaction is over."""
    found = any_run(session, run_id, lock=lock)
    if found is None or found.user_id != user_id:
        found = any_run(session, id_of_user(run_id, user_id), lock=lock)
    return found if found is not None and found.user_id == user_id else None


def id_of_user(run_id: str, user_id: int) -> str:
    """The id under which a run is stored when another user has a run of this name."""
    return f"{run_id}{OWNER_MARK}{user_id}"


def any_run(session: Session, run_id: str, *, lock: bool = False) -> WorkerRun | None:
    """The run that is stored under an id. lock: until the transaction is over."""
    query = select(WorkerRun).where(WorkerRun.strategy_run_id == run_id)
    return session.scalar(query.with_for_update() if lock else query)


def trading_runs(session: Session, run_ids: Collection[str]) -> dict[str, TradingRun]:
    """The columns that placing an order needs, by run id; locked until the transaction is over."""
    names = padded(run_ids)
    values = {f"run{n}": name for n, name in enumerate(names)}
    found = _runs_among(len(names)).rows(session.connection(), values)
    return {run.strategy_run_id: run for run in (TradingRun(*row) for row in found)}


@cache
def _runs_among(count: int) -> PreparedQuery:
    wanted = _RUNS.c.strategy_run_id.in_([bindparam(f"run{n}") for n in range(count)])
    return PreparedQuery(_TRADING_RUNS.where(wanted).with_for_update())


def runs(
    session: Session,
    user_id: int,
    *,
    status: str | None,
    scopes: Collection[str] = (),
    limit: int,
    offset: int,
) -> Sequence[WorkerRun]:
    """A person's runs, newest first. scopes: only on these accounts."""
    query = select(WorkerRun).where(WorkerRun.user_id == user_id)
    if status is not None:
        query = query.where(WorkerRun.status == status)
    if scopes:
        query = query.where(WorkerRun.account_scope.in_(scopes))
    return session.scalars(query.order_by(WorkerRun.id.desc()).limit(limit).offset(offset)).all()


def account_of_key(session: Session, user_id: int, key_id: int) -> int | None:
    """The account of the run that a token created or claimed last; None when there is none."""
    return session.scalar(
        select(WorkerRun.account_id)
        .where(WorkerRun.user_id == user_id, WorkerRun.key_id == key_id)
        .order_by(WorkerRun.session_claimed_at.desc().nulls_last(), WorkerRun.id.desc())
        .limit(1)
    )


def runs_of_account(session: Session, account_id: int) -> Sequence[WorkerRun]:
    """The runs that trade on an account."""
    return session.scalars(select(WorkerRun).where(WorkerRun.account_id == account_id)).all()


def protected_runs(session: Session) -> Sequence[WorkerRun]:
    """Runs with a protection that may still have to act."""
    query = select(WorkerRun).where(
        WorkerRun.protection_status.in_(("armed", "triggered", "exiting", "failed")),
        WorkerRun.status.in_(NOT_OVER),
    )
    return session.scalars(query).all()


def runs_not_over(session: Session, user_id: int | None) -> Sequence[WorkerRun]:
    """Runs that are not closed: a person's, or everybody's."""
    query = select(WorkerRun).where(WorkerRun.status.in_(NOT_OVER)).order_by(WorkerRun.id)
    if user_id is not None:
        query = query.where(WorkerRun.user_id == user_id)
    return session.scalars(query).all()


def template_of(session: Session, run_id: str) -> str | None:
    """The template of a run, whoever's it is."""
    query = select(WorkerRun.template_id).where(WorkerRun.strategy_run_id == run_id)
    return session.scalar(query)


def runs_with_status(session: Session, *statuses: str) -> Sequence[WorkerRun]:
    """Runs of any person with one of these statuses."""
    return session.scalars(select(WorkerRun).where(WorkerRun.status.in_(statuses))).all()


def change(session: Session, run_id: str, **values: Any) -> bool:
    """Update columns of a run; whether the run exists."""
    statement = update(WorkerRun).where(WorkerRun.strategy_run_id == run_id).values(**values)
    return _count(session, statement) == 1


def change_if_open(session: Session, run_id: str, **values: Any) -> None:
    """Update columns of a run if it is open."""
    is_open = (WorkerRun.strategy_run_id == run_id, WorkerRun.status == "open")
    session.execute(
        update(WorkerRun).where(*is_open).values(**values),
        execution_options={"synchronize_session": False},
    )


def change_protection(session: Session, run_id: str, *, version: int, **values: Any) -> bool:
    """Update a run's protection if its version is still `version`; whether it was."""
    statement = (
        update(WorkerRun)
        .where(WorkerRun.strategy_run_id == run_id, WorkerRun.protection_version == version)
        .values(protection_version=version + 1, **values)
    )
    return _count(session, statement) == 1


def change_protections(
    session: Session, changes: Mapping[str, tuple[int, Mapping[str, Any]]]
) -> set[str]:
    """Update protections whose version is unchanged, in two statements for all.

    changes: version and values by run id. Returns the ids of those that were updated.
    """
    columns = _RUNS.c
    query = select(columns.strategy_run_id, columns.protection_version)
    query = query.where(columns.strategy_run_id.in_(changes)).with_for_update()
    found = {
        row.strategy_run_id: row.protection_version for row in session.connection().execute(query)
    }
    written = {name for name, (version, _) in changes.items() if found.get(name) == version}
    rows = [
        {"_id": name, "protection_version": version + 1, **values}
        for name, (version, values) in changes.items()
        if name in written
    ]
    if rows:
        statement = update(_RUNS).where(columns.strategy_run_id == bindparam("_id"))
        names = [name for name in rows[0] if name != "_id"]
        values = {name: bindparam(name) for name in names}
        session.connection().execute(statement.values(values), rows)
    return written


def change_if_held(session: Session, run_id: str, nonce: str, **values: Any) -> bool:
    """Update columns of a run whose session has this nonce; whether it has."""
    statement = (
        update(WorkerRun)
        .where(WorkerRun.strategy_run_id == run_id, WorkerRun.session_nonce == nonce)
        .values(**values)
    )
    return _count(session, statement) == 1


def is_spent(session: Session, token_id: str) -> bool:
    """Whether a safety token was used."""
    query = select(_SPENT.c.token_id).where(_SPENT.c.token_id == token_id)
    return session.connection().scalar(query) is not None


def spend(session: Session, token_id: str, *, now: datetime) -> None:
    """Record that a safety token is used."""
    session.connection().execute(insert(_SPENT), {"token_id": token_id, "spent_at": now})


def forget_spent(session: Session, before: datetime) -> None:
    """Delete used tokens that have expired for sure."""
    session.connection().execute(delete(_SPENT).where(_SPENT.c.spent_at < before))


def keep_heartbeat(session: Session, key_id: int, **values: Any) -> None:
    """Store a token's last heartbeat."""
    row = session.get(WorkerHeartbeat, key_id)
    if row is None:
        session.add(WorkerHeartbeat(key_id=key_id, **values))
        return
    for name, value in values.items():
        setattr(row, name, value)


def _count(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return result.rowcount
