"""Calls on funds, profit and loss, and the timeline."""

from __future__ import annotations

from typing import Any

from kite_algo_worker.aio.base import AsyncBase
from kite_algo_worker.aio.streaming import AsyncEventStream
from kite_algo_worker.endpoints import monitoring
from kite_algo_worker.models import (
    JsonDict,
    WorkerFundsSnapshot,
    WorkerRunPnlSnapshot,
    WorkerTimelineResponse,
)


class AsyncMonitoringMethods(AsyncBase):
    """Calls that read funds, profit and loss and events. Amounts are rupees."""

    async def list_accounts(self) -> JsonDict:
        """Return the accounts the token may use: `items` with `account_scope` and `cash`."""
        return await self._send(monitoring.list_accounts())

    async def create_account(
        self, account_scope: str, *, opening_cash: float | None = None
    ) -> JsonDict:
        """Open a paper account; opening_cash: rupees. Raises KiteAlgoWorkerError, 409 where the
        account exists."""
        return await self._send(monitoring.create_account(account_scope, opening_cash))

    async def get_funds(self, *, mode: str = "paper", account_scope: str | None = None) -> JsonDict:
        """Return an account's funds: `available`, `utilized`, `net`, in rupees."""
        return await self._send(monitoring.get_funds(mode, account_scope))

    async def get_funds_snapshot(
        self, *, mode: str = "paper", account_scope: str | None = None
    ) -> WorkerFundsSnapshot:
        """Return an account's funds by segment; as `get_funds`."""
        return await self._send(monitoring.funds_snapshot(mode, account_scope))

    async def get_run_funds(self, strategy_run_id: str) -> JsonDict:
        """Return a run's use of its allocation: `["strategy"]["allocation"]["remaining"]` …"""
        return await self._send(monitoring.get_run_funds(strategy_run_id))

    async def get_run_pnl(self, strategy_run_id: str) -> JsonDict:
        """Return a run's profit and loss at the latest prices: `totals`, `legs`, `is_stale`."""
        return await self._send(monitoring.get_run_pnl(strategy_run_id))

    async def get_run_pnl_snapshot(self, strategy_run_id: str) -> WorkerRunPnlSnapshot:
        """Return a run's profit and loss; as `get_run_pnl`."""
        return await self._send(monitoring.run_pnl_snapshot(strategy_run_id))

    def stream_run_pnl(
        self, strategy_run_id: str, *, interval_seconds: float = 1.0
    ) -> AsyncEventStream:
        """Stream a run's profit and loss at this interval; each message as `get_run_pnl`."""
        return self._stream("run_pnl", monitoring.stream_run_pnl(strategy_run_id, interval_seconds))

    async def log_decision_event(self, strategy_run_id: str, **payload: Any) -> JsonDict:
        """Write a decision into the run's timeline: `event_type`, `summary`, `details` …"""
        return await self._send(monitoring.log_decision_event(strategy_run_id, payload))

    async def list_timeline(self, strategy_run_id: str, **params: Any) -> JsonDict:
        """Return events of a run, oldest first: `events` and `last_cursor`."""
        return await self._send(monitoring.list_timeline(strategy_run_id, params))

    async def list_timeline_snapshot(
        self, strategy_run_id: str, **params: Any
    ) -> WorkerTimelineResponse:
        """Return events of a run; as `list_timeline`."""
        return await self._send(monitoring.timeline_snapshot(strategy_run_id, params))

    def stream_timeline(self, strategy_run_id: str, **params: Any) -> AsyncEventStream:
        """Stream the events after `after_cursor`, past and new, each once."""
        call = monitoring.stream_timeline(strategy_run_id, params)
        return self._stream("timeline", call, cursor_key="after_cursor")
