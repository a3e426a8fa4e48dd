"""Poll until the server has what a worker waits for, recover a run, and build a few more orders."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.models import (
    JsonDict,
    WorkerCandle,
    WorkerHistoricalCandles,
    WorkerOrderSnapshot,
)
from kite_algo_worker.models.states import TERMINAL_ORDER_STATES, is_final, is_fresh, latest_of
from kite_algo_worker.orders import OrderPayload, equity_market_order, limit_order, market_order
from kite_algo_worker.sync.calls import WorkerCalls

__all__ = [
    "TERMINAL_ORDER_STATES",
    "amo_limit_order",
    "amo_market_order",
    "ensure_run",
    "live_equity_market_order",
    "preview_then_place_order",
    "wait_for_fresh_candle",
    "wait_for_history",
    "wait_for_quotes",
    "wait_for_terminal_order_state",
    "warmup_history",
]

Polled = TypeVar("Polled")


def amo_limit_order(
    exchange: str,
    tradingsymbol: str,
    transaction_type: str,
    product: str,
    quantity: int,
    price: float,
    **kwargs: Any,
) -> OrderPayload:
    """Return an after-market limit order; `kwargs` as of `market_order`.

    ```python
    amo_limit_order("NSE", "INFY", "BUY", "CNC", 1, price=1450.0)
    ```
    """
    return limit_order(
        exchange, tradingsymbol, transaction_type, product, quantity, price, variety="amo", **kwargs
    )


def amo_market_order(
    exchange: str,
    tradingsymbol: str,
    transaction_type: str,
    product: str,
    quantity: int,
    **kwargs: Any,
) -> OrderPayload:
    """Return an after-market market order; `kwargs` as of `market_order`.

    ```python
    amo_market_order("NSE", "INFY", "BUY", "CNC", 1)
    ```
    """
    return market_order(
        exchange, tradingsymbol, transaction_type, product, quantity, variety="amo", **kwargs
    )


def live_equity_market_order(
    tradingsymbol: str,
    transaction_type: str,
    quantity: int,
    *,
    product: str = "CNC",
    exchange: str = "NSE",
    market_protection: int = -1,
    **kwargs: Any,
) -> OrderPayload:
    """Return a market order of a share within the broker's own price band, as exchanges require.

    ```python
    live_equity_market_order("INFY", "BUY", 1)
    ```
    """
    return equity_market_order(
        tradingsymbol,
        transaction_type,
        quantity,
        product=product,
        exchange=exchange,
        market_protection=market_protection,
        **kwargs,
    )


def ensure_run(
    client: WorkerCalls,
    *,
    strategy_run_id: str,
    template_id: str,
    account_scope: str,
    execution_mode: str,
    metadata: Mapping[str, Any],
) -> JsonDict:
    """Return the run of this id; create it if there is none. Its fields are not compared."""
    try:
        return client.get_run(strategy_run_id)
    except KiteAlgoWorkerError as error:
        if error.status_code != 404:
            raise
    return client.create_run(
        strategy_run_id=strategy_run_id,
        template_id=template_id,
        account_scope=account_scope,
        execution_mode=execution_mode,
        metadata=metadata,
    )


def preview_then_place_order(
    client: WorkerCalls,
    strategy_run_id: str,
    order: Mapping[str, Any],
    *,
    idempotency_key: str,
    metadata: Mapping[str, Any] | None = None,
) -> JsonDict:
    """Preview an order, then place it; return the answer to the placement.

    Raises BrokerValidationError when the preview refuses it.
    """
    client.preview_order(strategy_run_id, order, metadata=metadata)
    return client.place_order(strategy_run_id, order, idempotency_key, metadata)


def wait_for_history(
    client: WorkerCalls,
    instrument: str | int,
    *,
    timeframe: str = "day",
    attempts: int = 10,
    sleep_seconds: float = 1.0,
    **kwargs: Any,
) -> JsonDict:
    """Poll until there are historical candles; return the last answer in any case.

    `kwargs` are those of `get_historical_candles`.
    """

    def poll() -> JsonDict:
        return client.get_historical_candles(instrument, timeframe=timeframe, **kwargs)

    found = _until(poll, lambda answer: bool(answer.get("candles")), attempts, sleep_seconds)
    return {} if found is None else found


def warmup_history(
    client: WorkerCalls,
    instrument: str | int,
    *,
    timeframe: str = "5minute",
    min_candles: int = 200,
    attempts: int = 10,
    sleep_seconds: float = 1.0,
    **kwargs: Any,
) -> WorkerHistoricalCandles:
    """Poll until there are `min_candles` candles, to warm indicators up; return the last answer.

    `kwargs` are those of `get_historical_candles`. Raises RuntimeError if attempts < 1.
    """

    def poll() -> WorkerHistoricalCandles:
        return client.get_historical_candles_snapshot(instrument, timeframe=timeframe, **kwargs)

    found = _until(poll, lambda it: len(it.candles) >= min_candles, attempts, sleep_seconds)
    if found is None:
        raise RuntimeError("warmup_history needs at least one attempt")
    return found


def wait_for_quotes(
    client: WorkerCalls,
    instruments: list[str | int],
    *,
    mode: str = "quote",
    attempts: int = 10,
    sleep_seconds: float = 1.0,
) -> JsonDict:
    """Poll until there are quotes; return the last answer in any case."""

    def poll() -> JsonDict:
        return client.get_quotes(instruments, mode=mode)

    found = _until(poll, lambda answer: bool(answer.get("quotes")), attempts, sleep_seconds)
    return {} if found is None else found


def wait_for_terminal_order_state(
    client: WorkerCalls,
    strategy_run_id: str,
    order_id: str,
    *,
    attempts: int = 20,
    sleep_seconds: float = 1.0,
) -> WorkerOrderSnapshot | None:
    """Poll until the order is complete, cancelled or rejected; return its last state.

    None if attempts < 1. An order that still rests is returned too: read its `status`.
    """

    def poll() -> WorkerOrderSnapshot:
        return client.get_order_snapshot(strategy_run_id, order_id)

    return _until(poll, is_final, attempts, sleep_seconds)


def wait_for_fresh_candle(
    client: WorkerCalls,
    instrument: str | int,
    *,
    interval: str = "5minute",
    lookback: int = 1,
    attempts: int = 20,
    sleep_seconds: float = 1.0,
) -> WorkerCandle | None:
    """Poll until the latest candle is complete; return the last one read, or None."""

    def poll() -> WorkerCandle | None:
        return latest_of(
            client.get_candles_snapshot(instrument, interval=interval, lookback=lookback)
        )

    return _until(poll, is_fresh, attempts, sleep_seconds)


def _until(
    poll: Callable[[], Polled],
    is_enough: Callable[[Polled], bool],
    attempts: int,
    sleep_seconds: float,
) -> Polled | None:
    last: Polled | None = None
    for attempt in range(attempts):
        if attempt:
            time.sleep(sleep_seconds)
        last = poll()
        if is_enough(last):
            break
    return last
