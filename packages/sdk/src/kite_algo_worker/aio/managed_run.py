"""A run that is held by an asyncio worker, and its signs of life."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.heartbeats import ends_the_beating
from kite_algo_worker.models import JsonDict, SafetyCheckResult, WorkerRunHealthSnapshot
from kite_algo_worker.protection import BackendProtection
from kite_algo_worker.run_config import RunConfig

if TYPE_CHECKING:
    from kite_algo_worker.aio.streaming import AsyncEventStream
    from kite_algo_worker.async_client import AsyncKiteAlgoWorkerClient


@dataclass
class AsyncManagedRun:
    """The calls of `ManagedRun` as coroutines: what the asyncio `client.run(...)` yields.

    run: the run as it was made, found or last refreshed. heartbeats: those of `auto_heartbeat`.
    """

    client: AsyncKiteAlgoWorkerClient
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
        """Return how the run and its worker are."""
        return await self.client.get_run_health_snapshot(self.run_id)

    async def heartbeat(
        self,
        *,
        worker_id: str | None = None,
        status: str = "healthy",
        metrics: Mapping[str, Any] | None = None,
    ) -> JsonDict:
        """Say that the worker lives. Raises ValueError when the run was not claimed."""
        if self.session_nonce is None:
            raise ValueError("this run was not claimed: there is no session to keep alive")
        return await self.client.run_heartbeat(
            self.run_id,
            session_nonce=self.session_nonce,
            worker_id=worker_id,
            status=status,
            metrics=metrics,
        )

    async def safety_check(self) -> SafetyCheckResult:
        """Ask whether the run may trade now; hand the token to the next order yourself."""
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
        """Place several orders as one wish; as the client's."""
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
        """Replace what guards the run; as the client's."""
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


class AsyncHeartbeats:
    """Sends a run's sign of life every so many seconds, in a task, until it is stopped.

    A beat that fails is only missed; one that is refused (another worker took the run, the run is
    closed) ends the beating, with the refusal in `error`.
    """

    def __init__(self, managed: AsyncManagedRun, interval_s: float) -> None:
        if interval_s <= 0:
            raise ValueError(f"heartbeat_interval_s must be above 0, was {interval_s}")
        self.error: KiteAlgoWorkerError | None = None
        self.count = 0
        self._managed = managed
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether beats are being sent."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self._managed.heartbeat()
            except KiteAlgoWorkerError as error:
                self.error = error
                if ends_the_beating(error):
                    return
            else:
                self.error = None
                self.count += 1
