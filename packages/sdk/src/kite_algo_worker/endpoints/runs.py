"""Requests on runs, sessions and safety checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.models import (
    JsonDict,
    RunProtectionState,
    SafetyCheckResult,
    WorkerRunHealthSnapshot,
)
from kite_algo_worker.protection import BackendProtection
from kite_algo_worker.protocol.call import Call, Repeat, get, part, post
from kite_algo_worker.run_config import RunConfig

_FIXED = ("template_id", "account_scope", "execution_mode")


def path_of(run_id: str, rest: str = "") -> str:
    """Return the path of a run, followed by `rest`."""
    return f"/worker/runs/{part(run_id)}{rest}"


def health() -> Call[JsonDict]:
    return get("/worker/health")


def heartbeat(
    worker_id: str | None, status: str, metrics: Mapping[str, Any] | None
) -> Call[JsonDict]:
    return post("/worker/heartbeat", _heartbeat_body(worker_id, status, metrics))


def _heartbeat_body(
    worker_id: str | None, status: str, metrics: Mapping[str, Any] | None
) -> JsonDict:
    body: JsonDict = {"status": status, "metrics": dict(metrics or {})}
    return body if worker_id is None else {**body, "worker_id": worker_id}


def create_run(config: RunConfig) -> Call[JsonDict]:
    call = post("/worker/runs", config.to_create_run_payload())
    return replace(call, mode=config.execution_mode)


def create_run_of(
    *,
    template_id: str,
    account_scope: str,
    strategy_run_id: str | None,
    execution_mode: str,
    summary_fields: Iterable[Mapping[str, Any]] | None,
    risk_schema: Iterable[Mapping[str, Any]] | None,
    allowed_actions: Iterable[str] | None,
    runtime_state: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None,
    backend_protection: BackendProtection | None,
) -> Call[JsonDict]:
    """Return the request of single fields; an empty list of actions means the default ones."""
    given: JsonDict = {"allowed_actions": list(allowed_actions or ())}
    if not given["allowed_actions"]:
        given = {}
    config = RunConfig(
        template_id,
        account_scope,
        execution_mode,
        strategy_run_id,
        [dict(one) for one in summary_fields or ()],
        [dict(one) for one in risk_schema or ()],
        runtime_state=dict(runtime_state or {}),
        metadata=dict(metadata or {}),
        backend_protection=backend_protection,
        **given,
    )
    return create_run(config)


def get_run(run_id: str) -> Call[JsonDict]:
    return get(path_of(run_id))


def get_run_health(run_id: str) -> Call[WorkerRunHealthSnapshot]:
    return get_run(run_id).then(WorkerRunHealthSnapshot.model_validate)


def get_run_protection_state(run_id: str) -> Call[JsonDict]:
    return get_run(run_id).then(_protection_state)


def _protection_state(run: JsonDict) -> JsonDict:
    runtime_state: JsonDict = run.get("runtime_state") or {}
    state: JsonDict = runtime_state.get("backend_protection_state") or {}
    return RunProtectionState.model_validate(state).model_dump()


def claim_session(run_id: str, worker_id: str | None = None) -> Call[JsonDict]:
    body = None if worker_id is None else {"worker_id": worker_id}
    return post(path_of(run_id, "/claim-session"), body)


def release_session(run_id: str, nonce: str) -> Call[JsonDict]:
    claim = claim_session(run_id)
    return replace(claim, method="DELETE", nonce=nonce)


def run_heartbeat(
    run_id: str,
    nonce: str,
    worker_id: str | None,
    status: str,
    metrics: Mapping[str, Any] | None,
) -> Call[JsonDict]:
    return post(
        path_of(run_id, "/heartbeat"), _heartbeat_body(worker_id, status, metrics), nonce=nonce
    )


def safety_check(run_id: str) -> Call[SafetyCheckResult]:
    return get(path_of(run_id, "/safety-check")).then(SafetyCheckResult.model_validate)


def patch_risk(
    run_id: str, patch: Mapping[str, Any], reason: str | None, nonce: str | None
) -> Call[JsonDict]:
    body = {"patch": dict(patch), "reason": reason}
    return replace(post(path_of(run_id, "/risk"), body, nonce=nonce), method="PATCH")


def update_protection(
    run_id: str,
    protection: BackendProtection | Mapping[str, Any],
    *,
    reason: str | None,
    reset_trailing: bool,
    nonce: str | None,
) -> Call[JsonDict]:
    sent = protection.to_dict() if isinstance(protection, BackendProtection) else dict(protection)
    body = {"backend_protection": sent, "reason": reason, "reset_trailing": reset_trailing}
    return replace(post(path_of(run_id, "/protection"), body, nonce=nonce), method="PATCH")


def exit_run(
    run_id: str, *, reason: str | None, key: str | None, dry_run: bool, nonce: str | None
) -> Call[JsonDict]:
    body = {"reason": reason, "idempotency_key": key, "dry_run": dry_run}
    call = post(path_of(run_id, "/exit"), body, nonce=nonce)
    if dry_run:
        return replace(call, repeat=Repeat.FREELY)
    return replace(call, repeat=Repeat.KEYED if key else Repeat.NEVER)


def check_same(config: RunConfig, run: Mapping[str, Any]) -> None:
    """Raise KiteAlgoWorkerError (409) if the run was created with other fixed fields."""
    different = [
        f"{name} is {run.get(name)!r}, not {getattr(config, name)!r}"
        for name in _FIXED
        if str(run.get(name)) != str(getattr(config, name))
    ]
    if different:
        raise KiteAlgoWorkerError(
            f"Run {config.strategy_run_id} exists with other fields: {'; '.join(different)}. "
            "Use the same fields, or another strategy_run_id.",
            status_code=409,
            response_body=dict(run),
            code="run_mismatch",
        )
