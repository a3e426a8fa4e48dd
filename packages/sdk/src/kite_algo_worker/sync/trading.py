"""Calls on orders, baskets, trades and GTTs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kite_algo_worker.endpoints import trading
from kite_algo_worker.models import (
    JsonDict,
    WorkerGttTrigger,
    WorkerGttWriteResult,
    WorkerOrderSnapshot,
    WorkerOrdersResponse,
    WorkerTradesResponse,
)
from kite_algo_worker.sync.base import SyncBase


class TradingMethods(SyncBase):
    """Calls that place, change, cancel and list orders, trades and GTTs."""

    def preview_order(
        self,
        strategy_run_id: str,
        order: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> JsonDict:
        """Return what an order needs and costs, in rupees, and its warnings; nothing is placed.

        `OrderPreview.model_validate` reads the answer. Raises BrokerValidationError for an order
        that breaks a rule.
        """
        return self._send(trading.preview_order(strategy_run_id, order, metadata))

    def preview_basket(
        self,
        strategy_run_id: str,
        orders: Iterable[Mapping[str, Any]],
        *,
        metadata: Mapping[str, Any] | None = None,
        all_or_none: bool = False,
    ) -> JsonDict:
        """Return what several orders need and cost together; nothing is placed."""
        return self._send(
            trading.preview_basket(strategy_run_id, orders, metadata, all_or_none=all_or_none)
        )

    def place_order(
        self,
        strategy_run_id: str,
        order: Mapping[str, Any],
        idempotency_key: str,
        metadata: Mapping[str, Any] | None = None,
        safety_token: str | None = None,
        session_nonce: str | None = None,
    ) -> JsonDict:
        """Place an order, once for its key; return `order_id`, `status`, `mode`, `result`.

        order: from the order functions or `OrderBuilder`, or a dict like theirs. idempotency_key:
        8 to 160 characters that name the command, `"run:entry:INFY:bar-17"`; repeated, it returns
        the first answer and places nothing. The client repeats it when the answer is lost.

        Raises BrokerValidationError for an order that breaks a rule (most are found before it is
        sent), InvalidInputError for a bad key, LiveNotEnabledError in a live run that is not
        enabled, KiteAlgoWorkerError with status 409 for a bad token, a run claimed by another
        worker or a key that belongs to another order, OutcomeUnknownError when no answer could
        be had.

        ```python
        client.place_order(run_id, equity_market_order("INFY", "BUY", 1), f"{run_id}:entry:001")
        ```
        """
        return self._send(
            trading.place_order(
                strategy_run_id,
                order,
                idempotency_key,
                metadata,
                safety_token=safety_token,
                nonce=session_nonce,
            )
        )

    def place_basket(
        self,
        strategy_run_id: str,
        orders: Iterable[Mapping[str, Any]],
        idempotency_key: str,
        metadata: Mapping[str, Any] | None = None,
        *,
        all_or_none: bool = False,
        dry_run: bool = False,
        safety_token: str | None = None,
        session_nonce: str | None = None,
    ) -> JsonDict:
        """Place several orders as one command; `result["legs"]` has the outcome of each.

        all_or_none: place nothing if any leg breaks a rule. dry_run: only return what would be
        placed. Raises as `place_order`.
        """
        return self._send(
            trading.place_basket(
                strategy_run_id,
                orders,
                idempotency_key,
                metadata,
                all_or_none=all_or_none,
                dry_run=dry_run,
                safety_token=safety_token,
                nonce=session_nonce,
            )
        )

    def cancel_order(
        self, strategy_run_id: str, order_id: str, *, variety: str = "regular"
    ) -> JsonDict:
        """Cancel an order; return its present state."""
        return self._send(trading.cancel_order(strategy_run_id, order_id, variety))

    def modify_order(
        self,
        strategy_run_id: str,
        order_id: str,
        patch: Mapping[str, Any],
        *,
        variety: str = "regular",
    ) -> JsonDict:
        """Change an open order, `{"quantity": 2}`, `{"price": 1450.0}`; return its new state."""
        return self._send(trading.modify_order(strategy_run_id, order_id, patch, variety))

    def list_orders(self, strategy_run_id: str) -> JsonDict:
        """Return `{"strategy_run_id", "orders"}`: a run's orders, oldest first."""
        return self._send(trading.list_orders(strategy_run_id))

    def get_orders_snapshot(self, strategy_run_id: str) -> WorkerOrdersResponse:
        """Return a run's orders, oldest first."""
        return self._send(trading.orders_snapshot(strategy_run_id))

    def get_order_snapshot(self, strategy_run_id: str, order_id: str) -> WorkerOrderSnapshot:
        """Return one order. Raises KiteAlgoWorkerError with status 404 if the run has none such."""
        return self._send(trading.order_snapshot(strategy_run_id, order_id))

    def list_trades(self, strategy_run_id: str) -> JsonDict:
        """Return `{"strategy_run_id", "trades"}`: a run's fills, oldest first."""
        return self._send(trading.list_trades(strategy_run_id))

    def get_trades_snapshot(self, strategy_run_id: str) -> WorkerTradesResponse:
        """Return a run's fills, oldest first."""
        return self._send(trading.trades_snapshot(strategy_run_id))

    def place_gtt(self, payload: Mapping[str, Any]) -> JsonDict:
        """Create a GTT on the token's account, outside any run; return `{"trigger_id"}`.

        payload: `type` (`single`, `two-leg`), `condition` (`exchange`, `tradingsymbol`,
        `trigger_values` and `last_price` in rupees) and `orders`. Raises BrokerValidationError.
        """
        return self._send(trading.place_gtt(payload))

    def place_gtt_snapshot(self, payload: Mapping[str, Any]) -> WorkerGttWriteResult:
        """Create a GTT; as `place_gtt`."""
        return self._send(trading.written(trading.place_gtt(payload)))

    def list_gtts(self) -> list[JsonDict]:
        """Return the account's GTTs."""
        return self._send(trading.list_gtts())

    def list_gtts_snapshot(self) -> list[WorkerGttTrigger]:
        """Return the account's GTTs."""
        return self._send(trading.gtts_snapshot())

    def get_gtt(self, trigger_id: int) -> JsonDict:
        """Return one GTT. Raises KiteAlgoWorkerError with status 404 when there is none."""
        return self._send(trading.get_gtt(trigger_id))

    def get_gtt_snapshot(self, trigger_id: int) -> WorkerGttTrigger:
        """Return one GTT; as `get_gtt`."""
        return self._send(trading.gtt_snapshot(trigger_id))

    def modify_gtt(self, trigger_id: int, payload: Mapping[str, Any]) -> JsonDict:
        """Change an active GTT: only the fields that `payload` names."""
        return self._send(trading.modify_gtt(trigger_id, payload))

    def modify_gtt_snapshot(
        self, trigger_id: int, payload: Mapping[str, Any]
    ) -> WorkerGttWriteResult:
        """Change an active GTT; as `modify_gtt`."""
        return self._send(trading.written(trading.modify_gtt(trigger_id, payload)))

    def delete_gtt(self, trigger_id: int) -> JsonDict:
        """Delete an active GTT."""
        return self._send(trading.delete_gtt(trigger_id))

    def delete_gtt_snapshot(self, trigger_id: int) -> WorkerGttWriteResult:
        """Delete an active GTT."""
        return self._send(trading.written(trading.delete_gtt(trigger_id)))
