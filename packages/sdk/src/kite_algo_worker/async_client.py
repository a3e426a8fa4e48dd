"""The asyncio client."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from kite_algo_worker.aio.managed_run import AsyncHeartbeats, AsyncManagedRun
from kite_algo_worker.aio.monitoring import AsyncMonitoringMethods
from kite_algo_worker.aio.options import AsyncOptionWorkerClient
from kite_algo_worker.aio.recovery import AsyncRecoveryMethods
from kite_algo_worker.endpoints.runs import check_same
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.heartbeats import BEAT_S, check_claimed
from kite_algo_worker.models import JsonDict
from kite_algo_worker.run_config import RunConfig

__all__ = ["AsyncKiteAlgoWorkerClient"]


@dataclass(frozen=True)
class AsyncKiteAlgoWorkerClient(AsyncRecoveryMethods, AsyncMonitoringMethods):
    """The sync client's calls as coroutines; the same arguments, answers and errors.

    `options` is the options side; streams are read with `async for`; the recovery helpers are
    methods. Use it in an `async with`, or `await client.close()`.

    ```python
    async with AsyncKiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        pnl = await client.get_run_pnl("run_managed_001")
    ```
    """

    options: AsyncOptionWorkerClient = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "options", AsyncOptionWorkerClient(self))

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
        heartbeat_interval_s: float = BEAT_S,
    ) -> AsyncGenerator[AsyncManagedRun, None]:
        """Make or recover the run of a config, hold it, and let go of it at the end.

        The arguments and errors are those of the sync client's; `auto_heartbeat` sends its signs
        of life from a task of the same loop.

        ```python
        async with client.run(config, auto_heartbeat=True) as run:
            safety = await run.safety_check()
        ```
        """
        check_claimed(claim_session, heartbeat_on_enter or auto_heartbeat)
        managed = AsyncManagedRun(self, config, await self._made_or_found(config))
        beating = AsyncHeartbeats(managed, heartbeat_interval_s) if auto_heartbeat else None
        try:
            if claim_session:
                claim = await self.claim_session(managed.run_id)
                managed.session_nonce = str(claim["worker_session_nonce"])
            if heartbeat_on_enter:
                await managed.heartbeat()
            if beating is not None:
                managed.heartbeats = beating
                beating.start()
            yield managed
        except BaseException:
            await _stop(beating)
            with suppress(KiteAlgoWorkerError):  # the first error is the one to tell
                await self._let_go(managed, release_on_exit)
            raise
        await _stop(beating)
        await self._let_go(managed, release_on_exit)

    async def _made_or_found(self, config: RunConfig) -> JsonDict:
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

    async def _let_go(self, managed: AsyncManagedRun, release_on_exit: bool) -> None:
        if release_on_exit and managed.session_nonce is not None:
            await self.release_session(managed.run_id, session_nonce=managed.session_nonce)


async def _stop(beating: AsyncHeartbeats | None) -> None:
    if beating is not None:
        await beating.stop()
