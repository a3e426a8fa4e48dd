"""The polling helpers as methods of the asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from kite_algo_worker.aio.market import AsyncMarketMethods
from kite_algo_worker.aio.runs import AsyncRunMethods
from kite_algo_worker.aio.trading import AsyncTradingMethods
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.models import (
    JsonDict,
    WorkerCandle,
    WorkerHistoricalCandles,
    WorkerOrderSnapshot,
)
from kite_algo_worker.models.states import is_final, is_fresh, latest_of

Polled = TypeVar("Polled")


class AsyncRecoveryMethods(AsyncRunMethods, AsyncTradingMethods, AsyncMarketMethods):
    """The helpers of `kite_algo_worker.helpers` as coroutines."""

    async def ensure_run(
        self,
        *,
        strategy_run_id: str,
        template_id: str,
        account_scope: str,
        execution_mode: str,
        metadata: Mapping[str, Any],
    ) -> JsonDict:
        """Return the run of this id; create it if there is none. Its fields are not compared."""
        try:
            return await self.get_run(strategy_run_id)
        except KiteAlgoWorkerError as error:
            if error.status_code != 404:
                raise
        return await self.create_run(
            strategy_run_id=strategy_run_id,
            template_id=template_id,
            account_scope=account_scope,
            execution_mode=execution_mode,
            metadata=metadata,
        )

    async def preview_then_place_order(
        self,
        strategy_run_id: str,
        order: Mapping[str, Any],
        *,
        idempotency_key: str,
        metadata: Mapping[str, Any] | None = None,
    ) -> JsonDict:
        """Preview an order, then place it; return the answer to the placement."""
        await self.preview_order(strategy_run_id, order, metadata=metadata)
        return await self.place_order(strategy_run_id, order, idempotency_key, metadata)

    async def wait_for_history(
        self,
        instrument: str | int,
        *,
        timeframe: str = "day",
        attempts: int = 10,
        sleep_seconds: float = 1.0,
        **kwargs: Any,
    ) -> JsonDict:
        """Poll until there are historical candles; return the last answer in any case."""

        async def poll() -> JsonDict:
            return await self.get_historical_candles(instrument, timeframe=timeframe, **kwargs)

        found = await _until(poll, lambda it: bool(it.get("candles")), attempts, sleep_seconds)
        return {} if found is None else found

    async def warmup_history(
        self,
        instrument: str | int,
        *,
        timeframe: str = "5minute",
        min_candles: int = 200,
        attempts: int = 10,
        sleep_seconds: float = 1.0,
        **kwargs: Any,
    ) -> WorkerHistoricalCandles:
        """Poll until there are `min_candles` candles; return the last answer in any case.

        Raises RuntimeError if attempts < 1.
        """

        async def poll() -> WorkerHistoricalCandles:
            return await self.get_historical_candles_snapshot(
                instrument, timeframe=timeframe, **kwargs
            )

        found = await _until(
            poll, lambda it: len(it.candles) >= min_candles, attempts, sleep_seconds
        )
        if found is None:
            raise RuntimeError("warmup_history needs at least one attempt")
        return found

    async def wait_for_quotes(
        self,
        instruments: list[str | int],
        *,
        mode: str = "quote",
        attempts: int = 10,
        sleep_seconds: float = 1.0,
    ) -> JsonDict:
        """Poll until there are quotes; return the last answer in any case."""

        async def poll() -> JsonDict:
            return await self.get_quotes(instruments, mode=mode)

        found = await _until(poll, lambda it: bool(it.get("quotes")), attempts, sleep_seconds)
        return {} if found is None else found

    async def wait_for_terminal_order_state(
        self,
        strategy_run_id: str,
        order_id: str,
        *,
        attempts: int = 20,
        sleep_seconds: float = 1.0,
    ) -> WorkerOrderSnapshot:
        """Poll until the order is complete, cancelled or rejected; return its last state.

        Raises RuntimeError if attempts < 1.
        """

        async def poll() -> WorkerOrderSnapshot:
            return await self.get_order_snapshot(strategy_run_id, order_id)

        found = await _until(poll, is_final, attempts, sleep_seconds)
        if found is None:
            raise RuntimeError("wait_for_terminal_order_state needs at least one attempt")
        return found

    async def wait_for_fresh_candle(
        self,
        instrument: str | int,
        *,
        interval: str = "5minute",
        lookback: int = 1,
        attempts: int = 20,
        sleep_seconds: float = 1.0,
    ) -> WorkerCandle | None:
        """Poll until the latest candle is complete; return the last one read, or None."""

        async def poll() -> WorkerCandle | None:
            return latest_of(await self.get_candles_snapshot(instrument, interval, lookback))

        return await _until(poll, is_fresh, attempts, sleep_seconds)


async def _until(
    poll: Callable[[], Awaitable[Polled]],
    is_enough: Callable[[Polled], bool],
    attempts: int,
    sleep_seconds: float,
) -> Polled | None:
    last: Polled | None = None
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(sleep_seconds)
        last = await poll()
        if is_enough(last):
            break
    return last
