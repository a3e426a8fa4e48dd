"""Every call of the asyncio client, for `AsyncKiteAlgoWorkerClient` and the runs it manages."""

from __future__ import annotations

from dataclasses import dataclass, field

from kite_algo_worker.aio.monitoring import AsyncMonitoringMethods
from kite_algo_worker.aio.options import AsyncOptionWorkerClient
from kite_algo_worker.aio.recovery import AsyncRecoveryMethods


@dataclass(frozen=True)
class AsyncWorkerCalls(AsyncRecoveryMethods, AsyncMonitoringMethods):
    """All calls of the worker API as coroutines. `options` has those of option runs."""

    options: AsyncOptionWorkerClient = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "options", AsyncOptionWorkerClient(self))
