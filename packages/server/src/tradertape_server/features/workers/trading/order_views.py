"""A run's orders and trades, as the worker API has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradertape_core.orders.order import Order
from tradertape_server.features.execution.orders import views
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.trading.run_risks import RunRisks

Json = dict[str, Any]


class OrderService:
    """Reads and changes the orders of runs that the caller may use."""

    def __init__(self, execution: ExecutionService, risks: RunRisks) -> None:
        self._execution = execution
        self._risks = risks

    def orders(self, run: WorkerRun) -> Json:
        """A run's orders."""
        found = self._execution.orders(run_id=run.strategy_run_id)
        return {
            "strategy_run_id": run.public_id,
            "orders": [self._view(order) for order in found],
        }

    def order(self, run: WorkerRun, order_id: str) -> Json:
        """One order. Raises NotFound."""
        return self._view(self._execution.order(run.strategy_run_id, order_id))

    def cancel(self, run: WorkerRun, order_id: str) -> Json:
        """Cancel an order. Raises NotFound, Conflict when it is over."""
        return self._view(self._execution.cancel(run.strategy_run_id, order_id))

    def modify(self, run: WorkerRun, order_id: str, patch: Mapping[str, Any]) -> Json:
        """Change an open order. Raises NotFound, InvalidDocument, OrderDenied, Conflict."""
        risk = self._risks.of(run)
        order = self._execution.modify(run.strategy_run_id, order_id, patch, risk=risk)
        return self._view(order)

    def cancel_once(self, run: WorkerRun, order_id: str, key: str) -> Reply:
        """The same, once for its key. Raises KeyReused."""
        return self._execution.cancel_once(run.strategy_run_id, order_id, key=key)

    def modify_once(
        self, run: WorkerRun, order_id: str, patch: Mapping[str, Any], key: str
    ) -> Reply:
        """The same, once for its key. Raises KeyReused."""
        return self._execution.modify_once(
            run.strategy_run_id, order_id, patch, key=key, risk=self._risks.of(run)
        )

    def trades(self, run: WorkerRun) -> Json:
        """A run's executions, oldest first."""
        found = self._execution.trades(run_id=run.strategy_run_id)
        return {
            "strategy_run_id": run.public_id,
            "trades": [views.fill_view(fill, self._token(fill.instrument)) for fill in found],
        }

    def _view(self, order: Order) -> Json:
        return views.order_view(order, self._token(order.request.instrument))

    def _token(self, instrument_id: str) -> int | None:
        found = self._execution.market.instrument(instrument_id)
        return None if found is None else found.instrument_token
