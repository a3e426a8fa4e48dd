"""Runs as workers and the console read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tradertape_core.orders.codec import from_document
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.trading_runs import TradingRun
from tradertape_server.platform.http import in_ist

Json = dict[str, Any]

SESSION_TTL = timedelta(seconds=60)  # a holder that is silent for longer may be replaced
DEAD_AFTER_S = 300  # without a limit of the run's own protection
RECOVERY_NEEDS_CARE = frozenset({"required"})


def protection_of(run: WorkerRun) -> ProtectionState:
    """The run's protection; that of generation 0 where it never had one."""
    if run.protection is None:
        return ProtectionState()
    return from_document(ProtectionState, run.protection)


def heartbeat_age_s(run: WorkerRun, now: datetime) -> int | None:
    """Seconds since the worker's last sign of life in this run."""
    if run.last_heartbeat_at is None:
        return None
    return max(0, int((now - run.last_heartbeat_at).total_seconds()))


def worker_age_s(run: WorkerRun, state: ProtectionState, now: datetime) -> float:
    """Seconds since the run's worker could last be thought alive, as its protection counts them."""
    signs = (run.last_heartbeat_at, run.session_claimed_at, state.armed_at)
    last = max((at for at in signs if at is not None), default=now)
    return (now - last).total_seconds()


def health_status(run: WorkerRun, now: datetime) -> str:
    """healthy within two beats of half a minute, stale up to the run's limit, then dead."""
    age = heartbeat_age_s(run, now)
    if age is None:
        return "unknown"
    if age <= SESSION_TTL.total_seconds():
        return "healthy"
    return "stale" if age <= _stale_limit_s(run) else "dead"


def session_status(run: WorkerRun, now: datetime) -> str:
    """unclaimed, claimed, stale, released."""
    if run.session_nonce is None:
        return "unclaimed" if run.session_released_at is None else "released"
    return "stale" if is_stale(run, now) else "claimed"


def is_stale(run: WorkerRun | TradingRun, now: datetime) -> bool:
    """Whether the holder has been silent for longer than a session lives."""
    seen = run.session_seen_at
    return seen is None or now - seen > SESSION_TTL


def present(run: WorkerRun, now: datetime) -> Json:
    """A run as a whole, its health included."""
    state = protection_of(run)
    runtime: Json = {**run.runtime_state}
    if state.generation:
        snapshot = protection_snapshot(state)
        runtime["backend_protection"] = snapshot["backend_protection"]
        runtime["backend_protection_state"] = snapshot
    return {
        "strategy_run_id": run.strategy_run_id,
        "template_id": run.template_id,
        "account_scope": run.account_scope,
        "execution_mode": run.execution_mode,
        "status": run.status,
        "status_reason": run.status_reason,
        "summary_fields": run.summary_fields,
        "risk_schema": run.risk_schema,
        "allowed_actions": run.allowed_actions,
        "runtime_state": runtime,
        "metadata": run.details,
        "created_at": in_ist(run.created_at),
        "updated_at": in_ist(run.updated_at),
        "closed_at": _moment(run.closed_at),
        "heartbeat_age_sec": heartbeat_age_s(run, now),
        "health_status": health_status(run, now),
        "session_status": session_status(run, now),
        "recovery_status": run.recovery_status,
        "recovery_action_required": run.recovery_status in RECOVERY_NEEDS_CARE,
        "worker_session_claimed_at": _moment(run.session_claimed_at),
        "last_heartbeat_at": _moment(run.last_heartbeat_at),
        "heartbeat": run.heartbeat,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else in_ist(at)


def _stale_limit_s(run: WorkerRun) -> int:
    given = protection_of(run).protection
    operations = None if given is None else given.operations
    limit = None if operations is None else operations.worker_stale_sec
    return limit or DEAD_AFTER_S
