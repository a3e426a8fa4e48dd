"""A run whose session an asyncio worker has claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kite_algo_worker.aio.calls import AsyncWorkerCalls
from kite_algo_worker.aio.heartbeats import AsyncHeartbeats
from kite_algo_worker.aio.streaming import AsyncEventStream
from kite_algo_worker.exceptions import InvalidInputError
from kite_algo_worker.models import JsonDict, SafetyCheckResult, WorkerRunHealthSnapshot
from kite_algo_worker.protection import BackendProtection
from kite_algo_worker.run_config import RunConfig


@dataclass
class AsyncManagedRun:
    """The calls of `ManagedRun` as coroutines, as the asyncio `client.run(...)` yields it.

    run: the run as it was created, found or last refreshed. heartbeats: those of `auto_heartbeat`.
    """

    client: AsyncWorkerCalls
    config: RunConfig
    run: dict[str, Any]
    session_nonce: str | None = None
    heartbeats: AsyncHeartbeats | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.run["strategy_run_id"])

    async def refresh(self) -> dict[str, Any]:
        """Read the run again and keep it in `run`."""
        self.run = await self.client.get_run(self.run_id)
        return self.run

    async def get_health_snapshot(self) -> WorkerRunHealthSnapshot:
        """Return the health of the run and its worker."""
        return await self.client.get_run_health_snapshot(self.run_id)

    async def heartbeat(
        self,
        *,
        worker_id: str | None = None,
        status: str = "healthy",
        metrics: Mapping[str, Any] | None = None,
    ) -> JsonDict:
        """Report that the worker is alive. Raises InvalidInputError for a run not claimed."""
        if self.session_nonce is None:
            raise InvalidInputError("this run was not claimed: it has no session for a heartbeat")
        return await self.client.run_heartbeat(
            self.run_id,
            session_nonce=self.session_nonce,
            worker_id=worker_id,
            status=status,
            metrics=metrics,
        )

    async def safety_check(self) -> SafetyCheckResult:
        """Check whether the run may trade now; pass the token of the answer to the next order."""
        return await self.client.safety_check(self.run_id)

    async def place_order(
        self,
        order: Mapping[str, Any],
        *,
        idempotency_key: str,
        metadata: Mapping[str, Any] | None = None,
        safety_token: str | None = None,
    ) -> JsonDict:
        """Place an order, once for its key; as the client's."""
        return await self.client.place_order(
            self.run_id,
            order,
            idempotency_key,
            metadata,
            safety_token=safety_token,
            session_nonce=self.session_nonce,
        )

    async def place_basket(
        self,
        orders: Iterable[Mapping[str, Any]],
        *,
        idempotency_key: str,
        metadata: Mapping[str, Any] | None = None,
        all_or_none: bool = False,
        dry_run: bool = False,
        safety_token: str | None = None,
    ) -> JsonDict:
        """Place several orders as one command; as the client's."""
        return await self.client.place_basket(
            self.run_id,
            orders,
            idempotency_key,
            metadata,
            all_or_none=all_or_none,
            dry_run=dry_run,
            safety_token=safety_token,
            session_nonce=self.session_nonce,
        )

    async def patch_risk(self, patch: Mapping[str, Any], *, reason: str | None = None) -> JsonDict:
        """Change risk controls; as the client's."""
        return await self.client.patch_risk(
            self.run_id, patch, reason=reason, session_nonce=self.session_nonce
        )

    async def update_backend_protection(
        self,
        protection: BackendProtection,
        *,
        reason: str | None = None,
        reset_trailing: bool = True,
    ) -> JsonDict:
        """Replace the protection of the run; as the client's."""
        return await self.client.update_backend_protection(
            self.run_id,
            protection,
            reason=reason,
            reset_trailing=reset_trailing,
            session_nonce=self.session_nonce,
        )

    async def log_decision_event(self, **payload: Any) -> JsonDict:
        """Write a decision into the timeline: `event_type`, `summary`, `details` …"""
        return await self.client.log_decision_event(self.run_id, **payload)

    async def list_timeline(self, **params: Any) -> JsonDict:
        """Return events of the run; as the client's."""
        return await self.client.list_timeline(self.run_id, **params)

    def stream_timeline(self, **params: Any) -> AsyncEventStream:
        """Read events of the run as they happen; as the client's."""
        return self.client.stream_timeline(self.run_id, **params)

    async def exit_run(
        self,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> JsonDict:
        """Cancel the run's orders, close its positions, close the run; as the client's."""
        return await self.client.exit_run(
            self.run_id, reason, idempotency_key, dry_run, session_nonce=self.session_nonce
        )
