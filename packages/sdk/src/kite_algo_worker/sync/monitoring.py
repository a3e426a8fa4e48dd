"""Calls on funds, profit and loss, and the timeline."""

from __future__ import annotations

from typing import Any

from kite_algo_worker.endpoints import monitoring
from kite_algo_worker.models import (
    JsonDict,
    WorkerFundsSnapshot,
    WorkerRunPnlSnapshot,
    WorkerTimelineResponse,
)
from kite_algo_worker.sync.base import SyncBase
from kite_algo_worker.sync.streaming import EventStream


class MonitoringMethods(SyncBase):
    """Calls that read funds, profit and loss and events. Amounts are rupees."""

    def list_accounts(self) -> JsonDict:
        """Return the accounts the token may use: `items` with `account_scope` and `cash`."""
        return self._send(monitoring.list_accounts())

    def create_account(self, account_scope: str, *, opening_cash: float | None = None) -> JsonDict:
        """Open a paper account. Everybody has `kite:paper-a`; naming any other opens none.

        opening_cash: rupees; by default as much as the first account began with. Raises
        KiteAlgoWorkerError with status 409 where the account exists.

        ```python
        client.create_account("kite:paper-b", opening_cash=500_000)
        ```
        """
        return self._send(monitoring.create_account(account_scope, opening_cash))

    def get_funds(self, *, mode: str = "paper", account_scope: str | None = None) -> JsonDict:
        """Return an account's funds: `available`, `utilized`, `net`, in rupees.

        mode: `paper` or `live`. account_scope: the token's own account by default.
        """
        return self._send(monitoring.get_funds(mode, account_scope))

    def get_funds_snapshot(
        self, *, mode: str = "paper", account_scope: str | None = None
    ) -> WorkerFundsSnapshot:
        """Return an account's funds by segment; as `get_funds`."""
        return self._send(monitoring.funds_snapshot(mode, account_scope))

    def get_run_funds(self, strategy_run_id: str) -> JsonDict:
        """Return a run's use of its allocation: `["strategy"]["allocation"]["remaining"]` …"""
        return self._send(monitoring.get_run_funds(strategy_run_id))

    def get_run_pnl(self, strategy_run_id: str) -> JsonDict:
        """Return a run's profit and loss at the latest prices: `totals`, `legs`, `is_stale`.

        ```python
        client.get_run_pnl("run_managed_001")["totals"]["net_pnl"]
        ```
        """
        return self._send(monitoring.get_run_pnl(strategy_run_id))

    def get_run_pnl_snapshot(self, strategy_run_id: str) -> WorkerRunPnlSnapshot:
        """Return a run's profit and loss; as `get_run_pnl`."""
        return self._send(monitoring.run_pnl_snapshot(strategy_run_id))

    def stream_run_pnl(self, strategy_run_id: str, *, interval_seconds: float = 1.0) -> EventStream:
        """Stream the run's profit and loss at this interval, until the run is closed.

        The stream is opened at once and reconnects by itself; it is an `EventStream`, whose
        `health` has its state.

        ```python
        for update in client.stream_run_pnl("run_managed_001"):
            print(update["totals"]["net_pnl"])
        ```
        """
        return self._stream("run_pnl", monitoring.stream_run_pnl(strategy_run_id, interval_seconds))

    def log_decision_event(self, strategy_run_id: str, **payload: Any) -> JsonDict:
        """Write a decision into the run's timeline: `event_type`, `summary`, `details` …

        ```python
        client.log_decision_event(run_id, event_type="signal.generated", summary="EMA crossed")
        ```
        """
        return self._send(monitoring.log_decision_event(strategy_run_id, payload))

    def list_timeline(self, strategy_run_id: str, **params: Any) -> JsonDict:
        """Return events of a run, oldest first: `events` and `last_cursor`.

        params: `after_cursor`, `limit`, `event_kind` (`execution`, `decision`, `protection`).
        """
        return self._send(monitoring.list_timeline(strategy_run_id, params))

    def list_timeline_snapshot(self, strategy_run_id: str, **params: Any) -> WorkerTimelineResponse:
        """Return events of a run; as `list_timeline`."""
        return self._send(monitoring.timeline_snapshot(strategy_run_id, params))

    def stream_timeline(self, strategy_run_id: str, **params: Any) -> EventStream:
        """Stream the events after `after_cursor`, past and new, each once.

        The stream reconnects by itself and resumes after the last event read.

        ```python
        for event in client.stream_timeline("run_managed_001"):
            print(event["event_type"], event.get("summary"))
        ```
        """
        call = monitoring.stream_timeline(strategy_run_id, params)
        return self._stream("timeline", call, cursor_key="after_cursor")
