"""A run's health, its protection, its safety check."""

from __future__ import annotations

from dataclasses import dataclass, field

from kite_algo_worker.models.base import JsonDict, Model


@dataclass(frozen=True)
class WorkerRunHealthSnapshot(Model):
    """The health of a run and its worker.

    health_status: `healthy`, `stale`, `dead`, `unknown`. session_status: `unclaimed`, `claimed`,
    `stale`, `released`. recovery_status: `none`, `pending`, `in_progress`, `required`, `done`.
    heartbeat_age_sec: seconds since the last heartbeat, None without one.
    """

    strategy_run_id: str
    status: str
    execution_mode: str
    account_scope: str | None = None
    heartbeat_age_sec: int | None = None
    health_status: str | None = None
    session_status: str | None = None
    recovery_status: str | None = None
    recovery_action_required: bool = False
    worker_session_claimed_at: str | None = None
    last_heartbeat_at: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class RunProtectionState(Model):
    """The state of a run's protection; `generation` increases with every change."""

    status: str | None = None
    generation: int | None = None
    triggered_rule: str | None = None
    exit_claim_id: str | None = None
    reason: str | None = None
    reset_trailing: bool | None = None
    backend_protection: JsonDict | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class SafetyCheckResult(Model):
    """Whether a run may trade now.

    blocking_reasons: sentences, each with its code in brackets. safety_token: pass it to the next
    order or basket; it is valid for one, until `token_expires_at` (ISO 8601).
    """

    strategy_run_id: str
    can_trade: bool
    run_status: str
    safety_token: str | None = None
    token_expires_at: str | None = None
    blocking_reasons: list[str] = field(default_factory=list[str])
    generic_protection: JsonDict = field(default_factory=JsonDict)
    options_protection: JsonDict = field(default_factory=JsonDict)
    evaluated_at: str = ""
    raw: JsonDict = field(default_factory=JsonDict, repr=False)
