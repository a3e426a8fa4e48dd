"""Creates, reads and lists runs, and changes their risk controls."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from tradertape_core.execution.reconcile import EXTERNAL_RUN
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.risk.protection_state import anew
from tradertape_server.features.auth.queries import token_limits
from tradertape_server.features.execution.account_environments import (
    EnvironmentName,
    environment_of,
)
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.arming import Instruments, read_arming
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import (
    RunClosed,
    RunMismatch,
    UnknownRun,
)
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs import risk_schema
from tradertape_server.features.workers.runs.account_scope import (
    account_id_of,
    demand_account,
    demand_own,
)
from tradertape_server.features.workers.runs.halting import halt_new_run
from tradertape_server.features.workers.runs.live_gate import (
    AT_A_BROKER,
    LIVE_SCOPE,
    BrokerAccounts,
    demand_kind,
    demand_live,
)
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import (
    protection_of,
    set_protection,
)
from tradertape_server.features.workers.runs.run_limits import check_limits, with_token_limits
from tradertape_server.features.workers.runs.sessions import demand_nonce, token_of
from tradertape_server.features.workers.runs.summary_fields import check_summary_fields
from tradertape_server.features.workers.runs.transactions import RunTransactions, note
from tradertape_server.features.workers.runs.views import present
from tradertape_server.features.workers.schemas import Heartbeat, NewRun, RiskPatch
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Forbidden
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import in_ist

Json = dict[str, Any]

LIVE_NEEDS = ("strategy_family", "strategy_name", "entry_surface")
ENDED = frozenset({"closed"})
MOST_OF_AN_ID = 120  # characters of a stored run id
Prepare = Callable[[UnitOfWork, WorkerRun], None]
# Members of `runtime_state` that the server adds to replies itself.
_SERVER_MEMBERS = ("backend_protection", "backend_protection_state")


class RunService:
    """Use cases of runs as such."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        execution: ExecutionService,
        instruments: Instruments,
        liveness: Liveness,
        brokers: BrokerAccounts,
    ) -> None:
        self._brokers = brokers
        self._instruments = instruments
        self._liveness = liveness
        self._database = database
        self._clock = clock
        self._execution = execution
        self._transactions = RunTransactions(execution)

    def create(self, caller: Identity, wanted: NewRun, *, prepare: Prepare | None = None) -> Json:
        """Create a run, or find it by its id. prepare: completes a new run before it is stored.

        Raises RunMismatch, RunClosed, LiveDisabled, LiveBlocked, InvalidDocument,
        AccountNotAllowed, UnknownAccount.
        """
        _check_new(caller, wanted)
        protection = wanted.runtime_state.get("backend_protection")
        at = "/runtime_state/backend_protection"
        armed = None if protection is None else read_arming(self._instruments, protection, at=at)
        run_id = wanted.strategy_run_id or f"run_{secrets.token_hex(10)}"
        account_id, environment = self._account_of(caller, run_id, wanted)

        def decide(uow: UnitOfWork) -> Json:
            known = repository.run(uow.session, caller.id, run_id, lock=True)
            if known is not None and not _restarts(known, wanted):
                found = present(_recovered(known, caller, wanted), self._liveness)
                return {**found, "recovered": True}
            uow.demand_room()
            if known is not None:
                _compare(known, caller, wanted)
                self._open_again(uow, known)
            run = known or _new(_free_id(uow, caller, run_id), caller, wanted, account_id, uow)
            if known is None:
                run.environment = environment
            _fill(run, wanted, uow)
            with_token_limits(run, token_limits(uow.session, caller))
            run.key_id = token_of(caller)
            halt_new_run(uow, run)
            if armed is not None:
                state = armed.applied_to(protection_of(run), uow.now, reason="run created")
                set_protection(run, state)
            if prepare is not None:
                prepare(uow, run)
            uow.session.add(run)
            uow.session.flush()
            _note_start(uow, run, "created" if known is None else "restarted")
            return {**present(run, self._liveness), "recovered": False}

        return self._transactions.execute(decide)

    def _account_of(
        self, caller: Identity, run_id: str, wanted: NewRun
    ) -> tuple[int, EnvironmentName]:
        """The account of a new run, and what its orders move. The account of a known one is
        compared with it later."""
        with self._database.read() as session:
            known = repository.run(session, caller.id, run_id)
        if known is not None:
            return known.account_id, cast("EnvironmentName", known.environment)
        if wanted.execution_mode == LIVE_SCOPE:
            demand_live(self._brokers, caller, wanted.account_scope)
        account_id = account_id_of(self._execution, caller, wanted.account_scope)
        account = self._execution.account(caller.id, wanted.account_scope)
        demand_kind(account.kind, wanted.account_scope, wanted.execution_mode)
        return account_id, environment_of(account)

    def _open_again(self, uow: UnitOfWork, run: WorkerRun) -> None:
        """Drop what is left of an earlier life: its protection, unless positions are open after
        all (a trade was reversed), and its session, unless the holder is alive."""
        if run.protection is not None and not _has_positions(uow, run):
            set_protection(run, anew(protection_of(run), now=uow.now, reason="run opened again"))
        if self._liveness.is_silent(run):
            run.session_nonce = run.session_seen_at = run.session_claimed_at = None
            run.last_heartbeat_at = run.heartbeat = None

    def get(self, caller: Identity, run_id: str) -> WorkerRun:
        """A run of the caller's account. Raises UnknownRun, AccountNotAllowed."""
        with self._database.read() as session:
            found = repository.run(session, caller.id, run_id)
        if found is None:
            raise UnknownRun
        demand_own(caller, found.account_scope)
        return found

    def show(self, caller: Identity, run_id: str) -> Json:
        """A run as a whole."""
        return present(self.get(caller, run_id), self._liveness)

    def list(self, caller: Identity, *, status: str | None, limit: int, offset: int) -> list[Json]:
        """The person's runs on accounts the caller reaches, newest first."""
        with self._database.read() as session:
            found = repository.runs(
                session,
                caller.id,
                status=status,
                scopes=caller.account_scopes,
                limit=limit,
                offset=offset,
            )
            return [present(run, self._liveness) for run in found]

    def heartbeat(self, caller: Identity, beat: Heartbeat) -> Json:
        """Store a heartbeat outside of any run."""
        now = self._clock.now()
        with self._database.write(from_reserve=True) as session:
            repository.keep_heartbeat(
                session,
                caller.credential_id,
                user_id=caller.id,
                worker_id=beat.worker_id,
                status=beat.status,
                metrics=beat.metrics,
                at=now,
            )
        return {"status": "ok", "worker_id": beat.worker_id, "received_at": in_ist(now)}

    def patch_risk(
        self, caller: Identity, run_id: str, wanted: RiskPatch, nonce: str | None
    ) -> Json:
        """Change risk controls; old and new values are written into the timeline.

        Raises UnknownRun, SessionConflict, RunClosed, Forbidden, InvalidDocument.
        """

        def decide(uow: UnitOfWork) -> Json:
            run = locked(uow, caller, run_id)
            demand_nonce(run, caller, nonce)
            if run.status in ENDED:
                raise RunClosed(run_id, run.status)
            if "edit_risk" not in run.allowed_actions:
                raise Forbidden("This run does not allow edit_risk.", code="action_not_allowed")
            risk_schema.check_patch(run.risk_schema, wanted.patch, wanted.reason)
            if problems := check_limits(wanted.patch, "/patch"):
                raise InvalidDocument(problems)
            before = _object(run.runtime_state.get("risk"))
            after = {**before, **wanted.patch}
            changes = {
                key: {"old": before.get(key), "new": value} for key, value in wanted.patch.items()
            }
            run.runtime_state = {**run.runtime_state, "risk": after}
            run.updated_at = uow.now
            changed = ", ".join(f"{k} {c['old']} → {c['new']}" for k, c in changes.items())
            cursor = note(
                uow, run, "decision", "risk.updated", f"Risk changed: {changed}",
                changes=changes, reason=wanted.reason,
            )  # fmt: skip
            uow.session.flush()
            return {
                "strategy_run_id": run_id,
                "risk": after,
                "changes": changes,
                "reason": wanted.reason,
                "timeline_cursor": cursor,
            }

        return self._transactions.execute(decide)


