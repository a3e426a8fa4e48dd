"""Answers about runs and their sessions."""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from tradertape_server.features.workers.http.answers.protection import ProtectionSnapshot
from tradertape_server.platform.http.units import Orders, Percent, Rupees, Seconds, Time

Document = dict[str, JsonValue]
ExecutionMode = Literal["dry_run", "paper", "live"]


class WorkerApiHealth(TypedDict):
    """The server works and the token is valid."""

    status: str


class HeartbeatReceipt(TypedDict):
    """A heartbeat outside of any run was stored."""

    status: str
    worker_id: str | None
    received_at: Time


class RunHeartbeat(TypedDict):
    """The last heartbeat of a run's worker."""

    status: str
    metrics: Document
    worker_id: str | None


class RiskControl(TypedDict, extra_items=JsonValue):
    """A control of the worker that can be changed while it runs; further fields are kept."""

    key: NotRequired[str]
    label: NotRequired[str]
    type: NotRequired[str]
    min: NotRequired[float]
    max: NotRequired[float]
    step: NotRequired[float]
    options: NotRequired[list[JsonValue]]
    default: NotRequired[JsonValue]
    help: NotRequired[str]
    unit: NotRequired[str]
    editable: NotRequired[bool]
    requires_reason: NotRequired[bool]


class SummaryField(TypedDict, extra_items=JsonValue):
    """A field that a worker shows for its run; further fields are kept."""

    key: NotRequired[str]
    label: NotRequired[str]
    value: NotRequired[JsonValue]
    path: NotRequired[str]
    format: NotRequired[str]
    tone: NotRequired[str]


class LimitsInForce(TypedDict):
    """Limits that refuse an entry, never an exit; null: no limit. The bands are percent of the last
    price.
    """

    allocation_cap: Rupees | None
    daily_loss_limit: Rupees | None
    max_orders: Orders | None
    price_band_pct: Percent | None
    option_price_band_pct: Percent | None


class WorkerRun(TypedDict):
    """A run with the health of its worker and its protection.

    runtime_state: the worker's own document, with `risk`, `backend_protection` and
    `backend_protection_state`. heartbeat_age_sec: seconds since the last heartbeat.
    limits: in force, whether set by the run, by its token or by neither.
    recovered: given by the call that creates runs; true if the run existed.
    """

    strategy_run_id: str
    template_id: str
    account_scope: str
    execution_mode: ExecutionMode
    status: str
    status_reason: str
    summary_fields: list[SummaryField]
    risk_schema: list[RiskControl]
    allowed_actions: list[str]
    runtime_state: Document
    limits: LimitsInForce
    metadata: Document
    created_at: Time
    updated_at: Time
    closed_at: Time | None
    heartbeat_age_sec: Seconds | None
    health_status: str
    session_status: str
    recovery_status: str
    recovery_action_required: bool
    worker_session_claimed_at: Time | None
    last_heartbeat_at: Time | None
    heartbeat: RunHeartbeat | None
    recovered: NotRequired[bool]


class WorkerRuns(TypedDict):
    """Runs, newest first."""

    runs: list[WorkerRun]


class ClaimedSession(TypedDict):
    """A claimed run; changes need the nonce. ttl_sec: seconds until it ends without heartbeat."""

    strategy_run_id: str
    worker_session_nonce: str
    worker_session_claimed_at: Time
    session_status: str
    ttl_sec: Seconds
    takeover: bool


class ReleasedSession(TypedDict):
    """A released run."""

    strategy_run_id: str
    session_status: str


class SessionHeartbeat(TypedDict):
    """A heartbeat was stored; the session lasts until `expires_at`."""

    strategy_run_id: str
    status: str
    session_status: str
    last_heartbeat_at: Time
    expires_at: Time


class NoProtection(TypedDict, closed=True):
    """The run has no protection of this kind: an empty object."""


class SafetyCheck(TypedDict):
    """Whether the run may trade, with a token for one intent, or every reason why not."""

    strategy_run_id: str
    can_trade: bool
    run_status: str
    safety_token: str | None
    token_expires_at: Time | None
    blocking_reasons: list[str]
    generic_protection: ProtectionSnapshot | NoProtection
    options_protection: ProtectionSnapshot | NoProtection
    evaluated_at: Time


class RiskChange(TypedDict):
    """A control's value before and after."""

    old: JsonValue
    new: JsonValue


class PatchedRisk(TypedDict):
    """The risk controls after a change."""

    strategy_run_id: str
    risk: Document
    changes: dict[str, RiskChange]
    reason: str | None
    timeline_cursor: int
