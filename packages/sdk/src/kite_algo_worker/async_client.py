"""The asyncio client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from kite_algo_worker.aio.calls import AsyncWorkerCalls
from kite_algo_worker.aio.heartbeats import AsyncHeartbeats
from kite_algo_worker.aio.managed_run import AsyncManagedRun
from kite_algo_worker.endpoints.runs import check_same
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.models import JsonDict
from kite_algo_worker.protocol.claim_rules import check_wait, pause_before_claim
from kite_algo_worker.protocol.heartbeat_rules import HEARTBEAT_S, check_claimed
from kite_algo_worker.protocol.worker_identity import WorkerIdentity
from kite_algo_worker.run_config import RunConfig

__all__ = ["AsyncKiteAlgoWorkerClient"]


class AsyncKiteAlgoWorkerClient(AsyncWorkerCalls):
    """The sync client's calls as coroutines; the same arguments, answers and errors.

    `options` has the option calls; streams are read with `async for`; the recovery helpers are
    methods. Use it in an `async with`, or `await client.close()`.

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

    @asynccontextmanager
    async def run(
        self,
        config: RunConfig,
        *,
        claim_session: bool = True,
        heartbeat_on_enter: bool = True,
        release_on_exit: bool = True,
        auto_heartbeat: bool = False,
        heartbeat_interval_s: float = HEARTBEAT_S,
        wait_for_claim_s: float = 0.0,
        worker_id: str | None = None,
    ) -> AsyncGenerator[AsyncManagedRun, None]:
        """Create or recover the run of a config, claim it, and release it when the block ends.

        Arguments and errors as those of the sync client's `run`; `auto_heartbeat` sends its
        heartbeats from a task of the same event loop.

        ```python
        async with client.run(config, auto_heartbeat=True) as run:
            safety = await run.safety_check()
        ```
        """
        check_claimed(claim_session, heartbeat_on_enter or auto_heartbeat)
        check_wait(wait_for_claim_s)
        managed = AsyncManagedRun(self, config, await self._create_or_get(config))
        heartbeats = (
            AsyncHeartbeats(managed.heartbeat, heartbeat_interval_s) if auto_heartbeat else None
        )
        identity = WorkerIdentity(self.config.base_url, managed.run_id)
        try:
            if claim_session:
                wanted = worker_id or identity.id
                claim = await self._claim(managed.run_id, wanted, wait_for_claim_s)
                managed.session_nonce = str(claim["worker_session_nonce"])
            if heartbeat_on_enter:
                await managed.heartbeat()
            if heartbeats is not None:
                managed.heartbeats = heartbeats
                heartbeats.start()
            yield managed
        except BaseException:
            await _stop(heartbeats)
            with suppress(KiteAlgoWorkerError):  # the first error is the one to report
                await self._release(managed, release_on_exit)
            raise
        else:
            await _stop(heartbeats)
            await self._release(managed, release_on_exit)
            identity.close(forget=release_on_exit)
        finally:
            identity.close()

    async def _claim(self, run_id: str, worker_id: str | None, wait_s: float) -> JsonDict:
        until, is_first = time.monotonic() + wait_s, True
        while True:
            try:
                return await self.claim_session(run_id, worker_id=worker_id)
            except KiteAlgoWorkerError as error:
                left_s = until - time.monotonic()
                pause_s = pause_before_claim(run_id, error, left_s, is_first=is_first)
                if pause_s is None:
                    raise
            is_first = False
            await asyncio.sleep(pause_s)

    async def _create_or_get(self, config: RunConfig) -> JsonDict:
        if not config.strategy_run_id:
            return await self.create_run_from_config(config)
        self._gate.check_mode(config.execution_mode, f"run {config.strategy_run_id}")
        try:
            found = await self.get_run(config.strategy_run_id)
        except KiteAlgoWorkerError as error:
            if error.status_code != 404:
                raise
            return await self.create_run_from_config(config)
        check_same(config, found)
        return found

    async def _release(self, managed: AsyncManagedRun, release_on_exit: bool) -> None:
        if release_on_exit and managed.session_nonce is not None:
            await self.release_session(managed.run_id, session_nonce=managed.session_nonce)


async def _stop(heartbeats: AsyncHeartbeats | None) -> None:
    if heartbeats is not None:
        await heartbeats.stop()