def locked(uow: UnitOfWork, caller: Identity, run_id: str) -> WorkerRun:
    """A run of the caller, locked until the transaction is over.

    Raises UnknownRun, AccountNotAllowed.
    """
    run = repository.run(uow.session, caller.id, run_id, lock=True)
    if run is None:
        raise UnknownRun
    demand_own(caller, run.account_scope)
    return run


# --- creating -------------------------------------------------------------------------------------


def _demand_live_metadata(metadata: Mapping[str, Any]) -> None:
    problems = [
        Problem(f"/metadata/{name}", f"a live run needs {name}")
        for name in LIVE_NEEDS
        if not metadata.get(name)
    ]
    if problems:
        raise InvalidDocument(problems)


def _demand_limits(metadata: Mapping[str, Any], risk: Mapping[str, Any]) -> None:
    problems = check_limits(metadata, "/metadata") + check_limits(risk, "/runtime_state/risk")
    if problems:
        raise InvalidDocument(problems)


def _check_new(caller: Identity, wanted: NewRun) -> None:
    demand_account(caller, wanted.account_scope)
    if wanted.strategy_run_id == EXTERNAL_RUN:
        raise InvalidDocument([Problem("/strategy_run_id", "is reserved: choose another")])
    check_summary_fields(wanted.summary_fields)
    risk_schema.check_schema(wanted.risk_schema)
    _demand_limits(wanted.metadata, _object(wanted.runtime_state.get("risk")))
    if wanted.execution_mode == LIVE_SCOPE:
        _demand_live_metadata(wanted.metadata)


