"""The asyncio client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from kite_algo_worker.aio.market import AsyncMarketMethods
from kite_algo_worker.aio.monitoring import AsyncMonitoringMethods
from kite_algo_worker.aio.runs import AsyncRunMethods
from kite_algo_worker.aio.trading import AsyncTradingMethods
from kite_algo_worker.helpers import is_final
from kite_algo_worker.models import WorkerOrderSnapshot

__all__ = ["AsyncKiteAlgoWorkerClient"]


@dataclass(frozen=True)
class AsyncKiteAlgoWorkerClient(
    AsyncRunMethods, AsyncTradingMethods, AsyncMonitoringMethods, AsyncMarketMethods
):
    """The sync client's calls as coroutines; the same arguments, answers and errors.

    Use it in an `async with`, or `await client.close()`. For streams there is
    `WorkerWebSocketClient`.

    ```python
    async with AsyncKiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        pnl = await client.get_run_pnl("run_managed_001")
    ```
    """

    async def __aenter__(self) -> AsyncKiteAlgoWorkerClient:
        return self

    async def __aexit__(self, exc_type: object, exc: object, tb: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    async def wait_for_terminal_order_state(
        self,
        strategy_run_id: str,
        order_id: str,
        *,
        attempts: int = 20,
        sleep_seconds: float = 1.0,
    ) -> WorkerOrderSnapshot:
        """Ask until the order is complete, cancelled or rejected; return it as last seen.

        Raises RuntimeError for no attempts.
        """
        if attempts < 1:
            raise RuntimeError("wait_for_terminal_order_state needs at least one attempt")
        order = await self.get_order_snapshot(strategy_run_id, order_id)
        for _ in range(attempts - 1):
            if is_final(order):
                break
            await asyncio.sleep(sleep_seconds)
            order = await self.get_order_snapshot(strategy_run_id, order_id)
        return order
