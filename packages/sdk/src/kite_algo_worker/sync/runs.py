"""Calls on runs: sessions, heartbeats, safety checks, risk, protection, exits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kite_algo_worker.endpoints import runs
from kite_algo_worker.models import JsonDict, SafetyCheckResult, WorkerRunHealthSnapshot
from kite_algo_worker.protection import BackendProtection
from kite_algo_worker.run_config import RunConfig
from kite_algo_worker.sync.base import SyncBase


class RunMethods(SyncBase):
    """Calls that create, claim and exit runs."""

    def health(self) -> JsonDict:
        """Return `{"status": "healthy"}` when the server runs and the token is valid.

        Raises AuthError for an invalid token, TransportError when the server does not answer.
        """
        return self._send(runs.health())

    def heartbeat(
        self,
        worker_id: str | None = None,
        status: str = "healthy",
        metrics: Mapping[str, Any] | None = None,
    ) -> JsonDict:
        """Report that the worker is alive, outside any run. metrics: figures to show with it."""
        return self._send(runs.heartbeat(worker_id, status, metrics))

    def create_run(
        self,
        *,
        template_id: str,
        account_scope: str,
        strategy_run_id: str | None = None,
        execution_mode: str = "paper",
        summary_fields: Iterable[Mapping[str, Any]] | None = None,
        risk_schema: Iterable[Mapping[str, Any]] | None = None,
        allowed_actions: Iterable[str] | None = None,
        runtime_state: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        backend_protection: BackendProtection | None = None,
    ) -> JsonDict:
        """Create a run, or find the one with this `strategy_run_id`; return all its fields.

        execution_mode: `dry_run` checks and records, `paper` fills in the simulated market, `live`
        is real money. The fields are those of `RunConfig`. The run has `strategy_run_id`,
        `status`, `execution_mode`, `account_scope`, `runtime_state`, `metadata` and its health.

        Raises LiveNotEnabledError for a live run without KITE_ALGO_ENABLE_LIVE=1, and
        KiteAlgoWorkerError with status 409 when the id belongs to a run with other fields.

        ```python
        run = client.create_run(template_id="basic-equity", account_scope="kite:paper-a")
        ```
        """
        return self._send(
            runs.create_run_of(
                template_id=template_id,
                account_scope=account_scope,
                strategy_run_id=strategy_run_id,
                execution_mode=execution_mode,
                summary_fields=summary_fields,
                risk_schema=risk_schema,
                allowed_actions=allowed_actions,
                runtime_state=runtime_state,
                metadata=metadata,
                backend_protection=backend_protection,
            )
        )

    def create_run_from_config(self, config: RunConfig) -> JsonDict:
        """Create the run of a config, or find it; as `create_run`."""
        return self._send(runs.create_run(config))

    def get_run(self, strategy_run_id: str) -> JsonDict:
        """Return the present state of a run: read it first after a restart.

        Raises KiteAlgoWorkerError with status 404 when there is no such run.
        """
        return self._send(runs.get_run(strategy_run_id))

    def get_run_health_snapshot(self, strategy_run_id: str) -> WorkerRunHealthSnapshot:
        """Return the health of a run and its worker. Raises as `get_run`.

        ```python
        client.get_run_health_snapshot("run_basic_equity_001").session_status
        ```
        """
        return self._send(runs.get_run_health(strategy_run_id))

    def get_run_protection_state(self, strategy_run_id: str) -> JsonDict:
        """Return the state of a run's protection, `{}` without one: `status`, `generation` …"""
        return self._send(runs.get_run_protection_state(strategy_run_id))

    def claim_session(self, strategy_run_id: str, *, worker_id: str | None = None) -> JsonDict:
        """Claim the run: every change then needs the `worker_session_nonce` of the answer.

        worker_id: the same id under the same token takes its own claim over at once. Raises
        KiteAlgoWorkerError with status 409 while another worker holds it and has sent a heartbeat
        within a minute.
        """
        return self._send(runs.claim_session(strategy_run_id, worker_id))

    def release_session(self, strategy_run_id: str, *, session_nonce: str) -> JsonDict:
        """Release the session of the run. Raises KiteAlgoWorkerError (409) if it is not held."""
        return self._send(runs.release_session(strategy_run_id, session_nonce))

    def run_heartbeat(
        self,
        strategy_run_id: str,
        *,
        session_nonce: str,
        worker_id: str | None = None,
        status: str = "healthy",
        metrics: Mapping[str, Any] | None = None,
    ) -> JsonDict:
        """Report that the worker holding the run is alive; at least every 60 seconds.

        Raises KiteAlgoWorkerError with status 409 when another worker has claimed the run.
        """
        return self._send(
            runs.run_heartbeat(strategy_run_id, session_nonce, worker_id, status, metrics)
        )

    def safety_check(self, strategy_run_id: str) -> SafetyCheckResult:
        """Check whether the run may trade now; pass the token of the answer to the next order.

        ```python
        safety = client.safety_check("run_managed_001")
        if not safety.can_trade:
            raise SystemExit(f"Blocked: {safety.blocking_reasons}")
        ```
        """
        return self._send(runs.safety_check(strategy_run_id))

    def patch_risk(
        self,
        strategy_run_id: str,
        patch: Mapping[str, Any],
        reason: str | None = None,
        session_nonce: str | None = None,
    ) -> JsonDict:
        """Change risk controls within the run's risk schema; the reason is stored with it.

        ```python
        client.patch_risk("run_managed_001", {"stop_loss_pct": 1.0}, reason="volatility")
        ```
        """
        return self._send(runs.patch_risk(strategy_run_id, patch, reason, session_nonce))

    def update_backend_protection(
        self,
        strategy_run_id: str,
        backend_protection: BackendProtection,
        *,
        reason: str | None = None,
        reset_trailing: bool = True,
        session_nonce: str | None = None,
    ) -> JsonDict:
        """Replace the protection of the run; safety tokens issued before become invalid.

        reset_trailing: restart trailing from the present price.
        """
        return self._send(
            runs.update_protection(
                strategy_run_id,
                backend_protection,
                reason=reason,
                reset_trailing=reset_trailing,
                nonce=session_nonce,
            )
        )

    def exit_run(
        self,
        strategy_run_id: str,
        reason: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        session_nonce: str | None = None,
    ) -> JsonDict:
        """Cancel the run's orders, close its positions, close the run.

        dry_run: only return the orders that it would send. With an idempotency_key the call is
        repeated when its answer is lost; without one it raises OutcomeUnknownError. Exiting a live
        run does not need KITE_ALGO_ENABLE_LIVE.

        ```python
        client.exit_run(run_id, reason="target reached", idempotency_key=f"{run_id}:exit:001")
        ```
        """
        return self._send(
            runs.exit_run(
                strategy_run_id,
                reason=reason,
                key=idempotency_key,
                dry_run=dry_run,
                nonce=session_nonce,
            )
        )
