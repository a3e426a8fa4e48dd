"""Sessions of runs: a nonce names the holder and fences off every holder before."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import RunClosed, SessionConflict, UnknownRun
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.features.workers.runs.account_scope import demand_own
from tradertape_server.features.workers.runs.liveness import SESSION_TTL_S, Liveness
from tradertape_server.features.workers.runs.transactions import RunTransactions, note
from tradertape_server.features.workers.schemas import Heartbeat
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.secrets import constant_time_equal

Json = dict[str, Any]


def token_of(caller: Identity) -> int | None:
    """The id of the caller's worker token; None for a browser."""
    return caller.credential_id if caller.via == "worker" else None


class SessionService:
    """Claims, releases and keeps alive the sessions of runs."""

    def __init__(self, execution: ExecutionService, liveness: Liveness) -> None:
        self._transactions = RunTransactions(execution)
        self._liveness = liveness

    def claim(self, caller: Identity, run_id: str, worker_id: str | None = None) -> Json:
        """Claim a run; replaces a silent holder, and at once the same worker under the same token.

        worker_id: tells the worker from others with its token. Raises UnknownRun, SessionConflict,
        RunClosed.
        """
        nonce = secrets.token_urlsafe(24)

        def decide(uow: UnitOfWork) -> Json:
            run = _own(uow, caller, run_id)
            if run.status == "closed":
                raise RunClosed(run_id, run.status)
            taken_over = run.session_nonce is not None
            is_same = taken_over and _is_holder(run, caller, worker_id)
            if taken_over and not is_same and not self._liveness.is_silent(run):
                age_s = int(self._liveness.session_age_s(run) or 0)
                detail = f"Run is claimed by another worker (last heartbeat {age_s}s ago)"
                raise SessionConflict(detail, "session_claimed")
            now = self._liveness.now
            repository.change(
                uow.session,
                run.strategy_run_id,
                session_nonce=nonce,
                session_key_id=token_of(caller),
                session_worker_id=worker_id,
                session_claimed_at=now,
                session_seen_at=now,
                session_released_at=None,
                updated_at=uow.now,
                key_id=token_of(caller) or run.key_id,
            )
            self._liveness.claimed(run.strategy_run_id, now)
            what = "claimed"
            if taken_over:
                what = (
                    "taken over by the same worker"
                    if is_same
                    else "taken over from a silent worker"
                )
            note(uow, run, "decision", "session.claimed", f"Session {what}", takeover=taken_over)
            return {
                "strategy_run_id": run_id,
                "worker_session_nonce": nonce,
                "worker_session_claimed_at": in_ist(now),
                "session_status": "claimed",
                "ttl_sec": SESSION_TTL_S,
                "takeover": taken_over,
            }

        return self._transactions.execute(decide)

    def release(self, caller: Identity, run_id: str, nonce: str | None) -> Json:
        """Release a run. Raises SessionConflict when its session has another nonce."""

        def decide(uow: UnitOfWork) -> Json:
            run = _own(uow, caller, run_id)
            released = nonce is not None and repository.change_if_held(
                uow.session,
                run.strategy_run_id,
                nonce,
                session_nonce=None,
                session_seen_at=None,
                session_released_at=self._liveness.now,
                updated_at=uow.now,
            )
            if not released:
                raise _refused(run, nonce)
            note(uow, run, "decision", "session.released", "Session released")
            return {"strategy_run_id": run_id, "session_status": "released"}

        return self._transactions.execute(decide)

    def heartbeat(self, caller: Identity, run_id: str, nonce: str | None, beat: Heartbeat) -> Json:
        """Store the holder's heartbeat. Raises SessionConflict for anybody else."""

        def decide(uow: UnitOfWork) -> Json:
            run, now = _own(uow, caller, run_id), self._liveness.now
            alive = nonce is not None and repository.change_if_held(
                uow.session,
                run.strategy_run_id,
                nonce,
                session_seen_at=now,
                last_heartbeat_at=now,
                heartbeat=beat.model_dump(),
            )
            if not alive:
                raise _refused(run, nonce)
            self._liveness.beat(run.strategy_run_id, now)
            return {
                "strategy_run_id": run_id,
                "status": run.status,
                "session_status": "claimed",
                "last_heartbeat_at": in_ist(now),
                "expires_at": in_ist(now + timedelta(seconds=SESSION_TTL_S)),
            }

        return self._transactions.execute(decide)


def demand_nonce(run: WorkerRun | TradingRun, caller: Identity, nonce: str | None) -> None:
    """Raise SessionConflict when somebody else holds the run.

    A run without a holder takes changes without a nonce; its owner in a browser needs none.
    """
    if caller.via == "session":
        return
    if run.session_nonce is None and nonce is None:
        return
    if (
        run.session_nonce is not None
        and nonce is not None
        and constant_time_equal(run.session_nonce, nonce)
    ):
        return
    if nonce is None and run.session_nonce is not None:
        detail = "Run is claimed by another worker: claim the session, or send its nonce"
        raise SessionConflict(detail, "session_claimed")
    raise _refused(run, nonce)


def _is_holder(run: WorkerRun, caller: Identity, worker_id: str | None) -> bool:
    """Whether the claim in force is the caller's own: same token, same worker."""
    key_id = token_of(caller)
    return (
        key_id is not None
        and worker_id is not None
        and (run.session_key_id, run.session_worker_id) == (key_id, worker_id)
    )


def _own(uow: UnitOfWork, caller: Identity, run_id: str) -> WorkerRun:
    run = repository.run(uow.session, caller.id, run_id, lock=True)
    if run is None:
        raise UnknownRun
    demand_own(caller, run.account_scope)
    return run


def _refused(run: WorkerRun | TradingRun, nonce: str | None) -> SessionConflict:
    if nonce is None:
        return SessionConflict("X-Worker-Session-Nonce is missing", "session_nonce_missing")
    if run.session_nonce is None:
        return SessionConflict("The session of this run was released: claim it again")
    return SessionConflict("The session nonce is no longer valid: another worker holds the run")
