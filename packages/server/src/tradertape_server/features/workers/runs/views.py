"""Runs as workers and the console read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradertape_core.ledger.pnl import Amounts
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.features.workers.runs.run_limits import limits_in_force
from tradertape_server.platform.http.routing import in_ist

Json = dict[str, Any]

NEEDS_RECONCILIATION = frozenset({"required"})


def health_of(run: WorkerRun, liveness: Liveness) -> str:
    """The health of the run's worker, by the silence limit of the run's protection."""
    given = protection_of(run).protection
    operations = None if given is None else given.operations
    return liveness.health(run, None if operations is None else operations.worker_stale_sec)


def present(run: WorkerRun, liveness: Liveness) -> Json:
    """A run with its protection and the health of its worker."""
    state = protection_of(run)
    runtime: Json = {**run.runtime_state}
    if state.generation:
        snapshot = protection_snapshot(state)
        runtime["backend_protection"] = snapshot["backend_protection"]
        runtime["backend_protection_state"] = snapshot
    return {
        "strategy_run_id": run.public_id,
        "template_id": run.template_id,
        "account_scope": run.account_scope,
        "execution_mode": mode_of(run.venue),
        "status": run.status,
        "status_reason": run.status_reason,
        "summary_fields": run.summary_fields,
        "risk_schema": run.risk_schema,
        "allowed_actions": run.allowed_actions,
        "runtime_state": runtime,
        "limits": limits_in_force(run),
        "metadata": run.details,
        "created_at": in_ist(run.created_at),
        "updated_at": in_ist(run.updated_at),
        "closed_at": _moment(run.closed_at),
        "heartbeat_age_sec": liveness.heartbeat_age_s(run),
        "health_status": health_of(run, liveness),
        "session_status": liveness.session(run),
        "recovery_status": run.recovery_status,
        "recovery_action_required": run.recovery_status in NEEDS_RECONCILIATION,
        "worker_session_claimed_at": _moment(run.session_claimed_at),
        "last_heartbeat_at": _moment(run.last_heartbeat_at),
        "heartbeat": run.heartbeat,
    }


def totals_of(amounts: Amounts, *, compat: bool = False) -> Json:
    """Totals in rupees. compat: only those that the published client's strict model accepts."""
    totals: Json = {
        "realized_pnl": amounts.realised_paise / 100,
        "unrealized_pnl": amounts.unrealised_paise / 100,
        "gross_pnl": amounts.gross_paise / 100,
        "charges": amounts.charges_paise / 100,
        "net_pnl": amounts.net_paise / 100,
    }
    if not compat:
        totals |= {
            "brokerage": amounts.brokerage_paise / 100,
            "taxes": amounts.taxes_paise / 100,
        }
    return totals


def _moment(at: datetime | None) -> str | None:
    return None if at is None else in_ist(at)