def _restarts(known: WorkerRun, wanted: NewRun) -> bool:
    if known.option_run:
        return False  # it can be entered only once
    return known.status in ENDED and wanted.metadata.get("restart_of") == known.public_id


def _recovered(known: WorkerRun, caller: Identity, wanted: NewRun) -> WorkerRun:
    _compare(known, caller, wanted)
    if known.status in ENDED:
        raise RunClosed(known.public_id, known.status)
    return known


def _compare(known: WorkerRun, caller: Identity, wanted: NewRun) -> None:
    demand_own(caller, known.account_scope)
    fixed = {
        "template_id": (known.template_id, wanted.template_id),
        "account_scope": (known.account_scope, wanted.account_scope),
        "execution_mode": (mode_of(known.venue), wanted.execution_mode),
    }
    mismatches = {name: pair for name, pair in fixed.items() if pair[0] != pair[1]}
    if mismatches:
        raise RunMismatch(known.public_id, mismatches)


def _new(
    run_id: str, caller: Identity, wanted: NewRun, account_id: int, uow: UnitOfWork
) -> WorkerRun:
    return WorkerRun(
        strategy_run_id=run_id,
        user_id=caller.id,
        account_id=account_id,
        template_id=wanted.template_id,
        account_scope=wanted.account_scope,
        venue=AT_A_BROKER if wanted.execution_mode == LIVE_SCOPE else wanted.execution_mode,
        protection_version=0,
        protection_status="unarmed",
        recovery_status="none",
        created_at=uow.now,
    )


def _free_id(uow: UnitOfWork, caller: Identity, run_id: str) -> str:
    """The id to store a new run under: its name, or the name and its user where it is taken."""
    if repository.any_run(uow.session, run_id) is None:
        return run_id
    own = repository.id_of_user(run_id, caller.id)
    if len(own) > MOST_OF_AN_ID:
        message = f"must have at most {MOST_OF_AN_ID - len(own) + len(run_id)} characters"
        raise InvalidDocument([Problem("/strategy_run_id", message)])
    return own


def _fill(run: WorkerRun, wanted: NewRun, uow: UnitOfWork) -> None:
    run.status = "open"
    run.status_reason = ""
    run.halted_by = None
    run.summary_fields = _plain(wanted.summary_fields)
    run.risk_schema = _plain(wanted.risk_schema)
    run.allowed_actions = list(wanted.allowed_actions)
    run.runtime_state = {
        key: value for key, value in wanted.runtime_state.items() if key not in _SERVER_MEMBERS
    }
    run.details = dict(wanted.metadata)
    run.closed_at = None
    run.exit_key = None
    run.updated_at = uow.now


def _has_positions(uow: UnitOfWork, run: WorkerRun) -> bool:
    held = uow.account(run.account_id).positions.values()
    return any(one.key.run_id == run.strategy_run_id and one.is_open for one in held)


def _note_start(uow: UnitOfWork, run: WorkerRun, what: str) -> None:
    summary = f"Run {what}: {run.template_id} on {run.account_scope}, {mode_of(run.venue)}"
    if what == "restarted":
        is_guarded = run.protection_status not in ("unarmed", "done")
        summary += f", {'guarded by its' if is_guarded else 'without a'} protection"
    note(uow, run, "execution", f"run_{what}", summary, metadata=run.details)


def _plain(documents: Sequence[Mapping[str, Any]]) -> list[Json]:
    return [dict(document) for document in documents]


def _object(value: Any) -> Json:
    return dict(value) if isinstance(value, Mapping) else {}
